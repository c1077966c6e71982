package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/warehouse"
)

func eraseCommand(a *app) *cobra.Command {
	var e pipeline.Erasure
	var hold, release bool
	c := &cobra.Command{
		Use:   "erase --customer ID --by NAME --reason TEXT",
		Short: "remove everything that is stored of a customer, on its request",
		Long: "Remove the rows of a customer from every table and every run, blot its names and its number out of the texts of other rows (news, warnings of\n" +
			"its group, report pages), and write the files of the data directory anew or remove them. Later pulls leave its rows out and count them\n" +
			"(\"left out: erased on request\"), known by the SHA-256 of its number, which is all that is kept of it. The records of the stages are made\n" +
			"anew, with the old ones kept beside, so that doctor finds every night whole; models that learnt from it stay. Interrupted, repeat it.\n\n" +
			"Yours to see to: your own source files, of which those that name it are listed, and backups made before. With --dry-run it says what would go.\n" +
			"--hold enters a legal hold, under which erase refuses the customer, as it does those of retention.holds; --release ends it.",
		Example: "  creditwatch erase --customer C0042 --by \"Ana Silva\" --reason \"request of 3 March\" --dry-run",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if e.Customer == "" {
				return usage("--customer: want a customer number")
			}
			if hold && release {
				return usage("--hold and --release: want one of the two")
			}
			return a.withWarehouse(cmd.Context(), func(db *warehouse.DB, c configs.Config) error {
				err := a.erase(cmd.Context(), db, c, e, hold, release)
				if errors.Is(err, pipeline.ErrErasure) {
					return &usageError{err}
				}
				return err
			})
		},
	}
	c.Flags().StringVar(&e.Customer, "customer", "", "number of the customer")
	c.Flags().StringVar(&e.Reason, "reason", "", "why, without the name")
	c.Flags().StringVar(&e.By, "by", "", "who asks for it")
	c.Flags().BoolVar(&e.Dry, "dry-run", false, "only say what would go")
	c.Flags().BoolVar(&hold, "hold", false, "in place of erasing enter a legal hold on the customer")
	c.Flags().BoolVar(&release, "release", false, "in place of erasing end the legal hold")
	return c
}

func (a *app) erase(ctx context.Context, db *warehouse.DB, c configs.Config, e pipeline.Erasure, hold, release bool) error {
	r, err := a.runner(db, c)
	if err != nil {
		return err
	}
	if hold || release {
		if err := r.Hold(ctx, e, hold); err != nil {
			return err
		}
		_, err := fmt.Fprintln(a.out, map[bool]string{true: "the hold is entered: erase refuses the customer", false: "the hold is released"}[hold])
		return err
	}
	unlock, err := a.noBackup()
	if err != nil {
		return err
	}
	defer unlock()
	e.Holds = c.Retention.Holds
	gone, err := r.Erase(ctx, e)
	if err != nil {
		return err
	}
	sources, err := naming(c.Input, &gone)
	if err != nil {
		return err
	}
	if a.json {
		return json.NewEncoder(a.out).Encode(struct {
			pipeline.Erased
			Sources []string `json:"source_files"`
		}{gone, sources})
	}
	var table [][]string
	for _, t := range gone.Tables {
		table = append(table, []string{t.Table, fmt.Sprint(t.Removed), fmt.Sprint(t.Changed)})
	}
	if err := a.printTable([]string{"table", "rows removed", "rows blotted"}, table); err != nil {
		return err
	}
	for _, f := range gone.Files {
		fmt.Fprintf(a.out, "%s: %s\n", f.Path, f.What)
	}
	for _, path := range sources {
		fmt.Fprintf(a.out, "%s: a source file that names the customer; it is yours to change\n", path)
	}
	if gone.Shared+gone.Short > 0 {
		fmt.Fprintf(a.out, "not looked for in texts: %d names that others have too or have as a part, %d too short\n", gone.Shared, gone.Short)
	}
	if e.Dry {
		_, err = fmt.Fprintf(a.out, "would be erased: rows of %d tables in %d runs\n", len(gone.Tables), gone.Runs)
		return err
	}
	_, err = fmt.Fprintf(a.out, "erased: rows of %d tables in %d runs (erasure %s); backups made before still hold them\n", len(gone.Tables), gone.Runs, gone.ID)
	return err
}

// naming lists the files of a folder that name the customer as they are; what is packed or in another encoding it does not see.
func naming(folder string, gone *pipeline.Erased) (paths []string, err error) {
	const most = 256 << 20
	if folder == "" {
		return nil, nil
	}
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil || info.Size() > most {
			return err
		}
		content, err := os.ReadFile(path)
		if err == nil && gone.Found(bytes.ToValidUTF8(content, nil)) {
			paths = append(paths, path)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return paths, err
}
