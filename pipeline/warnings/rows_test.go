package warnings

import (
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/google/go-cmp/cmp"
)

func TestEpisodesComeBackFromTheirRows(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	var last []Episode
	states := map[State]bool{}
	for n := range 16 {
		r := judged(t, Night{AsOf: monday.Add(n), Book: bookOf(march(n)...), Last: last}, catalogue())
		rows := EpisodeRows(mem, 3, r.Episodes)
		back, err := ReadEpisodes(rows)
		rows.Release()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r.Episodes, back, equalNaN); diff != "" {
			t.Fatal(diff)
		}
		for _, e := range back {
			states[e.State] = true
		}
		last = back
	}
	for _, s := range []State{Pending, Open, Closed, Cooling} {
		if !states[s] {
			t.Errorf("no row was %s", s)
		}
	}
}

func TestUnjudgedRows(t *testing.T) {
	rec := UnjudgedRows(memory.DefaultAllocator, 3, monday, []Unjudged{{"W1-01", "pd_prudent", 2, 5}})
	defer rec.Release()
	got, err := rec.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"as_of":"2026-03-02","code":"W1-01","customers":2,"judged":5,"reads":"pd_prudent","run":3}`
	if !strings.Contains(string(got), want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestReadEvents(t *testing.T) {
	known := &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}
	schema := []arrow.Field{
		{Name: "half_life_days", Type: arrow.PrimitiveTypes.Float64}, {Name: "source_weight", Type: arrow.PrimitiveTypes.Float64},
		{Name: "severity", Type: arrow.PrimitiveTypes.Uint8}, {Name: "occurred_on", Type: arrow.PrimitiveTypes.Uint16}, {Name: "known_at", Type: known},
	}
	for _, name := range []string{"customer_id", "code", "reverses", "polarity", "role", "story_id", "source_class", "article_id", "sentence", "rule"} {
		schema = append(schema, arrow.Field{Name: name, Type: arrow.BinaryTypes.String})
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(schema, nil))
	defer b.Release()
	want := tell("POSIT", official, grave4, ends("FRAUD"))
	b.Field(0).(*array.Float64Builder).Append(want.HalfLifeDays)
	b.Field(1).(*array.Float64Builder).Append(want.SourceWeight)
	b.Field(2).(*array.Uint8Builder).Append(uint8(want.Severity))
	b.Field(3).(*array.Uint16Builder).Append(uint16(want.OccurredOn))
	b.Field(4).(*array.TimestampBuilder).Append(arrow.Timestamp(want.KnownAt.UnixMilli()))
	for i, s := range []string{want.CustomerID, want.Code, want.Reverses, want.Polarity, want.Role, want.StoryID, want.SourceClass, want.ArticleID, want.Sentence, "not read"} {
		b.Field(5 + i).(*array.StringBuilder).Append(s)
	}
	rec := b.NewRecord()
	defer rec.Release()
	got, err := ReadEvents(rec)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Event{want}, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadersNameWhatIsMissing(t *testing.T) {
	rows := EpisodeRows(memory.DefaultAllocator, 1, nil)
	defer rows.Release()
	if _, err := ReadEvents(rows); err == nil || !strings.Contains(err.Error(), "news events: column reverses: want it once, found it 0 times") {
		t.Errorf("got %v", err)
	}
	events := array.NewRecord(arrow.NewSchema([]arrow.Field{{Name: "tier", Type: arrow.BinaryTypes.String}}, nil), []arrow.Array{rows.Column(2)}, 0)
	if _, err := ReadEpisodes(events); err == nil || !strings.Contains(err.Error(), "column tier: want uint8, got utf8") || !strings.Contains(err.Error(), "column recent: want it once") {
		t.Errorf("got %v", err)
	}
}
