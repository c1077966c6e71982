package models

import "math"

// A ridge is a logistic regression with a penalty of its own on every coefficient but the intercept, whose columns have a
// mean of about 0. Sums run over parts of the rows that do not depend on the number of processors.
type ridge struct {
	x       []float64 // rows of p values each
	p       int
	y       []uint8
	weight  []float64 // per row; nil: 1
	penalty []float64
	rising  []bool    // coefficients that may not be negative; nil: none
	hessian []float64 // of likelihoods nearby, to begin with, and then those found last; nil: none
	enough  float64   // share of the loss; a step that gains less is the last; 0: 1e-8
}

// ridgeParts is into how many parts the rows are cut.
const ridgeParts = 8

// ridgeSteps is how many Newton steps are taken at most; every curvature serves chordSteps of them.
const (
	ridgeSteps = 24
	chordSteps = 4
)

// fit returns the coefficients, the intercept first, from a start.
func (r *ridge) fit(start []float64) []float64 {
	p := r.p + 1
	beta := append([]float64(nil), start...)
	eta := make([]float64, len(r.y))
	gradient, hessian, system, age := make([]float64, p), r.hessian, make([]float64, p*p), 1
	if hessian == nil {
		hessian, age = make([]float64, p*p), 0
	}
	step, next := make([]float64, p), make([]float64, p)
	loss := r.loss(beta, eta)
	enough := r.enough
	if enough == 0 {
		enough = 1e-8
	}
	for range ridgeSteps {
		if age == 0 {
			r.curvature(eta, hessian)
		}
		r.slope(eta, gradient)
		for a := 1; a < p; a++ {
			gradient[a] -= r.penalty[a-1] * beta[a]
		}
		copy(system, hessian)
		for a := 1; a < p; a++ {
			system[a*p+a] += r.penalty[a-1]
		}
		if r.rising != nil {
			r.stepRising(system, gradient, beta, step)
		} else if !cholesky(system, gradient, step, p) {
			break // cannot be under a penalty, but for numbers that are none
		}
		scale, gain := 1.0, 0.0
		for range 20 {
			for a := range next {
				if next[a] = beta[a] + scale*step[a]; r.rising != nil && a > 0 && r.rising[a-1] {
					next[a] = max(0, next[a])
				}
			}
			if l := r.loss(next, eta); l <= loss {
				gain, loss = loss-l, l
				copy(beta, next)
				break
			}
			scale /= 2
		}
		if gain <= enough*(1+math.Abs(loss)) {
			if age == 0 || r.enough > 0 {
				break
			}
			r.loss(beta, eta) // as it was
			age = 0
			continue
		}
		age = (age + 1) % chordSteps
	}
	r.hessian = hessian
	return beta
}

// part calls do for every part of the rows, on all processors.
func (r *ridge) part(do func(k, from, to int)) {
	n := len(r.y)
	each(ridgeParts, func(k int) { do(k, k*n/ridgeParts, (k+1)*n/ridgeParts) })
}

func (r *ridge) weightOf(i int) float64 {
	if r.weight != nil {
		return r.weight[i]
	}
	return 1
}

func (r *ridge) loss(beta, eta []float64) float64 {
	var sums [ridgeParts]float64
	r.part(func(k, from, to int) {
		sum := 0.0
		for i := from; i < to; i++ {
			eta[i] = linear(beta, r.x[i*r.p:(i+1)*r.p])
			sum += r.weightOf(i) * surprise(eta[i], r.y[i])
		}
		sums[k] = sum
	})
	loss := 0.0
	for _, s := range sums {
		loss += s
	}
	for a, b := range beta[1:] {
		loss += r.penalty[a] * b * b / 2
	}
	return loss
}

// slope sums the likelihood's gradient at the log-odds eta.
func (r *ridge) slope(eta, gradient []float64) {
	var sums [ridgeParts][]float64
	r.part(func(k, from, to int) {
		sum := make([]float64, r.p+1)
		for i := from; i < to; i++ {
			v := r.weightOf(i) * (float64(r.y[i]) - expit(eta[i]))
			sum[0] += v
			line := sum[1:]
			for a, x := range r.x[i*r.p : (i+1)*r.p] {
				line[a] += v * x
			}
		}
		sums[k] = sum
	})
	clear(gradient)
	for _, s := range sums {
		for a, v := range s {
			gradient[a] += v
		}
	}
}

// curvature sums the lower triangle of the likelihood's negative Hessian. Four rows at a time spare reads and writes of it.
func (r *ridge) curvature(eta, hessian []float64) {
	p := r.p + 1
	var sums [ridgeParts][]float64
	r.part(func(k, from, to int) {
		sum := make([]float64, p*p)
		none := make([]float64, r.p)
		var rows [4][]float64
		var w [4]float64
		for i := from; i < to; {
			for j := range rows {
				for i < to && r.weightOf(i) == 0 {
					i++
				}
				if rows[j], w[j] = none, 0; i < to {
					pd := expit(eta[i])
					rows[j], w[j] = r.x[i*r.p:(i+1)*r.p], r.weightOf(i)*pd*(1-pd)
					i++
				}
			}
			sum[0] += w[0] + w[1] + w[2] + w[3]
			for a := range r.p {
				w0, w1, w2, w3 := w[0]*rows[0][a], w[1]*rows[1][a], w[2]*rows[2][a], w[3]*rows[3][a]
				line := sum[(a+1)*p : (a+1)*p+a+2]
				line[0] += w0 + w1 + w2 + w3
				line = line[1:]
				x0, x1, x2, x3 := rows[0][:len(line)], rows[1][:len(line)], rows[2][:len(line)], rows[3][:len(line)]
				for b := range line {
					line[b] += w0*x0[b] + w1*x1[b] + w2*x2[b] + w3*x3[b]
				}
			}
		}
		sums[k] = sum
	})
	clear(hessian)
	for _, s := range sums {
		for a, v := range s {
			hessian[a] += v
		}
	}
}

// stepRising finds the step to the best of the quadratic of this gradient and negative Hessian at which no coefficient
// that must not be negative is, by descent along one coordinate after another.
func (r *ridge) stepRising(hessian, gradient, beta, step []float64) {
	n := r.p + 1
	clear(step)
	left := append([]float64(nil), gradient...)
	for range 200 {
		most := 0.0
		for a := range n {
			move := left[a] / (hessian[a*n+a] + 1e-12)
			if a > 0 && r.rising[a-1] {
				move = max(move, -beta[a]-step[a])
			}
			if move == 0 {
				continue
			}
			step[a] += move
			most = max(most, math.Abs(move))
			for b := range a {
				left[b] -= move * hessian[a*n+b]
			}
			for b := a; b < n; b++ {
				left[b] -= move * hessian[b*n+a]
			}
		}
		if most < 1e-8 {
			return
		}
	}
}
