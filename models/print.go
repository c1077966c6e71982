package models

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// WriteTo writes the evaluation as a table for the terminal.
func (e Evaluation) WriteTo(w io.Writer) (int64, error) {
	c := &counter{w: w}
	fmt.Fprintf(c, "%d rows, %d positive (%.2f %%)\n\n", e.Rows, e.Positives, 100*float64(e.Positives)/float64(max(1, e.Rows)))
	t := tabwriter.NewWriter(c, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "learner\tmean AUC\tmean Brier\tAUC\tKS\tlog loss\tBrier\tfit s\trows/s scored\t\n")
	for _, l := range e.Learners {
		mark := ""
		if l.Learner == e.Chosen {
			mark = "* "
		}
		fmt.Fprintf(t, "%s%s\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.2f\t%.0f\t\n", mark, l.Learner, l.MeanAUC, l.MeanBrier, l.Split.AUC, l.Split.KS, l.Split.LogLoss, l.Split.Brier, l.FitSeconds, l.ScoreRowsPerSecond)
	}
	t.Flush()
	fmt.Fprint(c, "\n* chosen by cross-validation inside the training rows\n")
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
