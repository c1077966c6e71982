package jobs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"creditwatch/configs"
	"creditwatch/features"
	"creditwatch/pipeline"
	"creditwatch/pipeline/warehouse"
)

// open opens the warehouse of a configuration and brings its schema up to date.
func (a *app) open(ctx context.Context, c configs.Config) (*warehouse.DB, error) {
	db, err := a.connect(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := prepare(ctx, db); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// connect opens the warehouse as it is.
func (a *app) connect(ctx context.Context, c configs.Config) (*warehouse.DB, error) {
	password, err := c.Warehouse.Password.Reveal()
	if err != nil {
		return nil, usage("warehouse.password: %w", err)
	}
	readerPassword, err := c.Warehouse.ReaderPassword.Reveal()
	if err != nil {
		return nil, usage("warehouse.reader_password: %w", err)
	}
	maskedPassword, err := c.Warehouse.MaskedReaderPassword.Reveal()
	if err != nil {
		return nil, usage("warehouse.masked_reader_password: %w", err)
	}
	if err := os.MkdirAll(a.data, 0o700); err != nil {
		return nil, usage("data directory: %w", err)
	}
	progress := func(line string) { a.tell(zerolog.InfoLevel, line) } // the fetch of the engine is said to everybody: it takes a while
	if a.quiet {
		progress = nil
	}
	return warehouse.Open(ctx, warehouse.Options{
		Dir: a.data, Address: c.Warehouse.Address, User: c.Warehouse.User, Password: password,
		MemoryBytes: c.Warehouse.MemoryMB << 20, Readable: warehouse.ReaderViews(), Reader: c.Warehouse.Reader, ReaderPassword: readerPassword,
		MaskedReader: c.Warehouse.MaskedReader, MaskedPassword: maskedPassword, Progress: progress,
	})
}

// prepare brings the schema up to date: the numbered migrations, then the columns of the feature catalogue.
func prepare(ctx context.Context, db *warehouse.DB) error {
	if err := db.Migrate(ctx, warehouse.Schema); err != nil {
		return err
	}
	for _, statement := range features.Schema() {
		if err := db.Exec(ctx, statement, nil); err != nil {
			return fmt.Errorf("feature tables: %w", err)
		}
	}
	return nil
}

// reports is the folder of the report files.
func (a *app) reports() string { return filepath.Join(a.data, "reports") }

// runner makes a runner of nights.
func (a *app) runner(db *warehouse.DB, c configs.Config) (*pipeline.Runner, error) {
	log, err := a.logger()
	if err != nil {
		return nil, err
	}
	settings := c.Settings(version())
	settings.Scratch = filepath.Join(a.data, "tmp")
	return &pipeline.Runner{
		Store: db, Stages: pipeline.Stages, Settings: settings, Reports: a.reports(), Features: filepath.Join(a.data, "features"), Clock: a.clock, Log: log, Say: a.say(),
		Transient: warehouse.Transient, Clear: db.ClearFormer, Token: warehouse.WithToken, Watch: pipeline.Watch{Lease: c.Schedule.Lease}, Timeout: c.Schedule.StageTimeout,
	}, nil
}
