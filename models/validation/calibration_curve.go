package validation

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// A Line is the logit line of outcomes on PDs: logit P(y) = Intercept + Slope · logit PD. Perfect PDs have 0 and 1.
type Line struct {
	Intercept, Slope     float64
	InterceptSE, SlopeSE float64
	Shift                float64 // intercept when the slope is held at 1
	LR                   float64 // twice the log likelihood gained over 0 and 1, chi-square with 2 degrees
	P                    float64
}

// LogitLine fits a [Line] by maximum likelihood. PDs are kept 1e-9 off 0 and 1.
func LogitLine(pd []float64, outcome []uint8) (Line, error) {
	var l Line
	if len(pd) != len(outcome) {
		return l, fmt.Errorf("logit line: %d PDs for %d outcomes", len(pd), len(outcome))
	}
	x, d := make([]float64, len(pd)), 0.0
	for i, p := range pd {
		if !(p >= 0 && p <= 1) {
			return l, fmt.Errorf("PD of row %d is %v, want 0 to 1", i+1, p)
		}
		x[i] = logit(min(max(p, 1e-9), 1-1e-9))
		d += float64(outcome[i])
	}
	if d == 0 || d == float64(len(pd)) {
		return l, fmt.Errorf("logit line: %v defaults among %d rows: %w", d, len(pd), ErrGrey)
	}
	if covariance(x, x) < 1e-18 {
		return l, fmt.Errorf("logit line: all PDs are equal: %w", ErrGrey)
	}
	start := likelihood(x, outcome, 0, 1)
	a, b, best, settled := 0.0, 1.0, start, false
	for range 100 {
		var ga, gb, haa, hab, hbb float64
		for i, v := range x {
			p := logistic(a + b*v)
			r, w := float64(outcome[i])-p, p*(1-p)
			ga, gb = ga+r, gb+r*v
			haa, hab, hbb = haa+w, hab+w*v, hbb+w*v*v
		}
		det := haa*hbb - hab*hab
		if !(det > 1e-12*haa*hbb) {
			return l, fmt.Errorf("logit line: PDs part the outcomes perfectly: %w", ErrGrey)
		}
		l.InterceptSE, l.SlopeSE = math.Sqrt(hbb/det), math.Sqrt(haa/det)
		da, db := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		step, next := 1.0, math.Inf(-1)
		for ; step > 1e-6; step /= 2 { // a step too long is halved
			if next = likelihood(x, outcome, a+step*da, b+step*db); next >= best {
				break
			}
		}
		if next < best {
			settled = true // no step gains anything
			break
		}
		gain := next - best
		a, b, best = a+step*da, b+step*db, next
		// The last steps may go round in the rounding of the gradient: they gain nothing that the sum could show.
		if moved := math.Abs(da) + math.Abs(db); moved < 1e-11 || moved < 1e-6 && gain <= 1e-14*math.Abs(best) {
			settled = true
			break
		}
	}
	if !settled || best > -1e-6 {
		return l, fmt.Errorf("logit line: PDs part the outcomes perfectly: %w", ErrGrey)
	}
	l.Intercept, l.Slope = a, b
	for range 100 {
		g, h := 0.0, 0.0
		for i, v := range x {
			p := logistic(l.Shift + v)
			g, h = g+float64(outcome[i])-p, h+p*(1-p)
		}
		step := max(min(g/h, 5), -5)
		l.Shift += step
		if math.Abs(step) < 1e-12 {
			break
		}
	}
	l.LR = max(2*(best-start), 0)
	l.P = distuv.ChiSquared{K: 2}.Survival(l.LR)
	return l, nil
}

func likelihood(x []float64, outcome []uint8, a, b float64) float64 {
	sum := 0.0
	for i, v := range x {
		z := a + b*v
		if outcome[i] == 1 {
			z = -z
		}
		// −log(1 + e^z) without overflow
		sum -= max(z, 0) + math.Log1p(math.Exp(-math.Abs(z)))
	}
	return sum
}

