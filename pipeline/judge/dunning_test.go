package judge

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"creditwatch/pipeline"
)

// fillDunning writes an invoice or two for everything that happens to a step. The first night is that of 2024-06-30.
func (l *handLedger) fillDunning() {
	for _, c := range []string{"A", "B", "C", "D", "E", "F", "G", "I", "J", "N"} {
		l.put("customers", "customer_id, name, country, size_class, onboarded_on, known_at", q(c), q(c), "'CN'", "'small'", q(ago(990)), q(at(990)))
	}
	l.tx(
		tx{customer: "A", id: "A1", kind: "invoice", on: 30, dueToday: true, amount: 1000},
		tx{customer: "A", id: "A2", kind: "invoice", on: 60, due: 30, amount: 1000},
		tx{customer: "B", id: "B1", kind: "invoice", on: 36, due: 6, amount: 1000}, // disputed for four nights
		tx{customer: "B", id: "B1d", kind: "dispute", on: 3, amount: 1000, to: "B1"},
		tx{customer: "B", id: "B1e", kind: "dispute_closed", on: -4, amount: 1000, to: "B1"},
		tx{customer: "C", id: "C1", kind: "invoice", on: 40, due: 10, amount: 500}, // paid, by cash that does not say so
		tx{customer: "C", id: "C2", kind: "payment", on: 5, amount: 500},
		tx{customer: "D", id: "D1", kind: "invoice", on: 40, due: 10, amount: 1000}, // promised for the third night, and three days' grace
		tx{customer: "E", id: "E1", kind: "invoice", on: 40, due: 10, amount: 50},
		tx{customer: "F", id: "F1", kind: "invoice", on: 46, due: 16, amount: 1000}, // paid on the third night
		tx{customer: "F", id: "F2", kind: "payment", on: -2, amount: 1000, to: "F1"},
		tx{customer: "G", id: "G1a", document: "G1", kind: "invoice", on: 38, due: 8, amount: 400}, // two instalments
		tx{customer: "G", id: "G1b", document: "G1", kind: "invoice", on: 38, due: 1, amount: 600},
		tx{customer: "I", id: "I1", kind: "invoice", on: 40, due: 10, amount: 1000}, // disputed for two nights, and again from the sixth
		tx{customer: "I", id: "I1d", kind: "dispute", on: 3, amount: 1000, to: "I1"},
		tx{customer: "I", id: "I1e", kind: "dispute_closed", on: -2, amount: 1000, to: "I1"},
		tx{customer: "I", id: "I1f", kind: "dispute", on: -5, amount: 1000, to: "I1"},
	)
	l.tx(
		tx{customer: "J", id: "J1a", document: "J1", kind: "invoice", on: 38, due: 8, amount: 700}, // gets a second instalment on the fourth night
		tx{customer: "J", id: "J1b", document: "J1", kind: "invoice", on: 38, due: -40, amount: 300, known: -3},
		tx{customer: "N", id: "N1a", document: "N1", kind: "invoice", on: 38, due: 8, amount: 700}, // loses it on the fourth night
		tx{customer: "N", id: "N1b", document: "N1", kind: "invoice", on: 38, due: -40, amount: 300},
		tx{customer: "N", id: "N1c", document: "N1", kind: "invoice", on: 38, due: -40, amount: 300, supersedes: "N1b", status: "cancelled", known: -3},
	)
	l.contact("D", "D2", "promise", 1, "reached", "NULL", q(ago(-2)), "NULL")
}

