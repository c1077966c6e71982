package book

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
)

// Money is an amount in 1/10000 of a currency unit: the value of Decimal(18, 4).
type Money int64

// Scale is the number of Money in one currency unit.
const Scale = 10000

// MaxMoney is the largest amount that Decimal(18, 4) holds; its negative is the smallest.
const MaxMoney Money = 1e18 - 1

// ErrOverflow reports an amount or a sum that Decimal(18, 4) cannot hold.
var ErrOverflow = errors.New("amount does not fit Decimal(18, 4)")

// ParseMoney reads a decimal number such as -1234.5678. More than four decimals are refused, never rounded.
func ParseMoney(s string) (Money, error) {
	digits, negative := strings.CutPrefix(s, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole == "" || len(fraction) > 4 || (strings.Contains(digits, ".") && fraction == "") {
		return 0, fmt.Errorf("amount %q: want digits with up to four decimals", s)
	}
	var m int64
	for _, c := range whole + fraction + "0000"[len(fraction):] {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("amount %q: want digits with up to four decimals", s)
		}
		if m = m*10 + int64(c-'0'); m > int64(MaxMoney) {
			return 0, fmt.Errorf("amount %q: %w", s, ErrOverflow)
		}
	}
	if negative {
		m = -m
	}
	return Money(m), nil
}

// String writes m with at least two and at most four decimals: 12.50, 0.0001.
func (m Money) String() string {
	sign, u := "", uint64(m)
	if m < 0 {
		sign, u = "-", -u
	}
	s := fmt.Sprintf("%s%d.%04d", sign, u/Scale, u%Scale)
	for range 2 {
		s = strings.TrimSuffix(s, "0")
	}
	return s
}

// Add returns m+n or ErrOverflow.
func (m Money) Add(n Money) (Money, error) {
	sum := m + n
	if (n > 0 && sum < m) || (n < 0 && sum > m) || sum > MaxMoney || sum < -MaxMoney {
		return 0, fmt.Errorf("%s + %s: %w", m, n, ErrOverflow)
	}
	return sum, nil
}

// Sum adds amounts or returns ErrOverflow.
func Sum(amounts ...Money) (Money, error) {
	var total Money
	for _, m := range amounts {
		var err error
		if total, err = total.Add(m); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// Times converts m by a rate, rounded half away from zero.
func (m Money) Times(rate float64) (Money, error) {
	if rate == 1 {
		return m, nil
	}
	v := math.Round(float64(m) * rate)
	if math.IsNaN(v) || math.Abs(v) > float64(MaxMoney) {
		return 0, fmt.Errorf("%s at rate %g: %w", m, rate, ErrOverflow)
	}
	return Money(v), nil
}

// Float is m in currency units, for ratios only.
func (m Money) Float() float64 { return float64(m) / Scale }

// Decimal128 is m as the value of an Arrow Decimal128(18, 4).
func (m Money) Decimal128() decimal128.Num { return decimal128.FromI64(int64(m)) }

// FromDecimal128 reads an Arrow Decimal128 of scale 4.
func FromDecimal128(n decimal128.Num) (Money, error) {
	m := Money(int64(n.LowBits()))
	if (n.HighBits() != 0 && n.HighBits() != -1) || (n.HighBits() < 0) != (m < 0) || m > MaxMoney || m < -MaxMoney {
		return 0, fmt.Errorf("%s: %w", n.ToString(4), ErrOverflow)
	}
	return m, nil
}

// above reports whether part exceeds the share of whole, exactly for shares that are multiples of one billionth.
func above(part, whole Money, share float64) bool { return againstShare(part, whole, share) > 0 }

// againstShare compares part with the share of whole: 1 above it, 0 equal, -1 below.
func againstShare(part, whole Money, share float64) int {
	if part < 0 || whole < 0 || share < 0 {
		return cmp.Compare(float64(part), share*float64(whole))
	}
	const unit = 1_000_000_000
	ph, pl := bits.Mul64(uint64(part), unit)
	wh, wl := bits.Mul64(uint64(whole), uint64(math.Round(share*unit)))
	return cmp.Or(cmp.Compare(ph, wh), cmp.Compare(pl, wl))
}
