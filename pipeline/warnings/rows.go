package warnings

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"creditwatch/pipeline/asof"
)

// A field is one column of an episode's row, and how it gets there and back.
type field struct {
	name string
	typ  arrow.DataType
	put  func(array.Builder, *Episode)
	take func(arrow.Array, int, *Episode)
}

func text(name string, at func(*Episode) *string) field {
	return field{name, arrow.BinaryTypes.String,
		func(b array.Builder, e *Episode) { b.(*array.StringBuilder).Append(*at(e)) },
		func(a arrow.Array, i int, e *Episode) { *at(e) = a.(*array.String).Value(i) }}
}

func date(name string, null bool, at func(*Episode) *asof.Date) field {
	return field{name, arrow.FixedWidthTypes.Date32,
		func(b array.Builder, e *Episode) {
			if d := *at(e); null && d.IsZero() {
				b.AppendNull()
			} else {
				b.(*array.Date32Builder).Append(arrow.Date32(d))
			}
		},
		func(a arrow.Array, i int, e *Episode) { *at(e) = dateAt(a, i) }}
}

func small(name string, at func(*Episode) *uint8) field {
	return field{name, arrow.PrimitiveTypes.Uint8,
		func(b array.Builder, e *Episode) { b.(*array.Uint8Builder).Append(*at(e)) },
		func(a arrow.Array, i int, e *Episode) { *at(e) = a.(*array.Uint8).Value(i) }}
}

func nights(name string, at func(*Episode) *uint16) field {
	return field{name, arrow.PrimitiveTypes.Uint16,
		func(b array.Builder, e *Episode) { b.(*array.Uint16Builder).Append(*at(e)) },
		func(a arrow.Array, i int, e *Episode) { *at(e) = a.(*array.Uint16).Value(i) }}
}

func isTrue(name string, at func(*Episode) *bool) field {
	return field{name, arrow.FixedWidthTypes.Boolean,
		func(b array.Builder, e *Episode) { b.(*array.BooleanBuilder).Append(*at(e)) },
		func(a arrow.Array, i int, e *Episode) { *at(e) = a.(*array.Boolean).Value(i) }}
}

func rank(name string, at func(*Episode) *uint32) field {
	return field{name, arrow.PrimitiveTypes.Uint32,
		func(b array.Builder, e *Episode) { b.(*array.Uint32Builder).Append(*at(e)) },
		func(a arrow.Array, i int, e *Episode) { *at(e) = a.(*array.Uint32).Value(i) }}
}

func number(name string, at func(*Episode) *float64) field {
	return field{name, arrow.PrimitiveTypes.Float64,
		func(b array.Builder, e *Episode) {
			if x := *at(e); !finite(x) {
				b.AppendNull()
			} else {
				b.(*array.Float64Builder).Append(x)
			}
		},
		func(a arrow.Array, i int, e *Episode) {
			*at(e) = math.NaN()
			if a.IsValid(i) {
				*at(e) = a.(*array.Float64).Value(i)
			}
		}}
}

