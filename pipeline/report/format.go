package report

import (
	"fmt"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"creditwatch/pipeline/asof"
)

// Money is an amount in 1/10000 of a currency unit.
type Money int64

func (m Money) float() float64 { return float64(m) / 1e4 }

// String writes the amount in full, for errors.
func (m Money) String() string {
	sign, v := "", uint64(m)
	if m < 0 {
		sign, v = "-", -v
	}
	return fmt.Sprintf("%s%d.%04d", sign, v/10000, v%10000)
}

// missing is what a figure without a value looks like. The place where it stands says why.
const missing = "–"

// A unit is what amounts on one page are rounded to.
type unit struct {
	size   int64 // in 1/10000 of a currency unit
	places int   // decimal places shown
	text   Text  // with the currency: "CNY thousand"
}

// unitOf picks the unit for a page by the largest amount on it, so that columns stay readable.
func unitOf(largest Money, currency string) unit {
	currency = clean(currency, 12)
	switch v := max(largest, -largest).float(); {
	case v < 1e6:
		return unit{100, 2, Text{currency, currency}}
	case v < 1e10:
		return unit{10000, 0, Text{currency, currency}}
	}
	return unit{10000 * 1000, 0, Text{currency + " thousand", "千 " + currency}}
}

// A printer writes figures in the language and unit of one page.
type printer struct {
	lang Lang
	unit unit
}

// T picks the text of the page's language.
func (p printer) T(en, zh string) string { return Text{en, zh}.In(p.lang) }

// Amount writes money in the page's unit, half away from zero.
func (p printer) Amount(m Money) string {
	v, sign := int64(m), ""
	if v < 0 {
		v, sign = -v, "−"
	}
	n := (v + p.unit.size/2) / p.unit.size
	if n == 0 {
		sign = ""
	}
	if p.unit.places == 0 {
		return sign + group(uint64(n))
	}
	return fmt.Sprintf("%s%s.%02d", sign, group(uint64(n/100)), n%100)
}

// Cents writes money to the cent whatever the page is rounded to: of a difference the cents are the point.
func (p printer) Cents(m Money) string { return printer{p.lang, unit{100, 2, p.unit.text}}.Amount(m) }

// CentsOr writes money to the cent that may be missing.
func (p printer) CentsOr(m *Money) string {
	if m == nil {
		return missing
	}
	return p.Cents(*m)
}

// AmountOr writes money that may be missing.
func (p printer) AmountOr(m *Money) string {
	if m == nil {
		return missing
	}
	return p.Amount(*m)
}

// Change writes a difference with its sign.
func (p printer) Change(m Money) string {
	s := p.Amount(m)
	if m > 0 && strings.Trim(s, "0.") != "" {
		return "+" + s
	}
	return s
}

// Count writes a whole number.
func (p printer) Count(n int) string {
	if n < 0 {
		return "−" + group(uint64(-n))
	}
	return group(uint64(n))
}

// CountChange writes a difference of counts with its sign.
func (p printer) CountChange(n int) string {
	if n > 0 {
		return "+" + p.Count(n)
	}
	return p.Count(n)
}

// PD writes a probability as a percentage with two places.
func (p printer) PD(v *float64) string {
	if v == nil {
		return missing
	}
	return percent(*v, 2)
}

// Share writes a share as a percentage with one place.
func (p printer) Share(v *float64) string {
	if v == nil {
		return missing
	}
	return percent(*v, 1)
}

// Part writes a share that is always known.
func (p printer) Part(v float64) string { return p.Share(&v) }

// Days writes a number of days with one place.
func (p printer) Days(v *float64) string {
	if v == nil {
		return missing
	}
	return fixed(*v, 1)
}

// Ratio writes a plain figure with the given places.
func (p printer) Ratio(v *float64, places int) string {
	if v == nil {
		return missing
	}
	return fixed(*v, places)
}

// Plain writes a figure of unknown size, such as what a check found.
func (p printer) Plain(v *float64) string {
	if v == nil {
		return missing
	}
	if *v == math.Trunc(*v) && math.Abs(*v) < 1e15 {
		return p.Count(int(*v))
	}
	return strings.Replace(strconv.FormatFloat(*v, 'g', 6, 64), "-", "−", 1)
}

// Score writes a score of 0 to 100.
func (p printer) Score(v float64) string { return fixed(v, 1) }

// Day writes a date.
func (p printer) Day(d asof.Date) string {
	if d.IsZero() {
		return missing
	}
	return d.String()
}

// Unit says what amounts are in.
func (p printer) Unit() string { return p.unit.text.In(p.lang) }

// share divides two amounts; there is none of nothing.
func share(part, whole Money) *float64 {
	if whole == 0 {
		return nil
	}
	v := float64(part) / float64(whole)
	return &v
}

