package warehouse

var (
	Repeatable     = repeatable
	HoldMigrations = (*DB).holdMigrations
	MarkOf         = markOf
	Personal       = personal
	Impersonal     = impersonal
	Withheld       = withheld
)

// At is a database that has nothing but the address of its HTTP interface: enough for a proxy.
func At(ep Endpoint) *DB { return &DB{endpoint: ep, database: "creditwatch"} }
