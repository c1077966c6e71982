package models

import (
	"errors"
	"math"
)

// An irls is a logistic regression with an unpenalised intercept, fitted by Newton's method. Its rows are asked for again and again instead of being
// laid out, so that a table of bins need not become one of floats.
type irls struct {
	p      int // columns
	y      []uint8
	weight []float64                // nil: every row counts fully
	row    func(i int, x []float64) // writes the p values of a row
	ridge  float64                  // penalty on half the squared coefficients
	lasso  float64                  // penalty on their sum; only where they are to be rising
	rising bool                     // no coefficient may be negative, and those that would are 0
}

// logistic fits a ridge regression on rows x of p values each, laid out one after another. It returns the intercept
// first.
func logistic(x []float64, y []uint8, p int, ridge float64, rising bool) ([]float64, error) {
	r := irls{p: p, y: y, ridge: ridge, rising: rising, row: func(i int, into []float64) { copy(into, x[i*p:(i+1)*p]) }}
	return r.fit()
}

// irlsRows is how many rows are summed by themselves, on whatever processor: sums of sums in the rows' order then
// do not depend on how many processors there are.
const irlsRows = 4096

// chunks calls do for every chunk of rows, on all processors.
func (r *irls) chunks(do func(chunk, from, to int)) int {
	n := (len(r.y) + irlsRows - 1) / irlsRows
	each(n, func(k int) { do(k, k*irlsRows, min((k+1)*irlsRows, len(r.y))) })
	return n
}

// fit minimises the penalised loss by Newton's method (IRLS). Halved steps keep it from rising, so separated classes end
// at the ridge, not at infinity.
func (r *irls) fit() ([]float64, error) {
	n := r.p + 1
	beta := make([]float64, n)
	total := mass{}
	for i, y := range r.y {
		total.add(y, r.weightOf(i))
	}
	if total.good <= 0 || total.bad <= 0 {
		return nil, ErrOneClass
	}
	beta[0] = math.Log(total.bad / total.good)
	step := make([]float64, n)
	eta := make([]float64, len(r.y))
	loss := r.loss(beta, eta)
	for range 50 {
		gradient, hessian := r.curvature(eta)
		for a := 1; a < n; a++ {
			gradient[a] -= r.ridge*beta[a] + r.lasso
			hessian[a*n+a] += r.ridge
		}
		if r.rising {
			stepRising(hessian, gradient, beta, step, n)
		} else if !cholesky(hessian, gradient, step, n) {
			return nil, errors.New("logistic regression: the columns determine one another; raise the ridge")
		}
		scale, moved := 1.0, false
		for range 30 {
			next := make([]float64, n)
			for a := range next {
				if next[a] = beta[a] + scale*step[a]; r.rising && a > 0 && scale == 1 {
					next[a] = max(0, next[a]) // not a rounding error below
				}
			}
			if l := r.loss(next, eta); l <= loss {
				moved = loss-l > 1e-10*(1+math.Abs(loss))
				beta, loss = next, l
				break
			}
			scale /= 2
		}
		if !moved {
			break
		}
	}
	return beta, nil
}

func (r *irls) weightOf(i int) float64 {
	if r.weight != nil {
		return r.weight[i]
	}
	return 1
}

// loss returns the penalised loss and leaves every row's log-odds in eta.
func (r *irls) loss(beta, eta []float64) float64 {
	parts := make([]float64, (len(r.y)+irlsRows-1)/irlsRows)
	r.chunks(func(chunk, from, to int) {
		x, sum := make([]float64, r.p), 0.0
		for i := from; i < to; i++ {
			r.row(i, x)
			eta[i] = linear(beta, x)
			sum += r.weightOf(i) * surprise(eta[i], r.y[i])
		}
		parts[chunk] = sum
	})
	loss := 0.0
	for _, part := range parts {
		loss += part
	}
	for _, b := range beta[1:] {
		loss += r.ridge*b*b/2 + r.lasso*b
	}
	return loss
}

// curvature returns the likelihood's gradient and the lower triangle of its negative Hessian at the log-odds eta.
func (r *irls) curvature(eta []float64) (gradient, hessian []float64) {
	n := r.p + 1
	parts := make([][]float64, (len(r.y)+irlsRows-1)/irlsRows)
	r.chunks(func(chunk, from, to int) {
		part := make([]float64, n+n*n)
		r.curve(eta, from, to, part[:n], part[n:])
		parts[chunk] = part
	})
	sum := make([]float64, n+n*n)
	for _, part := range parts {
		for i, v := range part {
			sum[i] += v
		}
	}
	return sum[:n], sum[n:]
}

