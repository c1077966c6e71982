package warehouse

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ErrServer reports that the database is a server, whose files are its own: it is backed up by its own BACKUP.
var ErrServer = errors.New("the warehouse is a server of its own")

// A StoredTable is a table as a backup holds it.
type StoredTable struct {
	Name     string `json:"name"`
	Rows     uint64 `json:"rows"`
	Checksum string `json:"checksum"` // sum of the hashes of the rows, hexadecimal; computed by the database
}

// structure is the folder of a backup with the definitions of all tables and views; the rows of a table are in a folder
// of its name beside it.
const structure = ".structure"

// packedKey is how a table is divided in which old runs lie together in packs, which have numbers from 2^63 on; see pipeline/packing.go. All that is in a
// pack is published. A table of the same name with _pack and a number at its end is one that is being packed, or that a killed packing left.
var packedKey = regexp.MustCompile(`^if\(.*\bera\b`)

// claimTable names the tables by which a process holds a date; they tell of this machine's processes alone.
var claimTable = regexp.MustCompile(`^claim_\d{8}(_dead_\w+)?$`)

// Backups is the folder of the data directory that an embedded engine may write backups to and read them from.
func Backups(dir string) string { return filepath.Join(dir, "backups") }

// Backup writes the tables of the embedded database to a folder below [Backups] and reads every one of them back: what
// it returns was counted in a table made of the backup. The pointer to what is published goes first. Of the tables that
// are divided by run it takes the runs published by then, so a night at work beside it is left out whole, and no run is
// pointed to whose rows are not there. Every part of a table is linked, not copied, while the backup is made.
func (db *DB) Backup(ctx context.Context, folder, pointer string) ([]StoredTable, error) {
	if db.engine == nil {
		return nil, ErrServer
	}
	type table struct {
		Name      string `ch:"name"`
		Partition string `ch:"partition_key"`
	}
	tables, err := Select[table](ctx, db, `
SELECT name, partition_key FROM system.tables
WHERE database = {database:String} AND endsWith(engine, 'MergeTree') AND NOT match(name, '_rows_pack_[0-9]+_[0-9]+$')
ORDER BY name != {pointer:String}, name`, map[string]any{"database": db.database, "pointer": pointer})
	if err != nil {
		return nil, err
	}
	if len(tables) == 0 || tables[0].Name != pointer {
		return nil, fmt.Errorf("the database has no table %s", pointer)
	}
	claims, err := Select[string](ctx, db, "SELECT name FROM system.tables WHERE database = {database:String} AND engine = 'Memory' ORDER BY name", map[string]any{"database": db.database})
	if err != nil {
		return nil, err
	}
	definitions := "BACKUP DATABASE " + db.database
	for i, c := range claims {
		definitions += []string{" EXCEPT TABLES ", ", "}[min(i, 1)] + db.database + "." + quoteName(c)
	}
	if err := db.Exec(ctx, definitions+" TO File('"+escapeQuoted.Replace(filepath.Join(folder, structure))+"') SETTINGS structure_only = 1", nil); err != nil {
		return nil, fmt.Errorf("definitions: %w", err)
	}
	var (
		stored []StoredTable
		runs   []uint64
	)
	for i, t := range tables {
		packed := packedKey.MatchString(t.Partition)
		byRun := t.Partition == "run" || packed
		if !byRun && t.Partition != "" {
			continue // a working table: empty between nights
		}
		if byRun && len(runs) == 0 {
			continue // nothing is published
		}
		statement := "BACKUP TABLE " + db.database + "." + quoteName(t.Name)
		if byRun {
			partitions := runs
			if packed {
				packs, err := Select[uint64](ctx, db, "SELECT DISTINCT toUInt64(partition_id) AS pack FROM system.parts WHERE active AND database = {database:String} AND table = {table:String} AND length(partition_id) = 19 AND partition_id >= '9223372036854775808' ORDER BY pack",
					map[string]any{"database": db.database, "table": t.Name})
				if err != nil {
					return nil, fmt.Errorf("%s: %w", t.Name, err)
				}
				partitions = slices.Concat(runs, packs)
			}
			statement += " PARTITIONS "
			for j, run := range partitions {
				statement += []string{"", ","}[min(j, 1)] + "'" + strconv.FormatUint(run, 10) + "'"
			}
		}
		if err := db.Exec(ctx, statement+" TO File('"+escapeQuoted.Replace(filepath.Join(folder, t.Name))+"')", nil); err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		if i == 0 { // every run that the pointer's backup names is among those read after it
			if runs, err = Select[uint64](ctx, db, "SELECT DISTINCT run FROM {table:Identifier} ORDER BY run", map[string]any{"table": pointer}); err != nil {
				return nil, err
			}
		}
		back, err := db.readBack(ctx, folder, t.Name)
		if err != nil {
			return nil, fmt.Errorf("%s: read back: %w", t.Name, err)
		}
		if byRun {
			here, err := db.tally(ctx, db.database, t.Name, runs)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", t.Name, err)
			}
			if here != back {
				return nil, fmt.Errorf("%s: the backup has %d rows with checksum %s, the table %d with %s", t.Name, back.Rows, back.Checksum, here.Rows, here.Checksum)
			}
		}
		stored = append(stored, back)
	}
	return stored, nil
}

