package models

import (
	"fmt"
	"math"

	"creditwatch/pipeline/asof"
)

// Outcomes by month of the horizon. A row is a customer at a cohort's date; month k runs from k−1 to k months after that
// date. A row is known for the months that had ended when the outcomes were read, and its default, if there was one, lies
// in one of them.

// KnownMonths returns for how many months after the cohort outcomes are known that were read on a date, and in which of them
// a default fell: 0 when there was none (defaulted is unset) or it lies beyond.
func KnownMonths(cohort, read, defaulted asof.Date, horizon int) (known, month int) {
	for known < horizon && cohort.AddMonths(known+1) <= read {
		known++
		if month == 0 && defaulted > cohort && defaulted <= cohort.AddMonths(known) {
			month = known
		}
	}
	return known, month
}

// outcomes are what is known of all rows at some date.
type outcomes struct {
	y            []uint8
	known, month []uint8   // months known, month of the default; month is nil when the labels alone are given
	weight       []float64 // what a row counts for; nil: all fully
}

// outcomesOf returns what is known of the rows tonight, with weights by what happened to those given.
func (in TrainInput) outcomesOf(rows []int) outcomes {
	o := outcomes{y: in.Default, known: in.Known, month: in.Month}
	o.weigh(in, rows)
	return o
}

// seenBy returns what was known of the rows on an earlier date: later months are unknown again, and so are their defaults. Labels
// that do not say when stay as they are.
func (in TrainInput) seenBy(o outcomes, date asof.Date, rows []int) outcomes {
	if o.known == nil || date.IsZero() {
		return o
	}
	n := len(o.y)
	seen := outcomes{y: make([]uint8, n), known: make([]uint8, n), month: make([]uint8, n)}
	for _, row := range rows {
		passed, _ := KnownMonths(in.Cohorts[row], date, 0, int(o.known[row]))
		seen.known[row] = uint8(passed)
		if k := o.month[row]; k > 0 && int(k) <= passed {
			seen.month[row], seen.y[row] = k, 1
		}
	}
	seen.weigh(in, rows)
	return seen
}

// weigh sets what rows count for; see [incidence.weight].
func (o *outcomes) weigh(in TrainInput, rows []int) {
	o.weight = in.Weights
	if o.known == nil {
		return
	}
	part := false
	for _, row := range rows {
		part = part || int(o.known[row]) < in.Options.Horizon && o.month[row] == 0
	}
	if !part {
		return
	}
	f := o.incidence(rows, in.Options.Horizon)
	o.weight = make([]float64, len(o.y))
	for _, row := range rows {
		o.weight[row] = f.weight(o.known[row], o.month[row])
		if in.Weights != nil {
			o.weight[row] *= in.Weights[row]
		}
	}
}

func (o *outcomes) weightOf(row int) float64 {
	if o.weight != nil {
		return o.weight[row]
	}
	return 1
}

// An incidence is the share of customers in default by the end of each month, the k-th in [k-1].
type incidence []float64

// incidencePrior is how many defaults' worth of evidence a month borrows from the mean of all months.
const incidencePrior = 5

// incidence estimates the curve by the product limit over months (Kaplan and Meier 1958, in discrete time): the hazard of
// a month is the share of defaults among the rows that were known through it and not in default before. Where months
// saw few defaults their hazards are drawn to the mean hazard.
func (o *outcomes) incidence(rows []int, horizon int) incidence {
	atRisk, defaults := make([]int, horizon+1), make([]int, horizon+1)
	for _, row := range rows {
		last := int(o.known[row])
		if k := int(o.month[row]); k > 0 {
			defaults[k]++
			last = k
		}
		atRisk[last]++ // of the months up to the last; summed up below
	}
	for k := horizon - 1; k > 0; k-- {
		atRisk[k] += atRisk[k+1]
	}
	months, all := 0, 0
	for k := 1; k <= horizon; k++ {
		months, all = months+atRisk[k], all+defaults[k]
	}
	f, alive := make(incidence, horizon), 1.0
	mean := (float64(all) + 0.5) / (float64(months) + 1)
	for k := 1; k <= horizon; k++ {
		alive *= 1 - (float64(defaults[k])+incidencePrior)/(float64(atRisk[k])+incidencePrior/mean)
		f[k-1] = 1 - alive
	}
	return f
}

// weight is what a row counts for. A default counts fully, and so does a customer that was seen to survive the
// horizon. One that has survived the first m months stands for those alone: it counts for the odds of default within m months
// over those within the horizon. The default rate of a cohort, so weighted, is expected to be that of the whole horizon, however
// much of it has passed; for small rates the weight is the share of the horizon's hazard that the customer was exposed to.
func (f incidence) weight(known, month uint8) float64 {
	switch h := len(f); {
	case month > 0 || int(known) >= h:
		return 1
	case known == 0:
		return 0
	default:
		odds := func(k int) float64 { return f[k-1] / (1 - f[k-1]) }
		return odds(int(known)) / odds(h)
	}
}

// checkOutcomes holds the months known against the labels.
func (in TrainInput) checkOutcomes() error {
	if in.Known == nil {
		return nil
	}
	for row, y := range in.Default {
		known, month := in.Known[row], in.Month[row]
		if known < 1 || int(known) > in.Options.Horizon || month > known || (y == 1) != (month > 0) {
			return fmt.Errorf("train: row %d: label %d, default in month %d of %d known, horizon %d months; want 1 to %d months known and a default within them where the label is 1", row+1, y, month, known, in.Options.Horizon, in.Options.Horizon)
		}
	}
	return nil
}

