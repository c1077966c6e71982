package pipeline

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"creditwatch/models"
	"creditwatch/pipeline/warnings"
)

// warn judges every rule for every customer and carries the episodes of the last night on.
func warn(ctx context.Context, n *Night) error {
	var grades []string
	for _, g := range models.MasterScale {
		grades = append(grades, g.Name)
	}
	book, err := gather(ctx, n, "warning input", warnInput(), n.params(map[string]any{
		"grades": strings.Join(grades, ","), "loss_cap": n.Loss.Cap, "gross_margin": n.Loss.GrossMargin,
	}))
	if err != nil {
		return err
	}
	defer book.Release()
	night := warnings.Night{AsOf: n.AsOf, Book: book, PolicyHash: n.PolicyHash}
	past, err := gather(ctx, n, "outcomes of cells", sqlOf("warn_outcomes"), n.params(map[string]any{"min_defaults": n.Policy.Peers.MinDefaults}))
	if err != nil {
		return err
	}
	defer past.Release()
	if night.Outcomes, err = warnings.ReadOutcomes(past); err != nil {
		return err
	}
	news, err := gather(ctx, n, "news events", sqlOf("warn_events"), n.params(nil))
	if err != nil {
		return err
	}
	defer news.Release()
	if night.Events, err = warnings.ReadEvents(news); err != nil {
		return err
	}
	if n.Previous.Run != 0 {
		last, err := gather(ctx, n, "last episodes", sqlOf("warn_last"), n.params(nil))
		if err != nil {
			return err
		}
		defer last.Release()
		if night.Last, err = warnings.ReadEpisodes(last); err != nil {
			return err
		}
	}
	if night.Calendar, err = n.calendar(ctx); err != nil {
		return err
	}
	found, err := warnings.Judge(night, n.Policy)
	if err != nil {
		return err
	}
	episodes := warnings.EpisodeRows(memory.DefaultAllocator, n.Run, found.Episodes)
	defer episodes.Release()
	if err := n.keepRecord(ctx, "warnings", episodes); err != nil {
		return err
	}
	unjudged := warnings.UnjudgedRows(memory.DefaultAllocator, n.Run, n.AsOf, found.Unjudged)
	defer unjudged.Release()
	if n.Say != nil {
		n.Say(fmt.Sprintf("warnings: %d opened, %d closed, %d open, %d suppressed", found.Summary.Opened, found.Summary.Closed, found.Summary.Open, found.Summary.Suppressed))
	}
	return n.keepRecord(ctx, "unjudged", unjudged)
}