func percent(v float64, places int) string {
	s := fixed(v*100, places)
	if s == missing {
		return s
	}
	return s + "\u00a0%"
}

func fixed(v float64, places int) string {
	s := strconv.FormatFloat(math.Abs(v), 'f', places, 64)
	whole, rest, _ := strings.Cut(s, ".")
	n, err := strconv.ParseUint(whole, 10, 64)
	if err != nil {
		return missing // not a number, or beyond anything a page can show
	}
	s = group(n)
	if rest != "" {
		s += "." + rest
	}
	if v < 0 && strings.Trim(s, "0.") != "" {
		return "−" + s
	}
	return s
}

// group writes thousands separators.
func group(n uint64) string {
	s := strconv.FormatUint(n, 10)
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// clean makes text from outside fit for one line of a page: no control or direction marks, one space for many,
// and at most limit characters. Escaping is the template's business.
func clean(s string, limit int) string {
	var b strings.Builder
	n, space := 0, false
	for _, c := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case unicode.IsSpace(c):
			space = b.Len() > 0
			continue
		case unicode.Is(unicode.Cc, c), unicode.Is(unicode.Cf, c) && c != '\u200d' && c != '\u200c', unicode.Is(unicode.Co, c):
			continue
		}
		if space {
			b.WriteByte(' ')
			n, space = n+1, false
		}
		if n++; n > limit {
			b.WriteRune('…')
			break
		}
		b.WriteRune(c)
	}
	return b.String()
}

// Name writes a customer's name, or the number where there is none.
func (p printer) Name(name, id string) string {
	if s := clean(name, 60); s != "" {
		return s
	}
	return clean(id, 60)
}

// ID writes an identifier from outside.
func (p printer) ID(id string) string { return clean(id, 40) }

// A piece is a stretch of text, or a link when it has an address.
type piece struct{ Text, URL string }

// The words of a warning's trace, which is kept once for both languages, and what they are in Chinese.
var (
	traceWords  = strings.NewReplacer(": opens ", "：触发 ", ", closes ", "，解除 ", " story ", " 报道 ")
	traceNights = regexp.MustCompile(`, needs (\d+) of (\d+) nights`)
	traceLift   = regexp.MustCompile(`; lifted (S\d) to (S\d) by `)
)

// Evidence cuts the trace of a warning into pieces; only whole http and https addresses become links.
func (p printer) Evidence(s string) []piece {
	if p.lang == Chinese {
		s = traceLift.ReplaceAllString(traceNights.ReplaceAllString(traceWords.Replace(s), "，需 ${2} 晚中 ${1} 晚"), "；由 ${1} 升至 ${2}，因 ")
	}
	var out []piece
	var plain []string
	flush := func(tail string) {
		if len(plain) > 0 {
			out = append(out, piece{Text: strings.Join(plain, " ") + tail})
			plain = nil
		}
	}
	for _, word := range strings.Fields(clean(s, 400)) {
		u, err := url.Parse(word)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.HasSuffix(word, "…") {
			plain = append(plain, word)
			continue
		}
		flush(" ")
		out = append(out, piece{Text: clean(word, 60), URL: word}, piece{Text: " "})
	}
	flush("")
	return out
}

// Text picks a text from outside in the page's language, falling back to the other one.
func (p printer) Text(en, zh string) string {
	if p.lang == Chinese && zh != "" || en == "" {
		return clean(zh, 240)
	}
	return clean(en, 240)
}

// Language is the page's language, for texts that carry both.
func (p printer) Language() Lang { return p.lang }

// Minus writes a count that is taken away.
func (p printer) Minus(n int) string { return p.Count(-n) }

// LightClass is the style of a light; an unknown one is grey.
func (p printer) LightClass(key string) string {
	for _, l := range lights {
		if l.Key == key {
			return key
		}
	}
	return "grey"
}

// Hash writes the beginning of an identifier that is too long to read.
func (p printer) Hash(s string) string {
	if s == "" {
		return missing
	}
	return clean(s, 40)
}

// Link passes relative file names and http and https addresses, nothing else.
func (p printer) Link(href string) string {
	u, err := url.Parse(href)
	if err != nil || u.User != nil {
		return ""
	}
	if u.Scheme == "" && u.Host == "" && !strings.HasPrefix(href, "/") && u.Path != "" || (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		return href
	}
	return ""
}

// Severities lists the severities for the head of the matrix.
func (p printer) Severities() []struct{ Name, Class string } {
	var out []struct{ Name, Class string }
	for s := 1; s < len(severities); s++ {
		out = append(out, struct{ Name, Class string }{severities[s].In(p.lang), "s" + strconv.Itoa(s)})
	}
	return out
}
