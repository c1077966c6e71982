package boost

import "math"

// powers are 2 to the k/32.
var powers = func() (of [32]float64) {
	for k := range of {
		of[k] = math.Exp2(float64(k) / 32)
	}
	return of
}()

// logistic writes 1/(1+e^−eta) of all eta into p, to fifteen digits and in a fraction of the time of as many calls of
// math.Exp: gradients are a large part of growing trees on few columns.
func logistic(eta, p []float64) {
	const (
		perStep = 32 / math.Ln2
		high    = 0x1.62e42fefap-6               // ln 2 / 32, its first digits
		low     = math.Ln2/32 - 0x1.62e42fefap-6 // and the others
		round   = 3 << 51                        // added, it leaves an integer in the lowest digits
	)
	p = p[:len(eta)]
	for i, x := range eta {
		if x = -x; x > 700 {
			x = 700
		} else if x < -700 {
			x = -700
		}
		steps := x*perStep + round
		k := math.Float64bits(steps)
		steps -= round
		r := x - steps*high - steps*low
		rest := r + r*r*(1.0/2+r*(1.0/6+r*(1.0/24+r*(1.0/120))))
		power := math.Float64frombits(math.Float64bits(powers[k&31]) + uint64(int64(k)>>5)<<52)
		p[i] = 1 / (1 + (power + power*rest))
	}
}
