package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/fault"
	"creditwatch/pipeline/rows"
)

// Every night writes a partition of its own to each of its tables, and what is kept for years would make the engine start with thousands of
// parts a year. So the rows of old nights are packed: they lie together in one partition per packing.
//
// A table that has been packed is divided by [packedKey]. The rows of a night have era 0 and lie in the partition of their run, as in a table
// that has not; those of a pack have the same era, which is [firstEra] and a run in it, and lie in a partition that no run can be called like.
// The column is MATERIALIZED: whatever says `*` or leaves it out is as before, and so is what is measured. The run leads the sorting key, so a
// run is read out of a pack without the others.
const (
	packedKey = "if(era = 0, run, era)" // as the engine prints it
	firstEra  = uint64(1) << 63
	// A server refuses to drop a table of more than 50 GB that nobody insists on.
	insist = " SYNC SETTINGS max_table_size_to_drop = 0"
	// what a packing makes beside a table; only a kill leaves one
	besideName = "_rows_pack_[0-9]+_[0-9]+$"
)

const (
	packAfter = 7   // newest nights that stay apart: dates are run again within days, and a run in a partition of its own goes without a rewrite
	packRuns  = 5   // that are packed at least: for fewer a table is not worth a rewrite
	packsMost = 12  // of a table that is kept for ever; one more, and they become one: a year of monthly packings is rewritten once
	packDays  = 366 // for which a table is kept at most whose nights are never packed: they are few, and go as they are
)

// A Packing is what becomes one partition of a table.
type Packing struct {
	Table string    `json:"table"`
	Runs  int       `json:"runs"`
	First asof.Date `json:"first"`
	Last  asof.Date `json:"last"`
	Packs int       `json:"packs"` // earlier ones that go into it
	Rows  int64     `json:"rows"`
	Bytes int64     `json:"bytes"`

	layout  bool     // the table is divided by packedKey already
	runs    []uint64 // that lie in partitions of their own
	taken   []string // partitions that become one
	stay    []string // partitions that do not
	besides int64    // bytes of these, if they are copied, too
}

// Pack packs what stays, or, dry, says what it would pack: published nights older than [packAfter] of tables that are kept for more than a year.
// Readers see the same rows before, meanwhile and after. Interrupted at any point, it leaves every table as it was or packed; what it made beside
// them goes with the next night, packing or erasure.
//
// It holds the claim of retention, and no night works meanwhile.
func (r *Runner) Pack(ctx context.Context, keep Retention, dry bool) (done []Packing, err error) {
	if dry {
		return r.packable(ctx, keep)
	}
	ctx, c, leave, err := r.alone(ctx)
	if err != nil {
		return nil, fmt.Errorf("packing: %w", err)
	}
	defer func() { err = leave(err) }()
	if r.Clear != nil {
		defer func() {
			if err == nil {
				err = r.Clear(ctx)
			}
		}()
	}
	begun := r.Clock()
	plan, err := r.packable(ctx, keep)
	if err != nil || len(plan) == 0 {
		return nil, err
	}
	var faults []error
	for _, p := range plan {
		free, err := freeBytes(ctx, r.Store)
		if err != nil {
			return done, err
		}
		if need := p.needs(); free < need {
			r.Log.Warn().Str("table", p.Table).Int64("free_mb", free>>20).Int64("want_mb", need>>20).Msg("not packed: the disk is too full")
			continue
		}
		err = r.pack(ctx, c, p)
		switch {
		case err == nil:
			done = append(done, p)
			continue
		case ctx.Err() != nil, errors.Is(err, ErrHeld), r.Transient != nil && r.Transient(err):
			return done, errors.Join(append(faults, fmt.Errorf("packing: %s: %w", p.Table, err))...)
		}
		faults = append(faults, fmt.Errorf("packing: %s: %w", p.Table, err)) // of this table: the others are packed all the same
	}
	r.Log.Info().Int("tables", len(done)).Dur("took", r.Clock().Sub(begun)).Msg("packing done")
	return done, errors.Join(faults...)
}

// needs is the room that a packing takes for a while: the rows once more, and again when they are merged; and what doctor wants free.
func (p Packing) needs() int64 { return 2*p.Bytes + p.besides + 2<<30 }

func freeBytes(ctx context.Context, q rows.Querier) (free int64, err error) {
	err = rows.Each(ctx, q, "disks", "SELECT toInt64(least(min(free_space), 9000000000000000000)) AS free FROM system.disks WHERE total_space > 0", nil,
		func(row *rows.Row) error { free = row.Whole("free"); return nil })
	return free, err
}

