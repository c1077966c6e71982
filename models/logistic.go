package models

import (
	"errors"
	"math"
)

// logistic fits a ridge logistic regression with an unpenalised intercept by Newton's method (IRLS), on rows x of p
// values each, laid out one after another. At most one coefficient per column; it returns the intercept first.
// Halved steps keep the penalised likelihood from falling, so separated classes end at the ridge, not at infinity.
func logistic(x []float64, y []uint8, p int, ridge float64) ([]float64, error) {
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
	loss := logisticLoss(x, y, p, beta, ridge)
	for range 50 {
		clear(gradient)
		clear(hessian)
		for i := range n {
			row := x[i*p : (i+1)*p]
			pd := expit(linear(beta, row))
			w, r := pd*(1-pd), float64(y[i])-pd
			gradient[0] += r
			hessian[0] += w
			for a, xa := range row {
				if xa == 0 {
					continue
				}
				gradient[a+1] += r * xa
				line := hessian[(a+1)*(p+1):]
				wa := w * xa
				line[0] += wa
				for b, xb := range row[:a+1] {
					line[b+1] += wa * xb
				}
			}
		}
		for a := 1; a <= p; a++ {
			gradient[a] -= ridge * beta[a]
			hessian[a*(p+1)+a] += ridge
		}
		if !cholesky(hessian, gradient, step, p+1) {
			return nil, errors.New("logistic regression: the columns determine one another; raise the ridge")
		}
		scale, moved := 1.0, false
		for range 30 {
			next := make([]float64, p+1)
			for a := range next {
				next[a] = beta[a] + scale*step[a]
			}
			if l := logisticLoss(x, y, p, next, ridge); l <= loss {
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

func linear(beta, row []float64) float64 {
	eta := beta[0]
	for a, v := range row {
		eta += beta[a+1] * v
	}
	return eta
}

func logisticLoss(x []float64, y []uint8, p int, beta []float64, ridge float64) float64 {
	loss := 0.0
	for i := range y {
		loss += surprise(linear(beta, x[i*p:(i+1)*p]), y[i])
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
