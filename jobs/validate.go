package jobs

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/bcrypt"

	"creditwatch/pipeline/warehouse"
)

func validateCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "validate",
		Short: "check the configuration and the policy, all mistakes at once; touch nothing",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.load()
			if err == nil {
				err = a.checkCron(c)
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "configuration good: %d sources, reporting in %s, business dates of %s, policy %.12s\n", len(c.Sources), c.Currency, c.TimeZone, c.PolicyHash)
			return nil
		},
	}
}

func doctorCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "check the installation: configuration, engine, schema, published nights",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			ctx := cmd.Context()
			say := func(what string, err error) error {
				if err != nil {
					fmt.Fprintf(a.out, "%-14s  BAD   %s\n", what, printable(err.Error()))
					return err
				}
				fmt.Fprintf(a.out, "%-14s  good\n", what)
				return nil
			}
			c, err := a.load()
			if err := say("configuration", err); err != nil {
				return err
			}
			db, err := a.open(ctx, c)
			if err := say("warehouse", err); err != nil {
				return err
			}
			defer func() { err = errors.Join(err, db.Close()) }()
			var faults []error
			pending, err := db.Pending(ctx, warehouse.Schema)
			if err == nil && len(pending) > 0 {
				err = fmt.Errorf("%d migrations are pending", len(pending))
			}
			faults = append(faults, say("schema", err))
			for _, check := range integrity {
				faults = append(faults, say(check.name, check.run(ctx, db)))
			}
			return errors.Join(faults...)
		},
	}
}

func hashPasswordCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "hash-password",
		Short: "read a password from standard input and print its hash for serve.users",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			password, err := readLine(a.in)
			if err != nil {
				return err
			}
			if len(password) < 8 || len(password) > 72 {
				return usage("want a password of 8 to 72 characters on standard input")
			}
			hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.out, string(hash))
			return err
		},
	}
}
