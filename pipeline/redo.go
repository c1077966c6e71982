package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/fault"
	"creditwatch/pipeline/rows"
)

// A Part of a night: the stages from one to another, both included. Empty names are the first and the last.
type Part struct{ From, Until string }

// bounds returns where the part begins and ends in a list of stages.
func (p Part) bounds(stages []Stage) (first, last int, err error) {
	at := func(name string, otherwise int) int {
		if name == "" {
			return otherwise
		}
		return slices.IndexFunc(stages, func(s Stage) bool { return s.Name == name })
	}
	first, last = at(p.From, 0), at(p.Until, len(stages)-1)
	switch {
	case first < 0:
		err = fmt.Errorf("no stage %q; the night has %s", p.From, strings.Join(names(stages), ", "))
	case last < 0:
		err = fmt.Errorf("no stage %q; the night has %s", p.Until, strings.Join(names(stages), ", "))
	case last < first:
		err = fmt.Errorf("stage %s comes before %s", p.Until, p.From)
	}
	return first, last, err
}

func names(stages []Stage) (out []string) {
	for _, s := range stages {
		out = append(out, s.Name)
	}
	return out
}

// Check returns an error if the part names a stage that the night does not have.
func (p Part) Check() error { _, _, err := p.bounds(Stages); return err }

// RunPart computes a part of the night. With From it is a new run that takes over what the newest run of the date kept of the stages before;
// with Until it stops there, is not published, and the next [Runner.Run] goes on with it.
func (r *Runner) RunPart(ctx context.Context, date asof.Date, p Part) (Result, error) {
	return r.run(ctx, date, false, p)
}

// carry copies what another run kept of some stages into the run of n, as if it had been computed here.
func (r *Runner) carry(ctx context.Context, n *Night, from uint64, stages []Stage) error {
	for _, s := range stages {
		count, sum, err := measure(ctx, r.Store, from, s.Keeps)
		if err != nil {
			return err
		}
		n.stage, n.attempt = s.Name, 1
		begun := r.Clock()
		for _, table := range s.Keeps {
			if err := n.copyRows(ctx, table, from); err != nil {
				return fmt.Errorf("%s: %s: %w", n.AsOf, table, err)
			}
		}
		have, got, err := measure(ctx, r.Store, n.Run, s.Keeps)
		if err != nil {
			return err
		}
		if have != count || got != sum {
			return fmt.Errorf("%s: %s: %d rows copied from run %d, of which it has %d", n.AsOf, s.Name, have, from, count)
		}
		if err := r.noteStage(ctx, n, s, have, got, begun); err != nil {
			return err
		}
	}
	return nil
}

// copyRows copies the rows of another run of the same date.
func (n *Night) copyRows(ctx context.Context, table string, from uint64) error {
	var columns []string
	err := rows.Each(ctx, n, "columns", "SELECT name FROM system.columns WHERE database = 'creditwatch' AND table = {table:String} AND name != 'run' AND default_kind != 'MATERIALIZED' ORDER BY position",
		map[string]any{"table": table + "_rows"}, func(r *rows.Row) error { columns = append(columns, r.Text("name")); return nil })
	if err != nil {
		return err
	}
	list := strings.Join(columns, ", ")
	return n.Exec(ctx, fmt.Sprintf("INSERT INTO creditwatch.%s_rows (run, %s) SELECT {run:UInt64}, %s FROM creditwatch.%s_rows WHERE run = {from:UInt64}", table, list, list, table),
		map[string]any{"run": n.Run, "from": from})
}

// donor is the newest run of the date that kept all of some stages, and still has them.
func (r *Runner) donor(ctx context.Context, date asof.Date, stages []Stage) (uint64, error) {
	var runs []uint64
	err := rows.Each(ctx, r.Store, "stage_runs", "SELECT DISTINCT run FROM creditwatch.stage_runs WHERE as_of = {as_of:Date} ORDER BY run DESC", map[string]any{"as_of": date},
		func(row *rows.Row) error { runs = append(runs, uint64(row.Whole("run"))); return nil })
	if err != nil {
		return 0, err
	}
candidates:
	for _, run := range runs {
		for _, s := range stages {
			kept, err := keptStage(ctx, r.Store, run, s.Name)
			if err != nil {
				return 0, err
			}
			count, sum, err := measure(ctx, r.Store, run, s.Keeps)
			if err != nil {
				return 0, err
			}
			if kept.attempt == 0 || kept.rows != count || kept.checksum != sum {
				continue candidates
			}
		}
		return run, nil
	}
	if gone, err := removalsOf(ctx, r.Store, runs...); err != nil || len(gone) > 0 {
		if err == nil {
			err = fmt.Errorf("%s: the newest run of this date that could give the stages up to %s has lost %s on %s: %w", date, stages[len(stages)-1].Name, gone[0].table, gone[0].on, ErrExpired)
		}
		return 0, err
	}
	return 0, fmt.Errorf("%s: no run of this date kept the stages up to %s: %w", date, stages[len(stages)-1].Name, ErrNotPublished)
}

