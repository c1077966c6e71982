package pipeline

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"creditwatch/models"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warnings"
)

// warn judges every rule for every customer and carries the episodes of the last night on.
func warn(ctx context.Context, n *Night) error {
	night, err := n.warningNight(ctx)
	if err != nil {
		return err
	}
	defer night.Book.Release()
	records, rules, err := n.worth(ctx)
	if err != nil {
		return err
	}
	if err := n.keepWorth(ctx, records, rules); err != nil {
		return err
	}
	night.Demoted = demotedOf(rules)
	found, err := warnings.Judge(night, n.Policy)
	if err != nil {
		return err
	}
	episodes := warnings.EpisodeRows(memory.DefaultAllocator, n.Run, found.Episodes)
	defer episodes.Release()
	if err := n.keepRecord(ctx, "warnings", episodes); err != nil {
		return err
	}
	if len(found.Happenings) > 0 {
		if err := n.keep(ctx, "warning_events", rows.Of(warningEventRows(n.Run, found.Happenings))); err != nil {
			return err
		}
	}
	unjudged := warnings.UnjudgedRows(memory.DefaultAllocator, n.Run, n.AsOf, found.Unjudged)
	defer unjudged.Release()
	if s := found.Summary; n.Say != nil {
		n.Say(fmt.Sprintf("warnings: %d opened, %d closed, %d open, %d suppressed, %d snoozed, %d lifted by another tier, %d escalated, %d beyond the alarm budget",
			s.Opened, s.Closed, s.Open, s.Suppressed, s.Snoozed, s.Lifted, s.Escalated, s.OverBudget))
	}
	return n.keepRecord(ctx, "unjudged", unjudged)
}

// warningNight gathers what the warnings of a night are judged by, but for the indicators that are demoted. The caller releases the book.
func (n *Night) warningNight(ctx context.Context) (night warnings.Night, err error) {
	var grades []string
	for _, g := range models.MasterScale {
		grades = append(grades, g.Name)
	}
	night = warnings.Night{AsOf: n.AsOf, PolicyHash: n.PolicyHash}
	night.Book, err = gather(ctx, n, "warning input", warnInput(), n.params(map[string]any{
		"grades": strings.Join(grades, ","), "loss_cap": n.Loss.Cap, "gross_margin": n.Loss.GrossMargin,
	}))
	if err != nil {
		return night, err
	}
	defer func() {
		if err != nil {
			night.Book.Release()
		}
	}()
	past, err := gather(ctx, n, "outcomes of cells", sqlOf("warn_outcomes"), n.params(map[string]any{"min_defaults": n.Policy.Peers.MinDefaults}))
	if err != nil {
		return night, err
	}
	defer past.Release()
	if night.Outcomes, err = warnings.ReadOutcomes(past); err != nil {
		return night, err
	}
	news, err := gather(ctx, n, "news events", sqlOf("warn_events"), n.params(nil))
	if err != nil {
		return night, err
	}
	defer news.Release()
	if night.Events, err = warnings.ReadEvents(news); err != nil {
		return night, err
	}
	if n.Previous.Run != 0 {
		if night.Last, err = episodesOf(ctx, n, n.params(nil)); err != nil {
			return night, err
		}
	}
	if night.Entries, err = n.saidOfWarnings(ctx); err != nil {
		return night, err
	}
	if night.Record, err = n.trackRecord(ctx); err != nil {
		return night, err
	}
	night.Calendar, err = n.calendar(ctx)
	return night, err
}

// episodesOf reads the episodes of the run that params call previous.
func episodesOf(ctx context.Context, q rows.Querier, params map[string]any) ([]warnings.Episode, error) {
	last, err := gather(ctx, q, "last episodes", sqlOf("warn_last"), params)
	if err != nil {
		return nil, err
	}
	defer last.Release()
	return warnings.ReadEpisodes(last)
}

// saidOfWarnings is what people said of warnings, as known by the cut.
func (n *Night) saidOfWarnings(ctx context.Context) (said []warnings.Entry, err error) {
	entries, err := entriesBy(ctx, n, n.Cut, EntryAcknowledge, EntrySnooze, EntryResolve)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		w := warnings.Entry{
			ID: e.ID, EpisodeID: e.Subject, CustomerID: e.CustomerID, Kind: warnings.EntryKind(e.Kind), Outcome: e.Value, By: e.By, Reason: e.Reason, On: n.DateOf(e.KnownAt),
		}
		if e.Until != nil {
			w.Until = *e.Until
		}
		said = append(said, w)
	}
	return said, nil
}

// trackRecord is how often the warnings of each rule came true, as the last published night had it; none before there is one.
func (n *Night) trackRecord(ctx context.Context) (record []warnings.Precision, err error) {
	if n.Previous.Run == 0 {
		return nil, nil
	}
	err = rows.Each(ctx, n, "track record", sqlOf("track_record"), n.params(nil), func(r *rows.Row) error {
		if p := r.Float("precision"); p != nil {
			record = append(record, warnings.Precision{Code: r.Text("code"), Matured: uint64(r.Whole("matured")), Precision: *p})
		}
		return nil
	})
	return record, err
}

type warningEventRow struct {
	Run        uint64    `ch:"run"`
	AsOf       asof.Date `ch:"as_of"`
	CustomerID string    `ch:"customer_id"`
	Code       string    `ch:"code"`
	EpisodeID  string    `ch:"episode_id"`
	Seq        uint32    `ch:"seq"`
	Event      string    `ch:"event"`
	Severity   uint32    `ch:"severity"`
	Old        string    `ch:"old_value"`
	New        string    `ch:"new_value"`
	By         string    `ch:"entered_by"`
	Reason     string    `ch:"reason"`
	EntryID    string    `ch:"entry_id"`
	EN         string    `ch:"text_en"`
	ZH         string    `ch:"text_zh"`
}

func warningEventRows(run uint64, list []warnings.Happening) (table []warningEventRow) {
	for _, h := range list {
		table = append(table, warningEventRow{
			Run: run, AsOf: h.AsOf, CustomerID: h.CustomerID, Code: h.Code, EpisodeID: h.EpisodeID, Seq: uint32(h.Seq), Event: h.Event, Severity: uint32(h.Severity),
			Old: h.Old, New: h.New, By: h.By, Reason: h.Reason, EntryID: h.EntryID, EN: h.TextEN, ZH: h.TextZH,
		})
	}
	return table
}
