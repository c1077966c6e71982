package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"creditwatch/configs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/sources"
	"creditwatch/pipeline/warehouse"
)

// A plan is what a night would do.
type plan struct {
	AsOf    asof.Date         `json:"as_of"`
	State   string            `json:"state"` // of the date: never tried, published as run N, or how the last try ended
	Sources []sources.Preview `json:"sources"`
	Stages  []plannedStage    `json:"stages"`
	Pages   []string          `json:"pages"`
}

type plannedStage struct {
	Stage  string   `json:"stage"`
	Tables []string `json:"tables"`
	Rows   int64    `json:"rows_last_night"`    // −1: not known
	Took   float64  `json:"seconds_last_night"` // −1: not known
}

// dryRun prints what a night would read, compute and write. It writes nothing: a database that does not exist yet is not made, and one
// whose schema is older is not brought up to date.
func (a *app) dryRun(ctx context.Context, c configs.Config, day asof.Date, part pipeline.Part) error {
	if len(c.Sources) == 0 {
		return usage("the configuration has no sources; give one with --config, or try: creditwatch demo")
	}
	p := plan{AsOf: day, State: "never tried"}
	last := map[string]plannedStage{}
	if c.Warehouse.Address != "" || exists(filepath.Join(a.data, "engine")) {
		if err := a.lastNight(ctx, c, day, &p, last); err != nil {
			return err
		}
	}
	reads := part.From == "" || part.From == pipeline.Stages[0].Name
	if reads {
		previews, err := sources.PreviewOf(c.Sources, sources.Night{AsOf: day, Cut: c.Settings("").CutOf(day), Zone: c.Settings("").ZoneOf(day), Input: c.Input})
		if err != nil {
			return usage("input: %w", err)
		}
		p.Sources = previews
	}
	on := part.From == ""
	for _, s := range pipeline.Stages {
		on = on || s.Name == part.From
		if on {
			st := plannedStage{Stage: s.Name, Tables: s.Keeps, Rows: -1, Took: -1}
			if was, ok := last[s.Name]; ok {
				st.Rows, st.Took = was.Rows, was.Took
			}
			p.Stages = append(p.Stages, st)
		}
		if s.Name == part.Until {
			break
		}
	}
	if part.Until == "" {
		for _, lang := range c.Languages {
			p.Pages = append(p.Pages, filepath.Join(a.reports(), fmt.Sprintf("creditwatch-%s-%s.html", day, lang)))
		}
	}
	if a.json {
		return json.NewEncoder(a.out).Encode(p)
	}
	return a.printPlan(p)
}

// lastNight reads the state of the date, and what the stages of the newest published night kept and took.
func (a *app) lastNight(ctx context.Context, c configs.Config, day asof.Date, p *plan, last map[string]plannedStage) (err error) {
	db, err := a.connect(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	pending, err := db.Pending(ctx, warehouse.Schema)
	if err != nil {
		return err
	}
	if len(pending) > 0 {
		p.State = fmt.Sprintf("not known: %d changes of the schema are pending, which a run makes first", len(pending))
		return nil
	}
	err = rows.Each(ctx, db, "runs", `
SELECT argMax(r.state, (r.run, at, r.state != 'started')) AS state, max(r.run) AS run, max(r.run IN (SELECT run FROM creditwatch.publications)) AS published
FROM creditwatch.runs AS r WHERE as_of = {as_of:Date} AND r.state != 'replay' GROUP BY as_of`, map[string]any{"as_of": day}, func(r *rows.Row) error {
		p.State = fmt.Sprintf("the last try, run %d, ended: %s", r.Whole("run"), r.Text("state"))
		if r.Is("published") {
			p.State += "; the date is published, and would be published anew"
		}
		return nil
	})
	if err != nil {
		return err
	}
	return rows.Each(ctx, db, "stage_runs", `
SELECT stage, toInt64(argMax(s.rows, attempt)) AS rows, toInt64(argMax(s.took_ms, attempt)) AS took_ms
FROM creditwatch.stage_runs AS s
WHERE run IN (SELECT argMax(run, as_of) FROM creditwatch.live_runs)
GROUP BY stage`, nil, func(r *rows.Row) error {
		last[r.Text("stage")] = plannedStage{Rows: r.Whole("rows"), Took: float64(r.Whole("took_ms")) / 1000}
		return nil
	})
}

func (a *app) printPlan(p plan) error {
	var b strings.Builder
	fmt.Fprintf(&b, "night of %s; %s\n", p.AsOf, p.State)
	for _, s := range p.Sources {
		fmt.Fprintf(&b, "\nsource %s into %s: %d files, %.1f MB", s.Source, s.Table, len(s.Files), float64(s.Bytes)/1e6)
		for _, address := range s.Addresses {
			fmt.Fprintf(&b, "\n  would ask %s", printable(withoutSecret(address)))
		}
		if s.Problem != "" {
			fmt.Fprintf(&b, "\n  WOULD STOP THE NIGHT: %s", printable(s.Problem))
		}
		if s.SQL != "" {
			fmt.Fprintf(&b, "\n  %s", strings.ReplaceAll(printable(strings.ReplaceAll(s.SQL, "\n", " ")), "\n", " "))
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	var total time.Duration
	var table [][]string
	for _, s := range p.Stages {
		row := []string{s.Stage, "not known", "not known", strings.Join(s.Tables, " ")}
		if s.Rows >= 0 {
			row[1], row[2] = fmt.Sprint(s.Rows), fmt.Sprintf("%.1f s", s.Took)
			total += time.Duration(s.Took * float64(time.Second))
		}
		table = append(table, row)
	}
	if _, err := fmt.Fprint(a.out, b.String()); err != nil {
		return err
	}
	if err := a.printTable([]string{"stage", "rows last night", "took", "writes"}, table); err != nil {
		return err
	}
	if total > 0 {
		fmt.Fprintf(a.out, "about %.0f s by the last published night\n", total.Seconds())
	}
	for _, page := range p.Pages {
		fmt.Fprintf(a.out, "would write %s\n", page)
	}
	_, err := fmt.Fprintln(a.out, "nothing was written")
	return err
}

// withoutSecret is an address without what may be a key: the user and the query.
func withoutSecret(address string) string {
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		return address
	}
	rest, _, asks := strings.Cut(rest, "?")
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	if asks {
		rest += "?…"
	}
	return scheme + "://" + rest
}
