package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
)

// intradayStages are what of the night the running day is judged by: everything that warnings stand on, without training, validation,
// decisions and pages, which are the night's.
var intradayStages = []string{"pull", "book", "check", "news", "features", "train", "score", "warn"}

// An IntradayResult tells what a judgement of the running day found.
type IntradayResult struct {
	AsOf   asof.Date
	Run    uint64
	Stages []StageResult
}

// Intraday judges the day that is running by what is known now. Nothing of it is published and no night builds on it: readers see its
// warnings of behaviour and of news in the view intraday_warnings until the night of that day, or the next judgement, takes its place.
func (r *Runner) Intraday(ctx context.Context) (res IntradayResult, err error) {
	now := r.Clock()
	date := r.Settings.DateOf(now)
	res.AsOf = date
	c, err := r.claimNight(ctx, date)
	if err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, c.release(ctx)) }()
	n := &Night{Settings: r.Settings, Store: r.Store, AsOf: date, Cut: now.UTC().Truncate(time.Millisecond), Say: r.Say, Warn: r.warn, Token: r.Token, Clock: r.Clock}
	n.Train.Every, n.Train.MinDefaults = "never", math.MaxInt32 // the champion of the last night judges; none is trained for an afternoon
	n.Code += " intraday"                                       // so that no night goes on with it
	for _, s := range r.Stages {
		if slices.Contains(intradayStages, s.Name) {
			n.stages = append(n.stages, s)
		}
	}
	if n.Run, err = nextRun(ctx, r.Store); err != nil {
		return res, err
	}
	res.Run = n.Run
	if n.Runs, n.Previous, err = liveRuns(ctx, r.Store, date); err != nil {
		return res, err
	}
	if err := n.sameZones(n.Previous); err != nil {
		return res, err
	}
	n.Runs = append([]uint64{n.Run}, n.Runs...)
	if n.Previous.Run == 0 {
		return res, fmt.Errorf("no night before %s is published, which the running day could be held against: %w", date, ErrNotPublished)
	}
	if err := r.note(ctx, c, n, "intraday", ""); err != nil {
		return res, err
	}
	if err := sweep(ctx, r.Store, n.Run); err != nil {
		return res, err
	}
	log := r.Log.With().Stringer("as_of", date).Uint64("run", n.Run).Logger()
	var all Result
	if err := r.stages(ctx, n, n.stages, log, &all); err != nil {
		return res, errors.Join(err, r.forget(ctx, n.Run))
	}
	res.Stages = all.Stages
	type row struct {
		AsOf asof.Date `ch:"as_of"`
		Run  uint64    `ch:"run"`
		Cut  time.Time `ch:"cut"`
		At   time.Time `ch:"at"`
	}
	table := rows.Of([]row{{date, n.Run, n.Cut, r.Clock()}})
	defer table.Release()
	if err := r.Store.Insert(ctx, "creditwatch.intraday", fmt.Sprintf("intraday/%d", n.Run), table); err != nil {
		return res, fmt.Errorf("intraday: %w", err)
	}
	log.Info().Dur("took", r.Clock().Sub(now)).Msg("running day judged")
	return res, nil
}

// liveRuns are the published runs of other dates than one, and the newest night before it.
func liveRuns(ctx context.Context, q rows.Querier, date asof.Date) (runs []uint64, previous Published, err error) {
	err = rows.Each(ctx, q, "publications", "SELECT l.as_of AS as_of, l.run AS run, ifNull(toUnixTimestamp64Milli(p.cut), 0) AS cut FROM creditwatch.live_runs AS l LEFT JOIN (SELECT run, max(cut) AS cut FROM creditwatch.publications GROUP BY run) AS p ON p.run = l.run WHERE l.as_of != {as_of:Date} ORDER BY as_of", map[string]any{"as_of": date},
		func(row *rows.Row) error {
			p := Published{AsOf: row.Date("as_of"), Run: uint64(row.Whole("run"))}
			if cut := row.Whole("cut"); cut != 0 {
				p.Cut = time.UnixMilli(cut)
			}
			runs = append(runs, p.Run)
			if p.AsOf < date {
				previous = p
			}
			return nil
		})
	return runs, previous, err
}
