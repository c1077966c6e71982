package simulator

import (
	"cmp"
	"math"

	"creditwatch/pipeline/asof"
)

// The model of default. The level is set so that about 3.5 % of the customers default in a year.
const (
	level     = -8.38 // log of the monthly intensity at health 0
	slope     = 1.9
	maxHazard = 0.4 // of a month

	month = 30.4375 // days

	driftKeep    = 0.98 // of the own drift, from month to month
	macroKeep    = 0.95
	shockFade    = 0.8  // once it is over
	shockLasts   = 0.92 // as far as anybody can tell while it is on
	distressFade = 0.95
	contagFade   = 0.85

	qualitySD  = 0.95
	driftSD    = 0.45 // of its stationary distribution
	macroSD    = 0.03
	distressAt = 0.005 // chance of its beginning, per month
	bustOutAt  = 0.00012
)

// bustOutHazard is the hazard by months since the plan was made.
var bustOutHazard = [...]float64{0.02, 0.15, 0.4, 0.5}

// A shock hits an industry over some months.
type shock struct {
	industry    int
	begin, last int // boundaries
	depth       float64
}

// A world is what all customers share. Health series have a value per boundary.
type world struct {
	*calendar
	seed       uint64
	from, to   asof.Date
	bounds     []asof.Date // the day before from, the month ends, to
	macro      []float64
	industry   [][]float64
	region     [][]float64
	shocks     []shock
	calm       []scenario // of a year
	troubled   []scenario // with distress that has not begun yet
	deliveries []asof.Date
	periods    []int32      // by day from from
	rates      [][2]float64 // CNY for one USD and one EUR, per month of bounds
}

// dailyDays is for how many days before the end deliveries are daily where [Options.DailyDays] says nothing else.
const dailyDays = 45

func newWorld(o Options) *world {
	w := &world{calendar: newCalendar(), seed: o.Seed, from: o.From, to: o.To}
	w.bounds = append(w.bounds, o.From.Add(-1))
	for e := o.From.MonthEnd(); e < o.To; e = e.Add(1).MonthEnd() {
		w.bounds = append(w.bounds, e)
	}
	w.bounds = append(w.bounds, o.To)
	for k, e := range w.bounds[1:] {
		for range e.Sub(w.bounds[k]) {
			w.periods = append(w.periods, int32(k))
		}
	}
	for _, e := range w.bounds[1:] {
		if e.Add(cmp.Or(o.DailyDays, dailyDays)) <= o.To {
			w.deliveries = append(w.deliveries, e)
		}
	}
	next := o.From
	if n := len(w.deliveries); n > 0 {
		next = w.deliveries[n-1].Add(1)
	}
	for ; next <= o.To; next = next.Add(1) {
		w.deliveries = append(w.deliveries, next)
	}

	d := throw(o.Seed, worldStream, 0)
	n := len(w.bounds)
	w.macro = series(d, n, macroKeep, macroSD)
	for range regions {
		w.region = append(w.region, series(d, n, macroKeep, 0.05))
	}
	for i := range industries {
		s := make([]float64, n)
		for k := d.between(0, 30); k < n; k += d.between(20, 60) {
			h := shock{industry: i, begin: k, last: k + d.between(3, 9) - 1, depth: clamp(d.normal(0.5, 0.15), 0.25, 0.9)}
			w.shocks = append(w.shocks, h)
			hit := 0.0
			for j := k; j < n && hit > -9; j++ {
				if j <= h.last {
					hit = min(h.depth, hit+h.depth/3)
				} else {
					hit *= shockFade
				}
				s[j] -= hit
			}
			k = h.last
		}
		w.industry = append(w.industry, s)
	}
	rate := [2]float64{7.1, 7.75}
	for range w.bounds {
		w.rates = append(w.rates, rate)
		rate[0] = clamp(rate[0]*d.spread(0.008), 6.2, 7.5)
		rate[1] = clamp(rate[1]*d.spread(0.014), 6.8, 8.6)
	}
	w.calm, w.troubled = foresee(throw(o.Seed, worldStream, 1))
	return w
}

func series(d dice, n int, keep, sd float64) []float64 {
	s := make([]float64, n)
	x := d.normal(0, sd)
	for k := range s {
		s[k] = x
		x = keep*x + d.normal(0, sd*math.Sqrt(1-keep*keep))
	}
	return s
}

