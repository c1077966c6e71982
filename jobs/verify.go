package jobs

import (
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/warehouse"
)

func verifyCommand(a *app) *cobra.Command {
	var head string
	c := &cobra.Command{
		Use:   "verify",
		Short: "prove that the audit log, the journals, published rows and reports are as they were recorded",
		Long: "Walk the audit log from its first record and name the first that was altered, removed, inserted or reordered; hold the log against the\n" +
			"journals (publications, entries, decisions), the rows of every published night against their counts and checksums, and the reports\n" +
			"against their hashes. What was cut off the end of the log is seen with --head: the log must hold a record of that hash. Every night\n" +
			"says its hash in its log line and its result; keep it where nobody of this machine can write.\n\n" +
			"Exit code 3 when anything is not as it was recorded.",
		Example: "  creditwatch verify\n  creditwatch verify --head 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if head != "" && !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(head) {
				return usage("--head %s: want a SHA-256 in 64 small hexadecimal digits", head)
			}
			return a.withWarehouse(cmd.Context(), func(db *warehouse.DB, _ configs.Config) error {
				proof, err := pipeline.Prove(cmd.Context(), db, a.reports(), head)
				if err != nil {
					return err
				}
				return a.printProof(proof)
			})
		},
	}
	c.Flags().StringVar(&head, "head", "", "hash of a record that was once the last")
	return c
}

func (a *app) printProof(proof pipeline.Proof) error {
	var err error
	if a.json {
		err = json.NewEncoder(a.out).Encode(proof)
	} else {
		for _, b := range proof.Breaches {
			if _, err := fmt.Fprintln(a.out, printable(b.String())); err != nil {
				return err
			}
		}
		if proof.Intact {
			_, err = fmt.Fprintf(a.out, "intact: %d records of the audit log, published rows and reports; the last record is %d with hash %s\n", proof.Records, proof.Head.Seq, proof.Head.Hash)
		}
	}
	if err == nil && !proof.Intact {
		err = fmt.Errorf("verify: %d things are not as they were recorded: %w", len(proof.Breaches), pipeline.ErrGate)
	}
	return err
}
