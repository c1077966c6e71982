package jobs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"creditwatch/models"
)

func evaluateCommand(a *app) *cobra.Command {
	var data string
	var o models.EvaluateOptions
	var learners []string
	c := &cobra.Command{
		Use:   "evaluate --data FILE --label COLUMN",
		Short: "train and judge the learners on any labelled CSV or Parquet table",
		Long: "Train every learner on all folds but one and judge it on the one left out, in turn. A row's fold is its number (from 1), or the\n" +
			"integer in the id column, modulo the number of folds. The split figures are those of fold 0. The chosen learner is decided\n" +
			"inside the training rows of fold 0, without looking at the rows it is judged on.",
		Example: "  creditwatch evaluate --data loans.csv.gz --label defaulted --id loan --folds 5 --fold-by id",
		Args:    cobra.NoArgs,
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
			o.Options.Learners, o.Now = learners, a.clock
			table, err := models.ReadTable(data)
			if err != nil {
				return &usageError{err}
			}
			defer table.Release()
			if say := a.say(); say != nil {
				o.Progress = func(p models.Progress) { say(fmt.Sprintf("fold %d of %d: %s", p.Fold, p.Folds, p.Learner)) }
				say(fmt.Sprintf("%d rows of %d columns; %d folds", table.Record.NumRows(), table.Record.NumCols(), o.Folds))
			}
			e, err := models.Evaluate(table, o)
			if err != nil {
				return &usageError{fmt.Errorf("%s: %w", data, err)}
			}
			if a.json {
				return json.NewEncoder(a.out).Encode(e)
			}
			_, err = e.WriteTo(a.out)
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&data, "data", "", "table: .csv, .csv.gz or .parquet, with a header")
	f.StringVar(&o.Label, "label", "", "column of the outcome")
	f.StringVar(&o.Positive, "positive", "", "value of the label that means default (default: 1, or the larger of two numbers)")
	f.StringVar(&o.ID, "id", "", "column that names the row; it is no feature")
	f.IntVar(&o.Folds, "folds", 5, "number of folds")
	f.StringVar(&o.FoldBy, "fold-by", "row", "row: number of the row, from 1; id: the integer in the id column")
	f.StringSliceVar(&learners, "learners", nil, "learners to judge (default: all)")
	return c
}
