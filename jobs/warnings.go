package jobs

import "github.com/spf13/cobra"

func warningsCommand(a *app) *cobra.Command {
	var customer, lang string
	var severity int
	c := &cobra.Command{
		Use:   "warnings",
		Short: "the open warnings of the newest night, the gravest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			text := map[string]string{"en": "text_en", "zh": "text_zh"}[lang]
			if text == "" {
				return usage("--lang %s: want en or zh", lang)
			}
			return a.ask(cmd.Context(), `
SELECT concat('S', toString(severity)) AS sev, tier, code, customer_id, first_seen, owner, action, due_on, `+text+` AS warning
FROM creditwatch.open_warnings
WHERE severity >= {severity:UInt8} AND ({customer:String} = '' OR customer_id = {customer:String})
ORDER BY severity DESC, first_seen DESC, customer_id, code
LIMIT 200`, map[string]any{"severity": uint64(severity), "customer": customer})
		},
	}
	c.Flags().StringVar(&customer, "customer", "", "only of this customer")
	c.Flags().IntVar(&severity, "severity", 2, "at least: 1 info, 2 watch, 3 act, 4 critical")
	c.Flags().StringVar(&lang, "lang", "en", "en or zh")
	return c
}
