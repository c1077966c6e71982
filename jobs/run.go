package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/asof"
)

func runCommand(a *app) *cobra.Command {
	var date, only string
	var part pipeline.Part
	var dry bool
	var wait time.Duration
	c := &cobra.Command{
		Use:   "run",
		Short: "run one night and publish it",
		Long: "Run the night of a business date: pull, check, compute, score, warn, report, publish.\n\n" +
			"Without --date it is the business day that has just closed in the configured time zone. A date that is published\n" +
			"already gets a new run that replaces it; an interrupted run goes on where it ended.\n\n" +
			"--from STAGE takes over what the newest run of the date kept before that stage: judged by a new policy, say, without reading the\n" +
			"sources again. --until STAGE stops after it without publishing; the next run goes on. --only STAGE is both. --dry-run says what\n" +
			"would be read, with which SQL, how long it may take, and touches nothing.\n\n" +
			"A date that another process works on ends with exit code 4 at once, or after --wait: until then the other may publish it, or\n" +
			"give no sign of life for schedule.lease and be taken over. A date that the other has published is not run again, but for\n" +
			"a part that is asked for by name.",
		Example: "  creditwatch run --date 2026-06-30\n  creditwatch run --date 2026-06-30 --from warn\n  creditwatch run --dry-run",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.load()
			if err != nil {
				return err
			}
			day, err := a.businessDate(c, date)
			if err != nil {
				return err
			}
			if only != "" {
				if part != (pipeline.Part{}) {
					return usage("--only %s: is --from and --until in one; give it alone", only)
				}
				part = pipeline.Part{From: only, Until: only}
			}
			if err := part.Check(); err != nil {
				return usage("%w", err)
			}
			if dry {
				return a.dryRun(cmd.Context(), c, day, part)
			}
			return a.nights(cmd.Context(), c, []asof.Date{day}, part, wait)
		},
	}
	c.Flags().StringVar(&date, "date", "", "business date, YYYY-MM-DD (default: yesterday in the configured zone)")
	c.Flags().StringVar(&part.From, "from", "", "first stage to compute; those before are taken over from the newest run of the date")
	c.Flags().StringVar(&part.Until, "until", "", "last stage to compute; nothing is published")
	c.Flags().StringVar(&only, "only", "", "the one stage to compute; nothing is published unless it is the last")
	c.Flags().DurationVar(&wait, "wait", 0, "for another process that works on the date, as 2h")
	c.Flags().BoolVar(&dry, "dry-run", false, "say what would be done, and touch nothing")
	return c
}

// businessDate reads a date flag; empty means the day that has closed most recently.
func (a *app) businessDate(c configs.Config, flag string) (asof.Date, error) {
	if flag == "" {
		return asof.Of(a.clock().In(c.Zone)).Add(-1), nil
	}
	d, err := asof.Parse(flag)
	if err != nil {
		return 0, usage("--date: %w", err)
	}
	if d >= asof.Of(a.clock().In(c.Zone)) {
		return 0, usage("--date %s: the day is not over in %s", d, c.TimeZone)
	}
	return d, nil
}

// nights runs the nights of the dates in order and says how each ended. For a date that another process works on it waits so long.
func (a *app) nights(ctx context.Context, c configs.Config, dates []asof.Date, part pipeline.Part, wait time.Duration) (err error) {
	if len(c.Sources) == 0 {
		return usage("the configuration has no sources; give one with --config, or try: creditwatch demo")
	}
	db, err := a.open(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	r, err := a.runner(db, c)
	if err != nil {
		return err
	}
	if err := pipeline.RestoreReports(ctx, db, a.reports()); err != nil {
		return err
	}
	if err := pipeline.RestoreFeatures(ctx, db, r.Features); err != nil {
		return err
	}
	for _, d := range dates {
		res, err := a.watched(ctx, db, c, func() (pipeline.Result, error) {
			res, err := r.RunPart(ctx, d, part)
			if !errors.Is(err, pipeline.ErrHeld) {
				return res, err
			}
			err = patient(ctx, wait, err, func() error {
				if part == (pipeline.Part{}) {
					res, err = r.RunMissing(ctx, d)
				} else {
					res, err = r.RunPart(ctx, d, part)
				}
				return err
			})
			return res, err
		})
		if errors.Is(err, pipeline.ErrPublished) { // by the process we waited for
			if _, err := fmt.Fprintf(a.out, "%s published by the process that worked on it\n", d); err != nil {
				return err
			}
			continue
		}
		if errors.Is(err, pipeline.ErrNotPublished) {
			return usage("--from %s: %w", part.From, err)
		}
		if errors.Is(err, pipeline.ErrGate) {
			a.tell(zerolog.WarnLevel, fmt.Sprintf("what was checked: creditwatch runs %d --checks; what was refused: creditwatch quarantine list --run %d", res.Run, res.Run))
		}
		if err != nil {
			return err
		}
		if err := a.printResult(res); err != nil {
			return err
		}
	}
	return nil
}

// heldPause lies between two looks at what another process works on.
const heldPause = 2 * time.Second

// patient tries again what another process held up with err, until it works or fails otherwise, or so much time is over.
func patient(ctx context.Context, wait time.Duration, err error, try func() error) error {
	for until := time.Now().Add(wait); errors.Is(err, pipeline.ErrHeld) && time.Now().Before(until) && sleep(ctx, heldPause); {
		err = try()
	}
	return err
}

func (a *app) printResult(res pipeline.Result) error {
	if a.json {
		type stage struct {
			Stage  string  `json:"stage"`
			Rows   int64   `json:"rows"`
			Took   float64 `json:"took_seconds"`
			Reused bool    `json:"reused"`
		}
		out := struct {
			AsOf      asof.Date `json:"as_of"`
			Run       uint64    `json:"run"`
			Published bool      `json:"published"`
			Stages    []stage   `json:"stages"`
			Reports   []string  `json:"reports"`

			Audit pipeline.Head `json:"audit"`
		}{AsOf: res.AsOf, Run: res.Run, Published: res.Until == "", Reports: res.Files, Audit: res.Audit}
		for _, s := range res.Stages {
			out.Stages = append(out.Stages, stage{s.Name, s.Rows, s.Took.Seconds(), s.Reused})
		}
		return json.NewEncoder(a.out).Encode(out)
	}
	var total time.Duration
	for _, s := range res.Stages {
		total += s.Took
	}
	if res.Until != "" {
		_, err := fmt.Fprintf(a.out, "%s run %d stopped after %s, not published, in %.1f s; the next creditwatch run --date %s goes on\n", res.AsOf, res.Run, res.Until, total.Seconds(), res.AsOf)
		return err
	}
	_, err := fmt.Fprintf(a.out, "%s published as run %d in %.1f s\n", res.AsOf, res.Run, total.Seconds())
	for _, f := range res.Files {
		if err == nil {
			_, err = fmt.Fprintf(a.out, "  report  %s\n", f)
		}
	}
	if err == nil {
		_, err = fmt.Fprintf(a.out, "  audit   record %d, %s\n", res.Audit.Seq, res.Audit.Hash)
	}
	return err
}
