package models

import (
	"errors"
	"math"
)

// logistic fits a ridge logistic regression with an unpenalised intercept by Newton's method (IRLS), on rows x of p
// values each, laid out one after another; where rising is set, no coefficient may be negative, and those that would
// are 0. It returns the intercept first. Halved steps keep the penalised likelihood from falling, so separated classes
// end at the ridge, not at infinity.
func logistic(x []float64, y []uint8, p int, ridge float64, rising bool) ([]float64, error) {
	n := len(y)
	beta := make([]float64, p+1)
	bad := 0
	for _, v := range y {
		bad += int(v)
	}
	if bad == 0 || bad == n {
		return nil, ErrOneClass
	}
	beta[0] = math.Log(float64(bad) / float64(n-bad))
	gradient, hessian := make([]float64, p+1), make([]float64, (p+1)*(p+1))
	step := make([]float64, p+1)
	eta := make([]float64, n)
	loss := logisticLoss(x, y, p, beta, ridge, eta)
	for range 50 {
		curvature(x, y, p, eta, gradient, hessian)
		for a := 1; a <= p; a++ {
			gradient[a] -= ridge * beta[a]
			hessian[a*(p+1)+a] += ridge
		}
		if rising {
			stepRising(hessian, gradient, beta, step, p+1)
		} else if !cholesky(hessian, gradient, step, p+1) {
			return nil, errors.New("logistic regression: the columns determine one another; raise the ridge")
		}
		scale, moved := 1.0, false
		for range 30 {
			next := make([]float64, p+1)
			for a := range next {
				if next[a] = beta[a] + scale*step[a]; rising && a > 0 && scale == 1 {
					next[a] = max(0, next[a]) // not a rounding error below
				}
			}
			if l := logisticLoss(x, y, p, next, ridge, eta); l <= loss {
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

// curvature sums the likelihood's gradient and the lower triangle of its negative Hessian at the log-odds eta. Four rows
// at a time halve the reads and writes of the triangle.
func curvature(x []float64, y []uint8, p int, eta, gradient, hessian []float64) {
	clear(gradient)
	clear(hessian)
	var rows [4][]float64
	var w [4]float64
	none := make([]float64, p)
	for i := 0; i < len(y); i += 4 {
		for k := range rows {
			if rows[k], w[k] = none, 0; i+k < len(y) {
				rows[k] = x[(i+k)*p : (i+k+1)*p]
				pd := expit(eta[i+k])
				w[k] = pd * (1 - pd)
				r := float64(y[i+k]) - pd
				gradient[0] += r
				for a, v := range rows[k] {
					gradient[a+1] += r * v
				}
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

// logisticLoss returns the penalised loss and leaves every row's log-odds in eta.
func logisticLoss(x []float64, y []uint8, p int, beta []float64, ridge float64, eta []float64) float64 {
	loss := 0.0
	for i := range y {
		eta[i] = linear(beta, x[i*p:(i+1)*p])
		loss += surprise(eta[i], y[i])
	}
	for _, b := range beta[1:] {
		loss += ridge * b * b / 2
	}
	return loss
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
