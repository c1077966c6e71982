package pipeline

import (
	"errors"
	"testing"
	"time"

	"creditwatch/pipeline/asof"
)

// TestZonesOfDates: a company that moved from Shanghai (UTC+8) to New York (UTC-4 in summer) after the night of 30 June.
func TestZonesOfDates(t *testing.T) {
	zone := func(name string) *time.Location {
		l, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	moved := Settings{Zone: zone("America/New_York"), Former: []FormerZone{{asof.On(2020, 1, 31), zone("UTC")}, {asof.On(2026, 6, 30), zone("Asia/Shanghai")}}}
	for date, cut := range map[asof.Date]string{
		asof.On(2020, 1, 31): "2020-02-01T00:00:00Z",
		asof.On(2020, 2, 1):  "2020-02-01T16:00:00Z",
		asof.On(2026, 6, 30): "2026-06-30T16:00:00Z",
		asof.On(2026, 7, 1):  "2026-07-02T04:00:00Z", // a long day: nothing is lost between the two
		asof.On(2026, 12, 1): "2026-12-02T05:00:00Z",
	} {
		want, err := time.Parse(time.RFC3339, cut)
		if err != nil {
			t.Fatal(err)
		}
		if got := moved.CutOf(date); !got.Equal(want) {
			t.Errorf("%s ends at %s, want %s", date, got, want)
		}
		if got := moved.DateOf(want.Add(-time.Millisecond)); got != date {
			t.Errorf("just before the end of %s it is %s", date, got)
		}
		if got := moved.DateOf(want); got != date+1 {
			t.Errorf("at the end of %s it is %s", date, got)
		}
	}
	june := Published{AsOf: asof.On(2026, 6, 30), Run: 7, Cut: time.Date(2026, 6, 30, 16, 0, 0, 0, time.UTC)}
	unsaid := Settings{Zone: moved.Zone}
	if err := unsaid.sameZones(june); !errors.Is(err, ErrZone) {
		t.Errorf("a change that is not said: %v, want ErrZone", err)
	}
	for what, p := range map[string]Published{"said": june, "no night before": {}, "a night of a version that kept no cut": {AsOf: june.AsOf, Run: 7}} {
		if err := moved.sameZones(p); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}