// curve adds up the rows from one to another. Four rows at a time halve the reads and writes of the triangle.
func (r *irls) curve(eta []float64, from, to int, gradient, hessian []float64) {
	p := r.p
	var rows [4][]float64
	var w [4]float64
	for k := range rows {
		rows[k] = make([]float64, p)
	}
	for i := from; i < to; i += 4 {
		for k := range rows {
			if i+k >= to {
				clear(rows[k])
				w[k] = 0
				continue
			}
			r.row(i+k, rows[k])
			pd, own := expit(eta[i+k]), r.weightOf(i+k)
			w[k] = own * pd * (1 - pd)
			residual := own * (float64(r.y[i+k]) - pd)
			gradient[0] += residual
			for a, v := range rows[k] {
				gradient[a+1] += residual * v
			}
		}
		hessian[0] += w[0] + w[1] + w[2] + w[3]
		for a := range p {
			w0, w1, w2, w3 := w[0]*rows[0][a], w[1]*rows[1][a], w[2]*rows[2][a], w[3]*rows[3][a]
			if w0 == 0 && w1 == 0 && w2 == 0 && w3 == 0 {
				continue
			}
			line := hessian[(a+1)*(p+1) : (a+1)*(p+1)+a+2]
			line[0] += w0 + w1 + w2 + w3
			line = line[1:]
			x0, x1, x2, x3 := rows[0][:len(line)], rows[1][:len(line)], rows[2][:len(line)], rows[3][:len(line)]
			for b := range line {
				line[b] += w0*x0[b] + w1*x1[b] + w2*x2[b] + w3*x3[b]
			}
		}
	}
}

// wald returns the standard error of every coefficient that is free: from the inverse of the penalised Hessian over the
// free ones. A coefficient that a bound holds at 0 has none, and 0 is returned.
func (r *irls) wald(beta []float64) []float64 {
	n := r.p + 1
	eta := make([]float64, len(r.y))
	r.loss(beta, eta)
	_, hessian := r.curvature(eta)
	var free []int
	for a := range n {
		if a == 0 || !r.rising || beta[a] > 0 {
			free = append(free, a)
		}
	}
	k := len(free)
	se, unit, x := make([]float64, n), make([]float64, k), make([]float64, k)
	for j, a := range free {
		part := make([]float64, k*k)
		for i, b := range free {
			for l, c := range free[:i+1] {
				part[i*k+l] = hessian[b*n+c]
			}
			if b > 0 {
				part[i*k+i] += r.ridge
			}
		}
		clear(unit)
		unit[j] = 1
		if cholesky(part, unit, x, k) {
			se[a] = math.Sqrt(x[j])
		}
	}
	return se
}

// stepRising finds the step to the best of the quadratic with this gradient and negative Hessian at which no coefficient
// but the first is negative, by descent along one coordinate after another.
func stepRising(hessian, gradient, beta, step []float64, n int) {
	clear(step)
	left := append([]float64(nil), gradient...) // the quadratic's slope after the step so far
	for range 500 {
		most := 0.0
		for a := range n {
			move := left[a] / (hessian[a*n+a] + 1e-12)
			if a > 0 {
				move = max(move, -beta[a]-step[a])
			}
			if move == 0 {
				continue
			}
			step[a] += move
			most = max(most, math.Abs(move))
			for b := range n {
				left[b] -= move * hessian[max(a, b)*n+min(a, b)]
			}
		}
		if most < 1e-9 {
			return
		}
	}
}

func linear(beta, row []float64) float64 {
	eta := beta[0]
	for a, v := range row {
		eta += beta[a+1] * v
	}
	return eta
}

// surprise is the log loss of one outcome under the log-odds eta, without overflow.
func surprise(eta float64, y uint8) float64 {
	if y == 1 {
		eta = -eta
	}
	if eta > 0 {
		return eta + math.Log1p(math.Exp(-eta))
	}
	return math.Log1p(math.Exp(eta))
}

// cholesky solves the symmetric a·x = b, of whose a the lower triangle is given and overwritten.
func cholesky(a, b, x []float64, n int) bool {
	for i := range n {
		for j := range i + 1 {
			s := a[i*n+j]
			for k := range j {
				s -= a[i*n+k] * a[j*n+k]
			}
			if i != j {
				a[i*n+j] = s / a[j*n+j]
			} else if s > 1e-12 {
				a[i*n+i] = math.Sqrt(s)
			} else {
				return false
			}
		}
	}
	for i := range n {
		s := b[i]
		for k := range i {
			s -= a[i*n+k] * x[k]
		}
		x[i] = s / a[i*n+i]
	}
	for i := n - 1; i >= 0; i-- {
		s := x[i]
		for k := i + 1; k < n; k++ {
			s -= a[k*n+i] * x[k]
		}
		x[i] = s / a[i*n+i]
	}
	return true
}

func expit(eta float64) float64 {
	if eta < 0 {
		e := math.Exp(eta)
		return e / (1 + e)
	}
	return 1 / (1 + math.Exp(-eta))
}

func logit(p float64) float64 { return math.Log(p / (1 - p)) }
