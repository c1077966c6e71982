package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warnings"
	"creditwatch/pipeline/warnings/record"
)

// A Trial is what one policy would have done over published nights.
type Trial struct {
	Policy           string         `json:"policy"`          // version that the file gives itself
	PolicyHash       string         `json:"policy_hash"`     //
	Warnings         map[string]int `json:"warnings"`        // that opened without a suppressor, by tier and worst severity: "T1 S3"
	NewPer1000       *float64       `json:"new_per_1000"`    // S3 and S4 a night and 1 000 customers, after the first night
	StockShare       *float64       `json:"stock_share"`     // of customers with S3 or S4 open, average night
	Alarms           int            `json:"alarms"`          // times that a customer came to S3 or S4
	Aged             int            `json:"aged_alarms"`     // of them 12 months old
	TrueAged         int            `json:"true_aged"`       //
	Precision        *float64       `json:"precision"`       // true_aged / aged_alarms
	PrecisionLo      *float64       `json:"precision_lo"`    //
	PrecisionHi      *float64       `json:"precision_hi"`    //
	Defaults         int            `json:"defaults"`        //
	Missed           int            `json:"missed_defaults"` // without S3 or S4 on any night of the 12 months before
	MissedInTime     int            `json:"missed_in_time"`  // not 30 days before
	LeadMedian       *float64       `json:"lead_median"`     // days
	OrdersBlocked    book.Money     `json:"-"`               // open when a customer came to be on HOLD
	LossAvoided      book.Money     `json:"-"`               // expected loss of the customers as they came to S3 or S4, x the chance that the action works
	MarginHeld       book.Money     `json:"-"`               // margin on the orders blocked
	Saved            book.Money     `json:"-"`               // exposure that had gone by the default, x loss given default
	OrdersBlockedSum string         `json:"orders_blocked"`
	LossAvoidedSum   string         `json:"loss_avoided"`
	MarginHeldSum    string         `json:"margin_held"`
	SavedSum         string         `json:"saved"`
	Only             []string       `json:"only_here"` // customers that the other policy never has at S3 or S4
}

// A WhatIf is one policy beside another.
type WhatIf struct {
	From       asof.Date `json:"from"`
	To         asof.Date `json:"to"`
	Known      asof.Date `json:"known"` // outcomes as known by that night
	Nights     int       `json:"nights"`
	Unreadable []string  `json:"unreadable"` // nights that could not be judged, with the reason
	Present    Trial     `json:"present"`
	Proposed   Trial     `json:"proposed"`
}

// trial carries one policy through the nights.
type trial struct {
	*Trial
	set   Settings
	last  []warnings.Episode
	seen  map[string]*record.PastEpisode // by episode
	worst map[string]warnings.Severity

	fresh    int
	exposed  float64 // customers over the nights after the first
	stock    float64
	held     map[string]bool // customers on HOLD on the night before
	acting   map[string]bool // customers at S3 or more on the night before
	everActs map[string]bool
}

// Try judges the published nights of a range again, once by the policy of each of the two settings, from a start without warnings, and
// carries the episodes of each from night to night. It writes nothing.
func Try(ctx context.Context, s Store, present, proposed Settings, from, to asof.Date, say func(string)) (w WhatIf, err error) {
	days, known, err := publishedDays(ctx, s, from, to)
	if err != nil {
		return w, err
	}
	w.Known = known
	w.From, w.To = days[0], days[len(days)-1]
	trials := []*trial{newTrial(&w.Present, present), newTrial(&w.Proposed, proposed)}
	var nights []record.PastNight
	for _, day := range days {
		n, code, _, err := pastNight(ctx, s, present, day)
		if err != nil {
			return w, err
		}
		customers, reason, err := w.night(ctx, n, trials, len(nights) == 0)
		if err != nil {
			return w, err
		}
		if reason != "" {
			w.Unreadable = append(w.Unreadable, fmt.Sprintf("%s (published by %s): %s", day, code, reason))
			continue
		}
		nights = append(nights, record.PastNight{AsOf: day, Customers: customers})
		if say != nil {
			say(fmt.Sprintf("%s judged by both policies", day))
		}
	}
	w.Nights = len(nights)
	if len(nights) == 0 {
		return w, nil
	}
	look, _, _, err := pastNight(ctx, s, present, w.Known)
	if err != nil {
		return w, err
	}
	for _, t := range trials {
		if err := t.finish(ctx, look, nights); err != nil {
			return w, err
		}
	}
	w.Present.Only, w.Proposed.Only = without(trials[0].everActs, trials[1].everActs), without(trials[1].everActs, trials[0].everActs)
	return w, nil
}

