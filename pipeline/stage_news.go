package pipeline

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"creditwatch/features/news"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
)

// newsBatch bounds how many events are held before they are kept.
const newsBatch = 20_000

// mostLabels bounds the labelled headlines that a night learns from, the newest; mostReviews the names that it asks about.
const mostLabels, mostReviews = 20_000, 5_000

// newsEvents finds in the articles what happened to which customer. Every article known by the cut is read again each
// night: a better rule, a new alias or a new customer then speaks for the past too, and a snapshot of an earlier date
// still sees only articles fetched by its own cut. What people said of events by the cut counts in every article and reprint.
func newsEvents(ctx context.Context, n *Night) error {
	var customers []news.Customer
	err := rows.Each(ctx, n, "customers", sqlOf("customers"), n.params(nil), func(r *rows.Row) error {
		customers = append(customers, news.Customer{
			ID: r.Text("customer_id"), Name: r.Text("name"), Aliases: r.Texts("aliases"), Region: r.Text("region"), Parent: r.Text("parent_id"),
			Tickers: r.Texts("tickers"), People: r.Texts("people"),
		})
		return nil
	})
	if err != nil {
		return err
	}
	matcher, refused := news.NewMatcher(customers)
	verdicts, err := n.verdicts(ctx)
	if err != nil {
		return err
	}
	tone, err := n.headlines(ctx, matcher, verdicts)
	if err != nil {
		return err
	}
	var events []news.Event
	var reviews []news.Review
	class := map[string]string{}
	err = rows.Each(ctx, n, "articles", sqlOf("articles"), n.params(nil), func(r *rows.Row) error {
		a := news.Article{
			ID: r.Text("article_id"), Publisher: r.Text("publisher"), SourceClass: r.Text("source_class"), URL: r.Text("url"),
			Language: r.Text("language"), Title: r.Text("title"), Body: r.Text("body"), KnownAt: r.Instant("known_at"),
		}
		if at := r.Instant("published_at"); !at.IsZero() {
			a.PublishedAt = &at
		}
		a.Settled = verdicts.Settled(a.ID, a.Title)
		found, unsure := matcher.Read(a)
		found = verdicts.Apply(a.ID, a.Title, append(found, matcher.BadPress(a, found, tone)...))
		if len(found) > 0 {
			class[a.ID] = a.SourceClass
		}
		events = append(events, found...)
		if room := mostReviews - len(reviews); room > 0 {
			reviews = append(reviews, unsure[:min(len(unsure), room)]...)
		}
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
		for i := range batch {
			e := &batch[i]
			bad := matcher.ToneOf(e, tone)
			table[i] = eventRow{
				Run: n.Run, AsOf: n.AsOf, EventID: news.EventID(e.ArticleID, e.CustomerID, e.Code), CustomerID: e.CustomerID, Code: e.Code,
				Polarity: e.Polarity, Stage: e.Stage, Role: e.Role, Severity: uint8(e.Severity), BaseSeverity: uint8(e.BaseSeverity), Reverses: e.Reverses, StoryID: e.StoryID, ArticleID: e.ArticleID,
				SourceClass: class[e.ArticleID], SourceWeight: e.SourceWeight, Matched: e.Matched, MatchScore: e.MatchScore, Sentence: e.Sentence,
				Rule: e.Rule, Amount: e.Amount, OccurredOn: e.OccurredOn, HalfLifeDays: e.HalfLifeDays, Tone: &bad, KnownAt: e.KnownAt,
			}
		}
		if err := n.keep(ctx, "news_events", rows.Of(table)); err != nil {
			return err
		}
	}
	return n.keepReviews(ctx, reviews, refused, verdicts)
}

// verdicts returns what people have said of news events by the cut.
func (n *Night) verdicts(ctx context.Context) (*news.Verdicts, error) {
	var v news.Verdicts
	entries, err := entriesBy(ctx, n, n.Cut, EntryVerdict)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		v.Say(e.Subject, e.CustomerID, e.Value) // one on no event says nothing
	}
	return &v, nil
}

