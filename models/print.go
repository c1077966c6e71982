package models

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// SD is the standard deviation of the folds' AUCs.
func (r EvaluatedResult) SD() float64 { return deviation(r.FoldAUC) }

// SD is the standard deviation of the folds' AUCs.
func (b Benchmark) SD() float64 { return deviation(b.FoldAUC) }

func deviation(x []float64) float64 {
	m, sum := mean(x), 0.0
	for _, v := range x {
		sum += (v - m) * (v - m)
	}
	return math.Sqrt(sum / float64(max(1, len(x)-1)))
}

// MeanKS is the mean of the folds' KS.
func (r EvaluatedResult) MeanKS() float64 {
	sum := 0.0
	for _, s := range r.FoldSplit {
		sum += s.KS
	}
	return sum / float64(max(1, len(r.FoldSplit)))
}

// Ranked returns the learners, the highest mean AUC first.
func (e Evaluation) Ranked() []EvaluatedResult {
	list := slices.Clone(e.Learners)
	slices.SortStableFunc(list, func(a, b EvaluatedResult) int { return cmp.Compare(b.MeanAUC, a.MeanAUC) })
	return list
}

// WriteTo writes the evaluation as a table for the terminal.
func (e Evaluation) WriteTo(w io.Writer) (int64, error) {
	c := &counter{w: w}
	number := func(v float64) string { return thousands(strconv.FormatFloat(v, 'f', 0, 64)) }
	fmt.Fprintf(c, "%s rows, %s defaults (%.2f %%)", number(float64(e.Rows)), number(float64(e.Positives)), 100*float64(e.Positives)/float64(max(1, e.Rows)))
	if e.Positive != "1" && e.Positive != "" {
		fmt.Fprintf(c, ", of label %q", e.Positive)
	}
	folds := 0
	rows := [][]string{{"", "learner", "AUC", "± sd", "KS", "Brier", "log loss", "fit s", "rows/s scored"}}
	for _, l := range e.Ranked() {
		mark := ""
		if folds = len(l.FoldAUC); l.Learner == e.Chosen {
			mark = "*"
		}
		rows = append(rows, []string{mark, l.Learner, fmt.Sprintf("%.4f", l.MeanAUC), fmt.Sprintf("%.4f", l.SD()), fmt.Sprintf("%.4f", l.MeanKS()), fmt.Sprintf("%.4f", l.MeanBrier), fmt.Sprintf("%.4f", l.MeanLogLoss), fmt.Sprintf("%.2f", l.FitSeconds), number(l.ScoreRowsPerSecond)})
	}
	if b := e.Benchmark; b.Column != "" {
		rows = append(rows, []string{"", "best single column: " + b.Column, fmt.Sprintf("%.4f", b.MeanAUC), fmt.Sprintf("%.4f", b.SD())})
	}
	fmt.Fprintf(c, "; means of %d folds, each judged by what was learnt from the others\n\n", folds)
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		if len(row) > 1 {
			row[1] = shortened(row[1], 44)
		}
		for k, cell := range row {
			widths[k] = max(widths[k], columnsOf(cell))
		}
	}
	for i, row := range rows {
		line := padded(row[0], 1) + " " + padded(row[1], widths[1])
		for k, cell := range row[2:] {
			line += strings.Repeat(" ", widths[k+2]-columnsOf(cell)+2) + cell
		}
		fmt.Fprintln(c, strings.TrimRight(line, " "))
		if i == 0 {
			all := 2 + widths[1]
			for _, w := range widths[2:] {
				all += w + 2
			}
			fmt.Fprintln(c, strings.Repeat("─", all))
		}
	}
	fmt.Fprint(c, "\n* chosen by log loss inside the training rows of fold 0, without a look at the rows it is judged on\n")
	if len(e.Suspects) > 0 {
		fmt.Fprint(c, "\nVery strong by themselves (AUC above 0.90 or IV above 0.50): make sure that they were known before the outcome\n")
		for _, s := range e.Suspects {
			fmt.Fprintf(c, "  %s: AUC %.3f, IV %.2f\n", s.Column, s.AUC, s.IV)
		}
	}
	return c.n, c.err
}

// counter remembers how much was written and the first error.
type counter struct {
	w   io.Writer
	n   int64
	err error
}

func (c *counter) Write(b []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.w.Write(b)
	c.n, c.err = c.n+int64(n), err
	return n, err
}