// publishedDays are the published nights of a range, at least one, and the last published night of all.
func publishedDays(ctx context.Context, s Store, from, to asof.Date) (days []asof.Date, last asof.Date, err error) {
	err = rows.Each(ctx, s, "publications", "SELECT as_of FROM creditwatch.live_runs ORDER BY as_of", nil, func(r *rows.Row) error {
		last = r.Date("as_of")
		if last >= from && last <= to {
			days = append(days, last)
		}
		return nil
	})
	if err == nil && len(days) == 0 {
		err = fmt.Errorf("no night from %s to %s: %w", from, to, ErrNotPublished)
	}
	return days, last, err
}

// Rejudge judges the published nights of a range again by the policy of the settings, from a start without warnings, and hands on every
// night's episodes, those suppressed and closed too. It writes nothing.
func Rejudge(ctx context.Context, s Store, set Settings, from, to asof.Date, each func(asof.Date, []warnings.Episode) error) error {
	days, _, err := publishedDays(ctx, s, from, to)
	if err != nil {
		return err
	}
	var last []warnings.Episode
	for _, day := range days {
		n, _, _, err := pastNight(ctx, s, set, day)
		if err != nil {
			return err
		}
		if last, err = n.rejudge(ctx, last); err != nil {
			return fmt.Errorf("%s: %w", day, err)
		}
		if err := each(day, last); err != nil {
			return err
		}
	}
	return nil
}

func (n *Night) rejudge(ctx context.Context, last []warnings.Episode) ([]warnings.Episode, error) {
	if why, err := n.unjudgeable(ctx); err != nil || why != "" {
		return nil, cmp.Or(err, fmt.Errorf("%s: %s", n.AsOf, why))
	}
	night, err := n.warningNight(ctx)
	if err != nil {
		return nil, err
	}
	defer night.Book.Release()
	rules, err := lastStandings(ctx, n, map[string]any{"previous": n.Run})
	if err != nil {
		return nil, err
	}
	found, err := judgeBy(night, n.Settings, last, rules)
	return found.Episodes, err
}

// judgeBy judges a night by the policy of the settings, after the episodes that the same policy found the night before. A rule stands
// demoted where the night kept it so in the version that the policy gives it.
func judgeBy(night warnings.Night, set Settings, last []warnings.Episode, rules []record.Standing) (warnings.Result, error) {
	night.Last, night.PolicyHash, night.Demoted = last, set.PolicyHash, map[string]asof.Date{}
	for _, s := range rules {
		at := slices.IndexFunc(warnings.Rules, func(r warnings.Rule) bool { return r.Code == s.Code })
		if at >= 0 && !s.Demoted.IsZero() && s.Version == warnings.Rules[at].Version(&set.Policy) {
			night.Demoted[s.Code] = s.Demoted
		}
	}
	return warnings.Judge(night, set.Policy)
}

func newTrial(t *Trial, set Settings) *trial {
	t.Policy, t.PolicyHash, t.Warnings = set.Policy.Version, set.PolicyHash, map[string]int{}
	return &trial{Trial: t, set: set, seen: map[string]*record.PastEpisode{}, worst: map[string]warnings.Severity{}, held: map[string]bool{}, acting: map[string]bool{}, everActs: map[string]bool{}}
}

func without(a, b map[string]bool) []string {
	out := []string{}
	for _, id := range slices.Sorted(maps.Keys(a)) {
		if !b[id] {
			out = append(out, id)
		}
	}
	return out
}

