package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse"
)

// A mortal store dies at a statement that changes a table of the night or makes one.
type mortal struct {
	Store
	lives int
}

func (m *mortal) Exec(ctx context.Context, sql string, params map[string]any) error {
	if !strings.Contains(sql, "_rows") {
		return m.Store.Exec(ctx, sql, params)
	}
	if m.lives--; m.lives < 0 {
		return errDead
	}
	return m.Store.Exec(ctx, sql, params)
}

// A losing store loses a row of what is copied.
type losing struct{ Store }

func (l *losing) Exec(ctx context.Context, sql string, params map[string]any) error {
	if strings.HasPrefix(sql, "INSERT INTO creditwatch.checks_rows_pack_") {
		sql = strings.Replace(sql, " SETTINGS ", " WHERE NOT (run = 3 AND name = 'checks-1') SETTINGS ", 1)
	}
	return l.Store.Exec(ctx, sql, params)
}

// march makes a night of every day from the first to the last of March 2026, under runs from a number on.
func (a *aging) march(first, last int, run uint64) {
	a.Helper()
	var list []agingNight
	for d := first; d <= last; d++ {
		on := asof.Of(time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC))
		list = append(list, agingNight{on.String(), run, (on + 1).String() + " 03:00:00"})
		run++
	}
	a.nights(list...)
}

// places lists the partitions of a table with the hash of their files, without the name of a part.
func (a *aging) places(table string) map[string]string {
	a.Helper()
	out := map[string]string{}
	err := rows.Each(a.Context(), a.db, "parts", "SELECT partition_id, arrayStringConcat(arraySort(groupArray(hash_of_all_files)), ' ') AS files FROM system.parts WHERE active AND rows > 0 AND database = 'creditwatch' AND table = {table:String} GROUP BY partition_id",
		map[string]any{"table": table + "_rows"}, func(r *rows.Row) error { out[r.Text("partition_id")] = r.Text("files"); return nil })
	if err != nil {
		a.Fatal(err)
	}
	return out
}

// same fails if a run's rows of a table are not what they were.
func (a *aging) same(when string, before map[string]string) {
	a.Helper()
	after := a.stored()
	for name, hash := range before {
		if after[name] != hash {
			a.Fatalf("%s: %s has changed", when, name)
		}
	}
	if len(after) != len(before) {
		a.Fatalf("%s: %d runs of tables, were %d", when, len(after), len(before))
	}
}

// views are what analysts read of the nights.
func (a *aging) views() (out []string) {
	a.Helper()
	var names []string
	err := rows.Each(a.Context(), a.db, "views", "SELECT name FROM system.tables WHERE database = 'creditwatch' AND engine = 'View' AND has({readable:Array(String)}, name) ORDER BY name", map[string]any{"readable": warehouse.ReaderViews()},
		func(r *rows.Row) error { names = append(names, r.Text("name")); return nil })
	if err != nil || len(names) < 40 {
		a.Fatalf("%d views, %v", len(names), err)
	}
	for _, name := range names {
		err := rows.Each(a.Context(), a.db, name, "SELECT count() AS n, sum(cityHash64(tuple(*))) AS h FROM creditwatch."+name, nil, func(r *rows.Row) error {
			out = append(out, fmt.Sprintf("%s %d %x", name, r.Whole("n"), uint64(r.Whole("h"))))
			return nil
		})
		if err != nil {
			a.Fatal(err)
		}
	}
	return out
}

var forEver = Retention{Detail: 100, Features: 450, Reports: 60}

