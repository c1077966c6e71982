package decisions

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"

	"pgregory.net/rapid"
)

var tuesday = asof.MustParse("2026-03-31")

func ptr[T any](v T) *T { return &v }

func units(amount float64) *book.Money { return ptr(book.Money(math.Round(amount * book.Scale))) }

// usual is a customer of whom everything is known; nothing stands against it.
func usual() Account {
	a := Account{
		CustomerID: "C1", Owner: "Ana", Industry: "steel", Region: "Hebei", Country: "CN", Since: asof.MustParse("2020-01-01"),
		Open: 40_000 * yuan, Orders: 30_000 * yuan, Currencies: []CurrencyPart{{Currency: "CNY", OpenAmount: 40_000 * yuan, Open: 40_000 * yuan, Orders: 30_000 * yuan}},
		Grade: "BB", Evidence: "B", PD: ptr(0.1), Prudent: ptr(0.2), LGD: 0.45, EAD: 70_000 * yuan, ExpectedLoss: 3150 * yuan, LossCap: 10_000 * yuan,
		Limit: units(100_000), LimitCurrency: "CNY", LimitRate: ptr(1.), LimitUntil: asof.MustParse("2026-12-31"), LimitSet: asof.MustParse("2026-01-01"),
		TermsDays: ptr(30), HasContract: ptr(true),
		NetWorth: units(2_000_000), Agency: units(150_000), InsuredLimit: units(80_000), LateDays: ptr(15.), Settled: 40, SalesQuarter: 90_000 * yuan,
	}
	for back := 1; back <= 12; back++ {
		a.Sales = append(a.Sales, MonthSales{Ahead: -back, Amount: 30_000})
	}
	a.Sales[8].Amount = 90_000 // June 2025
	a.Sales = append(a.Sales, MonthSales{Ahead: 0, Amount: 31_000})
	return a
}

func desk() LimitDesk {
	return LimitDesk{AsOf: tuesday, Base: "CNY", GrossMargin: 0.2, Policy: Default().Limits}
}

func recommend(t testing.TB, d LimitDesk, a Account) Limit {
	t.Helper()
	limits, err := d.Recommend([]Account{a})
	if err != nil {
		t.Fatal(err)
	}
	return limits[0]
}

func show(m *book.Money) string {
	if m == nil {
		return "-"
	}
	return m.String()
}

// TestLimitByHand: an invoice stays open for 30 + 15 = 45 days. In June 2026 sales are expected to be those of June 2025, 3 000 a day; in
// the months beside it 30 000 / 31 = 967.74. The 45 days that end on 30 June have all of June and 15 days of May: 90 000 + 14 516.129 = 104 516.129.
// A tenth of the net worth is 200 000, agencies say 150 000, the insurer 80 000 and we 10 000 more: 90 000. An expected loss of 10 000 at a
// prudent PD of 20 % and a loss of 45 % allows 10 000 / 0.09 = 111 111.1111. The least is the insurer's.
func TestLimitByHand(t *testing.T) {
	l := recommend(t, desk(), usual())
	var terms []string
	for i, m := range l.Terms {
		terms = append(terms, TermNames[i].Code+" "+show(m))
	}
	want := "need 104516.129, net_worth 200000.00, agency 150000.00, insurer 90000.00, risk_budget 111111.1111, cold_start -, own_action -, freeze -, default -"
	if got := strings.Join(terms, ", "); got != want {
		t.Errorf("terms\n%s, want\n%s", got, want)
	}
	if l.Peak.On.String() != "2026-06-30" || l.Peak.Days != 45 || l.Peak.Basis != "season" {
		t.Errorf("peak on %s over %d days by %s, want 2026-06-30, 45, season", l.Peak.On, l.Peak.Days, l.Peak.Basis)
	}
	if l.Binding != "insurer" || show(l.Formula) != "90000.00" || show(l.Recommended) != "90000.00" || show(l.Terms.Capacity()) != "90000.00" {
		t.Errorf("%s %s %s, want insurer, 90000, 90000", l.Binding, show(l.Formula), show(l.Recommended))
	}
	// 70 000 of 100 000 used; the limit is within a tenth of what is recommended.
	if *l.Utilisation != 0.7 || show(l.Headroom) != "30000.00" || l.Advice != "keep" {
		t.Errorf("utilisation %v, headroom %s, %s; want 0.7, 30000, keep", *l.Utilisation, show(l.Headroom), l.Advice)
	}
	// Need of 4 516.129 is shut out: 20 % of it, 365 / 45 times a year = 7 326.1648. Nothing lies idle.
	if show(l.LostMargin) != "7326.1648" || show(l.IdleRisk) != "0.00" {
		t.Errorf("lost margin %s, idle risk %s; want 7326.1648, 0", show(l.LostMargin), show(l.IdleRisk))
	}
	wantEN := "keep the limit; recommended CNY 90,000; need CNY 104,516 (peak on 2026-06-30, open for 45 days, by last year's season); share of net worth CNY 200,000; agency recommendation CNY 150,000; " +
		"insured limit and own appetite CNY 90,000 (binding); risk budget CNY 111,111"
	if l.EN != wantEN {
		t.Errorf("text\n%s, want\n%s", l.EN, wantEN)
	}
	wantZH := "维持额度；建议值 CNY 90,000；业务需求 CNY 104,516（峰值 2026-06-30，占用 45 天，依据去年同期）；净资产比例 CNY 200,000；外部机构建议 CNY 150,000；保险额度加自留 CNY 90,000（起约束作用）；风险预算 CNY 111,111"
	if l.ZH != wantZH {
		t.Errorf("text\n%s, want\n%s", l.ZH, wantZH)
	}
}

