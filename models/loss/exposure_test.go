package loss

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"creditwatch/features/book"
)

func yuan(v float64) book.Money { return book.Money(math.Round(v * book.Scale)) }

var terms = Terms{Prior: 0.45, OrderConversion: 0.5, InsuranceCoverage: 0.9, DiscountRate: 0.08, WorkoutMonths: 24, Credibility: 20, Sizes: []float64{50_000, 500_000}, Correlation: 0.12}

func TestExposureByHand(t *testing.T) {
	for _, c := range []struct {
		shows                                           string
		parts                                           Parts
		ordered, total, covered, ead, retained, without float64
	}{
		{"nothing", Parts{}, 0, 0, 0, 0, 0, 0},
		{"invoices alone", Parts{Open: yuan(100)}, 0, 100, 0, 100, 0, 100},
		{"goods that left count whole, orders by half, cash is taken off", Parts{Open: yuan(100), Shipped: yuan(30), Orders: yuan(40), Unapplied: yuan(10)}, 20, 140, 0, 140, 0, 140},
		{"more cash than exposure", Parts{Open: yuan(5), Unapplied: yuan(10)}, 0, 0, 0, 0, 0, 0},
		{"the insurer leaves a tenth of what is insured", Parts{Open: yuan(100), Insured: yuan(60)}, 0, 100, 54, 46, 6, 40},
		{"insured for more than there is", Parts{Open: yuan(100), Insured: yuan(600)}, 0, 100, 90, 10, 10, 0},
		{"a security counts first and whole", Parts{Open: yuan(100), Secured: yuan(30), Insured: yuan(80)}, 0, 100, 93, 7, 7, 0},
		{"secured for more than there is", Parts{Open: yuan(100), Secured: yuan(101), Insured: yuan(80)}, 0, 100, 100, 0, 0, 0},
		{"cover without exposure", Parts{Secured: yuan(30), Insured: yuan(80)}, 0, 0, 0, 0, 0, 0},
	} {
		t.Run(c.shows, func(t *testing.T) {
			got, err := terms.Expose(c.parts)
			if err != nil {
				t.Fatal(err)
			}
			want := Exposure{c.parts, yuan(c.ordered), yuan(c.total), yuan(c.covered), yuan(c.ead), yuan(c.retained), yuan(c.without)}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
	if _, err := terms.Expose(Parts{Open: book.MaxMoney, Shipped: 1}); err == nil {
		t.Error("a sum that Decimal(18, 4) cannot hold is no error")
	}
}

// money draws an amount, often none.
func money(t *rapid.T, name string) book.Money {
	return book.Money(rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 100), rapid.Int64Range(0, 1e15)).Draw(t, name))
}

func TestExposureFoots(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := terms
		terms.OrderConversion = rapid.Float64Range(0, 1).Draw(t, "conversion")
		terms.InsuranceCoverage = rapid.Float64Range(0, 1).Draw(t, "coverage")
		p := Parts{money(t, "open"), money(t, "shipped"), money(t, "orders"), money(t, "unapplied"), money(t, "secured"), money(t, "insured")}
		e, err := terms.Expose(p)
		if err != nil {
			t.Fatal(err)
		}
		if e.Covered+e.EAD != e.Total || e.Retained+e.Uninsured != e.EAD {
			t.Errorf("%+v: covered and uncovered are not the whole", e)
		}
		if min(e.Ordered, e.Total, e.Covered, e.EAD, e.Retained, e.Uninsured) < 0 {
			t.Errorf("%+v: an amount below zero", e)
		}
		if net := e.Open + e.Shipped + e.Ordered - e.Unapplied; e.Total != max(net, 0) {
			t.Errorf("%+v: total is not the sum of its parts %s", e, net)
		}
		pd, rate := rapid.Float64Range(0, 1).Draw(t, "pd"), Estimate{Point: rapid.Float64Range(0, 1).Draw(t, "rate")}
		rate.Prudent = rapid.Float64Range(rate.Point, 1).Draw(t, "prudent")
		x, err := Expect(&pd, e, rate)
		if err != nil {
			t.Fatal(err)
		}
		if !(x.LGD >= 0 && x.LGD <= 1) || x.Uninsured < 0 || x.Uninsured > x.Loss || x.Loss > e.EAD || x.Prudent < x.Loss || x.Prudent > e.EAD {
			t.Errorf("%+v of %+v: out of bounds", x, e)
		}
		// By the other road: the retention is lost whole, the rest at its rate.
		want := pd * (float64(e.Retained) + rate.Point*float64(e.Uninsured))
		if math.Abs(float64(x.Loss)-want) > 0.51+1e-9*want {
			t.Errorf("expected loss %d, want %g", x.Loss, want)
		}
	})
}

func TestExpectedLossByHand(t *testing.T) {
	e, err := terms.Expose(Parts{Open: yuan(1000), Insured: yuan(600)})
	if err != nil {
		t.Fatal(err)
	}
	pd := 0.02
	got, err := Expect(&pd, e, Estimate{Point: 0.4, Prudent: 0.5})
	// 60 of the insured 600 are left to us and lost whole, 400 are lost at 40 %: 220 of 460 at a PD of 2 %.
	if err != nil || math.Abs(got.LGD-220./460) > 1e-12 || got.Loss != yuan(4.4) || got.Uninsured != yuan(3.2) || got.Prudent != yuan(5.2) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := Expect(nil, e, Estimate{Point: 0.4}); err != nil || got.Loss != 0 || math.Abs(got.LGD-220./460) > 1e-12 {
		t.Errorf("without a PD: %+v, %v", got, err)
	}
	if got, err := Expect(&pd, Exposure{}, Estimate{Point: 0.4}); err != nil || got.Loss != 0 || got.LGD != 0.4 {
		t.Errorf("without an exposure: %+v, %v", got, err)
	}
	for _, bad := range []float64{-0.1, 1.1, math.NaN()} {
		if _, err := Expect(&bad, e, Estimate{}); err == nil {
			t.Errorf("a PD of %v is no error", bad)
		}
	}
}