// night judges a night by both policies. A reason says why nobody can: its inputs are not what this program reads.
func (w *WhatIf) night(ctx context.Context, n *Night, trials []*trial, first bool) (customers int, reason string, err error) {
	if why, err := n.unjudgeable(ctx); err != nil || why != "" {
		return 0, why, err
	}
	night, err := n.warningNight(ctx)
	if err != nil {
		return 0, "", err
	}
	defer night.Book.Release()
	if night.Book.NumRows() == 0 {
		return 0, "it kept no features with scores", nil
	}
	type stake struct{ loss, orders book.Money }
	stakes := map[string]stake{}
	err = rows.Each(ctx, n, "stakes", sqlOf("whatif_stakes"), n.params(nil), func(r *rows.Row) error {
		stakes[r.Text("customer_id")] = stake{r.Money("expected_loss"), r.Money("orders")}
		return nil
	})
	if err != nil {
		return 0, "", err
	}
	rules, err := lastStandings(ctx, n, map[string]any{"previous": n.Run})
	if err != nil {
		return 0, "", err
	}
	// Both are judged before either is counted, so that a night counts for both or for neither.
	var found [2]warnings.Result
	for i, t := range trials {
		if found[i], err = judgeBy(night, t.set, t.last, rules); err != nil {
			return 0, err.Error(), nil
		}
	}
	customers = int(night.Book.NumRows())
	for i, t := range trials {
		t.last = found[i].Episodes
		held, acting, works := map[string]bool{}, map[string]bool{}, map[string]float64{}
		for k := range t.last {
			e := &t.last[k]
			if e.State != warnings.Open || e.SuppressedBy != "" {
				continue
			}
			p := t.seen[e.EpisodeID]
			if p == nil {
				p = &record.PastEpisode{CustomerID: e.CustomerID, Code: e.Code, Tier: e.Tier, Open: record.Span{From: n.AsOf}}
				t.seen[e.EpisodeID] = p
			}
			p.Open.To = n.AsOf
			t.worst[e.EpisodeID] = max(t.worst[e.EpisodeID], e.Severity)
			if e.Severity < warnings.Act {
				continue
			}
			if p.Acting.From.IsZero() {
				p.Acting.From = n.AsOf
				if !first {
					t.fresh++
				}
			}
			p.Acting.To = n.AsOf
			acting[e.CustomerID], t.everActs[e.CustomerID] = true, true
			for _, a := range strings.Fields(e.Action) {
				works[e.CustomerID] = max(works[e.CustomerID], t.set.Policy.Budget.Works.Of(a))
				held[e.CustomerID] = held[e.CustomerID] || a == "HOLD"
			}
		}
		for _, id := range slices.Sorted(maps.Keys(acting)) {
			s := stakes[id]
			if !t.acting[id] {
				avoided, err := s.loss.Times(works[id])
				if err == nil {
					t.LossAvoided, err = t.LossAvoided.Add(avoided)
				}
				if err != nil {
					return 0, "", fmt.Errorf("loss avoided: %w", err)
				}
			}
			if held[id] && !t.held[id] {
				if t.OrdersBlocked, err = t.OrdersBlocked.Add(s.orders); err != nil {
					return 0, "", fmt.Errorf("orders blocked: %w", err)
				}
			}
		}
		t.held, t.acting = held, acting
		t.stock += float64(len(acting)) / float64(customers)
		if !first {
			t.exposed += float64(customers)
		}
	}
	return customers, "", nil
}

// finish holds what a policy warned of against what followed.
func (t *trial) finish(ctx context.Context, look *Night, nights []record.PastNight) error {
	h := record.History{AsOf: look.AsOf, Nights: slices.Clone(nights), Versions: map[string]string{}, Margin: look.Loss.GrossMargin}
	warned := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(t.seen)) {
		e := t.seen[id]
		h.Episodes = append(h.Episodes, *e)
		warned[e.CustomerID] = true
		t.Warnings[fmt.Sprintf("T%d %s", e.Tier, t.worst[id])]++
	}
	params := look.recordParams()
	params["night"] = look.AsOf.Add(1) // the night that looks back has been judged too
	if err := look.fates(ctx, &h, warned, params); err != nil {
		return err
	}
	records, err := record.Of(h)
	if err != nil {
		return err
	}
	for _, r := range records {
		if r.Scope != record.OfAll {
			continue
		}
		t.Alarms, t.Aged, t.TrueAged = r.Alarms, r.Aged, r.TrueAged
		t.Precision, t.PrecisionLo, t.PrecisionHi, t.LeadMedian = unlessNaN(r.Precision), unlessNaN(r.PrecisionLo), unlessNaN(r.PrecisionHi), unlessNaN(r.LeadMedian)
		t.Defaults, t.Missed, t.MissedInTime, t.Saved = r.Defaults, r.Defaults-r.Recalled, r.Defaults-r.Recalled30, r.Saved
	}
	if t.exposed > 0 {
		t.NewPer1000 = unlessNaN(1000 * float64(t.fresh) / t.exposed)
	}
	t.StockShare = unlessNaN(t.stock / float64(len(nights)))
	if t.MarginHeld, err = t.OrdersBlocked.Times(look.Loss.GrossMargin); err != nil {
		return fmt.Errorf("margin held: %w", err)
	}
	t.OrdersBlockedSum, t.LossAvoidedSum, t.MarginHeldSum, t.SavedSum = t.OrdersBlocked.String(), t.LossAvoided.String(), t.MarginHeld.String(), t.Saved.String()
	return nil
}