func logit(p float64) float64    { return math.Log(p / (1 - p)) }
func logistic(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// A Split is the Brier score in parts: BS = Reliability − Resolution + Uncertainty. Skill is 1 − BS ÷ Uncertainty, the gain
// over forecasting the default rate for everyone.
type Split struct {
	Brier                                float64
	Reliability, Resolution, Uncertainty float64
	Skill                                float64
}

// Murphy splits the Brier score by the distinct PDs; with PDs that hardly repeat the resolution is then as high as chance
// makes it, and [CORP] is the split to read.
func Murphy(pd []float64, outcome []uint8) (Split, error) {
	return split(pd, outcome, func(cells []Cell) []Cell { return cells })
}

// CORP splits the Brier score by isotonic recalibration (Dimitriadis, Gneiting, Jordan 2021): Reliability is what
// recalibrating the PDs would gain, Resolution what the recalibrated ones gain over the default rate. It depends on no bins.
func CORP(pd []float64, outcome []uint8) (Split, error) {
	return split(pd, outcome, isotonic)
}

func split(pd []float64, outcome []uint8, calibrated func([]Cell) []Cell) (Split, error) {
	var s Split
	var err error
	if s.Brier, err = Brier(pd, outcome); err != nil {
		return s, err
	}
	cells := levelCells(pd, outcome)
	n, d := 0.0, 0.0
	for _, c := range cells {
		n, d = n+c.N, d+c.D
	}
	rate := d / n
	s.Uncertainty = rate * (1 - rate)
	if s.Uncertainty == 0 {
		return s, fmt.Errorf("brier split: %v defaults among %v rows: %w", d, n, ErrGrey)
	}
	s.Skill = 1 - s.Brier/s.Uncertainty
	recalibrated := 0.0 // Brier score of the default rates of the cells
	for _, c := range calibrated(cells) {
		y := c.D / c.N
		recalibrated += c.N / n * y * (1 - y)
	}
	s.Reliability, s.Resolution = s.Brier-recalibrated, s.Uncertainty-recalibrated
	return s, nil
}

// levelCells are the cells of equal PD, rising.
func levelCells(pd []float64, outcome []uint8) []Cell {
	var cells []Cell
	eachLevel(pd, func(rows []int32) {
		c := Cell{N: float64(len(rows)), PD: pd[rows[0]]}
		for _, i := range rows {
			c.D += float64(outcome[i])
		}
		cells = append(cells, c)
	})
	return cells
}

// isotonic pools neighbouring cells whose default rates fall, until they rise (pool adjacent violators).
func isotonic(cells []Cell) []Cell {
	var out []Cell
	for _, c := range cells {
		out = append(out, c)
		for k := len(out) - 1; k > 0 && out[k-1].D*out[k].N >= out[k].D*out[k-1].N; k-- {
			out[k-1].PD = (out[k-1].N*out[k-1].PD + out[k].N*out[k].PD) / (out[k-1].N + out[k].N)
			out[k-1].N, out[k-1].D = out[k-1].N+out[k].N, out[k-1].D+out[k].D
			out = out[:k]
		}
	}
	return out
}

// Tenths groups rows of like PD into k cells of about equal size; rows of one PD stay together.
func Tenths(pd []float64, outcome []uint8, k int) []Cell {
	var out []Cell
	seen, last := 0.0, -1
	for _, c := range levelCells(pd, outcome) {
		at := min(int((seen+c.N/2)/float64(len(pd))*float64(k)), k-1)
		seen += c.N
		if at == last {
			l := &out[len(out)-1]
			l.PD = (l.N*l.PD + c.N*c.PD) / (l.N + c.N)
			l.N, l.D = l.N+c.N, l.D+c.D
			continue
		}
		out, last = append(out, c), at
	}
	return out
}

// CalibrationError is the mean distance of default rate and PD over cells, weighted by rows (ECE), and the largest one
// (MCE).
func CalibrationError(cells []Cell) (ece, mce float64) {
	n := 0.0
	for _, c := range cells {
		n += c.N
	}
	for _, c := range cells {
		if c.N > 0 {
			gap := math.Abs(c.D/c.N - c.PD)
			ece, mce = ece+c.N/n*gap, max(mce, gap)
		}
	}
	return ece, mce
}

// Band is a figure with its bootstrap interval.
type Band struct{ Value, Lo, Hi float64 }

// AgainstBaseRate is the log loss less that of forecasting the sample's default rate for everyone (below 0: the PDs tell
// more), with ECE and MCE over ten cells of like PD, each with its percentile bootstrap interval. Up to 500 bins of like
// PD are drawn anew by Poisson.
func AgainstBaseRate(pd []float64, outcome []uint8, draws int, confidence float64, seed uint64) (loss, ece, mce Band, err error) {
	if _, err = LogLoss(pd, outcome); err != nil {
		return
	}
	type bin struct {
		n, loss [2]float64 // by outcome: rows and mean loss of one
		pd      [2]float64
		tenth   int
	}
	var bins []bin
	seen, total, last := 0.0, float64(len(pd)), -1
	eachLevel(pd, func(rows []int32) {
		p := min(max(pd[rows[0]], 1e-15), 1-1e-15)
		size := float64(len(rows))
		at := min(int((seen+size/2)/total*groups), groups-1)
		seen += size
		if at != last {
			bins, last = append(bins, bin{tenth: at * 10 / groups}), at
		}
		b := &bins[len(bins)-1]
		for _, i := range rows {
			y := outcome[i]
			b.n[y]++
			b.pd[y] += pd[i]
			if y == 1 {
				b.loss[y] -= math.Log(p)
			} else {
				b.loss[y] -= math.Log1p(-p)
			}
		}
	})
	for i := range bins {
		for y := range 2 {
			if b := &bins[i]; b.n[y] > 0 {
				b.loss[y] /= b.n[y]
				b.pd[y] /= b.n[y]
			}
		}
	}
	figure := func(count func(b *bin, y int) float64) (l, e, m float64, ok bool) {
		var cells [10]Cell
		n, d, sum := 0.0, 0.0, 0.0
		for i := range bins {
			b := &bins[i]
			for y := range 2 {
				k := count(b, y)
				n, sum = n+k, sum+k*b.loss[y]
				c := &cells[b.tenth]
				c.N, c.PD = c.N+k, c.PD+k*b.pd[y]
				if y == 1 {
					d, c.D = d+k, c.D+k
				}
			}
		}
		if d == 0 || d == n {
			return 0, 0, 0, false
		}
		for i := range cells {
			if cells[i].N > 0 {
				cells[i].PD /= cells[i].N
			}
		}
		rate := d / n
		e, m = CalibrationError(cells[:])
		return sum/n + rate*math.Log(rate) + (1-rate)*math.Log1p(-rate), e, m, true
	}
	var ok bool
	if loss.Value, ece.Value, mce.Value, ok = figure(func(b *bin, y int) float64 { return b.n[y] }); !ok {
		err = fmt.Errorf("log loss against the base rate: one class only: %w", ErrGrey)
		return
	}
	src := rand.NewPCG(seed, 0xc09)
	var l, e, m []float64
	for range draws {
		if a, b, c, ok := figure(func(b *bin, y int) float64 { return poisson(b.n[y], src) }); ok {
			l, e, m = append(l, a), append(e, b), append(m, c)
		}
	}
	loss.Lo, loss.Hi = percentiles(l, confidence)
	ece.Lo, ece.Hi = percentiles(e, confidence)
	mce.Lo, mce.Hi = percentiles(m, confidence)
	return loss, ece, mce, nil
}
