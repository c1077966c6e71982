package loss

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

var night = asof.MustParse("2026-03-31")

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9 }

// after is a flow some days after a default.
func after(on asof.Date, days int, kind Kind, amount float64) Flow {
	return Flow{on.Add(days), kind, yuan(amount)}
}

// TestWorkoutsByHand follows one default of each sort; the loss is worked out beside it.
func TestWorkoutsByHand(t *testing.T) {
	old := night.Add(-1000) // over by age
	v := func(days float64) float64 { return math.Pow(1.08, -days/365) }
	for _, c := range []struct {
		shows   string
		d       Default
		state   string
		lgd     float64
		weight  float64
		back    float64
		low, up float64 // NaN: as lgd
	}{
		{"nothing ever came", Default{On: old, Claim: yuan(100)}, Exhausted, 1, 1, 0, math.NaN(), math.NaN()},
		{"half came after a year", Default{On: old, Claim: yuan(100), Flows: []Flow{after(old, 365, Paid, 50)}}, Exhausted, 1 - 0.5/1.08, 1, 50, math.NaN(), math.NaN()},
		{"all came after a year", Default{On: night.Add(-400), Claim: yuan(100), Flows: []Flow{after(night.Add(-400), 365, Paid, 100)}}, Settled, 1 - 1/1.08, 1, 100, math.NaN(), math.NaN()},
		{"a return is taken off", Default{On: old, Claim: yuan(100), Flows: []Flow{after(old, 10, Paid, 100), after(old, 12, Paid, -100)}}, Exhausted, 1 - v(10) + v(12), 1, 0, math.NaN(), math.NaN()},
		{"a credit note lessens the claim", Default{On: old, Claim: yuan(100), Flows: []Flow{after(old, 5, Credited, 60), after(old, 365, Paid, 20)}}, Exhausted, 1 - 0.5/1.08, 1, 20, math.NaN(), math.NaN()},
		{"written off, then a quarter came back", Default{On: old, Claim: yuan(100), Flows: []Flow{after(old, 200, WrittenOff, 100), after(old, 365, Recovered, 25)}}, Exhausted, 1 - 0.25/1.08, 1, 25, math.NaN(), math.NaN()},
		{"ledger and outcomes tell of the same money", Default{On: old, Claim: yuan(100), Flows: []Flow{after(old, 365, Recovered, 25), after(old, 370, Told, 25)}}, Exhausted, 1 - 0.25/1.08, 1, 25, math.NaN(), math.NaN()},
		{"outcomes tell of more", Default{On: old, Claim: yuan(100), Flows: []Flow{after(old, 365, Recovered, 25), after(old, 365, Told, 30)}}, Exhausted, 1 - 0.3/1.08, 1, 30, math.NaN(), math.NaN()},
		{"cured after a year: the rest is owed by a healthy customer", Default{On: old, Cured: old.Add(365), Claim: yuan(100), Flows: []Flow{after(old, 365, Paid, 70)}}, Cured, 1 - 1/1.08, 1, 70, math.NaN(), math.NaN()},
		{"what a healthy customer pays later is not counted twice", Default{On: old, Cured: old.Add(365), Claim: yuan(100), Flows: []Flow{after(old, 400, Paid, 70), after(old, 500, WrittenOff, 30)}}, Cured, 1 - 1/1.08, 1, 0, math.NaN(), math.NaN()},
		{"a write-off that ends the arrears is no cure", Default{On: old, Cured: old.Add(290), Claim: yuan(100), Flows: []Flow{after(old, 200, WrittenOff, 100), after(old, 365, Recovered, 25)}}, Exhausted, 1 - 0.25/1.08, 1, 25, math.NaN(), math.NaN()},
		{"interest is no gain", Default{On: night.Add(-400), Claim: yuan(100), Flows: []Flow{after(night.Add(-400), 0, Paid, 130)}}, Settled, 0, 1, 130, math.NaN(), math.NaN()},
		// Open since 365 of 730 days: half of the rest is still to be seen. By the configuration alone 55 % of a claim comes in, evenly.
		{"open, a fifth came", Default{On: night.Add(-365), Claim: yuan(100), Flows: []Flow{after(night.Add(-365), 0, Paid, 20)}}, Open,
			0.8 - 0.8/1.08*0.55*0.5, 0.5, 20, 0.8 - 0.8/1.08, 0.8},
		{"open since today", Default{On: night, Claim: yuan(100)}, Open, 0.45, 0, 0, 0, 1},
		{"written off lately: it may still come", Default{On: night.Add(-365), Claim: yuan(100), Flows: []Flow{after(night.Add(-365), 200, WrittenOff, 100)}}, Open,
			1 - 1/1.08*0.55*0.5, 0.5, 0, 1 - 1/1.08, 1},
	} {
		t.Run(c.shows, func(t *testing.T) {
			got, _, err := Workouts([]Default{c.d}, night, terms)
			if err != nil || len(got) != 1 {
				t.Fatalf("%d workouts, %v", len(got), err)
			}
			w := got[0]
			if math.IsNaN(c.low) {
				c.low, c.up = c.lgd, c.lgd
			}
			if w.State == Open { // nothing is over, so the configuration alone tells what is to come
				if !near(w.Low, c.low) || !near(w.High, c.up) {
					t.Errorf("loss between %v and %v, want %v and %v", w.Low, w.High, c.low, c.up)
				}
			}
			if w.State != c.state || !near(w.LGD, c.lgd) || !near(w.Weight, c.weight) || w.Back != yuan(c.back) {
				t.Errorf("%s, loss %v, weight %v, back %s; want %s, %v, %v, %v", w.State, w.LGD, w.Weight, w.Back, c.state, c.lgd, c.weight, c.back)
			}
		})
	}
	t.Run("no claim tells nothing", func(t *testing.T) {
		got, _, err := Workouts([]Default{{On: old}, {On: old, Claim: yuan(10), Flows: []Flow{after(old, 1, Credited, 10)}}}, night, terms)
		if err != nil || len(got) != 0 {
			t.Errorf("%+v, %v", got, err)
		}
	})
	for _, bad := range []Default{
		{CustomerID: "A", On: night.Add(1), Claim: 1},
		{CustomerID: "A", On: old, Claim: 1, Flows: []Flow{after(old, -1, Paid, 1)}},
		{CustomerID: "A", On: old, Claim: 1, Flows: []Flow{after(night, 1, Paid, 1)}},
		{CustomerID: "A", On: old, Claim: 1, Flows: []Flow{after(old, 1, "gift", 1)}},
	} {
		if _, _, err := Workouts([]Default{bad}, night, terms); err == nil {
			t.Errorf("%+v is no error", bad)
		}
	}
}

