package decisions

import (
	"strings"
	"testing"

	"creditwatch/pipeline/asof"
)

// TestStepsAreProposedOnce goes through ninety nights of one unpaid invoice: every step comes once, on its day.
func TestStepsAreProposedOnce(t *testing.T) {
	due := asof.MustParse("2026-03-02")
	item := Receivable{CustomerID: "C", DocumentID: "I", Currency: "CNY", Instalments: 1, InvoicedOn: due.Add(-30), DueOn: due, Open: 5000 * yuan, LedgerOpen: 5000 * yuan, OpenBase: 5000 * yuan}
	sent := map[SentKey]Sent{}
	add := func(d asof.Date, n int) asof.Date { return d.Add(n) }
	want := map[int]string{-7: "D-7", 1: "D+1", 7: "D+7", 15: "D+15", 30: "D+30", 45: "D+45", 60: "D+60"}
	for day := -10; day <= 80; day++ {
		duns, err := Duns(due.Add(day), []Receivable{item}, map[string]Payer{}, sent, nil, Default().Dunning, Default().Statute, add)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, d := range duns {
			if d.State == Proposed {
				got = d.Step
				sent[d.Key()] = Sent{Code: d.Step, On: due.Add(day)}
			}
		}
		if got != want[day] {
			t.Errorf("day %d: proposed %q, want %q", day, got, want[day])
		}
	}
}

// TestHeldSinceTheFirstNight: what is held back is told from what is newly held back; another reason, or a night between, begins anew.
func TestHeldSinceTheFirstNight(t *testing.T) {
	due := asof.MustParse("2026-03-02")
	item := Receivable{CustomerID: "C", DocumentID: "I", Currency: "CNY", Instalments: 1, InvoicedOn: due.Add(-30), DueOn: due, Open: 5000 * yuan, LedgerOpen: 5000 * yuan, OpenBase: 5000 * yuan}
	held := map[SentKey]Held{}
	sent := map[SentKey]Sent{}
	for _, c := range []struct {
		day              int
		disputed         bool
		cash             bool
		state, step, why string
		since            int
		text             string
	}{
		{1, true, false, Suppressed, "D+1", "disputed", 1, "D+1 is held back: it is disputed: settle the dispute first"},
		{2, true, false, Suppressed, "D+1", "disputed", 1, "D+1 is still held back, since 2026-03-03: it is disputed: settle the dispute first"},
		{7, true, false, Suppressed, "D+7", "disputed", 1, "D+7 is still held back, since 2026-03-03: it is disputed: settle the dispute first"}, // the night before was that of day 2
		{8, true, true, Suppressed, "D+7", "unapplied_cash", 8, "D+7 is held back: cash that names no invoice covers it: apply it first"},
		{9, true, false, Suppressed, "D+7", "disputed", 9, "D+7 is held back: it is disputed: settle the dispute first"},
		{10, false, false, Proposed, "D+7", "", 0, "Call about invoice I, CNY 5000.00, 10 days past due: ask for the day of payment."},
		{11, true, false, Waiting, "D+7", "", 0, "D+7 has been proposed; nothing new tonight"},
		{15, true, false, Suppressed, "D+15", "disputed", 15, "D+15 is held back: it is disputed: settle the dispute first"},
	} {
		on := due.Add(c.day)
		r := item
		if r.Disputed = c.disputed; c.cash {
			r.Open, r.OpenBase = 0, 0
		}
		duns, err := Duns(on, []Receivable{r}, nil, sent, held, Default().Dunning, Default().Statute, func(d asof.Date, n int) asof.Date { return d.Add(n) })
		if err != nil || len(duns) != 1 {
			t.Fatalf("day %d: %d lines, %v", c.day, len(duns), err)
		}
		d := duns[0]
		clear(held)
		if d.State == Suppressed {
			if d.Since == nil || *d.Since != due.Add(c.since) {
				t.Errorf("day %d: held since %v, want %s", c.day, d.Since, due.Add(c.since))
			} else {
				held[d.Key()] = Held{Reason: d.Reason, Since: *d.Since}
			}
		} else if d.Since != nil {
			t.Errorf("day %d: %s, and held since %s", c.day, d.State, d.Since)
		}
		if d.State == Proposed {
			sent[d.Key()] = Sent{Code: d.Step, On: on}
		}
		if d.State != c.state || d.Step != c.step || d.Reason != c.why || d.EN != c.text {
			t.Errorf("day %d: %s %s %s %q, want %s %s %s %q", c.day, d.State, d.Step, d.Reason, d.EN, c.state, c.step, c.why, c.text)
		}
	}
}

// TestInterestIsNamedWhereThereIsSome: a demand does not say "interest so far 0".
func TestInterestIsNamedWhereThereIsSome(t *testing.T) {
	due := asof.MustParse("2026-03-02")
	item := Receivable{CustomerID: "C", DocumentID: "I[1]", Currency: "CNY", Instalments: 1, InvoicedOn: due.Add(-30), DueOn: due, Open: 5000 * yuan, LedgerOpen: 5000 * yuan, OpenBase: 5000 * yuan}
	for _, c := range []struct {
		payer       Payer
		fee, en, zh string
	}{
		{Payer{}, "", "Second demand: invoice I[1], CNY 5000.00, is 30 days past due.", "第二次催款函：发票 I[1]，CNY 5000.00，已逾期 30 天。"},
		// 5 000 × 0.05 % × 30 = 75
		{Payer{Country: "CN", SizeClass: "large"}, "", "Second demand: invoice I[1], CNY 5000.00, is 30 days past due; interest so far CNY 75.00.", "第二次催款函：发票 I[1]，CNY 5000.00，已逾期 30 天；迄今利息 CNY 75.00。"},
		{Payer{}, "40.00", "Second demand: invoice I[1], CNY 5000.00, is 30 days past due. Fee: 40.00.", ""},
		{Payer{}, "0", "Second demand: invoice I[1], CNY 5000.00, is 30 days past due.", ""},
	} {
		p := ladder()
		p.Steps[4].Fee = c.fee
		if c.fee != "" {
			p.Steps[4].EN += "[ Fee: {fee}.]"
		}
		duns, err := Duns(due.Add(30), []Receivable{item}, map[string]Payer{"C": c.payer}, nil, nil, p, Default().Statute, func(d asof.Date, n int) asof.Date { return d.Add(n) })
		if err != nil || len(duns) != 1 {
			t.Fatalf("%d lines, %v", len(duns), err)
		}
		if d := duns[0]; d.EN != c.en || c.zh != "" && d.ZH != c.zh {
			t.Errorf("%+v, fee %q: %q %q, want %q %q", c.payer, c.fee, d.EN, d.ZH, c.en, c.zh)
		}
	}
	for _, text := range []string{"interest so far {interest}.", "a fee of {fee}", "[interest {interest}", "interest] {days}", "[[{interest}]"} {
		p := Default()
		p.Dunning.Steps[4].ZH = text
		if errs := p.Check(); len(errs) != 1 || !strings.Contains(errs[0].Error(), "dunning.steps[4].text_zh: must be a text with {interest} and {fee} in [ ]") {
			t.Errorf("%q: %v", text, errs)
		}
	}
}
