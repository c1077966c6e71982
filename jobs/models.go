package jobs

import "github.com/spf13/cobra"

func modelsCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "models",
		Short: "the models of every night, which one scored, and their held-out figures",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.ask(cmd.Context(), `
SELECT m.as_of AS as_of, m.model_id AS model, if(m.is_champion, 'champion', '') AS role, m.trained_on AS trained_on,
    round(anyIf(x.value, x.metric = 'auc'), 4) AS auc, round(anyIf(x.value, x.metric = 'ks'), 4) AS ks, round(anyIf(x.value, x.metric = 'brier'), 5) AS brier,
    round(anyIf(x.value, x.metric = 'log_loss'), 5) AS log_loss, any(m.note) AS note
FROM creditwatch.models AS m
LEFT JOIN (SELECT as_of, model_id, metric, value FROM creditwatch.model_metrics WHERE sample = 'holdout') AS x ON x.as_of = m.as_of AND x.model_id = m.model_id
GROUP BY m.as_of, m.model_id, m.is_champion, m.trained_on
ORDER BY as_of DESC, role DESC, model
LIMIT 60`, nil)
		},
	}
}