// TestDevelopmentByHand: two workouts are over. One had paid 40 of 100 by day 100 and 30 more on day 400, the other nothing
// by day 100 and 10 on day 200. So on day 100 the two still owe 1.6 claims, of which 0.3 and 0.1 came.
func TestDevelopmentByHand(t *testing.T) {
	old := night.Add(-1000)
	over := []Default{
		{CustomerID: "A", On: old, Claim: yuan(100), Flows: []Flow{after(old, 50, Paid, 40), after(old, 400, Paid, 30)}},
		{CustomerID: "B", On: old, Claim: yuan(100), Flows: []Flow{after(old, 200, Paid, 10)}},
	}
	none := terms
	none.Credibility, none.DiscountRate = 0, 0
	_, dev, err := Workouts(over, night, none)
	if err != nil {
		t.Fatal(err)
	}
	for days, want := range map[int]float64{0: 0.4, 49: 0.4, 50: 0.4 / 1.6, 100: 0.4 / 1.6, 200: 0.3 / 1.5, 400: 0, 2000: 0} {
		if got := dev.ToCome(days); !near(got, want) {
			t.Errorf("after %d days %v of what is owed is to come, want %v", days, got, want)
		}
	}
	if got := dev.Rate(100); !near(got.Point, 0.75) || got.Events != 2 || got.Weight != 1 || got.Prudent < got.Point {
		t.Errorf("a customer 100 days in default: %+v", got)
	}
	_, dev, err = Workouts(over, night, terms)
	if err != nil {
		t.Fatal(err)
	}
	// With discount and credibility: 20 defaults of the configuration's rate stand beside the two.
	later := 0.3*math.Pow(1.08, -300./365) + 0.1*math.Pow(1.08, -100./365)
	want := (later + 20*0.55*(1-100./730)) / (1.6 + 20)
	if got := dev.ToCome(100); !near(got, want) {
		t.Errorf("after 100 days %v is to come, want %v", got, want)
	}
}