// readBack makes a table of its backup in a database beside ours, measures it and drops it.
func (db *DB) readBack(ctx context.Context, folder, table string) (back StoredTable, err error) {
	beside := db.database + "_readback"
	if err := db.Exec(ctx, "DROP DATABASE IF EXISTS "+beside+" SYNC", nil); err != nil { // of a process that was killed
		return back, err
	}
	if err := db.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+beside, nil); err != nil {
		return back, err
	}
	defer func() {
		err = errors.Join(err, db.Exec(context.WithoutCancel(ctx), "DROP DATABASE IF EXISTS "+beside+" SYNC", nil))
	}()
	err = db.Exec(ctx, "RESTORE TABLE "+db.database+"."+quoteName(table)+" AS "+beside+"."+quoteName(table)+" FROM File('"+escapeQuoted.Replace(filepath.Join(folder, table))+"')", nil)
	if err != nil {
		return back, err
	}
	return db.tally(ctx, beside, table, nil)
}

// tally counts the rows of a table, those of the runs alone if there are any, and sums their hashes.
func (db *DB) tally(ctx context.Context, database, table string, runs []uint64) (StoredTable, error) {
	type sum struct {
		Rows uint64 `ch:"n"`
		Hash uint64 `ch:"h"`
	}
	sql, params := "SELECT count() AS n, sum(cityHash64(tuple(*))) AS h FROM {database:Identifier}.{table:Identifier}", map[string]any{"database": database, "table": table}
	if len(runs) > 0 {
		sql, params["runs"] = sql+" WHERE has({runs:Array(UInt64)}, run)", runs
	}
	sums, err := Select[sum](ctx, db, sql, params)
	if err != nil {
		return StoredTable{}, err
	}
	return StoredTable{Name: table, Rows: sums[0].Rows, Checksum: strconv.FormatUint(sums[0].Hash, 16)}, nil
}

// Restore makes the tables and views of a backup in the embedded database, which must have none, and holds every table
// against what the backup says of it.
func (db *DB) Restore(ctx context.Context, folder string, stored []StoredTable) error {
	if db.engine == nil {
		return ErrServer
	}
	there, err := Select[string](ctx, db, "SELECT name FROM system.tables WHERE database = {database:String} ORDER BY name", map[string]any{"database": db.database})
	if err != nil {
		return err
	}
	if len(there) > 0 {
		return fmt.Errorf("the database has %d tables already", len(there))
	}
	if err := db.Exec(ctx, "RESTORE DATABASE "+db.database+" FROM File('"+escapeQuoted.Replace(filepath.Join(folder, structure))+"') SETTINGS create_database = 'if-not-exists'", nil); err != nil {
		return fmt.Errorf("definitions: %w", err)
	}
	names, err := Select[string](ctx, db, "SELECT name FROM system.tables WHERE database = {database:String} AND engine = 'Memory'", map[string]any{"database": db.database})
	if err != nil {
		return err
	}
	for _, name := range names {
		if claimTable.MatchString(name) { // taken while the definitions were written
			if err := db.Exec(ctx, "DROP TABLE IF EXISTS "+db.database+"."+name, nil); err != nil {
				return err
			}
		}
	}
	for _, want := range stored {
		if !plainName.MatchString(want.Name) {
			return fmt.Errorf("table %q: want a plain name", want.Name)
		}
		if err := db.Exec(ctx, "RESTORE TABLE "+db.database+"."+quoteName(want.Name)+" FROM File('"+escapeQuoted.Replace(filepath.Join(folder, want.Name))+"')", nil); err != nil {
			return fmt.Errorf("%s: %w", want.Name, err)
		}
		got, err := db.tally(ctx, db.database, want.Name, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", want.Name, err)
		}
		if got != want {
			return fmt.Errorf("%s: restored are %d rows with checksum %s, the backup says %d with %s", want.Name, got.Rows, got.Checksum, want.Rows, want.Checksum)
		}
	}
	return nil
}

func quoteName(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// LatestSchema is the number of the newest schema file of this binary.
func LatestSchema() int {
	known, err := readMigrations(Schema)
	if err != nil {
		panic(err) // embedded, and held by tests
	}
	return known[len(known)-1].Number
}

// AppliedSchema is the number of the newest schema file that the database has.
func (db *DB) AppliedSchema(ctx context.Context) (int, error) {
	newest, err := Select[int](ctx, db, "SELECT max(number) FROM migrations", nil)
	if err != nil {
		return 0, fmt.Errorf("migrations: %w", err)
	}
	return newest[0], nil
}