// A NightReplay is a published night computed again from the ledger that it read, held against what it kept.
type NightReplay struct {
	AsOf    asof.Date     `json:"as_of"`
	Run     uint64        `json:"run"`
	Tables  []TableReplay `json:"tables"`
	Reasons []string      `json:"reasons"` // what has changed since the night, and may explain differences
}

// A TableReplay is a table of a night, then and again.
type TableReplay struct {
	Stage  string `json:"stage"`
	Table  string `json:"table"`
	Kept   int64  `json:"kept"`   // rows that were published
	Found  int64  `json:"found"`  // rows now
	Differ int64  `json:"differ"` // rows that only one of the two has
}

// Differ returns how many tables are not the same.
func (r NightReplay) Differ() (n int) {
	for _, t := range r.Tables {
		if t.Differ > 0 {
			n++
		}
	}
	return n
}

// Replay computes a published night again, under a run of its own that is never published and is removed at the end. The ledger is what the night
// read then, byte for byte: the sources are not asked. The pages are left out, for they carry the number of their run.
func (r *Runner) Replay(ctx context.Context, date asof.Date) (out NightReplay, err error) {
	past, code, policy, err := pastNight(ctx, r.Store, r.Settings, date)
	if err != nil {
		return out, err
	}
	c, err := r.claimNight(ctx, date)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, c.release(ctx)) }()
	n := &Night{Settings: r.Settings, Store: r.Store, AsOf: date, Cut: past.Cut, Previous: past.Previous, Say: r.Say, Warn: r.warn, Token: r.Token, Clock: r.Clock, stages: r.Stages}
	if n.Run, err = nextRun(ctx, r.Store); err != nil {
		return out, err
	}
	if err := past.readsBack(ctx, true); err != nil {
		return out, err
	}
	n.Runs = append([]uint64{n.Run}, past.Runs[1:]...)
	if err := r.note(ctx, c, n, "replay", ""); err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, r.forget(ctx, n.Run)) }()
	out.AsOf, out.Run = date, past.Run
	if out.Reasons, err = r.changedSince(ctx, past, code, policy); err != nil {
		return out, err
	}
	var again []Stage
	for _, s := range r.Stages {
		if s.Name != "pull" && s.Name != "report" {
			again = append(again, s)
		}
	}
	if err := r.carry(ctx, n, past.Run, r.Stages[:1]); err != nil {
		return out, err
	}
	for _, s := range again {
		if _, _, err := r.stage(ctx, n, s, r.Clock()); err != nil {
			return out, fmt.Errorf("%s: %s: %w", date, s.Name, err)
		}
		for _, table := range s.Keeps {
			t := TableReplay{Stage: s.Name, Table: table}
			if t.Kept, t.Found, t.Differ, err = compareRuns(ctx, r.Store, table, past.Run, n.Run); err != nil {
				return out, err
			}
			out.Tables = append(out.Tables, t)
		}
	}
	return out, nil
}

// compareRuns counts the rows of a table in two runs, and those that only one of them has. How long things took is left out.
func compareRuns(ctx context.Context, q rows.Querier, table string, a, b uint64) (inA, inB, differ int64, err error) {
	err = rows.Each(ctx, q, table, fmt.Sprintf(`
SELECT toInt64(sum(n)) AS a, toInt64(sum(m)) AS b, toInt64(sum(abs(n - m))) AS differ
FROM
(
    SELECT cityHash64(tuple(* EXCEPT (run))) AS h, toInt64(countIf(run = {a:UInt64})) AS n, toInt64(countIf(run = {b:UInt64})) AS m
    FROM creditwatch.%s_rows
    WHERE run IN ({a:UInt64}, {b:UInt64})
    GROUP BY h
)`, table), map[string]any{"a": a, "b": b}, func(r *rows.Row) error {
		inA, inB, differ = r.Whole("a"), r.Whole("b"), r.Whole("differ")
		return nil
	})
	return inA, inB, differ, err
}

// changedSince lists what may make a night other than it was.
func (r *Runner) changedSince(ctx context.Context, past *Night, code, policy string) (why []string, err error) {
	if code != r.Settings.Code {
		why = append(why, fmt.Sprintf("program %s published the night, this is %s", code, r.Settings.Code))
	}
	if policy != r.Settings.PolicyHash {
		why = append(why, fmt.Sprintf("policy %.12s judged the night, the configured one is %.12s", policy, r.Settings.PolicyHash))
	}
	err = rows.Each(ctx, r.Store, "runs", "SELECT any(config_hash) AS config_hash FROM creditwatch.runs WHERE run = {run:UInt64}", map[string]any{"run": past.Run}, func(row *rows.Row) error {
		if was := row.Text("config_hash"); was != r.Settings.ConfigHash {
			why = append(why, fmt.Sprintf("configuration %.12s was in force, it is %.12s", was, r.Settings.ConfigHash))
		}
		return nil
	})
	return why, err
}

// forget removes all that a run wrote.
func (r *Runner) forget(ctx context.Context, run uint64) error {
	ctx = context.WithoutCancel(ctx)
	for _, s := range r.Stages {
		for _, table := range s.Keeps {
			if err := dropRun(ctx, r.Store, table, run); err != nil {
				return err
			}
		}
	}
	return fault.Hit("replay.forgotten")
}
