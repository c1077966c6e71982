package models

import (
	"errors"
	"hash/fnv"
	"math"
	"sort"

	"gonum.org/v1/gonum/mathext"
)

// A Calibration turns a learner's log-odds into those of a PD that outcomes bear out.
//
// "platt" is intercept and slope. "isotonic" pools neighbours to rising default rates and joins the centres of the
// pools by straight lines in log-odds; beyond the outermost centres and inside a pool it keeps rising gently, so that
// ranks survive. "none" leaves log-odds as they are.
type Calibration struct {
	Method    string    `json:"method"`
	Intercept float64   `json:"intercept"`
	Slope     float64   `json:"slope"`
	X         []float64 `json:"x,omitempty"` // centres of the pools, log-odds of the learner, rising
	Y         []float64 `json:"y,omitempty"` // their log-odds of default, rising
	Cells     []Cell    `json:"cells"`       // what the interval of a PD rests on, by rising PD
}

// A Cell counts calibration rows of like PD. Rows of one customer in several cohorts are not independent, so both
// counts are divided by the cohorts per customer.
type Cell struct {
	UpTo float64 `json:"up_to"` // highest calibrated log-odds of the cell
	N    float64 `json:"n"`
	D    float64 `json:"d"`
}

// gentle is the slope in log-odds that an isotonic calibration keeps where pooling would have none.
const gentle = 0.02

// Apply returns calibrated log-odds.
func (c *Calibration) Apply(eta float64) float64 {
	if c.Method != "isotonic" {
		return c.Intercept + c.Slope*eta
	}
	n := len(c.X)
	i := sort.SearchFloat64s(c.X, eta)
	switch {
	case i == 0:
		return c.Y[0] + gentle*(eta-c.X[0])
	case i == n:
		return c.Y[n-1] + gentle*(eta-c.X[n-1])
	}
	t := (eta - c.X[i-1]) / (c.X[i] - c.X[i-1])
	return c.Y[i-1] + t*(c.Y[i]-c.Y[i-1])
}

// outcomeAt is one held-out row: what the learner said and what happened.
type outcomeAt struct {
	eta      float64
	y        uint8
	customer string
	recent   bool // of the cohorts whose level of defaults is to be met
}

// calibrate fits Platt and isotonic calibrations and keeps the one of less log loss on rows it was not fitted to: the
// customers are halved by hash and each half judges the other's fit. Too few defaulters for that leave Platt; none at
// all, or learners that rank backwards, leave the log-odds alone. The level is that of the recent rows.
func calibrate(rows []outcomeAt) Calibration {
	sort.Slice(rows, func(a, b int) bool {
		if rows[a].eta != rows[b].eta {
			return rows[a].eta < rows[b].eta
		}
		if rows[a].y != rows[b].y {
			return rows[a].y < rows[b].y
		}
		if rows[a].customer != rows[b].customer {
			return rows[a].customer < rows[b].customer
		}
		return !rows[a].recent && rows[b].recent
	})
	c, err := platt(rows)
	if err != nil {
		c = Calibration{Method: "none", Slope: 1}
	}
	var halves [2][]outcomeAt
	defaulters := [2]map[string]bool{{}, {}}
	for _, r := range rows {
		h := hash64(r.customer) & 1
		halves[h] = append(halves[h], r)
		if r.y == 1 {
			defaulters[h][r.customer] = true
		}
	}
	if err == nil && min(len(defaulters[0]), len(defaulters[1])) >= 50 {
		loss := [2]float64{}
		for h := range halves {
			p, perr := platt(halves[h])
			if perr != nil {
				loss[1] = math.Inf(1)
				break
			}
			iso := isotonic(halves[h])
			for _, r := range halves[1-h] {
				loss[0] += surprise(p.Apply(r.eta), r.y)
				loss[1] += surprise(iso.Apply(r.eta), r.y)
			}
		}
		if loss[1] < loss[0] {
			c = isotonic(rows)
		}
	}
	if err == nil {
		c.level(rows)
	}
	c.Cells = cells(rows, &c)
	return c
}

