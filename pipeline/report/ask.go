package report

import (
	"context"
	"strings"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
)

// An asker runs the queries of sql/ for one night.
type asker struct {
	reader Reader
	night  Night
}

// tonight runs a query over the night's own run and calls each for every row.
func (a asker) tonight(ctx context.Context, name string, each func(*row)) error {
	return a.ask(ctx, name, a.night.Run, each)
}

// before runs a query over the previous night's run; on the first night there are no rows.
func (a asker) before(ctx context.Context, name string, each func(*row)) error {
	if a.night.IsFirst() {
		return nil
	}
	return a.ask(ctx, name, a.night.PreviousRun, each)
}

func (a asker) ask(ctx context.Context, name string, run uint64, each func(*row)) error {
	file := "sql/" + name + ".sql"
	sql, err := files.ReadFile(file)
	if err != nil {
		return err
	}
	params := map[string]any{}
	for key, value := range map[string]any{
		"run": run, "runs": a.night.Runs, "previous_run": a.night.PreviousRun, "as_of": a.night.AsOf, "cut": a.night.Cut.UTC(), "currency": a.night.Currency,
	} {
		if strings.Contains(string(sql), "{"+key+":") {
			params[key] = value
		}
	}
	return read(ctx, a.reader, file, string(sql), params, each)
}

// read runs a query and calls each for every row; the first cell that is not what was expected ends it.
func read(ctx context.Context, q Reader, file, sql string, params map[string]any, each func(*row)) error {
	return rows.Each(ctx, q, file, sql, params, func(r *rows.Row) error {
		each(&row{r})
		return nil
	})
}

// A row gives the cells of an answer in the report's types.
type row struct{ *rows.Row }

func (r *row) text(name string) string    { return r.Text(name) }
func (r *row) number(name string) int     { return int(r.Whole(name)) }
func (r *row) yes(name string) bool       { return r.Is(name) }
func (r *row) float(name string) *float64 { return r.Float(name) }
func (r *row) date(name string) asof.Date { return r.Date(name) }

// must reads a figure that cannot be missing.
func (r *row) must(name string) float64 {
	v := r.Float(name)
	if v == nil {
		r.Refuse(name, "a figure")
		return 0
	}
	return *v
}

// whole returns nil for a missing count.
func (r *row) whole(name string) *int {
	v := r.Float(name)
	if v == nil {
		return nil
	}
	n := int(*v)
	return &n
}

// moneyOr returns nil for a missing amount.
func (r *row) moneyOr(name string) *Money { return (*Money)(r.MoneyOr(name)) }

// money reads an amount that cannot be missing.
func (r *row) money(name string) Money {
	m := r.moneyOr(name)
	if m == nil {
		r.Refuse(name, "an amount")
		return 0
	}
	return *m
}