// headlines learns the tone of headlines from those that a source or people have labelled; nil where they are too few. The classifier of the
// night before is taken over when it learnt from the very same ones, and is of this version.
func (n *Night) headlines(ctx context.Context, m *news.Matcher, verdicts *news.Verdicts) (*news.Classifier, error) {
	var labels []news.Headline
	judged := verdicts.Articles()
	err := rows.Each(ctx, n, "news_labels", sqlOf("news_labels"), n.params(map[string]any{"judged": judged, "most": uint64(mostLabels)}), func(r *rows.Row) error {
		article, title := r.Text("article_id"), r.Text("title")
		verdicts.Titled(article, title)
		bad, ok := verdicts.Label(article) // what people said goes before the source's label
		if !ok {
			l := r.Float("is_bad_news")
			if l == nil {
				return nil
			}
			bad = *l != 0
		}
		labels = append(labels, news.Headline{Title: title, Bad: bad})
		return nil
	})
	if err != nil {
		return nil, err
	}
	id := news.LabelsID(labels)
	row := newsModelRow{Run: n.Run, AsOf: n.AsOf, LabelsID: id, Code: n.Code}
	var c *news.Classifier
	err = rows.Each(ctx, n, "news_model_before", sqlOf("news_model_before"), n.params(nil), func(r *rows.Row) error {
		kept, err := base64.StdEncoding.DecodeString(r.Text("kept"))
		if err != nil || r.Text("labels_id") != id {
			return nil
		}
		var before news.Classifier
		if err := before.UnmarshalBinary(kept); err != nil {
			if errors.Is(err, news.ErrClassifier) {
				return nil // of another version: learn anew
			}
			return err
		}
		c, row.AUC, row.AUCRules = &before, r.Float("auc"), r.Float("auc_rules")
		return nil
	})
	if err != nil {
		return nil, err
	}
	if c == nil {
		var judge *news.Evaluation
		c, judge, err = m.Learn(labels)
		if errors.Is(err, news.ErrFewLabels) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("headlines: %w", err)
		}
		row.AUC, row.AUCRules = judge.AUC, judge.RuleAUC
	}
	kept, err := c.MarshalBinary()
	if err != nil {
		return nil, err
	}
	row.ModelID, row.Kept, row.Headlines, row.Bad = hashOf(kept), base64.StdEncoding.EncodeToString(kept), uint64(c.Rows), uint64(c.Bad)
	return c, n.keep(ctx, "news_models", rows.Of([]newsModelRow{row}))
}

// keepReviews keeps the names that people should settle: those in articles, and those that are looked for nowhere.
func (n *Night) keepReviews(ctx context.Context, reviews []news.Review, refused []news.Ambiguity, verdicts *news.Verdicts) error {
	var table []newsReviewRow
	for _, v := range reviews {
		row := newsReviewRow{
			Run: n.Run, AsOf: n.AsOf, ReviewID: v.ArticleID + "/" + v.Name, Name: v.Name, Reason: v.Reason, Candidates: v.Candidates, Code: v.Code,
			ArticleID: v.ArticleID, Sentence: v.Sentence, IsSettled: verdicts.IsSettled(v), KnownAt: v.KnownAt,
		}
		for _, c := range v.Candidates {
			row.EventIDs = append(row.EventIDs, news.EventID(v.ArticleID, c, v.Code))
		}
		table = append(table, row)
	}
	for _, a := range refused {
		if a.KeptFor == "" && len(table) < 2*mostReviews {
			table = append(table, newsReviewRow{Run: n.Run, AsOf: n.AsOf, ReviewID: a.Reason + "/" + strings.ToValidUTF8(a.Name, ""), Name: a.Name, Reason: a.Reason, Candidates: a.Customers, KnownAt: n.Cut.Add(-time.Millisecond)})
		}
	}
	if len(table) == 0 {
		return nil
	}
	return n.keep(ctx, "news_reviews", rows.Of(table))
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
	Tone         *float64  `ch:"tone"`
	KnownAt      time.Time `ch:"known_at"`
}

type newsReviewRow struct {
	Run        uint64    `ch:"run"`
	AsOf       asof.Date `ch:"as_of"`
	ReviewID   string    `ch:"review_id"`
	Name       string    `ch:"name"`
	Reason     string    `ch:"reason"`
	Candidates []string  `ch:"candidates"`
	EventIDs   []string  `ch:"event_ids"`
	Code       string    `ch:"code"`
	ArticleID  string    `ch:"article_id"`
	Sentence   string    `ch:"sentence"`
	IsSettled  bool      `ch:"is_settled"`
	KnownAt    time.Time `ch:"known_at"`
}

type newsModelRow struct {
	Run       uint64    `ch:"run"`
	AsOf      asof.Date `ch:"as_of"`
	ModelID   string    `ch:"model_id"`
	LabelsID  string    `ch:"labels_id"`
	Headlines uint64    `ch:"headlines"`
	Bad       uint64    `ch:"bad"`
	AUC       *float64  `ch:"auc"`
	AUCRules  *float64  `ch:"auc_rules"`
	Code      string    `ch:"code"`
	Kept      string    `ch:"kept"`
}
