package pipeline

import (
	"bytes"
	"cmp"
	"encoding/json"
	"html"
	"html/template"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// blotted stands where a name or a number was.
const blotted = "[erased]"

// needles makes the expression that finds the names and the number of a customer in texts: as they are, as they are written in pages and in JSON, and
// cut off with an ellipsis as charts do. RE2 syntax, which Go and ClickHouse share. Names too short to be told from other words find only themselves,
// and none at all is an expression that finds nothing.
func needles(number string, names []string) string {
	var list []string
	add := func(text string) {
		if text == "" {
			return
		}
		q := regexp.QuoteMeta(text)
		if r, _ := utf8.DecodeRuneInString(text); wordRune(r) { // not within another word; scripts without spaces have no such end
			q = `\b` + q
		}
		if r, _ := utf8.DecodeLastRuneInString(text); wordRune(r) {
			q += `\b`
		}
		list = append(list, q)
	}
	for _, name := range names {
		name = strings.TrimSpace(name)
		if !tellable(name) {
			continue
		}
		for _, form := range forms(name) {
			add(form)
		}
		runes := []rune(name)
		for n := min(len(runes)-1, 60); n >= 6; n-- {
			for _, form := range forms(string(runes[:n])) {
				list = append(list, regexp.QuoteMeta(form)+"(?:…|\\.\\.\\.)")
			}
		}
	}
	if len(number) >= 3 && strings.ContainsFunc(number, unicode.IsLetter) { // digits alone are amounts, too
		for _, form := range forms(number) {
			add(form)
		}
	}
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	list = slices.Compact(list)
	if len(list) == 0 {
		return `\b\B` // nowhere
	}
	return `(?i)(?:` + strings.Join(list, "|") + `)`
}

// tellable reports whether a name is long enough to be looked for in texts.
func tellable(name string) bool {
	return utf8.RuneCountInString(name) >= 4 || len(name) >= 6 && !strings.ContainsFunc(name, wordRune)
}

func wordRune(r rune) bool {
	return r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}

// forms are the ways in which a text is written down.
func forms(text string) []string {
	list := []string{text, html.EscapeString(text), template.HTMLEscapeString(text), strings.ReplaceAll(template.HTMLEscapeString(text), "+", "&#43;")}
	for _, escape := range []bool{true, false} {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(escape)
		if e.Encode(text) == nil {
			list = append(list, strings.Trim(b.String(), "\"\n"))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
