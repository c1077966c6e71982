package pipeline

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"creditwatch/pipeline/rows"
)

// columnsOf lists the columns of a stage's tables as they are now, in their order but for the run's number: what the checksum of
// [measure] is taken over. Later versions of the program add columns and tables; the checksum of an earlier night is taken again
// over what it was taken over then.
func columnsOf(ctx context.Context, q rows.Querier, tables []string) (string, error) {
	lists := map[string][]string{}
	stored := make([]string, len(tables))
	for i, t := range tables {
		stored[i] = t + "_rows"
	}
	err := rows.Each(ctx, q, "columns", `
SELECT table, name FROM system.columns
WHERE database = 'creditwatch' AND has({tables:Array(String)}, table) AND name != 'run' AND default_kind != 'MATERIALIZED'
ORDER BY table, position`, map[string]any{"tables": stored}, func(r *rows.Row) error {
		t := strings.TrimSuffix(r.Text("table"), "_rows")
		lists[t] = append(lists[t], r.Text("name"))
		return nil
	})
	if err != nil {
		return "", err
	}
	var parts []string
	for _, t := range tables {
		parts = append(parts, t+":"+strings.Join(lists[t], ","))
	}
	return strings.Join(parts, ";"), nil
}

var keptColumns = regexp.MustCompile(`^\w+:\w+(,\w+)*(;\w+:\w+(,\w+)*)*$`)

// measureAs is [measure] over the tables and columns that [columnsOf] listed at some time. Of tables that retention removed it takes what was
// written down of them then.
func measureAs(ctx context.Context, q rows.Querier, run uint64, columns string, gone []removed) (count int64, sum uint64, err error) {
	if !keptColumns.MatchString(columns) {
		return 0, 0, fmt.Errorf("stage_runs: run %d: columns %.80q: want table:column,column;…", run, columns)
	}
	for _, part := range strings.Split(columns, ";") {
		table, list, _ := strings.Cut(part, ":")
		if g := removedOf(gone, run, table); g != nil {
			count += g.rows
			sum = sum*31 + g.checksum
			continue
		}
		list = "`" + strings.ReplaceAll(list, ",", "`, `") + "`"
		sql := fmt.Sprintf("SELECT count() AS rows_of_run, sum(cityHash64(tuple(%s))) AS hash_of_run FROM creditwatch.%s_rows WHERE run = {run:UInt64}", list, table)
		err := rows.Each(ctx, q, table, sql, map[string]any{"run": run}, func(r *rows.Row) error {
			count += r.Whole("rows_of_run")
			sum = sum*31 + uint64(r.Whole("hash_of_run"))
			return nil
		})
		if err != nil {
			return 0, 0, err
		}
	}
	return count, sum, nil
}

// removedOf is what retention wrote down of a table of a run, nil if it is there.
func removedOf(gone []removed, run uint64, table string) *removed {
	for i := range gone {
		if gone[i].run == run && gone[i].table == table {
			return &gone[i]
		}
	}
	return nil
}

// intact reports whether what is stored of a stage is what was recorded when it was kept. Of a stage that was kept before columns were
// recorded, by a program whose tables have changed since, the number of rows is all that can be told.
func intact(ctx context.Context, q rows.Querier, run uint64, stage Stage, kept stageRow, gone []removed) (good bool, count int64, sum uint64, err error) {
	if kept.attempt > 0 && kept.columns != "" {
		count, sum, err = measureAs(ctx, q, run, kept.columns, gone)
		return count == kept.rows && sum == kept.checksum, count, sum, err
	}
	for _, table := range stage.Keeps {
		if g := removedOf(gone, run, table); g != nil {
			count += g.rows
			sum = sum*31 + g.checksum
			continue
		}
		n, h, err := measure(ctx, q, run, []string{table})
		if err != nil {
			return false, 0, 0, err
		}
		count += n
		sum = sum*31 + h
	}
	if err != nil || count != kept.rows || sum == kept.checksum || kept.attempt == 0 {
		return count == kept.rows && sum == kept.checksum, count, sum, err
	}
	err = rows.Each(ctx, q, "migrations", "SELECT max(applied_at) > fromUnixTimestamp64Milli({finished:Int64}) AS since FROM creditwatch.migrations", map[string]any{"finished": kept.finished},
		func(r *rows.Row) error { good = r.Whole("since") == 1; return nil })
	return good, count, sum, err
}
