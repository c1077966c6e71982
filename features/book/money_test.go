package book

import (
	"errors"
	"math/big"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"pgregory.net/rapid"
)

func TestParseMoney(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Money
		out  string
	}{
		{"0", 0, "0.00"},
		{"12.5", 125000, "12.50"},
		{"-0.0001", -1, "-0.0001"},
		{"99999999999999.9999", MaxMoney, "99999999999999.9999"},
		{"-99999999999999.9999", -MaxMoney, "-99999999999999.9999"},
	} {
		if got, err := ParseMoney(c.in); err != nil || got != c.want || got.String() != c.out {
			t.Errorf("ParseMoney(%q) = %d (%s), %v, want %d (%s)", c.in, got, got, err, c.want, c.out)
		}
	}
	for _, s := range []string{"", "-", ".", "1.", ".5", "1.00001", "1,5", "+1", "1e3", "--1", "1.2.3", "100000000000000", "9999999999999999999999999999999999999999"} {
		if got, err := ParseMoney(s); err == nil {
			t.Errorf("ParseMoney(%q) = %s, want an error", s, got)
		}
	}
}

func TestSumsOverflow(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b Money
		ok   bool
	}{
		{"to the largest", MaxMoney - 1, 1, true},
		{"beyond the largest", MaxMoney, 1, false},
		{"to the smallest", -MaxMoney + 1, -1, true},
		{"beyond the smallest", -MaxMoney, -1, false},
		{"beyond int64", 1<<63 - 1, 1<<63 - 1, false},
	} {
		if _, err := Sum(c.a, c.b); (err == nil) != c.ok || (err != nil && !errors.Is(err, ErrOverflow)) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := MaxMoney.Times(1.5); !errors.Is(err, ErrOverflow) {
		t.Errorf("conversion beyond the largest: %v", err)
	}
}

func TestDecimal128IsHeldToTheRange(t *testing.T) {
	for _, s := range []string{"1000000000000000000", "-1000000000000000000", "18446744073709551617", "-18446744073709551617", "99999999999999999999999999999999999999"} {
		n, _ := new(big.Int).SetString(s, 10)
		if m, err := FromDecimal128(decimal128.FromBigInt(n)); !errors.Is(err, ErrOverflow) {
			t.Errorf("%s read as %s, %v", s, m, err)
		}
	}
}

func TestMoneyRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Money(rapid.Int64Range(-int64(MaxMoney), int64(MaxMoney)).Draw(t, "money"))
		if back, err := ParseMoney(m.String()); err != nil || back != m {
			t.Fatalf("%s read as %s, %v", m, back, err)
		}
		if back, err := FromDecimal128(m.Decimal128()); err != nil || back != m {
			t.Fatalf("%s came through decimal as %s, %v", m, back, err)
		}
	})
}

func TestAboveIsExactAtTheThreshold(t *testing.T) {
	for _, c := range []struct {
		part, whole Money
		share       float64
		want        bool
	}{
		{100, 10_000, 0.01, false},
		{101, 10_000, 0.01, true},
		{7, 10, 0.7, false},
		{MaxMoney / 100, MaxMoney, 0.01, false},
		{MaxMoney/100 + 1, MaxMoney, 0.01, true},
		{0, 0, 0, false},
		{1, 1, 0, true},
	} {
		if got := above(c.part, c.whole, c.share); got != c.want {
			t.Errorf("%d above %g of %d: %t", c.part, c.share, c.whole, got)
		}
	}
}
