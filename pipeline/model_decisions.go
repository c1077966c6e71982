package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
)

// A Decision is what a person decided about the champion: that a model is to score from some night on. It is kept outside the runs,
// once and for all; a night follows those known by its cut, so that running a night again gives what it gave.
type Decision struct {
	ID         string    `ch:"decision_id"`
	Kind       string    `ch:"kind"` // promote, rollback
	ModelID    string    `ch:"model_id"`
	Replaces   string    `ch:"replaces"`
	By         string    `ch:"decided_by"`
	ApprovedBy string    `ch:"approved_by"`
	Reason     string    `ch:"reason"`
	DecidedAt  time.Time `ch:"decided_at"`
	KnownAt    time.Time `ch:"known_at"`
	Previous   string    `ch:"previous"`
	Code       string    `ch:"code"`

	Night   asof.Date // first that knows it
	Already bool      // it had been decided before
}

// ErrDecision reports a decision that cannot be taken: the call is wrong, or the model must not score.
var ErrDecision = errors.New("not decided")

const (
	kindPromote  = "promote"
	kindRollback = "rollback"
)

// decided returns what people have decided by a cut, the newest last.
func decided(ctx context.Context, q rows.Querier, knownBy time.Time) (out []Decision, err error) {
	err = rows.Each(ctx, q, "model_decisions", sqlOf("model_decisions"), map[string]any{"known_by": knownBy}, func(r *rows.Row) error {
		out = append(out, Decision{ID: r.Text("decision_id"), Kind: r.Text("kind"), ModelID: r.Text("model_id"), Replaces: r.Text("replaces"),
			By: r.Text("decided_by"), ApprovedBy: r.Text("approved_by"), Reason: r.Text("reason"), DecidedAt: r.Instant("decided_at"), KnownAt: r.Instant("known_at"),
			Previous: r.Text("previous"), Code: r.Text("code")})
		return nil
	})
	return out, err
}

// withdrawn are the models that people took back and did not appoint again: the rule alone does not promote them.
func withdrawn(list []Decision) map[string]bool {
	out := map[string]bool{}
	for _, d := range list {
		if d.Kind == kindRollback {
			out[d.Replaces] = true
		}
		delete(out, d.ModelID)
	}
	return out
}

// Decide records a decision: of kind promote for a model, or rollback to the champion before the present one, which Decide then
// names. It is safe to call twice and from two processes: the same decision is kept once. d.Night may name the first night that is to know it; by default
// that is the next one to run.
func Decide(ctx context.Context, s Store, zone *time.Location, d Decision, now time.Time) (Decision, error) {
	if err := d.check(); err != nil {
		return d, err
	}
	earlier, err := decided(ctx, s, asof.Latest.Cut(zone))
	if err != nil {
		return d, err
	}
	next, err := nextNight(ctx, s)
	if err != nil {
		return d, err
	}
	var reigns []string
	followed := ""
	err = rows.Each(ctx, s, "models", sqlOf("reigns"), nil, func(r *rows.Row) error {
		reigns, followed = append(reigns, r.Text("model_id")), r.Text("decision_id")
		return nil
	})
	if err != nil {
		return d, err
	}
	if len(reigns) == 0 {
		return d, fmt.Errorf("no published night has a model: %w", ErrDecision)
	}
	var last Decision
	pending := false // the newest decision waits for its night
	if len(earlier) > 0 {
		last = earlier[len(earlier)-1]
		last.Night = asof.Of(last.KnownAt.In(zone))
		if pending = last.ID != followed; pending {
			reigns = append(reigns, last.ModelID)
		}
	}
	d.Replaces = reigns[len(reigns)-1]
	if d.Kind == kindRollback {
		if last.Kind == kindRollback && d.Replaces == last.ModelID && (pending || last.By == d.By && last.Reason == d.Reason) {
			last.Already = true
			return last, nil
		}
		if d.ModelID, err = championBefore(ctx, s, reigns, withdrawn(earlier)); err != nil {
			return d, err
		}
	} else if d.ModelID == d.Replaces {
		d.Already, d.Night = true, next
		if last.ModelID == d.ModelID {
			last.Already = true
			return last, nil
		}
		return d, nil
	} else if err := appointable(ctx, s, d.ModelID); err != nil {
		return d, err
	}
	if d.Night.IsZero() {
		d.Night = next
	}
	d.KnownAt = knownFor(d.Night, zone, now)
	d.DecidedAt, d.Previous = now, last.ID
	d.ID = hashOf([]byte(strings.Join([]string{d.Previous, d.Kind, d.ModelID, d.Replaces, d.By, d.ApprovedBy, d.Reason, d.Night.String()}, "\x00")))[:16]
	table := rows.Of([]Decision{d})
	defer table.Release()
	if err := s.Insert(ctx, "creditwatch.model_decisions", "decision/"+d.ID, table); err != nil {
		return d, fmt.Errorf("model_decisions: %w", err)
	}
	_, err = auditJournals(ctx, s, "decision/"+d.ID)
	return d, err
}

