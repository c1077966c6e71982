package warehouse

import (
	"context"
	"errors"
	"slices"
	"syscall"
	"time"
)

// nowhere is a partition that no table has. Whoever drops one has the engine look at once for files of former parts that are old enough to go.
const nowhere = "18446744073709551615"

// ClearFormer removes the files of former parts: those that merges have read, and the empty ones that a removed partition leaves. An embedded engine
// keeps them for eight minutes and does not live to see them end if it is started for a night alone; of the empty ones the eight minutes begin
// anew at every start. They would all be kept, and make every start slower. A server looks after itself.
func (db *DB) ClearFormer(ctx context.Context) (err error) {
	if db.engine == nil {
		return nil
	}
	database := map[string]any{"database": db.database}
	tables, err := Select[string](ctx, db, "SELECT DISTINCT table FROM system.parts WHERE database = {database:String} AND NOT active", database)
	if err != nil {
		return err
	}
	// Of a clearing or an erasure that was killed.
	hasty, err := Select[string](ctx, db, "SELECT name FROM system.tables WHERE database = {database:String} AND position(engine_full, 'old_parts_lifetime') > 0", database)
	if err != nil {
		return err
	}
	tables = append(tables, hasty...)
	slices.Sort(tables)
	tables = slices.Compact(tables)
	alter := func(ctx context.Context, what string) error {
		for _, t := range tables {
			if err := db.Exec(ctx, "ALTER TABLE "+db.database+"."+quoteName(t)+" "+what, nil); err != nil {
				return err
			}
		}
		return nil
	}
	if len(tables) == 0 {
		return nil
	}
	defer func() {
		err = errors.Join(err, alter(context.WithoutCancel(ctx), "RESET SETTING old_parts_lifetime"))
	}()
	if err := alter(ctx, "MODIFY SETTING old_parts_lifetime = 1"); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(1500 * time.Millisecond):
	}
	syscall.Sync() // what a merge wrote is on the disk before what it read goes: a power cut finds the one or the other
	return alter(ctx, "DROP PARTITION ID '"+nowhere+"'")
}