// A Curve says when within the horizon defaults happen: the share of the horizon's cumulative hazard that is spent by the
// end of each month. For a customer of log-odds eta every month's own share is multiplied by exp(Tilt·(eta − Centre)) once more
// than that of the month before, and the shares are scaled to add up to 1 again: with a negative tilt the weak default sooner. PDs derived
// from it rise with the horizon and with the log-odds by construction.
type Curve struct {
	Shares []float64 `json:"shares"` // rising, the last is 1
	Tilt   float64   `json:"tilt"`   // at most 0
	Centre float64   `json:"centre"`
}

// evenly is the curve of a constant hazard.
func evenly(horizon int) Curve {
	c := Curve{Shares: make([]float64, horizon)}
	for k := range c.Shares {
		c.Shares[k] = float64(k+1) / float64(horizon)
	}
	return c
}

// share returns how much of the horizon's cumulative hazard is spent by a month; beyond the horizon hazards go on at their
// mean.
func (c *Curve) share(eta float64, month int) float64 {
	h := len(c.Shares)
	if month >= h {
		return float64(month) / float64(h)
	}
	var room [36]float64
	return c.spent(eta, room[:0])[month]
}

// spent appends the shares spent by month 0, 1, … of a customer of log-odds eta.
func (c *Curve) spent(eta float64, into []float64) []float64 {
	step := math.Exp(min(max(c.Tilt*(eta-c.Centre), -steepest), steepest))
	factor, sum, before := 1.0, 0.0, 0.0
	into = append(into, 0)
	for _, s := range c.Shares {
		sum += (s - before) * factor
		factor, before = factor*step, s
		into = append(into, sum)
	}
	for k := range into {
		into[k] /= sum
	}
	return into
}

// steepest bounds by how much, in logs, hazards may rise or fall from month to month: no customer spends his year in a month.
const steepest = 0.25

// within returns the PD within some months of a customer of log-odds eta over the horizon, whose PD there is pd.
func (c *Curve) within(pd, eta float64, month int) float64 {
	return -math.Expm1(math.Log1p(-pd) * c.share(eta, month))
}

// Priors of the curve: how many defaults' worth a month borrows from the constant hazard, and the standard deviation of the
// tilt before rows are seen.
const (
	curvePrior = 5
	tiltPrior  = 0.03
)

// curveCells is how many groups of like log-odds the curve is fitted on.
const curveCells = 50

// curveOf fits the curve to rows in order of their log-odds, c being their calibration: the tilt by likelihood, the shares so that
// every month's expected defaults are its observed ones.
func curveOf(rows []outcomeAt, c *Calibration, horizon int) Curve {
	type cell struct {
		eta, hazard float64
		n           float64
		alive       []float64 // rows that survived the months known to [k-1] and no more
		failed      []float64 // rows that failed in month k: [k-1]
	}
	curve := evenly(horizon)
	var cells []cell
	failed := map[string]bool{}
	all := 0.0
	for i, r := range rows {
		if r.known == 0 {
			return curve // labels alone do not say when
		}
		if i*curveCells/len(rows) >= len(cells) {
			cells = append(cells, cell{alive: make([]float64, horizon), failed: make([]float64, horizon)})
		}
		g := &cells[len(cells)-1]
		eta := c.Apply(r.eta)
		g.n, g.eta, g.hazard = g.n+1, g.eta+eta, g.hazard-math.Log1p(-bounded(eta))
		if r.month > 0 {
			g.failed[r.month-1]++
			all++
			failed[r.customer] = true
			curve.Centre += eta
		} else {
			g.alive[r.known-1]++
		}
	}
	if all == 0 {
		return curve
	}
	curve.Centre /= all
	repeats := all / float64(len(failed)) // rows of one default in one cohort after the other are one observation
	for i := range cells {
		g := &cells[i]
		g.eta, g.hazard = g.eta/g.n, g.hazard/g.n
	}
	// shares meets the months' defaults under a tilt and returns the log-likelihood there.
	observed := make([]float64, horizon)
	for _, g := range cells {
		for k, d := range g.failed {
			observed[k] += d
		}
	}
	var spent []float64 // of a cell, by month
	settle := func(try *Curve) float64 {
		loss := 0.0
		steps := make([]float64, horizon)
		for range 40 {
			expected := make([]float64, horizon)
			loss = 0
			for _, g := range cells {
				spent = try.spent(g.eta, spent[:0])
				known := 0.0
				for k := horizon; k > 0; k-- {
					known += g.alive[k-1] + g.failed[k-1]
					step := g.hazard * (spent[k] - spent[k-1])
					expected[k-1] += known * -math.Expm1(-step)
					loss += (known-g.failed[k-1])*step - g.failed[k-1]*math.Log(-math.Expm1(-step))
				}
			}
			total, before := 0.0, 0.0
			for k, s := range try.Shares {
				steps[k] = (s - before) * (observed[k] + curvePrior) / (expected[k] + curvePrior)
				total, before = total+steps[k], s
			}
			sum := 0.0
			for k := range steps {
				sum += steps[k]
				try.Shares[k] = sum / total
			}
			try.Shares[horizon-1] = 1
		}
		return loss/repeats + 0.5*(try.Tilt/tiltPrior)*(try.Tilt/tiltPrior)
	}
	if horizon == 1 {
		return curve
	}
	lossAt := func(tilt float64) float64 {
		curve.Shares, curve.Tilt = evenly(horizon).Shares, tilt
		return settle(&curve)
	}
	// The likelihood has one peak; thirds of the interval are dropped until it is found. A tilt above 0 would let a
	// weaker customer be the safer one for a while.
	lo, hi := -0.2, 0.0
	for hi-lo > 5e-4 {
		a, b := lo+(hi-lo)/3, hi-(hi-lo)/3
		if lossAt(a) < lossAt(b) {
			hi = b
		} else {
			lo = a
		}
	}
	lossAt((lo + hi) / 2)
	return curve
}