// fields are the columns of warnings_rows after run, in table order.
var fields = []field{
	date("as_of", false, func(e *Episode) *asof.Date { return &e.AsOf }),
	text("episode_id", func(e *Episode) *string { return &e.EpisodeID }),
	text("customer_id", func(e *Episode) *string { return &e.CustomerID }),
	text("code", func(e *Episode) *string { return &e.Code }),
	small("tier", func(e *Episode) *uint8 { return &e.Tier }),
	small("severity", func(e *Episode) *uint8 { return (*uint8)(&e.Severity) }),
	text("state", func(e *Episode) *string { return (*string)(&e.State) }),
	date("first_seen", false, func(e *Episode) *asof.Date { return &e.FirstSeen }),
	date("last_seen", false, func(e *Episode) *asof.Date { return &e.LastSeen }),
	date("closed_on", true, func(e *Episode) *asof.Date { return &e.ClosedOn }),
	nights("nights_over", func(e *Episode) *uint16 { return &e.NightsOver }),
	nights("nights_under", func(e *Episode) *uint16 { return &e.NightsUnder }),
	text("recent", func(e *Episode) *string { return &e.Recent }),
	number("value", func(e *Episode) *float64 { return &e.Value }),
	number("peak", func(e *Episode) *float64 { return &e.Peak }),
	text("owner", func(e *Episode) *string { return &e.Owner }),
	text("action", func(e *Episode) *string { return &e.Action }),
	date("due_on", false, func(e *Episode) *asof.Date { return &e.DueOn }),
	text("evidence", func(e *Episode) *string { return &e.Evidence }),
	text("suppressed_by", func(e *Episode) *string { return &e.SuppressedBy }),
	text("text_en", func(e *Episode) *string { return &e.TextEN }),
	text("text_zh", func(e *Episode) *string { return &e.TextZH }),
	text("policy_hash", func(e *Episode) *string { return &e.PolicyHash }),
	small("own_severity", func(e *Episode) *uint8 { return (*uint8)(&e.OwnSeverity) }),
	text("lifted_by", func(e *Episode) *string { return &e.LiftedBy }),
	text("acknowledged_by", func(e *Episode) *string { return &e.AcknowledgedBy }),
	date("acknowledged_on", true, func(e *Episode) *asof.Date { return &e.AcknowledgedOn }),
	text("snoozed_by", func(e *Episode) *string { return &e.SnoozedBy }),
	date("snoozed_until", true, func(e *Episode) *asof.Date { return &e.SnoozedUntil }),
	small("seen_severity", func(e *Episode) *uint8 { return (*uint8)(&e.SeenSeverity) }),
	text("outcome", func(e *Episode) *string { return &e.Outcome }),
	text("resolved_by", func(e *Episode) *string { return &e.ResolvedBy }),
	small("escalation_level", func(e *Episode) *uint8 { return &e.EscalationLevel }),
	date("escalated_on", true, func(e *Episode) *asof.Date { return &e.EscalatedOn }),
	text("heeded", func(e *Episode) *string { return &e.Heeded }),
	number("expected_saving", func(e *Episode) *float64 { return &e.ExpectedSaving }),
	rank("budget_rank", func(e *Episode) *uint32 { return &e.BudgetRank }),
	isTrue("published", func(e *Episode) *bool { return &e.Published }),
	isTrue("over_budget", func(e *Episode) *bool { return &e.OverBudget }),
}

// nullable are the fields that may have no value.
var nullable = []string{"closed_on", "value", "peak", "acknowledged_on", "snoozed_until", "escalated_on", "expected_saving"}

// EpisodeRows writes episodes as rows of warnings_rows. The caller releases the record.
func EpisodeRows(mem memory.Allocator, run uint64, episodes []Episode) arrow.Record {
	columns := []arrow.Field{{Name: "run", Type: arrow.PrimitiveTypes.Uint64}}
	for _, f := range fields {
		columns = append(columns, arrow.Field{Name: f.name, Type: f.typ, Nullable: slices.Contains(nullable, f.name)})
	}
	b := array.NewRecordBuilder(mem, arrow.NewSchema(columns, nil))
	defer b.Release()
	for i := range episodes {
		b.Field(0).(*array.Uint64Builder).Append(run)
		for k, f := range fields {
			f.put(b.Field(k+1), &episodes[i])
		}
	}
	return b.NewRecord()
}

// ReadEpisodes reads rows as the view `warnings` gives them: all columns of an episode, in any order.
func ReadEpisodes(rec arrow.Record) ([]Episode, error) {
	columns := make([]arrow.Array, len(fields))
	var errs []error
	for k, f := range fields {
		var err error
		if columns[k], err = wanted(rec, f.name, f.typ); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("warning episodes: %w", err)
	}
	episodes := make([]Episode, rec.NumRows())
	for i := range episodes {
		for k, f := range fields {
			f.take(columns[k], i, &episodes[i])
		}
	}
	return episodes, nil
}

