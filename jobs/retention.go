package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse"
)

func retentionCommand(a *app) *cobra.Command {
	var dry bool
	var wait time.Duration
	c := &cobra.Command{
		Use:   "retention",
		Short: "remove the rows of nights that are older than the configuration keeps them",
		Long: "Remove what `retention` of the configuration says is old enough, a table of a night at a time, and the files made of it: runs that a later\n" +
			"publication replaced, and old detail. What goes is written to the table removals first, so that no check takes it for damage; interrupted,\n" +
			"it goes on the next time. What later nights read back is never removed. While a night or a backup is at work it ends with exit code 4,\n" +
			"at once or after --wait.\n\n" +
			"What stays is packed: the rows of old nights of a table come to lie together, so that the number of files does not grow with every night.\n" +
			"Nothing that reads them notices.\n\n" +
			"With --dry-run it says what would go and what would be packed. `schedule` does the same at schedule.retention, by default once a month.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withWarehouse(cmd.Context(), func(db *warehouse.DB, c configs.Config) error {
				r, err := a.runner(db, c)
				if err != nil {
					return err
				}
				var gone []pipeline.Removal
				var packed []pipeline.Packing
				try := func() (err error) {
					gone, packed, err = a.retire(cmd.Context(), r, c, dry)
					return err
				}
				if err := patient(cmd.Context(), wait, try(), try); err != nil {
					return err
				}
				if err := a.printRemovals(gone, dry); err != nil {
					return err
				}
				return a.printPackings(packed, dry)
			})
		},
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "only say what would go")
	c.Flags().DurationVar(&wait, "wait", 0, "for another process that works on a night, as 2h")
	return c
}

// retire removes what is old enough and packs what stays. A backup being made of it meanwhile would have the one and not the other.
func (a *app) retire(ctx context.Context, r *pipeline.Runner, c configs.Config, dry bool) (gone []pipeline.Removal, packed []pipeline.Packing, err error) {
	if !dry {
		unlock, err := a.noBackup()
		if err != nil {
			return nil, nil, err
		}
		defer unlock()
	}
	if gone, err = r.Retire(ctx, c.Retention, dry); err == nil {
		packed, err = r.Pack(ctx, c.Retention, dry)
	}
	if err == nil && !dry {
		err = r.NoteRetention(ctx)
	}
	return gone, packed, err
}

// noBackup keeps backups away until unlock is called.
func (a *app) noBackup() (unlock func(), err error) {
	work := warehouse.Backups(a.data)
	if err := os.MkdirAll(work, 0o700); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(work, "lock"), flock.SetPermissions(0o600))
	switch got, err := lock.TryLock(); {
	case err != nil:
		return nil, err
	case !got:
		return nil, fmt.Errorf("a backup of %s is being made: %w", a.data, pipeline.ErrHeld)
	}
	return func() { lock.Unlock() }, nil //nolint:errcheck // closing the file frees it
}

// printRemovals prints what went, a line per table and reason.
func (a *app) printRemovals(gone []pipeline.Removal, dry bool) error {
	type key struct{ table, why string }
	type line struct {
		key
		Nights      int       `json:"nights"`
		First, Last asof.Date `json:"-"`
		Rows        int64     `json:"rows"`
		Bytes       int64     `json:"bytes"`
	}
	var lines []*line
	byKey := map[key]*line{}
	var bytes int64
	for _, g := range gone {
		k := key{g.Table, g.Why}
		l := byKey[k]
		if l == nil {
			l = &line{key: k, First: g.AsOf}
			byKey[k] = l
			lines = append(lines, l)
		}
		l.Nights++
		l.Last = g.AsOf
		l.Rows += g.Rows
		l.Bytes += g.Bytes
		bytes += g.Bytes
	}
	if a.json {
		if gone == nil {
			gone = []pipeline.Removal{}
		}
		return json.NewEncoder(a.out).Encode(gone)
	}
	var table [][]string
	for _, l := range lines {
		table = append(table, []string{l.table, l.why, fmt.Sprint(l.Nights), l.First.String(), l.Last.String(), fmt.Sprint(l.Rows), fmt.Sprint(l.Bytes)})
	}
	if len(table) > 0 {
		if err := a.printTable([]string{"table", "why", "runs", "first", "last", "rows", "bytes"}, table); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(a.out, "%s: %d tables of runs, %.1f MB\n", map[bool]string{true: "would be removed", false: "removed"}[dry], len(gone), float64(bytes)/1e6)
	return err
}

// printPackings prints a line on what was packed; where others read the removals as JSON, on standard error.
func (a *app) printPackings(packed []pipeline.Packing, dry bool) error {
	runs, bytes := 0, int64(0)
	for _, p := range packed {
		runs += p.Runs
		bytes += p.Bytes
	}
	line := fmt.Sprintf("%s: %d runs of %d tables, %.1f MB", map[bool]string{true: "would be packed", false: "packed"}[dry], runs, len(packed), float64(bytes)/1e6)
	if a.json {
		a.tell(zerolog.InfoLevel, line)
		return nil
	}
	_, err := fmt.Fprintln(a.out, line)
	return err
}

// tellExpired says on standard error what retention removed of a night.
func (a *app) tellExpired(ctx context.Context, db *warehouse.DB, day asof.Date) error {
	p := pipeline.Published{AsOf: day}
	err := rows.Each(ctx, db, "publications", "SELECT run FROM creditwatch.live_runs WHERE as_of = {day:Date}", map[string]any{"day": day}, func(r *rows.Row) error {
		p.Run = uint64(r.Whole("run"))
		return nil
	})
	if err != nil {
		return err
	}
	lines, err := pipeline.ExpiredOf(ctx, db, p)
	for _, l := range lines {
		a.tell(zerolog.WarnLevel, l)
	}
	return err
}
