package warehouse

import (
	"embed"
	"errors"
	"io/fs"
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

// Transient reports whether an error may pass by itself: the database went away or was overloaded, and the work that
// met it can be done again from its start.
func Transient(err error) bool {
	return errors.Is(err, ErrUnreachable) || err != nil && fateOf(err) != refused
}