func TestLimitAtItsEdges(t *testing.T) {
	before := func(rec float64) *LastLimit {
		return &LastLimit{Currency: "CNY", Rate: 1, Recommended: units(rec), Terms: Terms{termInsurer: units(rec)}}
	}
	for _, c := range []struct {
		shows string
		with  func(a *Account)
		want  string // recommended, binding, advice
	}{
		{"a rise of a tenth does not move it", func(a *Account) { a.InsuredLimit = units(89_000); a.Before = before(90_000) }, "90000.00 insurer keep"},
		{"more than a tenth does", func(a *Account) { a.InsuredLimit = units(90_000); a.Before = before(90_000) }, "100000.00 insurer keep"},
		{"a fall below it always does", func(a *Account) { a.InsuredLimit = units(79_000); a.Before = before(90_000) }, "89000.00 insurer lower"},
		{"a fall that stays above it does not", func(a *Account) { a.InsuredLimit = units(79_900); a.Before = before(89_000) }, "89000.00 insurer lower"},
		{"without a night before the present limit counts", func(a *Account) { a.Limit = units(85_000) }, "85000.00 insurer keep"},
		{"leading digits are kept", func(a *Account) { a.InsuredLimit = units(69_999.99) }, "79900.00 insurer lower"},
		{"small ones too", func(a *Account) { a.Agency = units(129.99) }, "129.00 agency lower"},
		{"unknown terms are left out", func(a *Account) { a.NetWorth, a.Agency, a.InsuredLimit = nil, nil, nil }, "100000.00 need keep"},
		{"an insurance that ended is known", func(a *Account) { a.InsuredLimit = units(0) }, "10000.00 insurer lower"},
		{"without payment days there is no need", func(a *Account) { a.TermsDays = nil }, "90000.00 insurer keep"},
		{"the prudent PD is used", func(a *Account) { a.Prudent = ptr(0.5) }, "44400.00 risk_budget lower"},
		{"or else the best estimate", func(a *Account) { a.Prudent = nil; a.PD = ptr(0.4) }, "55500.00 risk_budget lower"},
		{"no PD, no risk budget", func(a *Account) { a.Prudent, a.PD = nil, nil }, "90000.00 insurer keep"},
		{"a customer is new for 179 days", func(a *Account) { a.Since, a.Settled = tuesday.Add(-179), 2 }, "20000.00 cold_start lower"},
		{"and on the 180th no more", func(a *Account) { a.Since, a.Settled = tuesday.Add(-180), 2 }, "90000.00 insurer keep"},
		{"nor once it has paid three invoices", func(a *Account) { a.Since, a.Settled = tuesday.Add(-10), 3 }, "90000.00 insurer keep"},
		{"a freeze keeps the present limit", func(a *Account) { a.Limit, a.Asked = units(51_234.5), []string{"FREEZE"} }, "51234.50 freeze keep"},
		{"but raises none", func(a *Account) { a.Asked = []string{"FREEZE"} }, "90000.00 insurer keep"},
		{"and makes none by itself", func(a *Account) { bare(a); a.Asked = []string{"FREEZE"} }, "-  none"},
		{"a hold freezes", func(a *Account) { a.Limit, a.Asked = units(50_000), []string{"HOLD", "CALL"} }, "50000.00 freeze keep"},
		{"a cut is for tonight", func(a *Account) { a.Asked = []string{"CUT"} }, "90000.00 insurer cut"},
		{"a cut of our own to an amount", func(a *Account) { a.Actions = []Action{{Code: ActCut, Amount: units(12_345)}} }, "12345.00 own_action cut"},
		{"in default there is none", func(a *Account) { a.InDefault = true }, "0.00 default cut"},
		{"nothing known", bare, "-  none"},
		{"no present limit", func(a *Account) { a.Limit = nil }, "90000.00 insurer set"},
		{"its own currency", func(a *Account) { a.Limit, a.LimitCurrency, a.LimitRate = units(20_000), "USD", ptr(7.1) }, "12600.00 insurer lower"},
		{"a currency without a rate", func(a *Account) { a.LimitCurrency, a.LimitRate = "XAU", nil }, "-  none"},
	} {
		t.Run(c.shows, func(t *testing.T) {
			a := usual()
			c.with(&a)
			l := recommend(t, desk(), a)
			if got := show(l.Recommended) + " " + l.Binding + " " + l.Advice; got != c.want {
				t.Errorf("got %q, want %q (%s)", got, c.want, l.EN)
			}
		})
	}
}

