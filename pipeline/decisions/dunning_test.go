package decisions

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

// dunned is an invoice over 5 000 that fell due on a day.
func dunned(due asof.Date) Receivable {
	return Receivable{CustomerID: "C", DocumentID: "I", Currency: "CNY", Instalments: 1, InvoicedOn: due.Add(-30), DueOn: due, Open: 5000 * yuan, LedgerOpen: 5000 * yuan, OpenBase: 5000 * yuan}
}

// remember is the history that the next night finds.
func (h *History) remember(on asof.Date, duns []Dun) {
	if h.Sent == nil {
		h.Sent = map[SentKey]Sent{}
	}
	h.Held = map[SentKey]HeldStep{}
	for _, d := range duns {
		switch d.State {
		case Proposed:
			h.Sent[d.Key()] = Sent{Code: d.Step, On: on}
		case Suppressed, Held:
			h.Held[d.Key()] = HeldStep{Code: d.Step, Reason: d.Reason, Since: *d.Since}
		}
	}
}

// TestStepsAreProposedOnce goes through ninety nights of one unpaid invoice: every step comes once, on its day.
func TestStepsAreProposedOnce(t *testing.T) {
	due := asof.MustParse("2026-03-02")
	var past History
	want := map[int]string{-7: "D-7", 1: "D+1", 7: "D+7", 15: "D+15", 30: "D+30", 45: "D+45", 60: "D+60"}
	for day := -10; day <= 80; day++ {
		duns, err := Duns(due.Add(day), []Receivable{dunned(due)}, map[string]Payer{}, past, Default().Dunning, Default().Statute, everyDay)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, d := range duns {
			if d.State == Proposed {
				got = d.Step
			}
		}
		past.remember(due.Add(day), duns)
		if got != want[day] {
			t.Errorf("day %d: proposed %q, want %q", day, got, want[day])
		}
	}
}

func everyDay(d asof.Date, n int) asof.Date { return d.Add(n) }

// TestHeldBackStepsAreNewsOnce follows an invoice that is disputed, then covered by cash, then free: what is held back is news on the
// first night of each step and reason.
func TestHeldBackStepsAreNewsOnce(t *testing.T) {
	due := asof.MustParse("2026-03-02")
	var past History
	for _, c := range []struct {
		day      int
		disputed bool
		open     book.Money
		want     string
	}{
		{-7, false, 5000, "proposed D-7"},
		{1, true, 5000, "suppressed D+1 disputed 2026-03-03"},
		{2, true, 5000, "held D+1 disputed 2026-03-03"},
		{3, true, 5000, "held D+1 disputed 2026-03-03"},
		{4, false, 0, "suppressed D+1 unapplied_cash 2026-03-06"}, // another reason
		{5, false, 0, "held D+1 unapplied_cash 2026-03-06"},
		{6, true, 5000, "suppressed D+1 disputed 2026-03-08"}, // the old reason again, but not the old dispute
		{7, true, 5000, "suppressed D+7 disputed 2026-03-09"}, // another step
		{8, true, 5000, "held D+7 disputed 2026-03-09"},
		{9, false, 5000, "proposed D+7"},
		{10, true, 5000, "waiting D+7"}, // nothing to hold back
	} {
		r := dunned(due)
		r.Disputed, r.Open, r.OpenBase = c.disputed, c.open*yuan, c.open*yuan
		duns, err := Duns(due.Add(c.day), []Receivable{r}, map[string]Payer{}, past, Default().Dunning, Default().Statute, everyDay)
		if err != nil {
			t.Fatal(err)
		}
		past.remember(due.Add(c.day), duns)
		d := duns[0]
		got := d.State + " " + d.Step
		if d.Since != nil {
			got += " " + d.Reason + " " + d.Since.String()
		}
		if got != c.want {
			t.Errorf("day %d: %s, want %s", c.day, got, c.want)
		}
		if d.State == Held && (!strings.Contains(d.EN, "held back since "+d.Since.String()) || !strings.Contains(d.ZH, "自 "+d.Since.String()+" 起暂缓")) {
			t.Errorf("day %d: %q, %q do not say since when", c.day, d.EN, d.ZH)
		}
	}
}

