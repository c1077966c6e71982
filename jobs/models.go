package jobs

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/warehouse"
)

func modelsCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "models",
		Short: "the models of every night, and who scores: list, show, live, promote, rollback, validation",
		Long: "Without a word more: the models of every night, which one scored, and their held-out figures.\n\n" +
			"A night retrains its models, and a written rule decides whether one of them takes the champion's place. People may decide otherwise:\n" +
			"promote takes two names, rollback one. Both are kept for good; the next night follows them, and so does a night that is run again\n" +
			"if it knows them.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listModels(cmd) },
	}
	for _, sub := range []*cobra.Command{modelsList(a), modelsShow(a), modelsLive(a), modelsPromote(a), modelsRollback(a), modelsValidation(a)} {
		args := sub.Args
		sub.Args = func(c *cobra.Command, given []string) error {
			if err := args(c, given); err != nil {
				return &usageError{err}
			}
			return nil
		}
		c.AddCommand(sub)
	}
	return c
}

func modelsList(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "the models of every night, which one scored, and their held-out figures", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listModels(cmd) },
	}
}

func (a *app) listModels(cmd *cobra.Command) error {
	return a.ask(cmd.Context(), `
SELECT m.as_of AS as_of, m.model_id AS model, if(m.role = 'challenger', '', if(m.is_champion, 'champion', m.role)) AS role, m.trained_on AS trained_on,
    round(anyIf(x.value, x.metric = 'auc'), 4) AS auc, round(anyIf(x.value, x.metric = 'ks'), 4) AS ks, round(anyIf(x.value, x.metric = 'brier'), 5) AS brier,
    round(anyIf(x.value, x.metric = 'log_loss'), 5) AS log_loss, any(m.note) AS note
FROM creditwatch.models AS m
LEFT JOIN (SELECT as_of, model_id, metric, value FROM creditwatch.model_metrics WHERE sample = 'holdout') AS x ON x.as_of = m.as_of AND x.model_id = m.model_id
GROUP BY m.as_of, m.model_id, m.role, m.is_champion, m.trained_on
ORDER BY as_of DESC, m.is_champion DESC, role DESC, model
LIMIT 60`, nil)
}

func modelsLive(a *app) *cobra.Command {
	var date string
	c := &cobra.Command{
		Use:   "live",
		Short: "which model was live when; with --date, on that date",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			day := asof.Date(0)
			if date != "" {
				var err error
				if day, err = asof.Parse(date); err != nil {
					return usage("--date: %w", err)
				}
			}
			return a.ask(cmd.Context(), `
SELECT l.live_from AS live_from, l.live_until AS live_until, if(empty(l.model_id), 'none', l.model_id) AS model, l.nights AS nights, l.trained_on AS trained_on,
    p.decision AS decision, p.decided_by AS decided_by, p.approved_by AS approved_by, p.text_en AS why
FROM creditwatch.live_models AS l
LEFT JOIN (SELECT as_of, live, decision, decided_by, approved_by, text_en FROM creditwatch.promotions ORDER BY as_of, decision IN ('first', 'promoted', 'appointed', 'rolled_back', 'restored') DESC, seq LIMIT 1 BY as_of) AS p ON p.as_of = l.live_from
WHERE {day:Date} = toDate(0) OR l.live_from <= {day:Date} AND (isNull(l.live_until) OR l.live_until >= {day:Date})
ORDER BY live_from DESC`, map[string]any{"day": day})
		},
	}
	c.Flags().StringVar(&date, "date", "", "business date")
	return c
}

func modelsPromote(a *app) *cobra.Command {
	d := pipeline.Decision{Kind: "promote"}
	var from string
	c := &cobra.Command{
		Use:   "promote MODEL --by NAME --approved-by OTHER --reason TEXT",
		Short: "make a model champion from the next night on; two persons decide",
		Long: "Make a model of a published night champion from the next night on. One person decides, another one approves; both names and the\n" +
			"reason are kept for good. A model that does not match what was registered of it, or whose training knew what it must not know, is refused.",
		Example: "  creditwatch models promote boosted-1a2b3c4d5e6f --by \"Ana Silva\" --approved-by \"Li Wei\" --reason \"ranks the new region better\"",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			d.ModelID = args[0]
			return a.decideModel(cmd, d, from)
		},
	}
	c.Flags().StringVar(&d.By, "by", "", "who decides")
	c.Flags().StringVar(&d.ApprovedBy, "approved-by", "", "who approves: another person")
	c.Flags().StringVar(&d.Reason, "reason", "", "why")
	c.Flags().StringVar(&from, "from", "", "first business date whose night is to know it (default: the next night to run; an earlier one counts when it is run again)")
	return c
}

func modelsRollback(a *app) *cobra.Command {
	d := pipeline.Decision{Kind: "rollback"}
	var from string
	c := &cobra.Command{
		Use:   "rollback --by NAME --reason TEXT",
		Short: "return to the champion before the present one from the next night on",
		Long: "Return to the champion before the present one from the next night on. The model that is taken back is not promoted by the rule\n" +
			"again; people may promote it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.decideModel(cmd, d, from) },
	}
	c.Flags().StringVar(&d.By, "by", "", "who decides")
	c.Flags().StringVar(&d.Reason, "reason", "", "why")
	c.Flags().StringVar(&from, "from", "", "first business date whose night is to know it (default: the next night to run; an earlier one counts when it is run again)")
	return c
}

// decideModel keeps a decision and says from when it counts.
func (a *app) decideModel(cmd *cobra.Command, d pipeline.Decision, from string) error {
	if from != "" {
		var err error
		if d.Night, err = asof.Parse(from); err != nil {
			return usage("--from: %w", err)
		}
	}
	d.Code = version()
	return a.withWarehouse(cmd.Context(), func(db *warehouse.DB, c configs.Config) error {
		kept, err := pipeline.Decide(cmd.Context(), db, c.Zone, d, a.clock())
		if errors.Is(err, pipeline.ErrDecision) {
			return &usageError{err}
		}
		if err != nil {
			return err
		}
		if a.json {
			return a.printDecision(kept)
		}
		switch {
		case kept.Already && kept.ID == "":
			_, err = fmt.Fprintf(a.out, "%s is the champion already\n", kept.ModelID)
		case kept.Already:
			_, err = fmt.Fprintf(a.out, "decided already: %s is champion in place of %s from the night of %s on (decision %s)\n", kept.ModelID, kept.Replaces, kept.Night, kept.ID)
		default:
			_, err = fmt.Fprintf(a.out, "decided: %s is champion in place of %s from the night of %s on (decision %s)\n", kept.ModelID, kept.Replaces, kept.Night, kept.ID)
		}
		return err
	})
}
