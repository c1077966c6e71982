package pipeline

import (
	"bytes"
	"context"
	"fmt"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/report"
	"creditwatch/pipeline/rows"
)

// writeReports gathers the night's figures, holds them against each other and renders the report in every language. A
// page that does not foot stops the night.
func writeReports(ctx context.Context, n *Night) error {
	champion, err := n.tonightsChampion(ctx)
	if err != nil {
		return err
	}
	night := report.Night{
		Run: n.Run, Runs: n.Runs, PreviousRun: n.Previous.Run, AsOf: n.AsOf, PreviousAsOf: n.Previous.AsOf, Company: n.Company, Currency: n.Currency,
		Cut: n.Cut, Zone: n.ZoneOf(n.AsOf).String(), Code: n.Code, PolicyHash: n.PolicyHash,
	}
	if champion != nil && champion.IsChampion {
		night.ModelID = champion.ModelID
	}
	data, err := report.Gather(ctx, n, night)
	if err != nil {
		return err
	}
	if err := report.Footed(data); err != nil {
		return fmt.Errorf("%w: %w", err, ErrGate)
	}
	type row struct {
		Run      uint64    `ch:"run"`
		AsOf     asof.Date `ch:"as_of"`
		Language string    `ch:"language"`
		File     string    `ch:"file"`
		SHA256   string    `ch:"sha256"`
		Content  string    `ch:"content"`
	}
	var table []row
	for _, lang := range n.Languages {
		var page bytes.Buffer
		if err := report.Write(&page, data, report.Lang(lang)); err != nil {
			return err
		}
		table = append(table, row{n.Run, n.AsOf, lang, report.FileName(n.AsOf, report.Lang(lang)), hashOf(page.Bytes()), page.String()})
	}
	return n.keep(ctx, "reports", rows.Of(table))
}