// agreeing is a contract for ever with a rate of interest on late payment.
func agreeing(rate *float64) []Contract {
	return []Contract{{CustomerID: "C", ID: "K", From: asof.Earliest, To: asof.Latest, LateRate: rate}}
}

func TestNoInterestIsNotSpokenOf(t *testing.T) {
	due := asof.MustParse("2026-03-02")
	rate, none := 0.073, 0.0
	for name, c := range map[string]struct {
		payer        Payer
		en, zh, rule string
	}{
		"no rate":       {Payer{}, "Second demand: invoice I, CNY 5000.00, is 30 days past due.", "第二次催款函：发票 I，CNY 5000.00，已逾期 30 天。", "none"},
		"none agreed":   {Payer{Contracts: agreeing(&none)}, "Second demand: invoice I, CNY 5000.00, is 30 days past due.", "第二次催款函：发票 I，CNY 5000.00，已逾期 30 天。", "contract"},
		"7.3 % a year":  {Payer{Contracts: agreeing(&rate)}, "Second demand: invoice I, CNY 5000.00, is 30 days past due; interest so far CNY 30.00.", "第二次催款函：发票 I，CNY 5000.00，已逾期 30 天；迄今利息 CNY 30.00。", "contract"},
		"by the decree": {Payer{Country: "CN", SizeClass: "large"}, "Second demand: invoice I, CNY 5000.00, is 30 days past due; interest so far CNY 75.00.", "第二次催款函：发票 I，CNY 5000.00，已逾期 30 天；迄今利息 CNY 75.00。", "CN-802"},
	} {
		duns, err := Duns(due.Add(30), []Receivable{dunned(due)}, map[string]Payer{"C": c.payer}, History{}, Default().Dunning, Default().Statute, everyDay)
		if err != nil {
			t.Fatal(err)
		}
		if d := duns[0]; d.EN != c.en || d.ZH != c.zh || d.InterestRule != c.rule {
			t.Errorf("%s: %q, %q by %s; want %q, %q by %s", name, d.EN, d.ZH, d.InterestRule, c.en, c.zh, c.rule)
		}
	}
	p := Default().Dunning
	p.Steps[4].EN = "interest {interest}, [a note]"
	said := ""
	p.check(func(key, want string, _ any) { said += key + ": " + want })
	if !strings.Contains(said, "dunning.steps[4]: {interest} within [square brackets]") {
		t.Errorf("a text that speaks of interest where there may be none is taken: %q", said)
	}
}

