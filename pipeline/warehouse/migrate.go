package warehouse

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// A Migration is one numbered statement of the schema. Statements go forward only and are safe to run twice, since
// ClickHouse rolls no DDL back and a kill may fall between a statement and its record.
type Migration struct {
	Number   int
	Name     string // of the file
	SQL      string
	Checksum string // SHA-256 of the file
}

// ErrSchema reports a database whose schema is not the one this binary carries: newer, or made by files that have
// changed since.
var ErrSchema = errors.New("schema does not fit this binary")

const migrationsTable = `CREATE TABLE IF NOT EXISTS migrations (
	number UInt32 COMMENT 'number of the schema file',
	name String COMMENT 'name of the schema file',
	checksum String COMMENT 'SHA-256 of the file when it was applied',
	applied_at DateTime64(3, 'UTC') COMMENT 'when it was applied'
) ENGINE = MergeTree ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000
COMMENT 'schema files that have been applied'`

// Migrate brings the schema up to date with the files NNNN_name.sql at the top of fsys. It may run from several
// processes at once: one works, the others wait and then find nothing to do.
func (db *DB) Migrate(ctx context.Context, fsys fs.FS) error {
	known, err := readMigrations(fsys)
	if err != nil {
		return err
	}
	if pending, err := db.pending(ctx, known); err != nil || len(pending) == 0 {
		return err
	}
	for tries := 1; ; tries++ {
		held, release, err := db.holdMigrations(ctx)
		if err != nil {
			return err
		}
		err = db.migrate(held, known)
		lost := held.Err() != nil && ctx.Err() == nil // the engine was restarted under us
		release()
		if !lost || tries == 5 {
			return err
		}
	}
}

// migrate applies what is pending; the caller holds the claim, and held ends with it.
func (db *DB) migrate(held context.Context, known []Migration) error {
	if err := db.Exec(held, migrationsTable, nil); err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	pending, err := db.pending(held, known)
	if err != nil {
		return err
	}
	for _, m := range pending {
		if err := db.Exec(held, m.SQL, nil); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
		record := WithToken(held, "migration "+m.Name+" "+m.Checksum)
		err := db.Exec(record, "INSERT INTO migrations SELECT {number:UInt32}, {name:String}, {checksum:String}, {at:DateTime64(3, 'UTC')}",
			map[string]any{"number": int64(m.Number), "name": m.Name, "checksum": m.Checksum, "at": time.Now()})
		if err != nil {
			return fmt.Errorf("%s: record: %w", m.Name, err)
		}
	}
	return nil
}

// Pending returns what Migrate would run, in order, and changes nothing.
func (db *DB) Pending(ctx context.Context, fsys fs.FS) ([]Migration, error) {
	known, err := readMigrations(fsys)
	if err != nil {
		return nil, err
	}
	return db.pending(ctx, known)
}