// TestRatesByHand: credibility by hand, depth by depth.
func TestRatesByHand(t *testing.T) {
	w := func(lgd float64, covered bool, class int, industry string) Workout {
		return Workout{LGD: lgd, High: lgd, Low: lgd, Weight: 1, Segment: Segment{covered, class, industry}}
	}
	var all []Workout
	for range 10 {
		all = append(all, w(0.8, false, 1, "steel"), w(0.6, false, 0, ""), w(0.2, true, 1, "steel"))
	}
	r := Fit(all, terms)
	z := func(n float64) float64 { return n / (n + 20) }
	blend := func(n, own, above float64) float64 { return z(n)*own + (1-z(n))*above }
	book := blend(30, (0.8+0.6+0.2)/3, 0.45)
	open, shut := blend(20, 0.7, book), blend(10, 0.2, book)
	for _, c := range []struct {
		shows    string
		exposure float64
		covered  bool
		industry string
		point    float64
		segment  string
		events   int
		kept     float64
	}{
		{"a segment of its own", 60_000, false, "steel", blend(10, 0.8, blend(10, 0.8, open)), "uncovered, size 2, steel", 10, (1 - z(30)) * (1 - z(20)) * (1 - z(10)) * (1 - z(10))},
		{"an industry without a default", 60_000, false, "glass", blend(10, 0.8, open), "uncovered, size 2", 10, (1 - z(30)) * (1 - z(20)) * (1 - z(10))},
		{"a size without a default", 900_000, false, "steel", open, "uncovered", 20, (1 - z(30)) * (1 - z(20))},
		{"at the bound of a size", 50_000, false, "", blend(10, 0.8, open), "uncovered, size 2", 10, (1 - z(30)) * (1 - z(20)) * (1 - z(10))},
		{"below it", 49_999.9999, false, "", blend(10, 0.6, blend(10, 0.6, open)), "uncovered, size 1", 10, (1 - z(30)) * (1 - z(20)) * (1 - z(10)) * (1 - z(10))},
		{"covered", 1, true, "", shut, "covered", 10, (1 - z(30)) * (1 - z(10))},
	} {
		t.Run(c.shows, func(t *testing.T) {
			got := r.For(yuan(c.exposure), c.covered, c.industry)
			if !near(got.Point, c.point) || got.Segment != c.segment || got.Events != c.events || !near(got.Weight, 1-c.kept) {
				t.Errorf("got %+v, want %v of %q with %d defaults and weight %v", got, c.point, c.segment, c.events, 1-c.kept)
			}
			if got.Prudent < 0.08+0.92*got.Point || got.Prudent > 1 {
				t.Errorf("prudent %v beside %v", got.Prudent, got.Point)
			}
		})
	}
	t.Run("nothing seen: the configuration", func(t *testing.T) {
		got := Fit(nil, terms).For(yuan(1), false, "steel")
		if got.Point != 0.45 || !near(got.Prudent, 0.494) || got.Segment != "all" || got.Events != 0 || got.Weight != 0 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("open workouts count in the prudent rate as if nothing more came", func(t *testing.T) {
		one := []Workout{{LGD: 0.3, Low: 0.1, High: 0.9, Weight: 1}}
		sure := terms
		sure.Credibility = 0
		if got := Fit(one, sure).For(yuan(1), false, ""); !near(got.Point, 0.3) || got.Prudent < 0.9 || got.Weight != 1 {
			t.Errorf("got %+v", got)
		}
	})
}

// TestWorkoutsHoldBounds: whatever the flows, every loss is a share, bounds hold and the order of the input does not matter.
func TestWorkoutsHoldBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []Default
		for i := range rapid.IntRange(0, 6).Draw(t, "defaults") {
			on := night.Add(-rapid.IntRange(0, 1500).Draw(t, "age"))
			d := Default{CustomerID: string(rune('A' + i)), On: on, Claim: money(t, "claim"), Covered: rapid.Bool().Draw(t, "covered"), Industry: rapid.SampledFrom([]string{"", "steel"}).Draw(t, "industry")}
			for range rapid.IntRange(0, 5).Draw(t, "flows") {
				day := on.Add(rapid.IntRange(0, night.Sub(on)).Draw(t, "day"))
				d.Flows = append(d.Flows, Flow{day, rapid.SampledFrom([]Kind{Paid, Credited, WrittenOff, Recovered, Told}).Draw(t, "kind"), book.Money(rapid.Int64Range(-1e10, 1e12).Draw(t, "amount"))})
			}
			if rapid.Bool().Draw(t, "cured") {
				d.Cured = on.Add(rapid.IntRange(0, night.Sub(on)).Draw(t, "cure"))
			}
			all = append(all, d)
		}
		got, dev, err := Workouts(all, night, terms)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range got {
			if !(0 <= w.Low && w.Low <= w.LGD && w.LGD <= w.High && w.High <= 1) || !(w.Weight >= 0 && w.Weight <= 1) {
				t.Errorf("loss %v between %v and %v, weight %v", w.LGD, w.Low, w.High, w.Weight)
			}
		}
		for _, days := range []int{0, 30, 365, 3000} {
			if v := dev.ToCome(days); !(v >= 0 && v <= 1) {
				t.Errorf("after %d days a share of %v is to come", days, v)
			}
		}
		rates := Fit(got, terms)
		for _, covered := range []bool{false, true} {
			e := rates.For(money(t, "exposure"), covered, "steel")
			if !(0 <= e.Point && e.Point <= e.Prudent && e.Prudent <= 1) || !(e.Weight >= 0 && e.Weight <= 1) {
				t.Errorf("rate %+v", e)
			}
		}
		shuffled := append([]Default(nil), all...)
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		again, _, err := Workouts(shuffled, night, terms)
		if err != nil || !reflect.DeepEqual(got, again) {
			t.Errorf("the order of the defaults matters: %v", err)
		}
	})
}
