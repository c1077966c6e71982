package pipeline

import (
	"context"
	"time"

	"creditwatch/features/news"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
)

// newsBatch bounds how many events are held before they are kept.
const newsBatch = 20_000

// newsEvents finds in the articles what happened to which customer. Every article known by the cut is read again each
// night: a better rule, a new alias or a new customer then speaks for the past too, and a snapshot of an earlier date
// still sees only articles fetched by its own cut.
func newsEvents(ctx context.Context, n *Night) error {
	var customers []news.Customer
	err := rows.Each(ctx, n, "customers", sqlOf("customers"), n.params(nil), func(r *rows.Row) error {
		customers = append(customers, news.Customer{
			ID: r.Text("customer_id"), Name: r.Text("name"), Aliases: r.Texts("aliases"), Region: r.Text("region"),
		})
		return nil
	})
	if err != nil {
		return err
	}
	matcher, _ := news.NewMatcher(customers)
	var events []news.Event
	class := map[string]string{}
	err = rows.Each(ctx, n, "articles", sqlOf("articles"), n.params(nil), func(r *rows.Row) error {
		a := news.Article{
			ID: r.Text("article_id"), Publisher: r.Text("publisher"), SourceClass: r.Text("source_class"), URL: r.Text("url"),
			Language: r.Text("language"), Title: r.Text("title"), Body: r.Text("body"), KnownAt: r.Instant("known_at"),
		}
		if at := r.Instant("published_at"); !at.IsZero() {
			a.PublishedAt = &at
		}
		class[a.ID] = a.SourceClass
		events = append(events, matcher.Events(a)...)
		return nil
	})
	if err != nil {
		return err
	}
	news.Cluster(events)
	for len(events) > 0 {
		batch := events[:min(newsBatch, len(events))]
		events = events[len(batch):]
		table := make([]eventRow, len(batch))
		for i, e := range batch {
			table[i] = eventRow{
				Run: n.Run, AsOf: n.AsOf, EventID: e.ArticleID + "/" + e.CustomerID + "/" + e.Code, CustomerID: e.CustomerID, Code: e.Code,
				Polarity: e.Polarity, Stage: e.Stage, Role: e.Role, Severity: uint8(e.Severity), BaseSeverity: uint8(e.BaseSeverity), Reverses: e.Reverses, StoryID: e.StoryID, ArticleID: e.ArticleID,
				SourceClass: class[e.ArticleID], SourceWeight: e.SourceWeight, Matched: e.Matched, MatchScore: e.MatchScore, Sentence: e.Sentence,
				Rule: e.Rule, Amount: e.Amount, OccurredOn: e.OccurredOn, HalfLifeDays: e.HalfLifeDays, KnownAt: e.KnownAt,
			}
		}
		if err := n.keep(ctx, "news_events", rows.Of(table)); err != nil {
			return err
		}
	}
	return nil
}

type eventRow struct {
	Run          uint64    `ch:"run"`
	AsOf         asof.Date `ch:"as_of"`
	EventID      string    `ch:"event_id"`
	CustomerID   string    `ch:"customer_id"`
	Code         string    `ch:"code"`
	Polarity     string    `ch:"polarity"`
	Stage        string    `ch:"stage"`
	Role         string    `ch:"role"`
	Severity     uint8     `ch:"severity"`
	BaseSeverity uint8     `ch:"base_severity"`
	Reverses     string    `ch:"reverses"`
	StoryID      string    `ch:"story_id"`
	ArticleID    string    `ch:"article_id"`
	SourceClass  string    `ch:"source_class"`
	SourceWeight float64   `ch:"source_weight"`
	Matched      string    `ch:"matched"`
	MatchScore   float64   `ch:"match_score"`
	Sentence     string    `ch:"sentence"`
	Rule         string    `ch:"rule"`
	Amount       string    `ch:"amount"`
	OccurredOn   asof.Date `ch:"occurred_on"`
	HalfLifeDays float64   `ch:"half_life_days"`
	KnownAt      time.Time `ch:"known_at"`
}