// TestDunningOfAnyHistory draws nights with gaps, disputes, promises, warnings and payments: a step of an invoice is proposed at most
// once and never after a higher one, what is held back is news once as long as step and reason stay, and the claim is the sum of its parts.
func TestDunningOfAnyHistory(t *testing.T) {
	p := Default().Dunning
	p.Steps[3].Fee = "12.50"
	level := map[string]int{}
	for i, s := range p.Steps {
		level[s.Code] = i
	}
	rapid.Check(t, func(rt *rapid.T) {
		on := asof.MustParse("2026-03-02").Add(rapid.IntRange(0, 400).Draw(rt, "start"))
		rate := rapid.Float64Range(0, 0.3).Draw(rt, "rate")
		items := make([]Receivable, rapid.IntRange(1, 4).Draw(rt, "invoices"))
		for i := range items {
			items[i] = dunned(on.Add(rapid.IntRange(-20, 20).Draw(rt, "due")))
			items[i].DocumentID = fmt.Sprint("I", i/2) // two instalments each
			items[i].Instalments = 2
			items[i].DueOn = items[i].DueOn.Add(50 * (i % 2))
			items[i].Open = book.Money(rapid.Int64Range(1, 1e9).Draw(rt, "amount")) * yuan / 100
		}
		var past History
		highest, last := map[SentKey]int{}, map[SentKey]Dun{}
		for range rapid.IntRange(5, 60).Draw(rt, "nights") {
			on = on.Add(rapid.IntRange(1, 9).Draw(rt, "gap"))
			payer := Payer{Contracts: agreeing(&rate)}
			if rapid.IntRange(0, 5).Draw(rt, "warned") == 0 {
				payer.Jump = "W2-06"
			}
			if rapid.IntRange(0, 4).Draw(rt, "promised") == 0 {
				payer.Promises = []Promise{{On: on.Add(rapid.IntRange(-5, 10).Draw(rt, "promise"))}}
			}
			for i := range items {
				items[i].Disputed = rapid.IntRange(0, 3).Draw(rt, "disputed") == 0
				items[i].Open -= items[i].Open / book.Money(rapid.SampledFrom([]int64{1, 2, 3, 100, 1e12, 1e12, 1e12, 1e12}).Draw(rt, "paid"))
				items[i].OpenBase = items[i].Open
			}
			duns, err := Duns(on, items, map[string]Payer{"C": payer}, past, p, Default().Statute, everyDay)
			if err != nil {
				rt.Fatal(err)
			}
			again, _ := Duns(on, items, map[string]Payer{"C": payer}, past, p, Default().Statute, everyDay)
			now := map[SentKey]Dun{}
			for i, d := range duns {
				if fmt.Sprint(d.State, d.Step, d.EN) != fmt.Sprint(again[i].State, again[i].Step, again[i].EN) {
					rt.Fatalf("%s: the night again says %q, not %q", on, again[i].EN, d.EN)
				}
				k := d.Key()
				now[k] = d
				before, was := last[k]
				switch d.State {
				case Proposed:
					if n, ok := highest[k]; ok && level[d.Step] <= n {
						rt.Fatalf("%s: %s proposed after %s", on, d.Step, p.Steps[n].Code)
					}
					highest[k] = level[d.Step]
				case Suppressed, Held:
					same := was && before.Since != nil && before.Step == d.Step && before.Reason == d.Reason
					if same != (d.State == Held) || !same && *d.Since != on || same && *d.Since != *before.Since {
						rt.Fatalf("%s: %s %s %s since %s after %s %s %s", on, d.State, d.Step, d.Reason, d.Since, before.State, before.Step, before.Reason)
					}
				}
				want := 0.0 // simple interest on what is open, act/365
				if d.Days > 0 && d.Open > 0 {
					want = d.Open.Float() * rate * float64(d.Days) / 365
				}
				if math.Abs(d.Interest.Float()-want) > 0.00501 {
					rt.Fatalf("%s: interest %s, want %.4f", on, d.Interest, want)
				}
				if d.State == Waiting {
					continue
				}
				s := p.Steps[level[d.Step]]
				sum := d.Fee
				if s.Claims {
					sum += d.Interest
				}
				if fee := map[bool]book.Money{true: 125_000}[s.Fee != ""]; d.Fee != fee || d.Claimed != sum {
					rt.Fatalf("%s: %s claims %s with a fee of %s and interest of %s", on, d.Step, d.Claimed, d.Fee, d.Interest)
				}
				if d.Interest == 0 && strings.Contains(d.EN, "interest") {
					rt.Fatalf("%s: %q though there is no interest", on, d.EN)
				}
			}
			last = now
			past.remember(on, duns)
		}
	})
}

