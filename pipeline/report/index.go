package report

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"creditwatch/pipeline/asof"
)

// A NightSummary is one published night on the index page. Amounts are nil where the night kept none.
type NightSummary struct {
	AsOf                                  asof.Date
	Customers                             int
	Exposure, ExpectedLoss, Open, Overdue *Money
	Serious                               int    // open warnings of severity 3 and 4
	Red, Amber                            int    // checks
	HrefEN, HrefZH                        string // relative or http(s) addresses of the reports
}

// Nights lists the published nights, the newest first, with links to the pages that are there, by [FileName].
func Nights(ctx context.Context, q Reader) ([]NightSummary, error) {
	const file = "sql/nights.sql"
	sql, err := files.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var out []NightSummary
	err = read(ctx, q, file, string(sql), nil, func(r *row) {
		n := NightSummary{
			AsOf: r.date("as_of"), Customers: r.number("customers"), Exposure: r.moneyOr("exposure"), ExpectedLoss: r.moneyOr("expected_loss"),
			Open: r.moneyOr("open_base"), Overdue: r.moneyOr("overdue_base"), Serious: r.number("serious"), Red: r.number("red"), Amber: r.number("amber"),
		}
		if r.number("page_en") > 0 {
			n.HrefEN = FileName(n.AsOf, English)
		}
		if r.number("page_zh") > 0 {
			n.HrefZH = FileName(n.AsOf, Chinese)
		}
		out = append(out, n)
	})
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return out, nil
}

// Index renders the page that lists past nights, in the order given.
func Index(w io.Writer, nights []NightSummary, lang Lang) error {
	if lang != English && lang != Chinese {
		return fmt.Errorf("report: language %q: want en or zh", lang)
	}
	type line struct {
		NightSummary
		OverdueShare *float64
	}
	largest := Money(0)
	var lines []line
	for _, n := range nights {
		l := line{NightSummary: n}
		if n.Open != nil && n.Overdue != nil {
			l.OverdueShare = share(*n.Overdue, *n.Open)
		}
		for _, m := range []*Money{n.Exposure, n.Open} {
			if m != nil {
				largest = max(largest, *m)
			}
		}
		lines = append(lines, l)
	}
	page := struct {
		printer
		Lang   string
		Nights []line
	}{printer{lang, unitOf(largest, "")}, "en", lines}
	if lang == Chinese {
		page.Lang = "zh-CN"
	}
	var out bytes.Buffer
	if err := pages().ExecuteTemplate(&out, "index.html", page); err != nil {
		return fmt.Errorf("report: index: %w", err)
	}
	_, err := w.Write(out.Bytes())
	return err
}