// TestPacking packs old nights, dying before every kind of statement, goes on with new nights, packs again, repeats a night that is packed, removes
// the one it replaced, and backs up what there is: at every moment each row is there once.
func TestPacking(t *testing.T) {
	a := newAging(t)
	ctx := t.Context()
	a.march(1, 13, 1)
	a.exec("INSERT INTO creditwatch.checks_rows (run, as_of, name) VALUES (77, '2026-03-05', 'never published')", nil)
	before, seen := a.stored(), a.views()

	planned, err := a.r.Pack(ctx, forEver, true)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range planned {
		got = append(got, fmt.Sprintf("%s %d %s %s %d %d", p.Table, p.Runs, p.First, p.Last, p.Packs, p.Rows))
	}
	var want []string // documents, open_items, news_events go after 100 days, reports after 60
	for _, table := range []string{"checks", "customers", "dunning", "features", "inputs", "limits", "models", "rejects", "scores", "snapshots", "transactions", "warnings"} {
		want = append(want, table+" 6 2026-03-01 2026-03-06 0 18")
	}
	if !slices.Equal(got, want) {
		t.Fatalf("planned\n%q, want\n%q", got, want)
	}
	lossy := a.r
	lossy.Store = &losing{a.db}
	if err := a.packs(lossy, "checks", 1, 2, 3); !errors.Is(err, errUnlike) || !strings.Contains(err.Error(), "40 rows of which 40 were copied, it has 39 and 39") {
		t.Errorf("a row was lost: %v", err)
	}
	a.same("a row was lost", before)
	deaths := 0
	for lives := 0; ; lives++ {
		dead := a.r
		dead.Store = &mortal{a.db, lives}
		done, err := dead.Pack(ctx, forEver, false)
		if err == nil && len(done) < len(planned) {
			break
		}
		if lives == 3 { // killed, with what it made beside left
			a.none("SELECT toUInt64(count() != 1) AS n FROM system.tables WHERE database = 'creditwatch' AND match(name, '_rows_pack_')")
		}
		if !errors.Is(err, errDead) {
			t.Fatal(err)
		}
		deaths++
		a.same(fmt.Sprintf("death %d", deaths), before)
		if lives == 8 { // before every statement of the first table
			lives = 1 << 20
		}
	}
	if deaths != 9 {
		t.Errorf("%d deaths", deaths)
	}
	a.same("packed", before)
	if now := a.views(); !slices.Equal(now, seen) {
		t.Errorf("readers see\n%q, saw\n%q", now, seen)
	}
	if err := sweep(ctx, a.db, 99); err != nil {
		t.Fatal(err)
	}
	delete(before, "77 checks")
	a.same("swept", before)
	a.none("SELECT count() AS n FROM system.tables WHERE database = 'creditwatch' AND match(name, '_rows_pack_')")
	a.none("SELECT countIf(engine_full LIKE '%fsync%' OR comment = '') AS n FROM system.tables WHERE database = 'creditwatch' AND partition_key = 'if(era = 0, run, era)'")
	first := a.places("transactions")
	if len(first) != 8 || first["9223372036854775809"] == "" || strings.Contains(first["9223372036854775809"], " ") {
		t.Fatalf("partitions %v, want a pack in one part and seven nights", first)
	}
	// A run is read out of a pack without the others' rows, and out of its own partition.
	a.none("SELECT toUInt64(count() = 0) AS n FROM (EXPLAIN indexes = 1 SELECT sum(length(transaction_id)) FROM creditwatch.transactions_rows WHERE run = 9) WHERE explain LIKE '%Parts: 1/8%'")

	// New nights, and the second packing: what was packed is linked, not written again.
	a.march(14, 20, 101)
	for pack := range 11 { // with as many packs as a table may have, they become one
		a.exec("INSERT INTO creditwatch.checks_rows (run, as_of, name, era) SELECT {run:UInt64}, '2025-01-01', 'old', {era:UInt64} SETTINGS insert_allow_materialized_columns = 1", map[string]any{"run": 201 + pack, "era": firstEra + 201 + uint64(pack)})
	}
	a.exec("ALTER TABLE creditwatch.transactions_rows ADD COLUMN added String DEFAULT 'x' COMMENT 'of a later version' AFTER transaction_id", nil)
	a.nights(agingNight{"2026-03-04", 120, "2026-03-31 12:00:00"}) // again; its first run lies in a pack
	before = a.stored()
	done, err := a.r.Pack(ctx, keepForTest, false)
	if err != nil || len(done) != 13 || done[0].Runs != 8 || done[7].Table != "news_events" || done[7].Runs != 13 { // which is kept longer now
		t.Fatalf("second packing: %+v, %v", done, err)
	}
	a.same("packed again", before)
	second := a.places("transactions")
	if len(second) != 9 || second["9223372036854775809"] != first["9223372036854775809"] || second["9223372036854775815"] == "" {
		t.Errorf("partitions %v, want two packs, the first as it was, and seven nights", second)
	}
	if merged := a.places("checks"); done[0].Packs != 12 || done[0].Rows != 24+18+11 || len(merged) != 8 || merged["9223372036854775815"] == "" {
		t.Errorf("%+v, partitions %v, want one pack and seven nights", done[0], merged)
	}
	if done, err := a.r.Pack(ctx, keepForTest, false); err != nil || len(done) != 0 {
		t.Errorf("a third packing at once: %+v, %v", done, err)
	}
	a.packed("validation_results", 1) // has a column n
	a.packableAll()
	a.replacedInPack(before)
}

