package decisions

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"creditwatch/features/book"
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

// TestLadderIsClimbedOnce goes through random nights of a customer: disputes, promises, cash, warnings, nights that are left out and run
// twice. Of an invoice, or an instalment, every step is proposed once, in order, never while something holds it back, and never late.
func TestLadderIsClimbedOnce(t *testing.T) {
	p, start := Default().Dunning, asof.MustParse("2026-03-02")
	index := map[string]int{}
	for i, s := range p.Steps {
		index[s.Code] = i
	}
	add := func(d asof.Date, n int) asof.Date { return d.Add(n) }
	proposed, suppressed := 0, map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		var items []Receivable
		for _, id := range []string{"I", "J", "K", "K"} { // K has two instalments
			due := start.Add(rapid.IntRange(0, 40).Draw(t, "due"))
			if id == "K" && len(items) == 3 {
				due = items[2].DueOn.Add(rapid.IntRange(1, 40).Draw(t, "second due"))
			}
			open := book.Money(rapid.SampledFrom([]int64{90, 150, 400, 5000}).Draw(t, "open")) * yuan
			items = append(items, Receivable{CustomerID: "C", DocumentID: id, Currency: "CNY", Instalments: 1, InvoicedOn: start.Add(-30), DueOn: due, Open: open, LedgerOpen: open, OpenBase: open})
		}
		items[2].Instalments, items[3].Instalments = 2, 2
		payer := Payer{}
		sent, held := map[SentKey]Sent{}, map[SentKey]Held{}
		type line struct {
			step int
			on   asof.Date
		}
		climbed := map[SentKey]line{}
		for on := start.Add(-10); on < start.Add(110); on = on.Add(rapid.SampledFrom([]int{1, 1, 1, 2, 5, 20}).Draw(t, "days to the next night")) {
			for i := range items {
				r := &items[i]
				switch rapid.IntRange(0, 12).Draw(t, "what happens") {
				case 0, 1:
					r.Disputed = !r.Disputed
				case 2: // cash that names no invoice, or its return
					if r.Open > 0 {
						r.Open = 0
					} else {
						r.Open = r.LedgerOpen
					}
				case 3: // a part is paid
					r.LedgerOpen /= 2
					r.Open = min(r.Open, r.LedgerOpen)
				case 4:
					w := Promise{On: on.Add(rapid.IntRange(0, 15).Draw(t, "promised for"))}
					if rapid.Bool().Draw(t, "names the invoice") {
						w.DocumentID = r.DocumentID
					}
					if rapid.Bool().Draw(t, "names an amount") {
						amount := book.Money(rapid.Int64Range(50, 6000).Draw(t, "promised")) * yuan
						w.Amount = &amount
					}
					payer.Promises = append(payer.Promises, w)
				}
				r.OpenBase = r.Open
			}
			payer.Jump = rapid.SampledFrom([]string{"", "", "", "W2-06"}).Draw(t, "warning")
			night := func() []Dun {
				duns, err := Duns(on, items, map[string]Payer{"C": payer}, sent, held, p, Default().Statute, add)
				if err != nil {
					t.Fatal(err)
				}
				return duns
			}
			duns := night()
			if again := night(); !reflect.DeepEqual(duns, again) {
				t.Fatalf("%s run again: %+v, first %+v", on, again, duns)
			}
			heldNow, lines := map[SentKey]Held{}, map[SentKey]Dun{}
			for _, d := range duns {
				if _, twice := lines[d.Key()]; twice {
					t.Fatalf("%s: %v has two lines", on, d.Key())
				}
				lines[d.Key()] = d
			}
			for _, r := range items {
				k, d, days := r.Key(), lines[r.Key()], on.Sub(r.DueOn)
				before, was := climbed[k]
				inForce, covered := false, false // a promise that may hold it back, and one that must
				for _, w := range payer.Promises {
					if w.On.Add(p.PromiseGrace) >= on && (w.DocumentID == "" || w.DocumentID == r.DocumentID) {
						inForce = true
						covered = covered || w.Amount == nil || w.DocumentID == r.DocumentID && r.Instalments == 1 && *w.Amount >= r.Open
					}
				}
				free := r.Open >= 100*yuan && !r.Disputed && !covered
				at := -1 // reached by its days alone
				for i, s := range p.Steps {
					if s.Day <= days {
						at = i
					}
				}
				if d.State == Proposed {
					i := index[d.Step]
					switch {
					case !free:
						t.Fatalf("%s %v: %s is proposed, open %s, disputed %v, promised %v", on, k, d.Step, r.Open, r.Disputed, covered)
					case was && i <= before.step:
						t.Fatalf("%s %v: %s is proposed after %s", on, k, d.Step, p.Steps[before.step].Code)
					case was && on.Sub(before.on) < p.DaysBetween:
						t.Fatalf("%s %v: %s is proposed %d days after the step before", on, k, d.Step, on.Sub(before.on))
					case i > at && (payer.Jump == "" || i > at+1 || p.Steps[i].Legal || days <= 0):
						t.Fatalf("%s %v: %s is proposed %d days past due, warning %q", on, k, d.Step, days, payer.Jump)
					case p.Steps[i].Legal && (!was || before.step == 0):
						t.Fatalf("%s %v: %s is proposed before a demand", on, k, d.Step)
					}
					climbed[k], sent[k] = line{i, on}, Sent{Code: d.Step, On: on}
					proposed++
				}
				due := at
				if at >= 0 && p.Steps[at].Legal && (!was || before.step == 0) {
					due--
				}
				if due >= 0 && (!was || due > before.step && on.Sub(before.on) >= p.DaysBetween) && free && !inForce && (d.State != Proposed || index[d.Step] < due) {
					t.Fatalf("%s %v: %s %s, and nothing holds %s back", on, k, d.State, d.Step, p.Steps[due].Code)
				}
				if d.State != Suppressed {
					if d.Since != nil {
						t.Fatalf("%s %v: %s, and held since %s", on, k, d.State, d.Since)
					}
					continue
				}
				suppressed[d.Reason]++
				if holds := map[string]bool{"unapplied_cash": r.Open <= 0, "disputed": r.Disputed, "promised": inForce, "too_small": r.Open < 100*yuan}; !holds[d.Reason] {
					t.Fatalf("%s %v: held back as %s, open %s, disputed %v, promised %v", on, k, d.Reason, r.Open, r.Disputed, inForce)
				}
				since := on
				if h := held[k]; h.Reason == d.Reason {
					since = h.Since
				}
				if d.Since == nil || *d.Since != since {
					t.Fatalf("%s %v: held since %v, want %s", on, k, d.Since, since)
				}
				heldNow[k] = Held{d.Reason, since}
			}
			held = heldNow
		}
	})
	if proposed < 100 || len(suppressed) < 4 {
		t.Errorf("%d steps proposed, held back %v: too few to tell", proposed, suppressed)
	}
}
