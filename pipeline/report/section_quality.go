package report

import (
	"context"

	"creditwatch/pipeline/asof"
)

// A Source is what the pull read of one source; Read = Accepted + Rejected + Duplicates.
type Source struct {
	Source                                          string
	Read, Accepted, Rejected, Duplicates, Corrected int
	Files                                           int
	Newest                                          asof.Date // unset if no row says
}

// A Reject is a kind of refused row. OfSource counts all refused rows of the source, listed or not.
type Reject struct {
	Source, Column, Reason string
	Rows, OfSource         int
}

// A DataCheck is a check of the night that is not green.
type DataCheck struct {
	Name, Scope, Light string
	Value, Expected    *float64
	TextEN, TextZH     string
}

// Quality holds the figures of the data quality section.
type Quality struct {
	Sources []Source
	Rejects []Reject
	Lights  map[string]int // checks by light
	Checks  []DataCheck
}

// light is the worst light of all checks; grey only when there is nothing else.
func (q Quality) light() (string, bool) {
	for _, l := range []string{"red", "amber", "green", "grey"} {
		if q.Lights[l] > 0 {
			return l, true
		}
	}
	return "", false
}

func gatherQuality(ctx context.Context, q asker, d *Data) error {
	v := &d.Quality
	v.Lights = map[string]int{}
	err := q.tonight(ctx, "sources", func(r *row) {
		v.Sources = append(v.Sources, Source{r.text("source"), r.number("read"), r.number("accepted"), r.number("rejected"), r.number("duplicates"),
			r.number("corrections"), r.number("files"), r.date("newest")})
	})
	if err != nil {
		return err
	}
	err = q.tonight(ctx, "rejects", func(r *row) {
		v.Rejects = append(v.Rejects, Reject{r.text("source"), r.text("column"), r.text("reason"), r.number("rows"), r.number("of_source")})
	})
	if err != nil {
		return err
	}
	if err := q.tonight(ctx, "check_lights", func(r *row) { v.Lights[r.text("light")] = r.number("checks") }); err != nil {
		return err
	}
	return q.tonight(ctx, "checks", func(r *row) {
		v.Checks = append(v.Checks, DataCheck{r.text("name"), r.text("scope"), r.text("light"), r.float("value"), r.float("expected"), r.text("text_en"), r.text("text_zh")})
	})
}

// rejectLimit is how many kinds of rejects the page lists.
const rejectLimit = 30

func viewQuality(d Data, p printer) any {
	type light struct {
		Key, Name string
		N         int
	}
	v := struct {
		printer
		Sources   []Source
		Total     Source
		Rejects   []Reject
		Unlisted  int // rejected rows of kinds not listed
		Lights    []light
		Checks    []DataCheck
		ChecksAll int
	}{printer: p, Sources: d.Quality.Sources, Rejects: d.Quality.Rejects, Checks: d.Quality.Checks}
	for _, s := range d.Quality.Sources {
		v.Total.Read += s.Read
		v.Total.Accepted += s.Accepted
		v.Total.Rejected += s.Rejected
		v.Total.Duplicates += s.Duplicates
		v.Total.Corrected += s.Corrected
		v.Total.Files += s.Files
		v.Total.Newest = max(v.Total.Newest, s.Newest)
	}
	v.Rejects = v.Rejects[:min(rejectLimit, len(v.Rejects))]
	v.Unlisted = v.Total.Rejected
	for _, r := range v.Rejects {
		v.Unlisted -= r.Rows
	}
	for _, l := range lights {
		v.Lights = append(v.Lights, light{l.Key, l.Name.In(p.lang), d.Quality.Lights[l.Key]})
		if l.Key != "green" {
			v.ChecksAll += d.Quality.Lights[l.Key]
		}
	}
	return v
}
