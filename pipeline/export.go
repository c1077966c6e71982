package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/arrow/go/v17/arrow/ipc"

	"creditwatch/features"
	"creditwatch/pipeline/rows"
)

// RestoreFeatures writes the Arrow file of the newest published night's features if it is not there.
func RestoreFeatures(ctx context.Context, s Store, folder string) error {
	var newest Published
	err := rows.Each(ctx, s, "publications", "SELECT as_of, run FROM creditwatch.live_runs ORDER BY as_of DESC LIMIT 1", nil,
		func(r *rows.Row) error {
			newest = Published{AsOf: r.Date("as_of"), Run: uint64(r.Whole("run"))}
			return nil
		})
	if err != nil || newest.Run == 0 {
		return err
	}
	if _, err := os.Stat(featureFile(folder, newest)); err == nil {
		return nil
	}
	return exportFeatures(ctx, s, folder, newest)
}

func featureFile(folder string, p Published) string {
	return filepath.Join(folder, "features-"+p.AsOf.String()+".arrow")
}

// exportFeatures writes the feature table of a night as an Arrow IPC file: one row per customer, sorted, a column per feature
// of the catalogue. pandas.read_feather, polars, DuckDB and ClickHouse's file() read it as it is.
func exportFeatures(ctx context.Context, s Store, folder string, p Published) (err error) {
	columns := append([]string{"as_of", "customer_id"}, features.Names()...)
	answer, err := s.Query(ctx, with("SELECT /*columns*/ FROM creditwatch.features_rows WHERE run = {run:UInt64} ORDER BY customer_id", "columns", columns), map[string]any{"run": p.Run})
	if err != nil {
		return err
	}
	defer answer.Release()
	path := featureFile(folder, p)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := removeTorn(folder); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(folder, fmt.Sprintf(".new-%d-*", os.Getpid()))
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tmp.Close(), os.Remove(tmp.Name()))
		}
	}()
	w, err := ipc.NewFileWriter(tmp, ipc.WithSchema(answer.Schema()))
	if err != nil {
		return err
	}
	for answer.Next() {
		if err := w.Write(answer.Record()); err != nil {
			return err
		}
	}
	if err := answer.Err(); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	return tmp.Close()
}