func (db *DB) pending(ctx context.Context, known []Migration) ([]Migration, error) {
	there, err := Select[uint64](ctx, db, "SELECT count() FROM system.tables WHERE database = {db:String} AND name = 'migrations'",
		map[string]any{"db": db.database})
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	if there[0] == 0 {
		return known, nil
	}
	type row struct {
		Number   int    `ch:"number"`
		Name     string `ch:"name"`
		Checksum string `ch:"checksum"`
	}
	rows, err := Select[row](ctx, db, "SELECT DISTINCT number, name, checksum FROM migrations ORDER BY number", nil)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	byNumber := make(map[int]Migration, len(known))
	latest := 0
	for _, m := range known {
		byNumber[m.Number] = m
		latest = max(latest, m.Number)
	}
	applied := make(map[int]bool, len(rows))
	var faults []error
	for _, r := range rows {
		m, ok := byNumber[r.Number]
		switch {
		case r.Number > latest:
			faults = append(faults, fmt.Errorf("%w: the database has %s, this binary knows files up to %04d; use a newer binary", ErrSchema, r.Name, latest))
		case !ok:
			faults = append(faults, fmt.Errorf("%w: the database has %s, this binary has no file of that number", ErrSchema, r.Name))
		case m.Checksum != r.Checksum:
			faults = append(faults, fmt.Errorf("%w: %s was changed after it had been applied; undo the change and add a new file instead", ErrSchema, m.Name))
		}
		applied[r.Number] = true
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	var pending []Migration
	for _, m := range known {
		if !applied[m.Number] {
			pending = append(pending, m)
		}
	}
	return pending, nil
}

var migrationFile = regexp.MustCompile(`^(\d{4})_[a-z0-9_]+\.sql$`)

// readMigrations reads the schema files in order and reports every fault in them.
func readMigrations(fsys fs.FS) ([]Migration, error) {
	names, err := fs.Glob(fsys, "*.sql") // sorted
	if err != nil {
		return nil, err
	}
	var (
		known  []Migration
		faults []error
		seen   = map[int]string{}
	)
	for _, name := range names {
		m := migrationFile.FindStringSubmatch(name)
		if m == nil {
			faults = append(faults, fmt.Errorf("%s: want a name like 0001_customers.sql", name))
			continue
		}
		number, _ := strconv.Atoi(m[1])
		if other, ok := seen[number]; ok || number == 0 {
			faults = append(faults, fmt.Errorf("%s: number %04d is taken by %s", name, number, other))
			continue
		}
		seen[number] = name
		data, err := fs.ReadFile(fsys, path.Clean(name))
		if err != nil {
			faults = append(faults, err)
			continue
		}
		text := strings.ReplaceAll(string(data), "\r\n", "\n")
		sum := sha256.Sum256([]byte(text))
		sql := strings.TrimRight(strings.TrimSpace(text), "; \n\t")
		if !repeatable(sql, false) {
			faults = append(faults, fmt.Errorf("%s: not safe to run twice; want one statement with IF NOT EXISTS, IF EXISTS or OR REPLACE", name))
			continue
		}
		known = append(known, Migration{Number: number, Name: name, SQL: sql, Checksum: hex.EncodeToString(sum[:])})
	}
	if len(names) == 0 {
		faults = append(faults, errors.New("no schema files"))
	}
	return known, errors.Join(faults...)
}

// sameQueryID is the server's error when a query id is in use.
const sameQueryID = 216

// holdMigrations waits until this process alone may migrate. The claim is a query that sleeps under a fixed query
// id, which a server runs once at a time; it ends on the server when its client goes away, so a process that is
// killed holds nothing. The returned context ends with the claim.
func (db *DB) holdMigrations(ctx context.Context) (context.Context, func(), error) {
	id, nonce := "creditwatch-migrations-"+db.database, rand.Text()
	held, cancel := context.WithCancelCause(ctx)
	for {
		ended := make(chan error, 1)
		go func() {
			claim := clickhouse.Context(held, clickhouse.WithQueryID(id), clickhouse.WithSettings(clickhouse.Settings{
				"readonly": 2, "cancel_http_readonly_queries_on_client_close": 1,
			}))
			rows, err := db.wire.query(claim, "SELECT sleepEachRow(0.05), '"+nonce+"' FROM system.numbers SETTINGS max_block_size = 1, max_threads = 1, max_execution_time = 0")
			if err == nil {
				for rows.Next() {
				}
				err = rows.Err()
				rows.close()
				rows.Release()
			}
			ended <- err
		}()
		ours, err := db.claimed(held, id, nonce, ended)
		if ours {
			go func() { cancel(fmt.Errorf("the claim on the migrations was lost: %v", <-ended)) }()
			return held, func() { cancel(nil) }, nil // ended by KILL QUERY, the id might be the next holder's already
		}
		if code(err) != sameQueryID && fateOf(err) == refused || ctx.Err() != nil {
			cancel(nil)
			return nil, nil, fmt.Errorf("claim the migrations: %w", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// claimed waits until the server runs the claim with our nonce, or has refused it.
func (db *DB) claimed(ctx context.Context, id, nonce string, ended <-chan error) (bool, error) {
	for {
		select {
		case err := <-ended:
			return false, err
		case <-time.After(20 * time.Millisecond):
		}
		n, err := Select[uint64](ctx, db, "SELECT count() FROM system.processes WHERE query_id = {id:String} AND position(query, {nonce:String}) > 0",
			map[string]any{"id": id, "nonce": nonce})
		if err == nil && n[0] == 1 {
			return true, nil
		}
	}
}
