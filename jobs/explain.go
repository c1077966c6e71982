package jobs

import (
	"fmt"

	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse"
)

func explainCommand(a *app) *cobra.Command {
	var customer, date, lang string
	c := &cobra.Command{
		Use:   "explain --customer ID",
		Short: "everything behind one customer's score on a night: reasons, what moved it, its loss, warnings, open items",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if customer == "" {
				return usage("--customer: want a customer number")
			}
			text := map[string]string{"en": "text_en", "zh": "text_zh"}[lang]
			if text == "" {
				return usage("--lang %s: want en or zh", lang)
			}
			return a.withWarehouse(cmd.Context(), func(db *warehouse.DB, _ configs.Config) error {
				day := asof.Date(0)
				if date != "" {
					var err error
					if day, err = asof.Parse(date); err != nil {
						return usage("--date: %w", err)
					}
				}
				found := false
				err := rows.Each(cmd.Context(), db, "scores", `
SELECT as_of FROM creditwatch.score_history WHERE customer_id = {customer:String} AND (as_of = {day:Date} OR {day:Date} = toDate(0)) ORDER BY as_of DESC LIMIT 1`,
					map[string]any{"customer": customer, "day": day}, func(r *rows.Row) error { day, found = r.Date("as_of"), true; return nil })
				if err != nil {
					return err
				}
				if !found {
					return usage("no published score of customer %q on %s", customer, map[bool]string{true: "any night", false: date}[date == ""])
				}
				if err := a.tellExpired(cmd.Context(), db, day); err != nil {
					return err
				}
				for _, part := range []struct{ title, sql string }{
					{"score", `SELECT s.as_of AS as_of, s.customer_id AS customer_id, c.name AS name, s.pd_12m AS pd_12m, s.pd_lo AS pd_lo, s.pd_hi AS pd_hi, s.pd_prudent AS pd_prudent, s.moc_data AS moc_data, s.moc_change AS moc_change, s.moc_estimation AS moc_estimation, s.score AS score, s.grade AS grade, s.evidence_grade AS evidence, s.ead AS ead, s.lgd AS lgd, s.expected_loss AS expected_loss, s.model_id AS model, s.note AS note
FROM creditwatch.score_history AS s LEFT JOIN (SELECT customer_id, argMax(name, known_at) AS name FROM creditwatch.customers GROUP BY customer_id) AS c ON c.customer_id = s.customer_id
WHERE s.customer_id = {customer:String} AND s.as_of = {day:Date}`},
					{"reasons", `SELECT rank, round(points, 1) AS points, ` + text + ` AS reason FROM creditwatch.score_reasons WHERE customer_id = {customer:String} AND as_of = {day:Date} ORDER BY rank`},
					{"what moved it since the night before", `SELECT rank, round(points, 1) AS points, kind, ` + text + ` AS change, round(pd_before, 5) AS pd_before, round(pd_now, 5) AS pd_now, before_on FROM creditwatch.score_changes WHERE customer_id = {customer:String} AND as_of = {day:Date} ORDER BY rank`},
					{"from exposure to loss", `SELECT part.1 AS line, part.2 AS amount FROM creditwatch.losses
ARRAY JOIN [('open invoices', open_base), ('goods shipped, not yet invoiced', shipped_base), ('open orders that count', ordered_base), ('cash not yet applied', -unapplied_base), ('exposure before cover', total_base), ('covered by securities and insurers', -covered_base),
    ('exposure at default', ead), ('of it insured but left to us', retained_base), ('expected loss', expected_loss), ('of it on what no insurer has a share in', uninsured_loss), ('expected loss in a downturn', prudent_loss), ('part in the loss of the worst year in 1 000', tail_loss)] AS part
WHERE customer_id = {customer:String} AND as_of = {day:Date}`},
					{"loss given default", `SELECT round(lgd, 4) AS lgd, round(lgd_uninsured, 4) AS of_the_uninsured, round(lgd_prudent, 4) AS in_a_downturn, lgd_segment AS segment, lgd_events AS own_defaults, round(lgd_weight, 3) AS their_weight, cover_until FROM creditwatch.losses WHERE customer_id = {customer:String} AND as_of = {day:Date}`},
					{"earlier defaults", `SELECT defaulted_on, state, days, claim, came_back, written_off, owed, round(lgd, 3) AS lgd, round(lgd_low, 3) AS lgd_low, round(lgd_high, 3) AS lgd_high FROM creditwatch.lgd_events WHERE customer_id = {customer:String} AND as_of = {day:Date} ORDER BY defaulted_on`},
					{"warnings", `SELECT concat('S', toString(severity)) AS sev, tier, code, state, suppressed_by, first_seen, owner, action, due_on, ` + text + ` AS warning, evidence FROM creditwatch.warnings WHERE customer_id = {customer:String} AND as_of = {day:Date} ORDER BY severity DESC, code`},
					{"open items", `SELECT document_id, kind, invoiced_on, due_on, open_amount, ledger_open_amount, currency, days_past_due, bucket, disputed FROM creditwatch.open_items WHERE customer_id = {customer:String} AND as_of = {day:Date} ORDER BY due_on, document_id LIMIT 40`},
					{"news", `SELECT occurred_on, code, polarity, role, severity, source_class, sentence FROM creditwatch.news_events WHERE customer_id = {customer:String} AND as_of = {day:Date} ORDER BY occurred_on DESC LIMIT 20`},
					{"score history", `SELECT as_of, pd_12m, grade, expected_loss FROM creditwatch.score_history WHERE customer_id = {customer:String} AND as_of <= {day:Date} ORDER BY as_of DESC LIMIT 10`},
				} {
					if !a.json {
						fmt.Fprintf(a.out, "\n%s\n", part.title)
					}
					if err := a.show(cmd.Context(), db, part.sql, map[string]any{"customer": customer, "day": day}); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&customer, "customer", "", "customer number")
	c.Flags().StringVar(&date, "date", "", "business date (default: the newest published)")
	c.Flags().StringVar(&lang, "lang", "en", "en or zh")
	return c
}
