package jobs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"creditwatch/pipeline"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse"
)

// integrity are the checks of what is stored, for doctor.
var integrity = []struct {
	name string
	run  func(context.Context, *warehouse.DB) error
}{
	{"published rows", func(ctx context.Context, db *warehouse.DB) error { return pipeline.Verify(ctx, db) }},
	{"audit log", func(ctx context.Context, db *warehouse.DB) error { return pipeline.VerifyAudit(ctx, db) }},
	{"parts", func(ctx context.Context, db *warehouse.DB) error {
		broken, err := brokenParts(ctx, db, false)
		if err == nil && len(broken) > 0 {
			err = fmt.Errorf("broken parts: %s", strings.Join(broken, ", "))
		}
		return err
	}},
	{"disk", func(ctx context.Context, db *warehouse.DB) error {
		var low error
		err := rows.Each(ctx, db, "disks", "SELECT name, free_space, total_space FROM system.disks WHERE total_space > 0", nil, func(r *rows.Row) error {
			if free := r.Whole("free_space"); free < 2<<30 {
				low = fmt.Errorf("disk %s has %d MB free, want 2000", r.Text("name"), free>>20)
			}
			return nil
		})
		return errors.Join(err, low)
	}},
}

// brokenParts are the parts that the engine found broken at a start and set aside, with their rows; of the journals alone, or of all tables.
// A journal is what is not divided by run: nothing computes its rows again.
func brokenParts(ctx context.Context, db *warehouse.DB, journals bool) (broken []string, err error) {
	err = rows.Each(ctx, db, "parts", `SELECT p.table AS table, p.name AS name, t.partition_key AS key
FROM system.detached_parts AS p
INNER JOIN system.tables AS t ON t.database = p.database AND t.name = p.table
WHERE p.database = 'creditwatch' AND startsWith(ifNull(p.reason, ''), 'broken')
ORDER BY table, name`, nil, func(r *rows.Row) error {
		if !journals || r.Text("key") == "" {
			broken = append(broken, r.Text("table")+"/"+r.Text("name"))
		}
		return nil
	})
	return broken, err
}

// errBroken reports that the database may have lost what no night computes again.
var errBroken = errors.New("the database may have lost rows")

// wholeJournals refuses to work on a database that does not know any more what was published and decided: a night over it would take
// itself for the first.
func wholeJournals(ctx context.Context, db *warehouse.DB) error {
	broken, err := brokenParts(ctx, db, true)
	if err == nil && len(broken) > 0 {
		err = fmt.Errorf("%w: broken parts: %s; restore the newest backup (creditwatch restore), or, if nothing is missing, move them out of the folder detached of their table", errBroken, strings.Join(broken, ", "))
	}
	return err
}

// readLine reads one line without its end.
func readLine(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}