// TestLadderIsClimbedOnce goes through random nights of a customer: disputes, promises, cash, warnings, nights that are left out and run
// twice. Of an invoice, or an instalment, every step is proposed once, in order, never while something holds it back, and never late.
func TestLadderIsClimbedOnce(t *testing.T) {
	p, start := Default().Dunning, asof.MustParse("2026-03-02")
	index := map[string]int{}
	for i, s := range p.Steps {
		index[s.Code] = i
	}
	proposed, reasons := 0, map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		var items []Receivable
		for _, id := range []string{"I", "J", "K", "K"} { // K has two instalments
			due := start.Add(rapid.IntRange(0, 40).Draw(t, "due"))
			if id == "K" && len(items) == 3 {
				due = items[2].DueOn.Add(rapid.IntRange(1, 40).Draw(t, "second due"))
			}
			open := book.Money(rapid.SampledFrom([]int64{90, 150, 400, 5000}).Draw(t, "open")) * yuan
			r := dunned(due)
			r.DocumentID, r.Open, r.LedgerOpen = id, open, open
			items = append(items, r)
		}
		items[2].Instalments, items[3].Instalments = 2, 2
		payer := Payer{}
		var past History
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
				duns, err := Duns(on, items, map[string]Payer{"C": payer}, past, p, Default().Statute, everyDay)
				if err != nil {
					t.Fatal(err)
				}
				return duns
			}
			duns := night()
			if again := night(); !reflect.DeepEqual(duns, again) {
				t.Fatalf("%s run again: %+v, first %+v", on, again, duns)
			}
			lines := map[SentKey]Dun{}
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
					climbed[k] = line{i, on}
					proposed++
				}
				due := at
				if at >= 0 && p.Steps[at].Legal && (!was || before.step == 0) {
					due--
				}
				if due >= 0 && (!was || due > before.step && on.Sub(before.on) >= p.DaysBetween) && free && !inForce && (d.State != Proposed || index[d.Step] < due) {
					t.Fatalf("%s %v: %s %s, and nothing holds %s back", on, k, d.State, d.Step, p.Steps[due].Code)
				}
				if d.State != Suppressed && d.State != Held {
					if d.Since != nil {
						t.Fatalf("%s %v: %s, and held since %s", on, k, d.State, d.Since)
					}
					continue
				}
				reasons[d.Reason]++
				if holds := map[string]bool{"unapplied_cash": r.Open <= 0, "disputed": r.Disputed, "promised": inForce, "too_small": r.Open < 100*yuan}; !holds[d.Reason] || r.Open <= 0 && d.Reason != "unapplied_cash" {
					t.Fatalf("%s %v: held back as %s, open %s, disputed %v, promised %v", on, k, d.Reason, r.Open, r.Disputed, inForce)
				}
			}
			past.remember(on, duns)
		}
	})
	if proposed < 100 || len(reasons) < 4 {
		t.Errorf("%d steps proposed, held back %v: too few to tell", proposed, reasons)
	}
}

// TestStepsOutliveASplit: what was proposed for an invoice counts for the instalment of its due date, and the other way round.
func TestStepsOutliveASplit(t *testing.T) {
	due := asof.MustParse("2026-03-02")
	whole, day := SentKey{CustomerID: "C", DocumentID: "I"}, SentKey{CustomerID: "C", DocumentID: "I", DueOn: due}
	for _, c := range []struct {
		shows       string
		instalments int
		due         asof.Date
		sent        map[SentKey]Sent
		want        string
	}{
		{"nothing was sent", 1, due, nil, "proposed D+7"},
		{"the invoice", 1, due, map[SentKey]Sent{whole: {"D+7", due.Add(7)}, day: {"D+7", due.Add(7)}}, "waiting D+7"},
		{"now an instalment", 2, due, map[SentKey]Sent{whole: {"D+7", due.Add(7)}, day: {"D+7", due.Add(7)}}, "waiting D+7"},
		{"the instalment of another day", 2, due.Add(1), map[SentKey]Sent{whole: {"D+7", due.Add(7)}, day: {"D+7", due.Add(7)}}, "proposed D+7"},
		{"no instalment any more", 1, due, map[SentKey]Sent{day: {"D+7", due.Add(7)}}, "waiting D+7"},
		{"nor before", 1, due, map[SentKey]Sent{whole: {"D+1", due.Add(1)}, day: {"D+7", due.Add(7)}}, "waiting D+7"},
		{"another due date", 1, due.Add(1), map[SentKey]Sent{whole: {"D+7", due.Add(7)}, day: {"D+7", due.Add(7)}}, "waiting D+7"},
	} {
		r := dunned(c.due)
		r.Instalments = c.instalments
		duns, err := Duns(due.Add(10), []Receivable{r}, nil, History{Sent: c.sent}, Default().Dunning, Default().Statute, everyDay)
		if err != nil {
			t.Fatal(err)
		}
		if got := duns[0].State + " " + duns[0].Step; got != c.want {
			t.Errorf("%s: %s, want %s", c.shows, got, c.want)
		}
	}
}

// TestFillIn: what a value holds is not filled again, and what is no name of the pairs stays.
func TestFillIn(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"no names", "no names"},
		{"{a}{b}", "{b}2"},
		{"{a} and {b}, {c} and {a", "{b} and 2, {c} and {a"},
		{"{{b}}", "{2}"},
		{"发票 {b}。", "发票 2。"},
		{"} {", "} {"},
	} {
		if got := fillIn(c.text, "a", "{b}", "b", "2"); got != c.want {
			t.Errorf("fillIn(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}
