package report

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"
)

// pages parses the templates once; a mistake in one is found by every test.
var pages = sync.OnceValue(func() *template.Template {
	return template.Must(template.ParseFS(files, "templates/*.html"))
})

// newPrinter picks the unit of the page by its largest amount.
func newPrinter(d Data, lang Lang) printer {
	return printer{lang, unitOf(max(d.Headline.Book.Exposure, sumOpen(d.Headline.Open).InvoicesBase), d.Night.Currency)}
}

// Write renders the report. It judges nothing: hold the data against [Check] first.
func Write(w io.Writer, d Data, lang Lang) error {
	if lang != English && lang != Chinese {
		return fmt.Errorf("report: language %q: want en or zh", lang)
	}
	type section struct {
		Number     int
		Key, Title string
		Views      string
		Body       template.HTML // what this package's own template made, escaped there
	}
	p := newPrinter(d, lang)
	page := struct {
		printer
		Lang     string
		Night    Night
		Company  string
		Sections []section
	}{printer: p, Lang: "en", Night: d.Night, Company: clean(d.Night.Company, 80)}
	if lang == Chinese {
		page.Lang = "zh-CN"
	}
	for i, s := range Sections {
		var body bytes.Buffer
		var data any = d
		if s.view != nil {
			data = s.view(d, p)
		}
		if err := pages().ExecuteTemplate(&body, s.Key+".html", data); err != nil {
			return fmt.Errorf("report: section %s: %w", s.Key, err)
		}
		var views []string
		for _, name := range s.Queries {
			views = append(views, viewsOf(name)...)
		}
		page.Sections = append(page.Sections, section{i + 1, s.Key, s.Title.In(lang), strings.Join(unique(views), ", "), template.HTML(body.String())})
	}
	var out bytes.Buffer
	if err := pages().ExecuteTemplate(&out, "page.html", page); err != nil {
		return fmt.Errorf("report: page: %w", err)
	}
	_, err := w.Write(out.Bytes())
	return err
}

// unique keeps the first of equal strings.
func unique(list []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}
