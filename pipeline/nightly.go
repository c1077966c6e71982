// Package pipeline is the night: the stages in order, and how a night is run, kept and published.
//
// READ FIRST: [Stages] in this file is the night from top to bottom; every stage is a file of its own. run.go runs them: it
// claims the date, skips stages that are kept already, publishes last. Rows are written under a run number that no
// reader sees until one row in `publications` points at it, so a night that dies leaves the last good one in place
// and the next start finishes or sweeps it.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"creditwatch/features/book"
	"creditwatch/models/validation"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/decisions"
	"creditwatch/pipeline/fault"
	"creditwatch/pipeline/sources"
	"creditwatch/pipeline/warnings"
)

// Stages is the night in order. A stage reads tables that earlier stages keep and writes only its own: what it wrote
// in a failed attempt is dropped before the next one.
var Stages = []Stage{
	{Name: "pull", Keeps: slices.Concat(sources.Tables(), []string{"rejects", "source_runs", "inputs"}), Do: pull},
	{Name: "book", Keeps: []string{"documents", "allocations", "invoices", "open_items", "default_events", "alternative_events", "customer_states"}, Do: bookStage},
	{Name: "check", Keeps: []string{"checks"}, Do: check},
	{Name: "news", Keeps: []string{"news_events", "news_reviews", "news_models"}, Do: newsEvents},
	{Name: "features", Keeps: []string{"features"}, Do: buildFeatures},
	{Name: "snapshots", Keeps: []string{"snapshots", "labels"}, Do: buildSnapshots},
	{Name: "train", Keeps: []string{"models", "model_metrics", "promotions"}, Do: train},
	{Name: "score", Keeps: []string{"scores", "score_reasons", "score_changes", "losses", "lgd_events", "loss_quantiles", "stress"}, Do: score},
	{Name: "validate", Keeps: []string{"validations", "validation_results", "validation_findings", "validation_initial", "validation_grades"}, Do: validate},
	{Name: "warn", Keeps: []string{"warnings", "warning_events", "unjudged", "warning_track_record", "warning_rules"}, Do: warn},
	{Name: "decide", Keeps: deskTables(), Do: decide},
	{Name: "report", Keeps: []string{"reports"}, Do: writeReports},
}

// A Stage computes some tables of the night.
type Stage struct {
	Name  string
	Keeps []string // tables it fills, without the suffix _rows; no other stage writes to them
	Do    func(context.Context, *Night) error
}

// ErrGate reports that a check stopped the night: nothing new was published.
var ErrGate = errors.New("stopped by a gate")

// A Store is the part of the warehouse that a night needs.
type Store interface {
	Exec(ctx context.Context, sql string, params map[string]any) error
	Query(ctx context.Context, sql string, params map[string]any) (array.RecordReader, error)
	Insert(ctx context.Context, table, token string, rows array.RecordReader) error
}

// Settings are what a night takes from the configuration and the policy.
type Settings struct {
	Company    string
	Input      string         // folder of the sources' files
	Scratch    string         // folder of temporary files; empty: the system's
	Currency   string         // reporting currency, ISO 4217
	Zone       *time.Location // in which the business date ends
	Former     []FormerZone   // in which it ended before, the oldest first
	Languages  []string       // en, zh
	Sources    []sources.Source
	Default    Default
	Train      Train
	Loss       Loss
	Validation Validation
	Bounds     validation.Bounds // of the lights
	Policy     warnings.Policy
	Decisions  decisions.Policy
	Code       string // version of the program
	ConfigHash string // SHA-256 of the effective configuration
	PolicyHash string // SHA-256 of the policy
}

// A FormerZone is where business dates ended until a date, that date included.
type FormerZone struct {
	Until asof.Date
	Zone  *time.Location
}

// ZoneOf returns the zone in which a date ended.
func (s Settings) ZoneOf(date asof.Date) *time.Location {
	for _, f := range s.Former {
		if date <= f.Until {
			return f.Zone
		}
	}
	return s.Zone
}

// CutOf returns the knowledge cut of a date.
func (s Settings) CutOf(date asof.Date) time.Time { return date.Cut(s.ZoneOf(date)) }

// DateOf returns the business date during which an instant falls: the first that ends after it.
func (s Settings) DateOf(t time.Time) asof.Date {
	date := asof.Of(t.UTC()).Add(-2)
	for !t.Before(s.CutOf(date)) {
		date++
	}
	return date
}

// sameZones refuses settings by which a published night would have ended at another time than it did: the zone was changed, and which
// dates keep the old one is not said.
func (s Settings) sameZones(p Published) error {
	if want := s.CutOf(p.AsOf); p.Run != 0 && !p.Cut.IsZero() && !p.Cut.Equal(want) {
		return fmt.Errorf("%w: the published night of %s ended at %s, by the configuration it ends at %s. If time_zone has changed, "+
			"say where dates ended before: time_zones_before: [{until: %s, zone: …}]", ErrZone, p.AsOf, p.Cut.UTC().Format(time.RFC3339), want.Format(time.RFC3339), p.AsOf)
	}
	return nil
}

