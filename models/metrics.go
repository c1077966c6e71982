package models

import (
	"errors"
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

// judge computes the figures of PDs against outcomes. What the data cannot answer is left out, never NaN.
func judge(learner, sample string, pd []float64, y []uint8) ([]Metric, error) {
	var out []Metric
	add := func(metric string, value float64) {
		if !math.IsNaN(value) && !math.IsInf(value, 0) {
			out = append(out, Metric{learner, sample, metric, value})
		}
	}
	expected, observed := 0.0, 0.0
	for i, p := range pd {
		expected, observed = expected+p, observed+float64(y[i])
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
