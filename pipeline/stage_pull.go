package pipeline

import (
	"context"
	"fmt"

	"creditwatch/pipeline/sources"
)

// pull reads the sources into the ledger; every row is accepted, rejected or known already.
func pull(ctx context.Context, n *Night) error {
	counts, err := sources.Pull(ctx, n, n.Sources, sources.Night{
		Run: n.Run, AsOf: n.AsOf, Cut: n.Cut, Zone: n.ZoneOf(n.AsOf), Input: n.Input, Scratch: n.Scratch, Token: n.Token, Clock: n.Clock,
	})
	if err != nil {
		return err
	}
	if n.Warn != nil {
		for _, c := range counts {
			for _, file := range c.Waiting {
				n.Warn("source " + c.Source + ": " + file + "; the file is left for a later night")
			}
		}
	}
	if n.Say != nil {
		for _, c := range counts {
			n.Say(fmt.Sprintf("%s: %d rows read = %d accepted + %d rejected + %d known already", c.Source, c.Read, c.Accepted, c.Rejected, c.Duplicates))
			for _, note := range c.Notes {
				n.Say(c.Source + ": " + note)
			}
		}
	}
	return nil
}