// UnjudgedRows writes the counts as rows of unjudged_rows. The caller releases the record.
func UnjudgedRows(mem memory.Allocator, run uint64, night asof.Date, counts []Unjudged) arrow.Record {
	b := array.NewRecordBuilder(mem, arrow.NewSchema([]arrow.Field{
		{Name: "run", Type: arrow.PrimitiveTypes.Uint64},
		{Name: "as_of", Type: arrow.FixedWidthTypes.Date32},
		{Name: "code", Type: arrow.BinaryTypes.String},
		{Name: "reads", Type: arrow.BinaryTypes.String},
		{Name: "customers", Type: arrow.PrimitiveTypes.Uint64},
		{Name: "judged", Type: arrow.PrimitiveTypes.Uint64},
	}, nil))
	defer b.Release()
	for _, u := range counts {
		b.Field(0).(*array.Uint64Builder).Append(run)
		b.Field(1).(*array.Date32Builder).Append(arrow.Date32(night))
		b.Field(2).(*array.StringBuilder).Append(u.Code)
		b.Field(3).(*array.StringBuilder).Append(u.Reads)
		b.Field(4).(*array.Uint64Builder).Append(u.Customers)
		b.Field(5).(*array.Uint64Builder).Append(u.Judged)
	}
	return b.NewRecord()
}

// ReadEvents reads rows of news_events, of whose columns it needs those of [Event], in any order.
func ReadEvents(rec arrow.Record) ([]Event, error) {
	var errs []error
	column := func(name string, typ arrow.DataType) arrow.Array {
		a, err := wanted(rec, name, typ)
		if err != nil {
			errs = append(errs, err)
		}
		return a
	}
	texts := map[string]arrow.Array{}
	for _, name := range []string{"customer_id", "code", "reverses", "polarity", "role", "story_id", "source_class", "article_id", "sentence"} {
		texts[name] = column(name, arrow.BinaryTypes.String)
	}
	severity := column("severity", arrow.PrimitiveTypes.Uint8)
	weight := column("source_weight", arrow.PrimitiveTypes.Float64)
	halfLife := column("half_life_days", arrow.PrimitiveTypes.Float64)
	occurred := column("occurred_on", arrow.FixedWidthTypes.Date32)
	known := column("known_at", &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"})
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("news events: %w", err)
	}
	at := func(name string, i int) string { return texts[name].(*array.String).Value(i) }
	events := make([]Event, rec.NumRows())
	for i := range events {
		events[i] = Event{
			CustomerID: at("customer_id", i), Code: at("code", i), Reverses: at("reverses", i), Polarity: at("polarity", i), Role: at("role", i),
			StoryID: at("story_id", i), SourceClass: at("source_class", i), ArticleID: at("article_id", i), Sentence: at("sentence", i),
			Severity:     Severity(severity.(*array.Uint8).Value(i)),
			SourceWeight: weight.(*array.Float64).Value(i),
			HalfLifeDays: halfLife.(*array.Float64).Value(i),
			OccurredOn:   dateAt(occurred, i),
			KnownAt:      time.UnixMilli(int64(known.(*array.Timestamp).Value(i))).UTC(),
		}
	}
	return events, nil
}

// wanted finds a column of the right type. The engine gives a Date as days, signed or not.
func wanted(rec arrow.Record, name string, typ arrow.DataType) (arrow.Array, error) {
	at := rec.Schema().FieldIndices(name)
	if len(at) != 1 {
		return nil, fmt.Errorf("column %s: want it once, found it %d times", name, len(at))
	}
	a := rec.Column(at[0])
	if got := a.DataType(); got.ID() != typ.ID() && !(typ.ID() == arrow.DATE32 && got.ID() == arrow.UINT16) {
		return nil, fmt.Errorf("column %s: want %s, got %s", name, typ, got)
	}
	if t, ok := a.DataType().(*arrow.TimestampType); ok && t.Unit != arrow.Millisecond {
		return nil, fmt.Errorf("column %s: want milliseconds, got %s", name, t)
	}
	return a, nil
}

func dateAt(a arrow.Array, i int) asof.Date {
	switch a := a.(type) {
	case *array.Uint16:
		if a.IsValid(i) {
			return asof.Date(a.Value(i))
		}
	case *array.Date32:
		if a.IsValid(i) {
			return asof.Date(a.Value(i))
		}
	}
	return 0
}