// check returns every mistake of a call.
func (d *Decision) check() error {
	var errs []error
	d.By, d.ApprovedBy, d.Reason = strings.Join(strings.Fields(d.By), " "), strings.Join(strings.Fields(d.ApprovedBy), " "), strings.TrimSpace(d.Reason)
	need := func(flag, value string) {
		if value == "" || strings.ContainsFunc(value, unicode.IsControl) || len(value) > 2000 {
			errs = append(errs, fmt.Errorf("--%s: want a text of one line: %w", flag, ErrDecision))
		}
	}
	need("by", d.By)
	if need("reason", d.Reason); d.Kind == kindPromote {
		need("approved-by", d.ApprovedBy)
		if strings.EqualFold(d.By, d.ApprovedBy) && d.By != "" {
			errs = append(errs, fmt.Errorf("--approved-by %s: want another person than --by: %w", d.ApprovedBy, ErrDecision))
		}
	}
	return errors.Join(errs...)
}

// nextNight is the first date whose night has not yet taken its model: the one after the newest published night, or a later one
// where an attempt at that is at work or has come past its training.
func nextNight(ctx context.Context, s Store) (next asof.Date, err error) {
	newest := func() (asof.Date, error) {
		var d asof.Date
		err := rows.Each(ctx, s, "publications", "SELECT max(as_of) AS newest FROM creditwatch.live_runs", nil, func(r *rows.Row) error { d = r.Date("newest"); return nil })
		return d, err
	}
	for {
		before, err := newest()
		if err != nil {
			return 0, err
		}
		next = before.Add(1)
		held, err := isHeld(ctx, s, next)
		if err != nil {
			return 0, err
		}
		err = rows.Each(ctx, s, "stage_runs", sqlOf("nights_trained"), nil, func(r *rows.Row) error { held = held || r.Date("as_of") == next; return nil })
		if err != nil {
			return 0, err
		}
		after, err := newest()
		switch {
		case err != nil:
			return 0, err
		case after != before: // it was published while we looked
		case held:
			return next.Add(1), nil
		default:
			return next, nil
		}
	}
}

// championBefore returns the last reign before the present one of a model that is good and was not taken back.
func championBefore(ctx context.Context, s Store, reigns []string, back map[string]bool) (string, error) {
	present := reigns[len(reigns)-1]
	for i := len(reigns) - 2; i >= 0; i-- {
		id := reigns[i]
		if id == present || back[id] {
			continue
		}
		found, _, err := findModel(ctx, s, id, asof.Latest)
		if err != nil {
			return "", err
		}
		if found != nil {
			return id, nil
		}
	}
	return "", fmt.Errorf("%s has no champion before it that could score: %w", present, ErrDecision)
}

// appointable returns why a model must not be promoted, by whomever.
func appointable(ctx context.Context, s Store, id string) error {
	found, no, err := findModel(ctx, s, id, asof.Latest)
	switch {
	case err != nil:
		return err
	case no != nil:
		return fmt.Errorf("%s: %w", no.EN, ErrDecision)
	case strings.HasPrefix(found.Canaries, canariesFailed):
		return fmt.Errorf("model %s: its training knew what it must not know: %s: %w", id, strings.TrimPrefix(found.Canaries, canariesFailed), ErrDecision)
	}
	return nil
}

// follow lets the newest decision known by the night's cut decide who is champion, if the nights before did not yet.
func (n *Night) follow(ctx context.Context, reg *registry, known []Decision, record func(promotionRow)) (bool, error) {
	if len(known) == 0 || known[len(known)-1].ID == reg.decision {
		return false, nil
	}
	d := known[len(known)-1]
	reg.decision = d.ID
	row := promotionRow{Champion: reg.championID(), Challenger: d.ModelID, DecidedBy: d.By, ApprovedBy: d.ApprovedBy}
	found, no, err := findModel(ctx, n, d.ModelID, n.AsOf)
	if err != nil {
		return false, err
	}
	if no != nil {
		row.Decision, row.Finding = "refused", no.Code
		row.EN, row.ZH = fmt.Sprintf("the decision of %s is not followed: %s", d.By, no.EN), fmt.Sprintf("未执行 %s 的决定：%s", d.By, no.ZH)
		record(row)
		return false, nil
	}
	if reg.championID() != d.ModelID {
		found.Role, found.ChampionSince, found.ShadowSince, found.ShadowNights = roleChampion, dateOr(n.AsOf), nil, 0
		reg.champion = found
		if reg.shadow != nil && reg.shadow.ModelID == d.ModelID {
			reg.shadow = nil
		}
		if err := n.carryMetrics(ctx, reg); err != nil {
			return false, err
		}
	}
	row.Decision, row.Live = "appointed", d.ModelID
	row.EN = fmt.Sprintf("%s promoted %s in place of %s, approved by %s: %s", d.By, d.ModelID, orNone(row.Champion), d.ApprovedBy, d.Reason)
	row.ZH = fmt.Sprintf("%s 决定以 %s 取代 %s，%s 批准：%s", d.By, d.ModelID, orNone(row.Champion), d.ApprovedBy, d.Reason)
	if d.Kind == kindRollback {
		row.Decision = "rolled_back"
		row.EN = fmt.Sprintf("%s rolled back from %s to %s: %s", d.By, orNone(row.Champion), d.ModelID, d.Reason)
		row.ZH = fmt.Sprintf("%s 决定由 %s 退回 %s：%s", d.By, orNone(row.Champion), d.ModelID, d.Reason)
	}
	record(row)
	return true, nil
}

func orNone(id string) string {
	if id == "" {
		return "–"
	}
	return id
}
