package jobs

import (
	"bytes"
	"context"

	"creditwatch/configs"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/report"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse"
)

// publishedNight finds the run that readers see of a date, and the one before it.
func publishedNight(ctx context.Context, db *warehouse.DB, c configs.Config, day asof.Date) (report.Night, error) {
	n := report.Night{AsOf: day, Company: c.Company, Currency: c.Currency, Cut: c.Settings("").CutOf(day), Zone: c.Settings("").ZoneOf(day).String(), Code: version(), PolicyHash: c.PolicyHash}
	err := rows.Each(ctx, db, "publications", `
SELECT as_of, run, (SELECT any(model_id) FROM creditwatch.publications AS p WHERE p.run = live_runs.run) AS model_id
FROM creditwatch.live_runs WHERE as_of <= {as_of:Date} ORDER BY as_of DESC LIMIT 2`, map[string]any{"as_of": day},
		func(r *rows.Row) error {
			if r.Date("as_of") == day {
				n.Run, n.ModelID = uint64(r.Whole("run")), r.Text("model_id")
			} else if n.PreviousRun == 0 {
				n.PreviousRun, n.PreviousAsOf = uint64(r.Whole("run")), r.Date("as_of")
			}
			return nil
		})
	if err != nil {
		return n, err
	}
	err = rows.Each(ctx, db, "publications", "SELECT run FROM creditwatch.live_runs ORDER BY run", nil,
		func(r *rows.Row) error { n.Runs = append(n.Runs, uint64(r.Whole("run"))); return nil })
	if err == nil && n.Run == 0 {
		err = usage("%s is not published; run it with: creditwatch run --date %s", day, day)
	}
	return n, err
}

// demoConfig points the simulated book's configuration at the folder book/.
func demoConfig(text []byte) []byte {
	return bytes.Replace(text, []byte("input: . # beside this file"), []byte("company: Demo Trading 示范贸易\ninput: book"), 1)
}
