package warehouse

import (
	"embed"
	"errors"
	"io/fs"
	"slices"
	"strings"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema holds the numbered migrations of creditwatch, for [DB.Migrate]. The columns of the feature tables come from the
// feature catalogue and are added after them.
var Schema = func() fs.FS {
	sub, err := fs.Sub(schemaFiles, "schema")
	if err != nil {
		panic(err) // embedded
	}
	return sub
}()

// ReaderViews returns what analysts may read: the views over published runs, and the journals of runs and of people's decisions. Storage tables,
// which also hold runs that were never published, are not among them.
func ReaderViews() []string {
	names := []string{"entries", "features", "live_runs", "model_decisions", "publications", "removals", "runs", "stage_runs"}
	files, err := fs.Glob(Schema, "*_view_*.sql")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for _, f := range files {
		_, name, _ := strings.Cut(strings.TrimSuffix(f, ".sql"), "_view_")
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names) // a later file may make a view anew
}

// Transient reports whether an error may pass by itself: the database went away or was overloaded, and the work that
// met it can be done again from its start.
func Transient(err error) bool {
	return errors.Is(err, ErrUnreachable) || err != nil && fateOf(err) != refused
}
