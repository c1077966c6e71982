package warehouse

var (
	Repeatable     = repeatable
	HoldMigrations = (*DB).holdMigrations
)