// packable lists what is to be packed, in order of tables. A database that cannot exchange tables is left as it is.
func (r *Runner) packable(ctx context.Context, keep Retention) (list []Packing, err error) {
	atomic := false
	err = rows.Each(ctx, r.Store, "databases", "SELECT engine FROM system.databases WHERE name = 'creditwatch'", nil,
		func(row *rows.Row) error { atomic = row.Text("engine") == "Atomic"; return nil })
	if err != nil || !atomic {
		return nil, err
	}
	runs, live, err := publishedRuns(ctx, r.Store)
	if err != nil || len(live) <= packAfter {
		return nil, err
	}
	apart := live[len(live)-packAfter]
	days := map[string]int{}
	for _, k := range keepings() {
		if d := keep.days(k); d == 0 || d > packDays {
			days[k.table] = d
		}
	}
	byTable := map[string]*Packing{}
	packs := map[string][]storedPartition{}
	err = eachPartition(ctx, r.Store, func(s storedPartition) error {
		d, ours := days[s.table]
		if !ours || !s.plain {
			return nil
		}
		p := byTable[s.table]
		if p == nil {
			p = &Packing{Table: s.table, layout: s.packed}
			byTable[s.table] = p
		}
		run, published := runs[s.run]
		switch {
		case s.run >= firstEra && d == 0:
			packs[s.table] = append(packs[s.table], s)
		case published && run.asOf < apart && (run.replaced == 0 || keep.Superseded == 0): // those replaced go as a whole before long
			p.take(s)
			p.runs = append(p.runs, s.run)
			if p.Runs++; p.Runs == 1 || run.asOf < p.First {
				p.First = run.asOf
			}
			p.Last = max(p.Last, run.asOf)
			return nil
		}
		p.stay = append(p.stay, s.place)
		if !s.packed {
			p.besides += s.bytes
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	free, err := freeBytes(ctx, r.Store)
	if err != nil {
		return nil, err
	}
	for table, p := range byTable {
		if p.Runs < packRuns {
			continue
		}
		if len(packs[table]) >= packsMost {
			all := *p
			for _, s := range packs[table] {
				all.take(s)
				all.Packs++
			}
			all.stay = slices.DeleteFunc(slices.Clone(p.stay), func(place string) bool { return slices.Contains(all.taken, place) })
			if all.needs() <= free { // a disk that has no room for all may have it for the new ones
				*p = all
			}
		}
		list = append(list, *p)
	}
	slices.SortFunc(list, func(a, b Packing) int { return cmp.Compare(a.Table, b.Table) })
	return list, nil
}

func (p *Packing) take(s storedPartition) {
	p.taken = append(p.taken, s.place)
	p.Rows += s.rows
	p.Bytes += s.bytes
}

// A stored partition is what lies together of a table: a run, or a pack.
type storedPartition struct {
	table       string
	plain       bool // the table is a MergeTree, and not one that a server of the user's makes of it
	packed      bool // the table is divided by packedKey
	place       string
	run         uint64 // from firstEra on: a pack
	rows, bytes int64
}

func eachPartition(ctx context.Context, q rows.Querier, each func(storedPartition) error) error {
	return rows.Each(ctx, q, "parts", sqlOf("partitions"), nil, func(row *rows.Row) error {
		return each(storedPartition{row.Text("name"), row.Is("plain"), row.Is("packed"), row.Text("place"), uint64(row.Whole("run")), row.Whole("rows"), row.Whole("bytes")})
	})
}

// pack builds the table anew beside itself, holds the two against each other, and puts the new one in the place of the old.
func (r *Runner) pack(ctx context.Context, c *claim, p Packing) (err error) {
	// The name is of this packing alone: an exchange whose answer was lost finds no other table to put in the place of this one.
	table := "creditwatch." + p.Table + "_rows"
	beside := table + "_pack_" + strings.ReplaceAll(c.Nonce, "-", "_")
	drop := func(ctx context.Context) error { return r.Store.Exec(ctx, "DROP TABLE IF EXISTS "+beside+insist, nil) }
	defer func() {
		if err != nil {
			err = errors.Join(err, drop(context.WithoutCancel(ctx)))
		}
	}()
	if err := fault.Hit("retention.pack.build.before"); err != nil {
		return err
	}
	if err := r.layOut(ctx, p, table, beside); err != nil {
		return err
	}
	if err := r.fill(ctx, p, table, beside); err != nil {
		return err
	}
	if err := fault.Hit("retention.pack.build.after"); err != nil {
		return err
	}
	if err := r.sameRows(ctx, p, table, beside); err != nil {
		return err
	}
	if ours, err := c.ours(ctx); err != nil || !ours {
		return cmp.Or(err, errLost)
	}
	if err := fault.Hit("retention.pack.exchange.before"); err != nil {
		return err
	}
	if err := r.Store.Exec(ctx, "EXCHANGE TABLES "+table+" AND "+beside, nil); err != nil {
		return err
	}
	if err := fault.Hit("retention.pack.exchange.after"); err != nil {
		return err
	}
	return drop(ctx)
}

// layOut makes the empty table: as the old one is, but divided by [packedKey]. It is taken from the old one and not from the schema's files, for
// what the engine has is what the rows lie in.
func (r *Runner) layOut(ctx context.Context, p Packing, table, beside string) error {
	create := "CREATE TABLE " + beside + " AS " + table
	if !p.layout {
		err := r.Store.Exec(ctx, "ALTER TABLE "+table+" ADD COLUMN IF NOT EXISTS era UInt64 MATERIALIZED 0 COMMENT '0 = in the partition of its run; otherwise the pack of old runs that the row lies in'", nil)
		if err != nil {
			return err
		}
		var engine, comment string
		err = rows.Each(ctx, r.Store, "tables", "SELECT engine_full, comment FROM system.tables WHERE database = 'creditwatch' AND name = {name:String}", map[string]any{"name": p.Table + "_rows"},
			func(row *rows.Row) error { engine, comment = row.Text("engine_full"), row.Text("comment"); return nil })
		if err != nil {
			return err
		}
		if engine, err = packedEngine(engine); err != nil {
			return err
		}
		create += " ENGINE = " + engine + " COMMENT '" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(comment) + "'"
	}
	if err := r.Store.Exec(ctx, create, nil); err != nil {
		return err
	}
	return r.Store.Exec(ctx, "ALTER TABLE "+beside+" MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1", nil)
}

// packedEngine is the engine of a table as it is when packed.
func packedEngine(engine string) (string, error) {
	rest, byRun := strings.CutPrefix(engine, "MergeTree PARTITION BY run ORDER BY ")
	key, settings, set := strings.Cut(rest, " SETTINGS ")
	key = strings.TrimSuffix(strings.TrimPrefix(key, "("), ")")
	if !byRun || !set || strings.ContainsAny(key, "()") {
		return "", fmt.Errorf("engine %q: want MergeTree PARTITION BY run ORDER BY columns SETTINGS …", engine)
	}
	return "MergeTree PARTITION BY " + packedKey + " ORDER BY (run, " + key + ") SETTINGS " + settings, nil
}

// attachedAtOnce is how many partitions a statement links.
const attachedAtOnce = 200

// fill puts the rows into the new table: what is packed already, or is not to be, by links to its files; in a table's first packing all is copied.
func (r *Runner) fill(ctx context.Context, p Packing, table, beside string) error {
	columns, err := storedColumns(ctx, r.Store, p.Table)
	if err != nil {
		return err
	}
	list := strings.Join(columns, ", ")
	// A thread reads run after run, so that what is stored at a time is of few partitions.
	into := "INSERT INTO " + beside + " (" + list + ", era) SELECT " + list + ", "
	const settings = " SETTINGS insert_allow_materialized_columns = 1, insert_deduplicate = 0, max_partitions_per_insert_block = 0, max_threads = 1, max_insert_threads = 1"
	era := firstEra + slices.Min(p.runs)
	if p.layout {
		for stay := range slices.Chunk(p.stay, attachedAtOnce) {
			link := make([]string, len(stay))
			for i, place := range stay {
				link[i] = "ATTACH PARTITION ID '" + place + "' FROM " + table
			}
			if err := r.Store.Exec(ctx, "ALTER TABLE "+beside+" "+strings.Join(link, ", "), nil); err != nil {
				return err
			}
		}
		err = r.Store.Exec(ctx, into+"{era:UInt64} FROM "+table+" WHERE has({taken:Array(String)}, _partition_id)"+settings, map[string]any{"era": era, "taken": p.taken})
	} else {
		err = r.Store.Exec(ctx, into+"if(has({taken:Array(String)}, _partition_id), {era:UInt64}, 0) FROM "+table+settings, map[string]any{"era": era, "taken": p.taken})
	}
	if err != nil {
		return err
	}
	// A copy of many rows was stored in several parts.
	if err := r.Store.Exec(ctx, "OPTIMIZE TABLE "+beside+" PARTITION ID '"+strconv.FormatUint(era, 10)+"'", nil); err != nil {
		return err
	}
	// What was copied is on the disk by now, since nothing else will have it after a power cut. Nights write as before.
	return r.Store.Exec(ctx, "ALTER TABLE "+beside+" RESET SETTING fsync_after_insert, fsync_part_directory, min_rows_to_fsync_after_merge", nil)
}

// storedColumns are the columns of a table, but for the one that says how it is packed, in their order.
func storedColumns(ctx context.Context, q rows.Querier, table string) (columns []string, err error) {
	err = rows.Each(ctx, q, "columns", "SELECT name FROM system.columns WHERE database = 'creditwatch' AND table = {table:String} AND default_kind != 'MATERIALIZED' ORDER BY position",
		map[string]any{"table": table + "_rows"}, func(r *rows.Row) error { columns = append(columns, "`"+r.Text("name")+"`"); return nil })
	return columns, err
}

// errUnlike reports a packed table that is not what it was made of.
var errUnlike = errors.New("the packed table is not what the table is; nothing was changed")

// sameRows holds the new table against the old one, the columns of it and every row that was copied. What was linked is counted.
func (r *Runner) sameRows(ctx context.Context, p Packing, table, beside string) error {
	var shapes []string
	err := rows.Each(ctx, r.Store, "columns", `
SELECT toString(groupArray((name, type, default_kind, default_expression, comment, compression_codec))) AS shape
FROM (SELECT table, name, type, default_kind, default_expression, comment, compression_codec FROM system.columns WHERE database = 'creditwatch' AND table IN {tables:Array(String)} ORDER BY table, position)
GROUP BY table`, map[string]any{"tables": []string{strings.TrimPrefix(table, "creditwatch."), strings.TrimPrefix(beside, "creditwatch.")}},
		func(row *rows.Row) error { shapes = append(shapes, row.Text("shape")); return nil })
	if err != nil {
		return err
	}
	if len(shapes) != 2 || shapes[0] != shapes[1] { // changed by a newer program meanwhile
		return fmt.Errorf("columns: %w", errUnlike)
	}
	columns, err := storedColumns(ctx, r.Store, p.Table)
	if err != nil {
		return err
	}
	type sums struct{ rows, copied, hash int64 }
	measured := func(table, copied string, params map[string]any) (s sums, err error) {
		err = rows.Each(ctx, r.Store, "packed rows", "SELECT count() AS rows_of_pack, sum(cityHash64(tuple("+strings.Join(columns, ", ")+"))) AS hash_of_pack FROM "+table+copied, params,
			func(row *rows.Row) error {
				s.copied, s.hash = row.Whole("rows_of_pack"), row.Whole("hash_of_pack")
				return nil
			})
		if err != nil {
			return s, err
		}
		err = rows.Each(ctx, r.Store, "packed rows", "SELECT count() AS n FROM "+table, nil, func(row *rows.Row) error { s.rows = row.Whole("n"); return nil })
		return s, err
	}
	var ofOld, ofNew string
	params := map[string]any{}
	if p.layout {
		ofOld, ofNew = " WHERE has({taken:Array(String)}, _partition_id)", " WHERE era = {era:UInt64}"
		params["taken"], params["era"] = p.taken, firstEra+slices.Min(p.runs)
	}
	had, err := measured(table, ofOld, params)
	if err != nil {
		return err
	}
	has, err := measured(beside, ofNew, params)
	if err != nil {
		return err
	}
	if had != has {
		return fmt.Errorf("%d rows of which %d were copied, it has %d and %d: %w", had.rows, had.copied, has.rows, has.copied, errUnlike)
	}
	return nil
}

// dropBeside removes what killed packings left.
func dropBeside(ctx context.Context, s Store) error {
	var left []string
	err := rows.Each(ctx, s, "tables", "SELECT name FROM system.tables WHERE database = 'creditwatch' AND match(name, {beside:String}) ORDER BY name", map[string]any{"beside": besideName},
		func(r *rows.Row) error { left = append(left, r.Text("name")); return nil })
	if err != nil {
		return err
	}
	for _, name := range left {
		if err := s.Exec(ctx, "DROP TABLE IF EXISTS creditwatch."+name+insist, nil); err != nil {
			return err
		}
	}
	return nil
}
