package warehouse

import (
	"maps"
	"slices"
)

var (
	Repeatable     = repeatable
	HoldMigrations = (*DB).holdMigrations
	MarkOf         = markOf
	Personal       = personal
	Impersonal     = impersonal
	Withheld       = withheld
	WithoutViews   = withoutViews
)

// PlainViews are the names of the views that statements are sent without, sorted.
func PlainViews() []string { return slices.Sorted(maps.Keys(plainViews)) }

// At is a database that has nothing but the address of its HTTP interface: enough for a proxy.
func At(ep Endpoint) *DB { return &DB{endpoint: ep, database: "creditwatch"} }