// level moves all log-odds by as much as makes the recent rows' expected defaults their observed ones.
func (c *Calibration) level(rows []outcomeAt) {
	move := 0.0
	for range 20 {
		slope, weight := 0.0, 0.0
		for _, r := range rows {
			if r.recent {
				p := expit(c.Apply(r.eta) + move)
				slope, weight = slope+float64(r.y)-p, weight+p*(1-p)
			}
		}
		step := slope / max(weight, 1e-9)
		move += max(-1, min(1, step))
		if math.Abs(step) < 1e-9 {
			break
		}
	}
	c.Intercept += move
	for i := range c.Y {
		c.Y[i] += move
	}
}

var errBackwards = errors.New("calibration: risk falls as the learner's log-odds rise")

func platt(rows []outcomeAt) (Calibration, error) {
	x, y := make([]float64, len(rows)), make([]uint8, len(rows))
	for i, r := range rows {
		x[i], y[i] = r.eta, r.y
	}
	beta, err := logistic(x, y, 1, 1e-6, false)
	if err != nil {
		return Calibration{}, err
	}
	if beta[1] <= 0 {
		return Calibration{}, errBackwards
	}
	return Calibration{Method: "platt", Intercept: beta[0], Slope: beta[1]}, nil
}

// isotonic pools sorted rows until default rates rise.
func isotonic(rows []outcomeAt) Calibration {
	type pool struct {
		sum  float64 // of the log-odds
		n, d float64
	}
	// Half a default and half a non-default spread over the whole keep the outermost rates off 0 and 1.
	rate := func(p pool) float64 { return (p.d + 0.5) / (p.n + 1) }
	var pools []pool
	for start := 0; start < len(rows); {
		end := start
		p := pool{}
		for ; end < len(rows) && rows[end].eta == rows[start].eta; end++ {
			p.sum, p.n, p.d = p.sum+rows[end].eta, p.n+1, p.d+float64(rows[end].y)
		}
		start = end
		pools = append(pools, p)
		for k := len(pools) - 1; k > 0 && rate(pools[k-1]) >= rate(pools[k]); k-- {
			a, b := pools[k-1], pools[k]
			pools = append(pools[:k-1], pool{a.sum + b.sum, a.n + b.n, a.d + b.d})
		}
	}
	c := Calibration{Method: "isotonic", Slope: 1}
	for _, p := range pools {
		c.X, c.Y = append(c.X, p.sum/p.n), append(c.Y, logit(rate(p)))
	}
	return c
}

// cells groups sorted calibration rows into up to ten groups of like numbers of defaults.
func cells(rows []outcomeAt, c *Calibration) []Cell {
	customers, bad := map[string]bool{}, 0
	for _, r := range rows {
		customers[r.customer] = true
		bad += int(r.y)
	}
	repeats := 1.0
	if len(customers) > 0 {
		repeats = float64(len(rows)) / float64(len(customers))
	}
	groups := min(10, max(1, bad/10))
	var out []Cell
	cell, seen := Cell{}, 0
	for i, r := range rows {
		cell.N, cell.D, cell.UpTo = cell.N+1, cell.D+float64(r.y), c.Apply(r.eta)
		seen += int(r.y)
		last := i == len(rows)-1
		if last || (seen*groups >= bad*(len(out)+1) && len(out) < groups-1 && rows[i+1].eta != r.eta) {
			cell.N, cell.D = cell.N/repeats, cell.D/repeats
			out = append(out, cell)
			cell = Cell{}
		}
	}
	return out
}

// Interval returns the 90 % interval of a PD given as calibrated log-odds: Jeffreys' interval for the default rate of
// its cell, moved in log-odds from the middle of that interval to the PD itself.
func (c *Calibration) Interval(eta float64) (lo, hi float64) {
	if len(c.Cells) == 0 {
		return 0, 1
	}
	i := sort.Search(len(c.Cells)-1, func(i int) bool { return eta <= c.Cells[i].UpTo })
	cell := c.Cells[i]
	a, b := cell.D+0.5, cell.N-cell.D+0.5
	at := func(q float64) float64 { return logit(min(max(mathext.InvRegIncBeta(a, b, q), 1e-12), 1-1e-12)) }
	middle := at(0.5)
	return expit(eta + min(0, at(0.05)-middle)), expit(eta + max(0, at(0.95)-middle))
}

func hash64(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	// FNV's low bits follow the last byte closely; mixing makes each of them depend on all.
	return mix(h.Sum64())
}

// mix is the finaliser of splitmix64.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
