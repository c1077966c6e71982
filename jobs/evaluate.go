package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"creditwatch/models"
)

func evaluateCommand(a *app) *cobra.Command {
	var data string
	var o models.EvaluateOptions
	var learners []string
	var to, lang string
	c := &cobra.Command{
		Use:   "evaluate --data FILE --label COLUMN",
		Short: "train and judge the learners on any labelled CSV or Parquet table",
		Long: "Train every learner on all folds but one and judge it on the one left out, in turn. A row's fold is its number (from 1), or the\n" +
			"integer in the id column, modulo the number of folds. The split figures are those of fold 0. The chosen learner is decided\n" +
			"inside the training rows of fold 0, without looking at the rows it is judged on. With --report, one HTML file, in English and\n" +
			"Chinese, shows ranking, calibration, what matters, the points card and what is odd in the data.",
		Example: "  creditwatch evaluate --data loans.csv.gz --label defaulted --id loan --folds 5 --fold-by id\n" +
			"  creditwatch evaluate --data loans.csv --label status --positive late --report loans.html",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case data == "":
				return usage("--data: want a CSV or Parquet file")
			case o.Label == "":
				return usage("--label: want the column of the outcome")
			case o.Folds < 2:
				return usage("--folds %d: want 2 or more", o.Folds)
			case o.FoldBy != "row" && o.FoldBy != "id":
				return usage("--fold-by %s: want row or id", o.FoldBy)
			case o.FoldBy == "id" && o.ID == "":
				return usage("--fold-by id: want --id COLUMN too")
			}
			for _, l := range learners {
				if !slices.Contains(models.Learners, l) {
					return usage("--learners %s: want of %s", l, strings.Join(models.Learners, ", "))
				}
			}
			if lang != "en" && lang != "zh" {
				return usage("--lang %s: want en or zh", lang)
			}
			if to != "" {
				if info, err := os.Stat(filepath.Dir(to)); err != nil || !info.IsDir() {
					return usage("--report %s: there is no folder %s", to, filepath.Dir(to))
				}
			}
			o.Options.Learners, o.Now, o.Detail = learners, a.clock, to != ""
			table, err := models.ReadTable(data)
			if err != nil {
				return &usageError{err}
			}
			defer table.Release()
			line := a.progressLine()
			if line != nil {
				line.say("%d rows of %d columns, %s; %d folds", table.Record.NumRows(), table.Record.NumCols(), table.Format, o.Folds)
				if n := len(table.Notes); n > 0 {
					line.say("%d cells read as missing; the first: %s", n, table.Notes[0])
				}
				o.Progress = line.set
			}
			e, err := evaluate(cmd.Context(), table, o)
			line.end()
			if errors.Is(err, context.Canceled) {
				return err
			}
			if err != nil {
				return &usageError{err}
			}
			if to != "" {
				page := &evaluated{Evaluation: e, Data: data, Format: table.Format, Notes: table.Notes, Label: o.Label, ID: o.ID, Folds: o.Folds, FoldBy: o.FoldBy, Command: commandOf(cmd), Version: version()}
				if err := writeReport(to, page, lang); err != nil {
					return err
				}
				if line != nil {
					line.say("report written: %s", to)
				}
			}
			if a.json {
				return json.NewEncoder(a.out).Encode(e)
			}
			var b strings.Builder
			if _, err := e.WriteTo(&b); err != nil {
				return err
			}
			text := printable(b.String())
			if isTerminal(a.out) && os.Getenv("NO_COLOR") == "" {
				text = bold(text, "* ")
			}
			_, err = fmt.Fprint(a.out, text)
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&data, "data", "", "table: CSV (commas, semicolons, tabs; UTF-8 or GB18030; .gz too) or .parquet, with a header")
	f.StringVar(&o.Label, "label", "", "column of the outcome: 0 and 1, yes and no, good and bad, or any two values with --positive")
	f.StringVar(&o.Positive, "positive", "", "value of the label that means default (default: 1, yes, true, bad, default, 是, 违约, or the larger of two numbers)")
	f.StringVar(&o.ID, "id", "", "column that names the row; it is no feature")
	f.IntVar(&o.Folds, "folds", 5, "number of folds")
	f.StringVar(&o.FoldBy, "fold-by", "row", "row: number of the row, from 1; id: the integer in the id column")
	f.BoolVar(&o.Options.WholePoints, "whole-points", false, "the scorecard gives whole points, so that it can be added up by hand")
	f.StringVar(&to, "report", "", "write a page with curves, reasons, card and notes on the data to this HTML file")
	f.StringVar(&lang, "lang", "en", "language that the page shows first: en or zh; it holds both")
	f.StringSliceVar(&learners, "learners", nil, "learners to judge (default: all)")
	return c
}