// ErrZone reports a time zone that is not the one published nights ended in.
var ErrZone = errors.New("time_zone does not agree with the ledger")

// A Published is a night that readers see.
type Published struct {
	AsOf asof.Date
	Run  uint64
	Cut  time.Time // zero: by a version that did not say, or not asked for
}

// A Night is what a stage is given.
type Night struct {
	Settings
	Store
	AsOf     asof.Date
	Cut      time.Time // knowledge cut: a fact counts when known_at < Cut
	Run      uint64
	Previous Published // the last published night before AsOf; Run 0 if there is none
	Runs     []uint64  // whose ledger rows count: this run and the published runs of other dates
	Say      func(string)
	Warn     func(string)     // what somebody should hear of, whether a terminal is there or not; nil: nobody
	Clock    func() time.Time // measures durations
	// Token names an INSERT … SELECT so that the warehouse may send it again; nil: it is sent once.
	Token func(ctx context.Context, token string) context.Context

	stages  []Stage // of the night
	stage   string
	attempt int
	chunks  int
}

// params are the parameters that the SQL of the stages shares; more are added by name.
func (n *Night) params(more map[string]any) map[string]any {
	p := map[string]any{"as_of": n.AsOf, "known_by": n.Cut, "run": n.Run, "runs": n.Runs, "night": n.AsOf, "base": n.Currency, "previous": n.Previous.Run}
	for k, v := range more {
		p[k] = v
	}
	return p
}

// Exec runs a statement of the stage between two fault points.
func (n *Night) Exec(ctx context.Context, sql string, params map[string]any) error {
	return n.between("exec", func() error { return n.Store.Exec(ctx, sql, params) })
}

// Insert stores rows of the stage between two fault points.
func (n *Night) Insert(ctx context.Context, table, token string, rows array.RecordReader) error {
	return n.between("insert", func() error { return n.Store.Insert(ctx, table, token, rows) })
}

// between is every write of a stage: before it and after it the night may die.
func (n *Night) between(what string, write func() error) error {
	if err := fault.Hit(what + "." + n.stage + ".before"); err != nil {
		return err
	}
	if err := write(); err != nil {
		return err
	}
	return fault.Hit(what + "." + n.stage + ".after")
}

// keep stores rows in a table of the stage. The token makes a repeated send within this attempt harmless.
func (n *Night) keep(ctx context.Context, table string, rows array.RecordReader) error {
	defer rows.Release()
	n.chunks++
	token := fmt.Sprintf("%d/%s/%d/%s/%d", n.Run, n.stage, n.attempt, table, n.chunks)
	if err := n.Insert(ctx, "creditwatch."+table+"_rows", token, rows); err != nil {
		return fmt.Errorf("%s: %w", table, err)
	}
	return nil
}

// keepRecord stores one record batch.
func (n *Night) keepRecord(ctx context.Context, table string, rec arrow.Record) error {
	if rec.NumRows() == 0 {
		return nil
	}
	rows, err := array.NewRecordReader(rec.Schema(), []arrow.Record{rec})
	if err != nil {
		return fmt.Errorf("%s: %w", table, err)
	}
	return n.keep(ctx, table, rows)
}

// Default is the executable definition of default: what the models predict.
type Default struct {
	DaysPastDue   int     `yaml:"days_past_due"`  // days past due above both thresholds
	CountedBy     string  `yaml:"counted_by"`     // invoice: the days of an invoice; customer: days in a row on which anything is past due
	Absolute      string  `yaml:"absolute"`       // threshold in the reporting currency
	Relative      float64 `yaml:"relative"`       // threshold as a share of the customer's open amount
	ProbationDays int     `yaml:"probation_days"` // days below the thresholds after which a default is cured
	// UndisputedOnly leaves disputed invoices out of what is past due: the delay is technical until the dispute ends.
	UndisputedOnly bool     `yaml:"undisputed_only"`
	WriteOffs      bool     `yaml:"write_offs"`     // a write-off above the threshold is a default without cure
	FromLedger     bool     `yaml:"from_ledger"`    // count past-due defaults
	FromOutcomes   []string `yaml:"from_outcomes"`  // events of the outcomes table that count as default
	Recurring      bool     `yaml:"recurring"`      // an event does not take the customer out of the population (late payment, not failure)
	HorizonMonths  int      `yaml:"horizon_months"` // months the label looks ahead
	// AtRisk says who can meet the event at all: everyone; not_due, who owes something that is not yet past due; young, who owes
	// something that is not yet more than 60 days past due. The others teach the models nothing and get no score: where the event is a late payment, a model that had them
	// would be praised for knowing who has no invoice.
	AtRisk string `yaml:"at_risk"`
}

func (d Default) rule() (book.DefaultRule, error) {
	abs, err := book.ParseMoney(d.Absolute)
	if err != nil {
		return book.DefaultRule{}, fmt.Errorf("default.absolute: %w", err)
	}
	return book.DefaultRule{Days: d.DaysPastDue, Absolute: abs, Relative: d.Relative, ProbationDays: d.ProbationDays, PerInvoice: d.CountedBy == "invoice", UndisputedOnly: d.UndisputedOnly, WriteOffs: d.WriteOffs}, nil
}
