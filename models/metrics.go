package models

import (
	"errors"
	"fmt"
	"math"
	"sort"

	"creditwatch/models/validation"
)

// A Metric is one figure of a learner on a sample.
type Metric struct {
	Learner string // or "benchmark/" and a column's name
	Sample  string // "train", "calibration" or "holdout"
	Metric  string
	Value   float64
}

// judge computes the figures of a sample. Rows whose outcome is known in part are judged over the months that are known
// alone. What the data cannot answer is left out, never NaN.
func judge(learner, sample string, rows []outcomeAt, c *Calibration, curve *Curve, horizon int) ([]Metric, error) {
	var out []Metric
	add := func(metric string, value float64) {
		if !math.IsNaN(value) && !math.IsInf(value, 0) {
			out = append(out, Metric{learner, sample, metric, value})
		}
	}
	var pd []float64
	var y []uint8
	expected, observed := 0.0, 0.0
	for i := range rows {
		if r := &rows[i]; r.known == 0 || int(r.known) == horizon {
			p := bounded(c.Apply(r.eta))
			pd, y = append(pd, p), append(y, r.y)
			expected, observed = expected+p, observed+float64(r.y)
		}
	}
	n := float64(len(pd))
	add("rows", n)
	add("defaults", observed)
	add("observed", observed)
	add("expected", expected)
	if n == 0 {
		return out, nil
	}
	rank, err := validation.Rank(pd, y)
	switch {
	case err == nil:
		add("auc", rank.AUC)
		add("auc_variance", rank.Variance)
		add("auc_se", math.Sqrt(rank.Variance))
		add("gini", rank.Gini)
		add("ks", rank.KS)
	case !errors.Is(err, validation.ErrGrey):
		return nil, err
	}
	brier, err := validation.Brier(pd, y)
	if err != nil {
		return nil, err
	}
	loss, err := validation.LogLoss(pd, y)
	if err != nil {
		return nil, err
	}
	add("brier", brier)
	add("log_loss", loss)
	add("observed_rate", observed/n)
	add("expected_rate", expected/n)
	add("observed_expected", observed/expected)
	if p, err := validation.Jeffreys(n, observed, expected/n); err == nil {
		add("jeffreys_p", p)
	}
	if _, p, err := validation.Spiegelhalter(pd, y); err == nil {
		add("spiegelhalter_p", p)
	}
	if _, p, err := validation.HosmerLemeshow(tenths(pd, y), 0); err == nil {
		add("hosmer_lemeshow_p", p)
	}
	for _, months := range validation.Horizons {
		if months >= horizon {
			break
		}
		observed, expected := 0.0, 0.0
		for i := range rows {
			if r := &rows[i]; int(r.known) >= months {
				eta := c.Apply(r.eta)
				expected += curve.within(bounded(eta), eta, months)
				if r.month > 0 && int(r.month) <= months {
					observed++
				}
			}
		}
		if expected > 0 {
			add(fmt.Sprintf("observed_%dm", months), observed)
			add(fmt.Sprintf("expected_%dm", months), expected)
			add(fmt.Sprintf("observed_expected_%dm", months), observed/expected)
		}
	}
	return out, nil
}

// tenths groups rows of like PD into ten cells.
func tenths(pd []float64, y []uint8) []validation.Cell {
	order := make([]int, len(pd))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return pd[order[a]] < pd[order[b]] })
	var cells []validation.Cell
	for k := range 10 {
		c := validation.Cell{}
		for _, i := range order[k*len(order)/10 : (k+1)*len(order)/10] {
			c.N, c.D, c.PD = c.N+1, c.D+float64(y[i]), c.PD+pd[i]
		}
		if c.N > 0 {
			c.PD /= c.N
			cells = append(cells, c)
		}
	}
	return cells
}