// evaluate gives up waiting when the program is interrupted; nothing is kept of what was done until then.
func evaluate(ctx context.Context, table *models.Table, o models.EvaluateOptions) (models.Evaluation, error) {
	type answer struct {
		e   models.Evaluation
		err error
	}
	done := make(chan answer, 1)
	go func() {
		e, err := models.Evaluate(table, o)
		done <- answer{e, err}
	}()
	select {
	case got := <-done:
		return got.e, got.err
	case <-ctx.Done():
		return models.Evaluation{}, ctx.Err()
	}
}

// bold sets the first line that begins so in bold.
func bold(text, start string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, start) {
			lines[i] = "\x1b[1m" + line + "\x1b[0m"
			break
		}
	}
	return strings.Join(lines, "\n")
}

// writeReport writes the page beside its place and moves it there when it is whole.
func writeReport(to string, page *evaluated, lang string) error {
	f, err := os.CreateTemp(filepath.Dir(to), "."+filepath.Base(to)+".*")
	if err != nil {
		return err
	}
	err = writeEvaluation(f, page, lang)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), to)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// commandOf is the call again, as it can be typed, without the report.
func commandOf(cmd *cobra.Command) string {
	words := []string{"creditwatch", cmd.Name()}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "report", "lang", "quiet", "json":
			return
		}
		value := strings.Trim(f.Value.String(), "[]")
		if strings.ContainsAny(value, " \t'\"\\$*?&|;<>()`") || value == "" {
			value = "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
		}
		words = append(words, "--"+f.Name, value)
	})
	return strings.Join(words, " ")
}

// A progressLine is one line of a terminal that says how far an evaluation is, anew every second.
type progressLine struct {
	a       *app
	started time.Time
	stop    chan struct{}
	gone    chan struct{}

	mu  sync.Mutex
	at  models.Progress
	due time.Time // when it will be over, as it looked when at was told
}

// progressLine is nil where nobody watches.
func (a *app) progressLine() *progressLine {
	if a.say() == nil {
		return nil
	}
	l := &progressLine{a: a, started: a.clock(), stop: make(chan struct{}), gone: make(chan struct{})}
	go func() {
		defer close(l.gone)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				l.draw()
			case <-l.stop:
				return
			}
		}
	}()
	return l
}

// left is how long it will yet take, by the share of the work that is done; 0 where nobody knows.
func left(p models.Progress, elapsed time.Duration) time.Duration {
	if p.Share > 0 {
		return time.Duration(float64(elapsed) * (1/p.Share - 1))
	}
	return 0
}

// progressText says how far it is after a time.
func progressText(p models.Progress, elapsed, left time.Duration) string {
	if p.Fold == 0 {
		return fmt.Sprintf("all %d folds judged, %s", p.Folds, inWords(elapsed))
	}
	text := fmt.Sprintf("fold %d of %d: %s, %d of %d fits done, %s", p.Fold, p.Folds, p.Learner, p.Done, p.Total, inWords(elapsed))
	if left > 0 {
		text += fmt.Sprintf(", about %s left", inWords(left))
	}
	return text
}

// inWords writes a time to the second.
func inWords(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	if s < 60 {
		return fmt.Sprintf("%d s", s)
	}
	if s < 3600 {
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	}
	return fmt.Sprintf("%d h %02d min", s/3600, s/60%60)
}

func (l *progressLine) set(p models.Progress) {
	l.mu.Lock()
	now := l.a.clock()
	l.at, l.due = p, now.Add(left(p, now.Sub(l.started)))
	l.mu.Unlock()
	l.draw()
}

func (l *progressLine) draw() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at.Total > 0 {
		now := l.a.clock()
		fmt.Fprintf(l.a.errOut, "\r\x1b[K  · %s", progressText(l.at, now.Sub(l.started), l.due.Sub(now)))
	}
}

// say writes a line of its own.
func (l *progressLine) say(format string, figures ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.a.errOut, "\r\x1b[K  · %s\n", printable(fmt.Sprintf(format, figures...)))
}

// end wipes the line away.
func (l *progressLine) end() {
	if l == nil {
		return
	}
	close(l.stop)
	<-l.gone
	fmt.Fprint(l.a.errOut, "\r\x1b[K")
}
