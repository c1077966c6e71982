package report

import (
	"context"

	"creditwatch/pipeline/asof"
)

// A WarningCount counts open warnings of a tier and severity.
type WarningCount struct{ Tier, Severity, Open, Customers int }

// A WarningFlow counts episodes by what they were the night before and are tonight; severity 0 = not open.
type WarningFlow struct {
	Tier, Before, After int
	Fate                string // open, closed, held (by a suppressor), cooling, gone
	Episodes            int
}

// A Warning is one line of the lists of serious and of closed warnings.
type Warning struct {
	CustomerID, Name, Code  string
	Tier, Severity, Before  int // Before: severity the night before, 0 = was not open
	FirstSeen               asof.Date
	Owner, Action, Evidence string
	DueOn                   asof.Date
	EN, ZH                  string
	Exposure                *Money // nil for a customer without a score
}

// Warnings holds the figures of the warnings section.
type Warnings struct {
	Counts, CountsBefore []WarningCount
	Flow                 []WarningFlow
	Serious              []Warning // open at S3 or S4 and not so the night before; at most seriousLimit
	Closed               []Warning // at most closedLimit
	RulesUnjudged        int
	Unjudged, Judged     int // judgements, rule by customer
}

// Limits of the lists, as in their queries.
const (
	seriousLimit = 40
	closedLimit  = 20
)

func gatherWarnings(ctx context.Context, q asker, d *Data) error {
	w := &d.Warnings
	counts := func(list *[]WarningCount) func(*row) {
		return func(r *row) {
			*list = append(*list, WarningCount{r.number("tier"), r.number("severity"), r.number("open"), r.number("customers")})
		}
	}
	if err := q.tonight(ctx, "warning_counts", counts(&w.Counts)); err != nil {
		return err
	}
	if err := q.before(ctx, "warning_counts", counts(&w.CountsBefore)); err != nil {
		return err
	}
	err := q.tonight(ctx, "warning_flow", func(r *row) {
		w.Flow = append(w.Flow, WarningFlow{r.number("tier"), r.number("severity_before"), r.number("severity_after"), r.text("fate"), r.number("episodes")})
	})
	if err != nil {
		return err
	}
	err = q.tonight(ctx, "warnings_serious", func(r *row) {
		w.Serious = append(w.Serious, Warning{
			CustomerID: r.text("customer_id"), Name: r.text("name"), Code: r.text("code"), Tier: r.number("tier"), Severity: r.number("severity"),
			Before: r.number("severity_before"), FirstSeen: r.date("first_seen"), Owner: r.text("owner"), Action: r.text("action"),
			DueOn: r.date("due_on"), Evidence: r.text("evidence"), EN: r.text("text_en"), ZH: r.text("text_zh"), Exposure: r.moneyOr("exposure"),
		})
	})
	if err != nil {
		return err
	}
	err = q.tonight(ctx, "warnings_closed", func(r *row) {
		w.Closed = append(w.Closed, Warning{
			CustomerID: r.text("customer_id"), Name: r.text("name"), Code: r.text("code"), Tier: r.number("tier"), Severity: r.number("severity"),
			FirstSeen: r.date("first_seen"), EN: r.text("text_en"), ZH: r.text("text_zh"),
		})
	})
	if err != nil {
		return err
	}
	return q.tonight(ctx, "unjudged", func(r *row) {
		w.RulesUnjudged, w.Unjudged, w.Judged = r.number("rules"), r.number("judgements_missing"), r.number("judgements")
	})
}

// open counts the open warnings.
func (w Warnings) open() int {
	n := 0
	for _, c := range w.Counts {
		n += c.Open
	}
	return n
}

// newlySerious counts warnings open at S3 or S4 that were not so the night before.
func (w Warnings) newlySerious() int {
	n := 0
	for _, f := range w.Flow {
		if f.After >= 3 && f.Before < 3 {
			n += f.Episodes
		}
	}
	return n
}

// A flowLine leads the open warnings of a tier from the night before to tonight.
type flowLine struct {
	Tier                                    int
	Opening, New, Closed, Held, Other, Open int
	Raised, Lowered                         int // among those open on both nights
}

// flow adds the episodes up by tier; the last line is the sum, with tier 0.
func (w Warnings) flow() []flowLine {
	lines := make([]flowLine, 4)
	for _, f := range w.Flow {
		for _, l := range []*flowLine{&lines[3], tierLine(lines, f.Tier)} {
			if l == nil {
				continue
			}
			if f.Before > 0 {
				l.Opening += f.Episodes
			}
			switch {
			case f.After > 0:
				l.Open += f.Episodes
				switch {
				case f.Before == 0:
					l.New += f.Episodes
				case f.After > f.Before:
					l.Raised += f.Episodes
				case f.After < f.Before:
					l.Lowered += f.Episodes
				}
			case f.Fate == "closed":
				l.Closed += f.Episodes
			case f.Fate == "held":
				l.Held += f.Episodes
			default:
				l.Other += f.Episodes
			}
		}
	}
	for t := range lines[:3] {
		lines[t].Tier = t + 1
	}
	return lines
}

func tierLine(lines []flowLine, tier int) *flowLine {
	if tier < 1 || tier > 3 {
		return nil
	}
	return &lines[tier-1]
}

// A matrixCell is a cell of the matrix of tiers and severities.
type matrixCell struct{ Open, New, Closed int }

func viewWarnings(d Data, p printer) any {
	type line struct {
		Tier  int // 0 = all
		Cells [5]matrixCell
	}
	w := d.Warnings
	v := struct {
		printer
		First               bool
		Matrix              []line
		Flow                []flowLine
		Serious, Closed     []Warning
		SeriousAll, Closing int
		RulesUnjudged       int
		Unjudged            int
		UnjudgedShare       *float64
	}{printer: p, First: d.Night.IsFirst(), Flow: w.flow(), Serious: w.Serious, Closed: w.Closed, SeriousAll: w.newlySerious(),
		RulesUnjudged: w.RulesUnjudged, Unjudged: w.Unjudged, UnjudgedShare: ratio(w.Unjudged, w.Unjudged+w.Judged)}
	v.Closing = v.Flow[3].Closed
	v.Matrix = make([]line, 4)
	add := func(tier, severity int, f func(*matrixCell)) {
		if tier < 1 || tier > 3 || severity < 1 || severity > 4 {
			return // Check refuses a night that has these
		}
		for _, t := range []int{tier - 1, 3} {
			f(&v.Matrix[t].Cells[severity-1])
			f(&v.Matrix[t].Cells[4])
		}
	}
	for _, c := range w.Counts {
		add(c.Tier, c.Severity, func(m *matrixCell) { m.Open += c.Open })
	}
	for _, f := range w.Flow {
		if f.Before == 0 {
			add(f.Tier, f.After, func(m *matrixCell) { m.New += f.Episodes })
		}
		if f.After == 0 && f.Fate == "closed" {
			add(f.Tier, f.Before, func(m *matrixCell) { m.Closed += f.Episodes })
		}
	}
	for t := range v.Matrix[:3] {
		v.Matrix[t].Tier = t + 1
	}
	return v
}
