package report

import (
	"math"
	"strconv"
	"testing"

	"creditwatch/pipeline/asof"

	"pgregory.net/rapid"
)

func near(t *testing.T, what string, got *float64, want float64) {
	t.Helper()
	if got == nil || math.Abs(*got-want) > 1e-9 {
		t.Errorf("%s: %s, want %v", what, printer{}.Ratio(got, 6), want)
	}
}

func TestDSOFamily(t *testing.T) {
	day := asof.MustParse("2026-03-31")
	v := Receivables{Months: []SalesMonth{
		{Month: asof.MustParse("2025-12-01"), First: asof.MustParse("2025-12-05"), Sales: yuan(400)},
		{Month: asof.MustParse("2026-01-01"), Sales: yuan(310)},
		{Month: asof.MustParse("2026-02-01"), Sales: yuan(280)},
		{Month: asof.MustParse("2026-03-01"), Sales: yuan(300)},
	}}
	x := ReceivablesDay{Day: day, Open: yuan(735), Overdue: yuan(300), Over90: yuan(147), Opening: yuan(500), Sales90: yuan(900), Sales365: yuan(1290)}
	d := v.dso(x)
	near(t, "DSO", d.Period, 73.5)
	near(t, "best possible DSO", d.Best, 43.5)
	near(t, "average days delinquent", d.ADD, 30)
	near(t, "count-back: March 31, February 28, half of January", d.CountBack, 31+28+15.5)
	near(t, "CEI", d.CEI, (500+900-735)/(500+900-435.))
	near(t, "overdue ratio", d.OverdueRatio, 300/735.)
	near(t, "over 90", d.Over90Rate, 0.2)
	if v.turnover() != nil {
		t.Error("turnover of less than a year")
	}

	x.Open, x.Overdue = yuan(2000), yuan(2000)
	if d := v.dso(x); d.CountBack != nil {
		t.Errorf("count-back beyond the ledger: %v", *d.CountBack)
	}
	x.Open, x.Overdue, x.Sales90 = 0, 0, 0
	d = v.dso(x)
	if d.Period != nil || d.OverdueRatio != nil {
		t.Error("something divided by nothing")
	}
	near(t, "count-back of nothing open", d.CountBack, 0)
	x = ReceivablesDay{Day: asof.MustParse("2026-02-28"), Open: yuan(10), Sales90: yuan(90)}
	if d := v.dso(x); d.Period != nil || d.CEI != nil {
		t.Error("DSO over 90 days from a ledger of 86")
	}
	// A part month counts its days so far, a month without sales counts in full.
	v.Months = append(v.Months[:2:2], SalesMonth{Month: asof.MustParse("2026-03-01"), Sales: yuan(100)})
	near(t, "count-back over a silent month", v.dso(ReceivablesDay{Day: asof.MustParse("2026-03-10"), Open: yuan(410), Sales90: yuan(410)}).CountBack, 10+59)
}

func TestAmounts(t *testing.T) {
	cents, whole, thousands := unitOf(yuan(999_999), "CNY"), unitOf(yuan(1_000_000), "CNY"), unitOf(yuan(10_000_000_000), "CNY")
	for _, c := range []struct {
		name string
		unit unit
		in   Money
		want string
	}{
		{"cents of a small book", cents, 12345678, "1,234.57"},
		{"half a cent away from zero", cents, -50, "−0.01"},
		{"less than half a cent has no sign", cents, -49, "0.00"},
		{"whole units", whole, yuan(1_234_567) + 4999, "1,234,567"},
		{"half a unit up", whole, 5000, "1"},
		{"thousands of a large book", thousands, yuan(12_345_678_900), "12,345,679"},
		{"largest amount", whole, Money(math.MaxInt64/2) * 1, "461,168,601,842,739"},
	} {
		if got := (printer{unit: c.unit}).Amount(c.in); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	p := printer{unit: whole}
	for in, want := range map[Money]string{yuan(5): "+5", yuan(-5): "−5", 0: "0", 1: "0"} {
		if got := p.Change(in); got != want {
			t.Errorf("change of %s: %s, want %s", in, got, want)
		}
	}
	if got := p.PD(f(0.0042)); got != "0.42\u00a0%" {
		t.Errorf("PD %q", got)
	}
	if p.PD(nil) != "–" || p.AmountOr(nil) != "–" || p.Share(share(1, 0)) != "–" {
		t.Error("a missing figure shows as something")
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300} {
		if got := p.PD(&v); got != "–" {
			t.Errorf("%v shows as %s", v, got)
		}
	}
}

// The bridge chart and the bars stay on the canvas whatever the amounts.
func TestChartsStayOnTheCanvas(t *testing.T) {
	amount := rapid.Map(rapid.Int64Range(-1e15, 1e15), func(v int64) Money { return Money(v) })
	rapid.Check(t, func(t *rapid.T) {
		b := Bridge{Opening: Money(rapid.Int64Range(0, 1e15).Draw(t, "opening")), ByPD: amount.Draw(t, "pd"), ByExposure: amount.Draw(t, "exposure"), ByNew: amount.Draw(t, "new")}
		b.Closing = b.Opening + b.ByPD + b.ByExposure + b.ByNew
		p := printer{unit: unitOf(b.Opening, "CNY")}
		for _, c := range []*chart{
			waterfall(p, b, night()),
			hbars(p, "", []bar{{"a", b.Opening, false}, {"b", b.ByPD, true}}),
			pairBars(p, "", "", []pairBar{{"a", b.Opening, b.ByPD}, {"b", b.Closing, b.ByNew}}),
		} {
			for _, r := range c.Rects {
				for _, v := range []string{r.X, r.Y, r.W, r.H} {
					if n := number(t, v); n < 0 || n > chartWidth {
						t.Fatalf("rectangle %+v leaves the canvas", r)
					}
				}
			}
		}
	})
}

func number(t *rapid.T, s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) {
		t.Fatalf("coordinate %q", s)
	}
	return v
}