// TestDunningRepeatsNothing runs eight nights, some of them twice: every step is proposed once, and what is held back is news once.
func TestDunningRepeatsNothing(t *testing.T) {
	t.Parallel()
	l := newHandLedger(t)
	l.fillDunning()
	last := pipeline.Published{}
	var run uint64
	rows := func(run uint64) []string {
		return ask(t, l.db, "SELECT * EXCEPT run FROM creditwatch.dunning_rows WHERE run = {run:UInt64} ORDER BY customer_id, document_id, due_on", map[string]any{"run": run})
	}
	dun := func(k int) {
		run++
		n := l.night(night.Add(k), run, slices.Compact([]uint64{1, run})...)
		n.Previous = last
		l.decideNight(n)
	}
	for k := range 8 {
		dun(k)
		published := run
		if err := l.db.Exec(context.Background(), fmt.Sprintf("INSERT INTO creditwatch.publications (as_of, run, fence) VALUES ('%s', %d, 1)", ago(-k), run), nil); err != nil {
			t.Fatal(err)
		}
		if k == 0 || k == 4 || k == 5 { // again, after it was published: a night does not heed itself
			dun(k)
			if first, again := rows(published), rows(run); len(first) < 8 || !slices.Equal(first, again) {
				t.Errorf("night %d: %d lines, and other ones when it is run again:\n%s\n%s", k, len(first), strings.Join(first, "\n"), strings.Join(again, "\n"))
			}
		}
		last = pipeline.Published{AsOf: night.Add(k), Run: published}
	}
	wantRows(t, ask(t, l.db, "SELECT document_id, due_on, step, toInt32(as_of - toDate({d:Date})) AS night, reason, held_since FROM creditwatch.dunning WHERE state = 'proposed' ORDER BY document_id, due_on, night", map[string]any{"d": night}),
		"A1|2024-06-30|D-7|0||(null)", "A1|2024-06-30|D+1|3||(null)", "A1|2024-06-30|D+7|7||(null)", // D+1 waits until three days after the step before
		"A2|2024-05-31|D+30|0||(null)",
		"B1|2024-06-24|D+7|4||(null)", // D+1 was passed while it was held back
		"D1|2024-06-20|D+15|6||(null)",
		"F1|2024-06-14|D+15|0||(null)",
		"G1|2024-06-22|D+7|0||(null)", "G1|2024-06-22|D+15|7||(null)", "G1|2024-06-29|D+1|0||(null)", "G1|2024-06-29|D+7|6||(null)",
		"I1|2024-06-20|D+7|2||(null)",
		"J1|2024-06-22|D+7|0||(null)", "J1|2024-06-22|D+15|7||(null)", // an invoice that becomes instalments, or one again, is not new
		"N1|2024-06-22|D+7|0||(null)", "N1|2024-06-22|D+15|7||(null)")
	// News on the first night of a step and a reason, carried on as held since that night.
	wantRows(t, ask(t, l.db, `SELECT document_id, reason, toString(step) AS step, toInt32(held_since - toDate({d:Date})) AS since,
    groupArrayIf(toInt32(as_of - toDate({d:Date})), state = 'suppressed') AS news, groupArrayIf(toInt32(as_of - toDate({d:Date})), state = 'held') AS carried
FROM (SELECT * FROM creditwatch.dunning WHERE state IN ('suppressed', 'held') ORDER BY as_of) GROUP BY ALL ORDER BY document_id, since`, map[string]any{"d": night}),
		`B1|disputed|D+1|0|[0]|[]`,
		`B1|disputed|D+7|1|[1]|[2,3]`,
		`C1|unapplied_cash|D+7|0|[0]|[1,2,3,4]`,
		`C1|unapplied_cash|D+15|5|[5]|[6,7]`,
		`D1|promised|D+7|0|[0]|[1,2,3,4]`,
		`D1|promised|D+15|5|[5]|[]`,
		`E1|too_small|D+7|0|[0]|[1,2,3,4]`,
		`E1|too_small|D+15|5|[5]|[6,7]`,
		`I1|disputed|D+7|0|[0]|[1]`,
		`I1|disputed|D+15|5|[5]|[6,7]`)
	wantRows(t, ask(t, l.db, "SELECT DISTINCT text_en FROM creditwatch.dunning WHERE text_en LIKE '%interest%' OR document_id = 'A2' ORDER BY text_en", nil),
		"D+30 has been proposed; nothing new tonight", "Second demand: invoice A2, CNY 1000.00, is 30 days past due.") // neither a rate nor a statute
}
