package news

import (
	"regexp"
	"sort"
	"strings"
)

// A ticker counts only beside its exchange: 600519.SH, SZ000001, 股票代码：600519, "NYSE: ACM". A bare number is a price, a year or a case.
var tickerForms = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\b(SH|SZ|BJ|SS|HK)[:. ]?(\d{4,6})\b`),
	regexp.MustCompile(`(?i)\b(\d{4,6})\.(SH|SZ|SS|BJ|HK|XSHG|XSHE|XHKG)\b`),
	regexp.MustCompile(`(?:股票|证券|股份)(?:代码|代號)(?:为|是)?[:： ]{0,2}(\d{4,6})\b`),
	regexp.MustCompile(`(?i)\b(?:stock|securities) code[: ]{1,2}(\d{4,6})\b`),
	regexp.MustCompile(`\b(NYSE|NASDAQ|Nasdaq|AMEX|LSE|SSE|SZSE|HKEX|SEHK|HKSE)\s?[:：]\s?([A-Z]{1,5}|\d{3,6})\b`),
	regexp.MustCompile(`\b([A-Z]{1,5})\.(N|O|OQ|L)\b`),
}

// The exchange a mark stands for.
var exchanges = map[string]string{
	"SH": "SH", "SS": "SH", "XSHG": "SH", "SSE": "SH", "SZ": "SZ", "XSHE": "SZ", "SZSE": "SZ", "BJ": "BJ",
	"HK": "HK", "XHKG": "HK", "HKEX": "HK", "SEHK": "HK", "HKSE": "HK",
	"NYSE": "US", "NASDAQ": "US", "AMEX": "US", "N": "US", "O": "US", "OQ": "US", "US": "US", "LSE": "L", "L": "L",
}

// listing is a ticker as exchange and code: SH 600519. A code without exchange has that of its form.
func listing(s string) string {
	s = strings.ToUpper(strings.TrimSpace(s))
	s = strings.NewReplacer("：", ":", " ", "").Replace(s)
	var exchange, code string
	for _, mark := range strings.FieldsFunc(s, func(r rune) bool { return r == ':' || r == '.' }) {
		if e, ok := exchanges[mark]; ok && exchange == "" && len(s) > len(mark) {
			exchange = e
		} else if code == "" {
			code = mark
		} else {
			return ""
		}
	}
	if exchange == "" && len(code) > 2 && code[2] >= '0' && code[2] <= '9' && exchanges[code[:2]] != "" {
		exchange, code = exchanges[code[:2]], code[2:]
	}
	digits := isNumber(code)
	switch {
	case code == "" || len(code) > 6 || !digits && strings.ContainsFunc(code, func(r rune) bool { return r < 'A' || r > 'Z' }):
		return ""
	case exchange == "" && digits && len(code) == 6:
		exchange = map[byte]string{'6': "SH", '9': "SH", '5': "SH", '0': "SZ", '2': "SZ", '3': "SZ", '1': "SZ", '4': "BJ", '8': "BJ"}[code[0]]
	case exchange == "" && digits:
		exchange = "HK"
	case exchange == "":
		exchange = "US"
	}
	if exchange == "HK" {
		code = strings.TrimLeft(code, "0")
	}
	if exchange == "" || code == "" {
		return ""
	}
	return exchange + " " + code
}

func isNumber(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// addTickers takes the customers' tickers, and returns those that two customers claim.
func (m *Matcher) addTickers() (refused []Ambiguity) {
	of := map[string][]int32{}
	for i, c := range m.customers {
		all := c.Tickers
		for _, a := range c.Aliases {
			if isNumber(strings.TrimSpace(a)) && len(strings.TrimSpace(a)) >= 4 {
				all = append(all[:len(all):len(all)], a)
			}
		}
		for _, t := range all {
			if l := listing(t); l != "" && (len(of[l]) == 0 || of[l][len(of[l])-1] != int32(i)) {
				of[l] = append(of[l], int32(i))
			}
		}
	}
	m.tickers = map[string]int32{}
	for l, holders := range of {
		if len(holders) == 1 {
			m.tickers[l] = holders[0]
			continue
		}
		a := Ambiguity{Name: strings.ToLower(l), Reason: Shared}
		for _, h := range holders {
			a.Customers = append(a.Customers, m.customers[h].ID)
		}
		a.Customers = distinct(a.Customers)
		refused = append(refused, a)
	}
	return refused
}

// tickerScore is how surely a ticker beside its exchange means its customer.
const tickerScore = 0.9

// tickerMentions appends the customers whose ticker stands in f, a fold of text, outside the mentions already found.
func (m *Matcher) tickerMentions(text string, f *fold, out []mention) []mention {
	if len(m.tickers) == 0 || len(f.runes) == 0 {
		return out
	}
	base := int(f.from[0])
	piece := text[base:f.to[len(f.to)-1]]
	if !mayHoldTicker(f.runes) && !strings.Contains(piece, ".N") && !strings.Contains(piece, ".O") && !strings.Contains(piece, ".L") {
		return out
	}
	names := len(out)
	for _, form := range tickerForms {
		for _, at := range form.FindAllStringSubmatchIndex(piece, 8) {
			var marks []string
			for g := 2; g < len(at); g += 2 {
				marks = append(marks, piece[at[g]:at[g+1]])
			}
			customer, ok := m.tickers[listing(strings.Join(marks, "."))]
			if !ok {
				continue
			}
			start := sort.Search(len(f.from), func(i int) bool { return int(f.to[i]) > base+at[0] })
			end := sort.Search(len(f.from), func(i int) bool { return int(f.from[i]) >= base+at[1] })
			free := start < end
			for _, o := range out {
				free = free && (o.end <= start || o.start >= end)
			}
			if free {
				out = append(out, mention{start: start, end: end, customer: customer, score: tickerScore})
			}
		}
	}
	if len(out) > names {
		sort.SliceStable(out, func(a, b int) bool { return out[a].start < out[b].start })
	}
	return out
}

// mayHoldTicker looks for what every form of ticker but ACM.N has: three digits in a row, or a colon.
func mayHoldTicker(runes []rune) bool {
	digits := 0
	for _, r := range runes {
		if r >= '0' && r <= '9' {
			if digits++; digits == 3 {
				return true
			}
			continue
		}
		digits = 0
		if r == ':' {
			return true
		}
	}
	return false
}
