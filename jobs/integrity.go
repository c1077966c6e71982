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
		var broken []string
		err := rows.Each(ctx, db, "parts", "SELECT table, name FROM system.detached_parts WHERE database = 'creditwatch' AND startsWith(ifNull(reason, ''), 'broken') ORDER BY table, name", nil,
			func(r *rows.Row) error { broken = append(broken, r.Text("table")+"/"+r.Text("name")); return nil })
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

// readLine reads one line without its end.
func readLine(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}