// bare leaves nothing that a limit could rest on.
func bare(a *Account) {
	a.NetWorth, a.Agency, a.InsuredLimit, a.PD, a.Prudent, a.Sales = nil, nil, nil, nil, nil, nil
}

func TestLimitSaysWhatIsNotKnown(t *testing.T) {
	a := usual()
	bare(&a)
	if l := recommend(t, desk(), a); !strings.HasPrefix(l.EN, "no recommendation: none of its terms is known; not known and left out: need, share of net worth, agency recommendation, insured limit and own appetite, risk budget") {
		t.Errorf("got %q", l.EN)
	}
	a = usual()
	a.TermsDays = nil
	if l := recommend(t, desk(), a); !slices.Equal(l.Missing, []string{"need"}) || !strings.HasSuffix(l.EN, "; no payment days are known") {
		t.Errorf("got %q, %q", l.Missing, l.EN)
	}
	a = usual()
	a.LateDays = nil
	// 30 days alone: all of June.
	if l := recommend(t, desk(), a); show(l.Terms[termNeed]) != "90000.00" || !strings.HasSuffix(l.EN, "need at its terms alone") {
		t.Errorf("got %s, %q", show(l.Terms[termNeed]), l.EN)
	}
}

func TestNeedFollowsThePlanTheSeasonAndTheMean(t *testing.T) {
	for _, c := range []struct {
		shows string
		with  func(a *Account)
		want  string
	}{
		// August 2026 at 62 000: 2 000 a day for 31 days, and 14 days of September at 1 000.
		{"the plan goes first", func(a *Account) {
			a.Sales = append(a.Sales, MonthSales{Ahead: 3, Amount: 30_000, Planned: true}, MonthSales{Ahead: 5, Amount: 62_000, Planned: true})
		}, "76000.0000 2026-09-14 plan"},
		// Fifteen months: 13 to 15 had 20 000 each, 1 to 3 have 30 000: half as much again, on June and May.
		{"what has grown goes on growing", func(a *Account) { older(a, 20_000) }, "156774.1935 2026-06-30 season"},
		{"within bounds", func(a *Account) { older(a, 1_000) }, "156774.1935 2026-06-30 season"},
		{"fourteen months tell no growth", func(a *Account) { older(a, 20_000); a.Sales = a.Sales[:len(a.Sales)-1] }, "104516.1290 2026-06-30 season"},
		// Three months at 30 000, 40 000 and 50 000: 40 000 a month to come, for the 30 days of April and half of the 31 of May.
		{"young customers have the mean", func(a *Account) {
			a.Sales = []MonthSales{{Ahead: -1, Amount: 30_000}, {Ahead: -2, Amount: 40_000}, {Ahead: -3, Amount: 50_000}, {Ahead: 0, Amount: 31_000}}
		}, "59354.8387 2026-05-15 mean"},
		{"of this month alone", func(a *Account) { a.Sales = []MonthSales{{Ahead: 0, Amount: 31_000}} }, "46000.0000 2026-04-30 mean"},
		{"a customer that buys no more needs nothing", func(a *Account) { a.Sales = []MonthSales{{Ahead: -20, Amount: 31_000}} }, "0.0000 2026-04-01 season"},
		{"lateness earns thirty days at most", func(a *Account) { a.LateDays = ptr(400.) }, "119032.2580 2026-06-30 season"},
		{"early payers need their terms", func(a *Account) { a.LateDays = ptr(-20.) }, "90000.0000 2026-06-30 season"},
	} {
		t.Run(c.shows, func(t *testing.T) {
			a := usual()
			c.with(&a)
			d := desk()
			d.days()
			p := d.need(&a)
			if got := fmt.Sprintf("%.4f %s %s", p.Amount.Float(), p.On, p.Basis); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func older(a *Account, amount float64) {
	for back := 13; back <= 15; back++ {
		a.Sales = append(a.Sales, MonthSales{Ahead: -back, Amount: amount})
	}
}

// TestChangeOfLimitByHand: last night the insurer's 90 000 bound. Tonight the insurer covers 10 000 less and the PD rose so that the risk budget
// is 75 550: 10 000 go with capacity, 4 450 more with risk, and 50 are rounded away.
func TestChangeOfLimitByHand(t *testing.T) {
	first := recommend(t, desk(), usual())
	a := usual()
	a.InsuredLimit, a.Prudent = units(70_000), ptr(10_000/(0.45*75_550))
	a.Before = &LastLimit{Currency: "CNY", Rate: 1, Terms: first.Terms, Recommended: first.Recommended}
	l := recommend(t, desk(), a)
	want := Change{Total: -14_500 * yuan, Capacity: -10_000 * yuan, Risk: -4_450 * yuan, Rounding: -50 * yuan}
	if l.Change == nil || *l.Change != want {
		t.Errorf("got %+v, want %+v", l.Change, want)
	}
	if !strings.HasSuffix(l.EN, "since last night -14,500: capacity -10,000, risk budget -4,450, rounding -50") {
		t.Errorf("text %q", l.EN)
	}
	// A limit in dollars that only the exchange rate moves: 90 000 / 7 = 12 857.1428 and 90 000 / 9 = 10 000.
	a = usual()
	a.Limit, a.LimitCurrency, a.LimitRate = units(12_000), "USD", ptr(9.)
	a.Before = &LastLimit{Currency: "USD", Rate: 7, Terms: first.Terms, Recommended: units(12_000)}
	l = recommend(t, desk(), a)
	want = Change{Total: -2_000 * yuan, Rate: -28_571_428, Rounding: 8_571_428}
	if l.Change == nil || *l.Change != want {
		t.Errorf("got %+v, want %+v", l.Change, want)
	}
}

func TestPresentLimit(t *testing.T) {
	for _, c := range []struct {
		shows string
		with  func(a *Account)
		want  string // in force, expired, utilisation, stressed, headroom
	}{
		{"valid to the last day", func(a *Account) { a.LimitUntil = tuesday }, "100000.00 false 0.7 0.7 30000.00"},
		{"expired the day after", func(a *Account) { a.LimitUntil = tuesday.Add(-1) }, "100000.00 true 0.7 0.7 30000.00"},
		{"open-ended", func(a *Account) { a.LimitUntil = 0 }, "100000.00 false 0.7 0.7 30000.00"},
		{"a temporary limit counts where it is higher", func(a *Account) { a.Actions = []Action{{Code: ActTemp, Amount: units(140_000), Until: tuesday}} }, "140000.00 false 0.5 0.5 70000.00"},
		{"and not where it is lower", func(a *Account) { a.Actions = []Action{{Code: ActTemp, Amount: units(10_000), Until: tuesday}} }, "100000.00 false 0.7 0.7 30000.00"},
		{"other currencies become dearer by a tenth", func(a *Account) {
			a.Currencies = []CurrencyPart{{Currency: "CNY", Open: 10_000 * yuan, Orders: 30_000 * yuan}, {Currency: "USD", Open: 30_000 * yuan}}
		}, "100000.00 false 0.7 0.73 30000.00"},
		{"and so does our own against a limit in theirs", func(a *Account) {
			a.Limit, a.LimitCurrency, a.LimitRate = units(10_000), "USD", ptr(10.)
			a.Currencies = []CurrencyPart{{Currency: "CNY", Open: 10_000 * yuan, Orders: 30_000 * yuan}, {Currency: "USD", Open: 30_000 * yuan}}
		}, "100000.00 false 0.7 0.74 30000.00"},
		{"a limit of nothing has no utilisation", func(a *Account) { a.Limit = units(0) }, "0.00 false - - -70000.00"},
		{"no limit", func(a *Account) { a.Limit = nil }, "- false - - -"},
	} {
		t.Run(c.shows, func(t *testing.T) {
			a := usual()
			c.with(&a)
			l := recommend(t, desk(), a)
			f := func(v *float64) string {
				if v == nil {
					return "-"
				}
				return fmt.Sprint(*v)
			}
			if got := strings.Join([]string{show(l.InForce), fmt.Sprint(l.Expired), f(l.Utilisation), f(l.Stressed), show(l.Headroom)}, " "); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// drawn is an account with any of its terms known or not.
func drawn(t *rapid.T) Account {
	a := usual()
	money := func(name string) *book.Money {
		if !rapid.Bool().Draw(t, name+" known") {
			return nil
		}
		return ptr(book.Money(rapid.Int64Range(0, 1e12).Draw(t, name)))
	}
	a.NetWorth, a.Agency, a.InsuredLimit, a.Limit = money("net worth"), money("agency"), money("insured"), money("limit")
	if rapid.Bool().Draw(t, "no sales") {
		a.Sales = nil
	}
	if a.PD, a.Prudent = nil, nil; rapid.Bool().Draw(t, "scored") {
		a.Prudent = ptr(rapid.Float64Range(0.0001, 1).Draw(t, "pd"))
	}
	if rapid.Bool().Draw(t, "dollars") {
		a.LimitCurrency, a.LimitRate = "USD", ptr(rapid.Float64Range(0.01, 500).Draw(t, "rate"))
	}
	if rapid.Bool().Draw(t, "frozen") {
		a.Asked = []string{"FREEZE"}
	}
	a.InDefault = rapid.IntRange(0, 9).Draw(t, "default") == 0
	return a
}

func TestLimitIsNeverAboveATerm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, d := drawn(t), desk()
		first, err := d.Recommend([]Account{a})
		if err != nil {
			t.Fatal(err)
		}
		// Another night with other terms, which remembers the first.
		b := drawn(t)
		if l := first[0]; l.Rate != nil {
			b.Before = &LastLimit{Currency: l.Currency, Rate: *l.Rate, Terms: l.Terms, Recommended: l.Recommended}
		}
		second, err := d.Recommend([]Account{b})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range []Limit{first[0], second[0]} {
			known := false
			for i, m := range l.Terms {
				if m == nil {
					continue
				}
				known = known || i != termFreeze
				if l.Recommended == nil {
					continue
				}
				if i == termFreeze && *l.Recommended > *m || i != termFreeze && l.Recommended.Float()**l.Rate > m.Float()*(1+1e-12)+1e-4 {
					t.Fatalf("%s recommended, above %s %s at %g", l.Recommended, TermNames[i].Code, m, *l.Rate)
				}
			}
			if known != (l.Recommended != nil) {
				t.Fatalf("terms known: %v, recommended %s", known, show(l.Recommended))
			}
			if c := l.Change; c != nil && (c.Total != c.Need+c.Capacity+c.Risk+c.Rules+c.Rate+c.Rounding || c.Total != *l.Recommended-*l.Before.Recommended) {
				t.Fatalf("the change does not add up: %+v", *c)
			}
		}
	})
}

// TestLimitDoesNotFlutter: inputs that move by less than a tenth around their level move a limit only as often as they reach a new low.
func TestLimitDoesNotFlutter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := desk()
		level := rapid.Float64Range(1000, 1e7).Draw(t, "level")
		var last *LastLimit
		low := math.Inf(1)
		for night := range 30 {
			a := usual()
			bare(&a)
			x := level * rapid.Float64Range(0.96, 1.04).Draw(t, "wiggle")
			a.Agency, a.Limit, a.Before = units(x), nil, last
			limits, err := d.Recommend([]Account{a})
			if err != nil {
				t.Fatal(err)
			}
			l := limits[0]
			if moved := last != nil && *l.Recommended != *last.Recommended; moved && x >= low {
				t.Fatalf("night %d: %s after %s though %v was reached before", night, l.Recommended, last.Recommended, low)
			}
			low = min(low, x)
			last = &LastLimit{Currency: "CNY", Rate: 1, Terms: l.Terms, Recommended: l.Recommended}
		}
	})
}