// A scenario is what a year may add to the expected course of a customer: k months ahead the intensity is factor[k] times
// as high.
type scenario struct {
	factor [12]float64
	weight float64
}

// foresee draws scenarios: half of them without new distress and half with, weighted by how often that happens, so that few
// are enough. The drifts come in pairs of opposite sign.
func foresee(d dice) (calm, troubled []scenario) {
	const each = 32
	noise := driftSD * math.Sqrt(1-driftKeep*driftKeep)
	happens := 1 - math.Pow(1-distressAt, 11)
	for n := range 2 * each {
		s := scenario{weight: (1 - happens) / each}
		var steps [12]float64
		for k := range steps {
			steps[k] = d.normal(0, noise)
		}
		begins := 99
		if n >= each {
			s.weight = happens / each
			begins = n % 11
		}
		e, hit, until := distress{}, 0.0, -1
		for _, sign := range []float64{1, -1} {
			drift := 0.0
			for k := range s.factor {
				s.factor[k] = math.Exp(slope * (e.now + hit - sign*drift))
				if drift = driftKeep*drift + steps[k]; k == begins {
					e.begin(d)
				}
				e.step(nil)
				if d.chance(1.0 / 45) { // a shock to the industry
					until = k + d.between(3, 9)
				}
				if hit *= shockFade; k < until {
					hit = min(0.5, hit+0.17)
				}
			}
			s.weight /= 2
			if n < each {
				calm = append(calm, s)
			} else {
				troubled = append(troubled, s)
			}
			s.weight *= 2
			e, hit, until = distress{}, 0, -1
		}
	}
	return calm, troubled
}

// distress is trouble of a customer's own: it builds up to depth and then fades.
type distress struct {
	now, depth, rise float64
}

// step goes on by a month; new distress begins by chance, or never without dice.
func (e *distress) step(d *dice) {
	if d != nil && e.open() && d.chance(distressAt) {
		e.begin(*d)
	}
	e.now = e.ahead()
	if e.now >= e.depth {
		e.rise, e.depth = 0, 0
	}
}

// open reports whether new distress may begin.
func (e *distress) open() bool { return e.rise == 0 && e.now < 0.3 }

func (e *distress) begin(d dice) {
	e.depth = clamp(0.6+0.9*d.ExpFloat64(), 0, 3.2)
	e.rise = e.depth / float64(d.between(8, 14))
}

// ahead is the distress of next month, no new one beginning.
func (e distress) ahead() float64 {
	if e.rise > 0 {
		return min(e.depth, e.now+e.rise)
	}
	return e.now * distressFade
}

// delivery returns the index of the delivery that holds rows learnt on day, or -1 after the last.
func (w *world) delivery(day asof.Date) int {
	lo, hi := 0, len(w.deliveries)
	for lo < hi {
		if m := (lo + hi) / 2; w.deliveries[m] < day {
			lo = m + 1
		} else {
			hi = m
		}
	}
	if lo == len(w.deliveries) {
		return -1
	}
	return lo
}

// period returns k with bounds[k] < day <= bounds[k+1], held inside the horizon.
func (w *world) period(day asof.Date) int {
	return int(w.periods[min(max(day.Sub(w.from), 0), len(w.periods)-1)])
}

// weather is the part of health that a cell shares at boundary k: the climate of the economy and of the region, which
// changes slowly, and the shocks to the industry.
func (w *world) weather(industry, region, k int) (climate, shocks float64) {
	return w.macro[k] + w.region[region][k], w.industry[industry][k]
}

func intensity(health float64) float64 {
	return min(math.Exp(level-slope*health), -math.Log(1-maxHazard))
}

// rate returns CNY for one unit of currency on a day.
func (w *world) rate(currency string, day asof.Date) float64 {
	switch r := w.rates[w.period(day)]; currency {
	case "USD":
		return r[0]
	case "EUR":
		return r[1]
	}
	return 1
}

// atRisk is the chance of a default between boundary k and the next, which may be less than a month apart.
func (w *world) atRisk(k int, hazard float64) float64 {
	return 1 - math.Pow(1-hazard, float64(w.bounds[k+1].Sub(w.bounds[k]))/month)
}