// packableAll: no table of the night has a key or a column that cannot be packed.
func (a *aging) packableAll() {
	a.Helper()
	seen := 0
	err := rows.Each(a.Context(), a.db, "tables", "SELECT name, engine_full, partition_key = 'run' AS apart FROM system.tables WHERE database = 'creditwatch' AND endsWith(name, '_rows') ORDER BY name", nil, func(r *rows.Row) error {
		name := strings.TrimSuffix(r.Text("name"), "_rows")
		if !slices.ContainsFunc(keepings(), func(k keeping) bool { return k.table == name }) {
			return nil
		}
		seen++
		if r.Whole("apart") == 0 {
			return nil
		}
		if _, err := packedEngine(r.Text("engine_full")); err != nil {
			a.Errorf("%s: %v", name, err)
		}
		return nil
	})
	if err != nil || seen != len(keepings()) {
		a.Errorf("%d tables of %d, %v", seen, len(keepings()), err)
	}
	a.none("SELECT count() AS n FROM system.columns WHERE database = 'creditwatch' AND endsWith(table, '_rows') AND (name IN ('rows_of_pack', 'hash_of_pack') OR name = 'era' AND default_kind != 'MATERIALIZED')")
}

// packed packs runs of a table, whatever their age.
func (a *aging) packed(table string, runs ...uint64) {
	a.Helper()
	if err := a.packs(a.r, table, runs...); err != nil {
		a.Fatal(err)
	}
}

func (a *aging) packs(r Runner, table string, runs ...uint64) error {
	a.Helper()
	c, err := takeClaim(a.Context(), a.db, retentionClaim, a.now, nil)
	if err != nil {
		a.Fatal(err)
	}
	p := Packing{Table: table, runs: runs}
	for _, run := range runs {
		p.taken = append(p.taken, fmt.Sprint(run))
	}
	return errors.Join(r.pack(a.Context(), c, p), c.release(a.Context()))
}

// replacedInPack: a run that another one replaced goes out of the pack it lies in, and nothing else does, whenever retention dies.
func (a *aging) replacedInPack(before map[string]string) {
	a.Helper()
	ctx := a.Context()
	a.now = a.now.AddDate(0, 0, 31)
	planned, err := a.r.Retire(ctx, keepForTest, true)
	if err != nil || len(planned) != len(agingTables) {
		a.Fatalf("planned %+v, %v", planned, err)
	}
	for _, g := range planned {
		if g.Run != 4 || g.Rows < 1 || g.Bytes < 1 || g.Bytes > 4000 || g.Why != whySuperseded {
			a.Errorf("planned %+v", g)
		}
		delete(before, fmt.Sprintf("%d %s", g.Run, g.Table))
	}
	dead := a.r
	dead.Store = &dying{a.db, 7} // the note, four partitions, two packs
	if _, err := dead.Retire(ctx, keepForTest, false); !errors.Is(err, errDead) {
		a.Fatal(err)
	}
	if left, err := pendingRemovals(ctx, a.db); err != nil || len(left) != 10 {
		a.Errorf("left %+v, %v", left, err)
	}
	a.whole(1, 5, 9, 120)
	if err := a.r.finishRemovals(ctx); err != nil {
		a.Fatal(err)
	}
	a.same("removed", before)
	a.whole(1, 5, 9, 120)
	if left, err := pendingRemovals(ctx, a.db); err != nil || len(left) != 0 {
		a.Errorf("left %+v, %v", left, err)
	}
	if again, err := a.r.Retire(ctx, keepForTest, false); err != nil || len(again) != 0 {
		a.Errorf("again: %+v, %v", again, err)
	}
}
