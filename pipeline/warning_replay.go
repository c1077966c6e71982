package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warnings"
)

// ErrNotPublished reports a date without a published night.
var ErrNotPublished = errors.New("not published")

// A Replay is a published night's warnings found again from their inputs, held against those that were kept.
type Replay struct {
	AsOf        asof.Date `json:"as_of"`
	Run         uint64    `json:"run"`
	Code        string    `json:"code"`        // version of the program that published the night
	PolicyHash  string    `json:"policy_hash"` // of the policy that judged it
	CodeNow     string    `json:"code_now"`
	PolicyNow   string    `json:"policy_now"`
	Episodes    int       `json:"episodes"` // kept
	Found       int       `json:"found"`    // by the replay
	Differences []string  `json:"differences"`
}

// Identical reports whether the replay found what was kept.
func (r *Replay) Identical() bool { return len(r.Differences) == 0 }

// ReplayWarnings finds the warnings of a published night again. It writes nothing.
func ReplayWarnings(ctx context.Context, s Store, set Settings, day asof.Date) (Replay, error) {
	n, code, policy, err := pastNight(ctx, s, set, day)
	if err != nil {
		return Replay{}, err
	}
	if err := n.readsBack(ctx, true); err != nil {
		return Replay{}, err
	}
	if why, err := n.unjudgeable(ctx); err != nil || why != "" {
		return Replay{}, cmp.Or(err, fmt.Errorf("%s: %s", day, why))
	}
	out := Replay{AsOf: day, Run: n.Run, Code: code, PolicyHash: policy, CodeNow: set.Code, PolicyNow: set.PolicyHash}
	night, err := n.warningNight(ctx)
	if err != nil {
		return out, err
	}
	defer night.Book.Release()
	_, rules, err := n.worth(ctx)
	if err != nil {
		return out, err
	}
	night.Demoted = demotedOf(rules)
	found, err := warnings.Judge(night, set.Policy)
	if err != nil {
		return out, err
	}
	kept, err := episodesOf(ctx, s, map[string]any{"previous": n.Run})
	if err != nil {
		return out, err
	}
	out.Episodes, out.Found, out.Differences = len(kept), len(found.Episodes), differences(kept, found.Episodes)
	return out, nil
}

// unjudgeable returns why the warnings of a published night cannot be judged again, empty if they can: the night was published before the
// book kept invoices.
func (n *Night) unjudgeable(ctx context.Context) (why string, err error) {
	err = rows.Each(ctx, n, "invoices", `
SELECT (SELECT count() FROM creditwatch.invoices_rows WHERE run = {run:UInt64}) = 0 AND (SELECT count() FROM creditwatch.documents_rows WHERE run = {run:UInt64} AND kind = 'invoice') > 0 AS lacks`,
		map[string]any{"run": n.Run}, func(r *rows.Row) error {
			if r.Is("lacks") {
				why = fmt.Sprintf("run %d kept no invoices, by which warnings are judged now; creditwatch run --date %s publishes the date anew", n.Run, n.AsOf)
			}
			return nil
		})
	return why, err
}

// pastNight is the night of a published run as it stood when it was published, by the settings of now; with the program and the policy
// that published it.
func pastNight(ctx context.Context, s Store, set Settings, day asof.Date) (n *Night, code, policy string, err error) {
	n = &Night{Settings: set, Store: s, AsOf: day, Cut: set.CutOf(day)}
	err = rows.Each(ctx, s, "publications", "SELECT run FROM creditwatch.live_runs WHERE as_of = {as_of:Date}", map[string]any{"as_of": day},
		func(r *rows.Row) error { n.Run = uint64(r.Whole("run")); return nil })
	if err == nil && n.Run == 0 {
		err = fmt.Errorf("%s: %w", day, ErrNotPublished)
	}
	if err != nil {
		return nil, "", "", err
	}
	n.Runs = []uint64{n.Run}
	err = rows.Each(ctx, s, "publications", sqlOf("publications_before"), map[string]any{"run": n.Run}, func(r *rows.Row) error {
		p := Published{AsOf: r.Date("as_of"), Run: uint64(r.Whole("run"))}
		if p.AsOf == day {
			code, policy = r.Text("code"), r.Text("policy_hash")
			return nil
		}
		n.Runs = append(n.Runs, p.Run)
		if p.AsOf < day {
			n.Previous = p
		}
		return nil
	})
	return n, code, policy, err
}

// differences lists what two sets of episodes, each in order of customer and code, do not agree on.
func differences(kept, found []warnings.Episode) (out []string) {
	name := func(e *warnings.Episode) string { return e.CustomerID + " " + e.Code }
	byName := map[string]*warnings.Episode{}
	for i := range found {
		byName[name(&found[i])] = &found[i]
	}
	for i := range kept {
		k := &kept[i]
		f := byName[name(k)]
		delete(byName, name(k))
		if f == nil {
			out = append(out, fmt.Sprintf("%s: kept as %s %s, not found again", name(k), k.Severity, k.State))
			continue
		}
		a, b := reflect.ValueOf(*k), reflect.ValueOf(*f)
		for c := range a.NumField() {
			if x, y := fmt.Sprint(a.Field(c).Interface()), fmt.Sprint(b.Field(c).Interface()); x != y { // NaN is NaN
				out = append(out, fmt.Sprintf("%s: %s: kept %q, found %q", name(k), a.Type().Field(c).Name, x, y))
			}
		}
	}
	for id, f := range byName {
		out = append(out, fmt.Sprintf("%s: found as %s %s, not kept", id, f.Severity, f.State))
	}
	slices.Sort(out)
	return out
}
