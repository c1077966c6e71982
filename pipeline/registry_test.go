package pipeline

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/array"

	"creditwatch/features"
	"creditwatch/models"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// A shelf is a warehouse whose published nights hold nothing but models.
type shelf struct {
	*testing.T
	db *warehouse.DB
}

func openShelf(t *testing.T) shelf { return openShelfAt(t, warehousetest.MigratedDir(t)) }

func openShelfAt(t *testing.T, dir string) shelf {
	t.Helper()
	db := warehousetest.OpenAt(t, dir)
	for _, statement := range features.Schema() {
		if err := db.Exec(context.Background(), statement, nil); err != nil {
			t.Fatal(err)
		}
	}
	return shelf{t, db}
}

// empty forgets everything.
func (s shelf) empty() {
	s.Helper()
	for _, table := range []string{"models_rows", "model_metrics_rows", "promotions_rows", "publications", "model_decisions", "stage_runs", "runs"} {
		if err := s.db.Exec(context.Background(), "TRUNCATE TABLE creditwatch."+table, nil); err != nil {
			s.Fatal(err)
		}
	}
}

// publish makes a night with some models; decision is what it followed last.
func (s shelf) publish(day asof.Date, run uint64, decision string, list ...modelRow) {
	s.Helper()
	for i := range list {
		list[i].Run, list[i].AsOf = run, day
	}
	type publication struct {
		AsOf asof.Date `ch:"as_of"`
		Run  uint64    `ch:"run"`
	}
	s.insert("models_rows", run, rows.Of(list))
	s.insert("promotions_rows", run, rows.Of([]promotionRow{{Run: run, AsOf: day, Seq: 1, Decision: "kept", DecisionID: decision}}))
	s.insert("publications", run, rows.Of([]publication{{day, run}}))
}

func (s shelf) insert(table string, run uint64, records array.RecordReader) {
	s.Helper()
	defer records.Release()
	if err := s.db.Insert(context.Background(), "creditwatch."+table, fmt.Sprint(table, run, time.Now().UnixNano()), records); err != nil {
		s.Fatal(err)
	}
}

// night is the night of a date over what is published.
func (s shelf) night(day asof.Date, run uint64) *Night {
	s.Helper()
	n := aNight(day.String())
	n.Store, n.Run, n.Zone = s.db, run, time.UTC
	n.Cut = day.Cut(n.Zone)
	n.Train.Every = "never" // nothing is there to train on
	err := rows.Each(context.Background(), s.db, "publications", "SELECT as_of, run FROM creditwatch.live_runs WHERE as_of < {day:Date} ORDER BY as_of", map[string]any{"day": day},
		func(r *rows.Row) error {
			n.Previous = Published{AsOf: r.Date("as_of"), Run: uint64(r.Whole("run"))}
			n.Runs = append(n.Runs, n.Previous.Run)
			return nil
		})
	if err != nil {
		s.Fatal(err)
	}
	return n
}

// trained runs the stage and returns its decisions, and who scores.
func (s shelf) trained(n *Night) (said []promotionRow, live string) {
	s.Helper()
	if err := train(context.Background(), n); err != nil {
		s.Fatal(err)
	}
	err := rows.Each(context.Background(), s.db, "promotions", "SELECT decision, finding, live, champion, challenger, decision_id, text_en, text_zh FROM creditwatch.promotions_rows WHERE run = {run:UInt64} ORDER BY seq",
		map[string]any{"run": n.Run}, func(r *rows.Row) error {
			said = append(said, promotionRow{Decision: r.Text("decision"), Finding: r.Text("finding"), Live: r.Text("live"), Champion: r.Text("champion"),
				Challenger: r.Text("challenger"), DecisionID: r.Text("decision_id"), EN: r.Text("text_en"), ZH: r.Text("text_zh")})
			return nil
		})
	if err != nil {
		s.Fatal(err)
	}
	champion, err := n.tonightsChampion(context.Background())
	if err != nil {
		s.Fatal(err)
	}
	if champion != nil && champion.IsChampion {
		live = champion.ModelID
	}
	return said, live
}

func spoken(list []promotionRow) string {
	var out []string
	for _, p := range list {
		out = append(out, strings.TrimSuffix(p.Decision+":"+p.Finding, ":"))
	}
	return strings.Join(out, " ")
}

// as gives a copy of a model's row a role.
func as(c *candidate, role string) modelRow {
	m := *c.modelRow
	m.Role, m.IsChampion = role, role == roleChampion
	return m
}

var threeNights = []asof.Date{asof.MustParse("2025-11-20"), asof.MustParse("2025-11-21"), asof.MustParse("2025-11-22")}

func TestRegistry(t *testing.T) {
	s := openShelf(t)
	n := aNight("2025-11-19")
	first, second := candidateOf(t, n, aBook(t, 200, true)), candidateOf(t, n, aBook(t, 200, false))
	t.Run("models that do not match are refused", func(t *testing.T) { shelf{t, s.db}.refusals(first, second) })
	t.Run("the shadow is carried", func(t *testing.T) { shelf{t, s.db}.carried(first, second) })
	t.Run("people decide", func(t *testing.T) { shelf{t, s.db}.people(first, second) })
	t.Run("decisions are kept once", func(t *testing.T) { shelf{t, s.db}.once(first, second) })
	t.Run("decisions and nights at work", func(t *testing.T) { shelf{t, s.db}.atWork(first, second) })
	t.Run("what was live", func(t *testing.T) { shelf{t, s.db}.live(first, second) })
}

// recoded is a model's row with other bytes; registered: their hash is registered too.
func recoded(m modelRow, registered bool, change func(text string) string) modelRow {
	b, err := base64.StdEncoding.DecodeString(m.Artefact)
	if err != nil {
		panic(err)
	}
	b = []byte(change(string(b)))
	m.Artefact = base64.StdEncoding.EncodeToString(b)
	if registered {
		m.Hash, m.ModelID = hashOf(b), m.Learner+"-"+hashOf(b)[:12]
	}
	return m
}

func (s shelf) refusals(first, second *candidate) {
	good := as(second, roleChampion)
	for _, c := range []struct {
		shows, finding string
		row            modelRow
	}{
		{"as registered", "", good},
		{"from before there was a registry", "", func() modelRow { m := good; m.Hash, m.Probe, m.Format = "", "", ""; return m }()},
		{"a bit has turned", "hash", recoded(good, false, func(b string) string { return strings.Replace(b, `"slope":`, `"slope": `, 1) })},
		{"not even base64", "unreadable", func() modelRow { m := good; m.Artefact = "%" + m.Artefact; return m }()},
		{"cut off", "format", recoded(good, true, func(b string) string { return b[:len(b)/2] })},
		{"another artefact than its name", "hash", func() modelRow { m := good; m.Artefact, m.Hash = first.Artefact, first.Hash; return m }()},
		{"a format of tomorrow", "format", recoded(good, true, func(b string) string { return strings.Replace(b, models.Format, "creditwatch model 99", 1) })},
		{"features of another catalogue", "features", func() modelRow { m := good; m.Fingerprint = "0123456789abcdef"; return m }()},
		{"features that are not those of its fingerprint", "features", recoded(good, true, func(b string) string { return strings.Replace(b, `"name":"dbt_90d"`, `"name":"dbt_91d"`, 1) })},
		{"a program that scores otherwise", "code", func() modelRow {
			m := good
			m.Probe = strings.Replace(m.Probe, `"log_odds":[-`, `"log_odds":[-1`, 1)
			return m
		}()},
	} {
		s.Run(c.shows, func(t *testing.T) {
			s := shelf{t, s.db}
			want := func(said []promotionRow, live, wantSaid, wantLive string) {
				t.Helper()
				if spoken(said) != wantSaid || live != wantLive {
					t.Fatalf("%s, live %q, want %s, %q: %+v", spoken(said), live, wantSaid, wantLive, said)
				}
			}
			if c.finding == "" {
				s.empty()
				s.publish(threeNights[1], 2, "", c.row)
				said, live := s.trained(s.night(threeNights[2], 3))
				want(said, live, "none", c.row.ModelID)
				return
			}
			// With an earlier champion that is good, it scores; a second night finds it in place.
			s.empty()
			s.publish(threeNights[0], 1, "", as(first, roleChampion))
			s.publish(threeNights[1], 2, "", c.row)
			said, live := s.trained(s.night(threeNights[2], 3))
			want(said, live, "refused:"+c.finding+" restored", first.ModelID)
			if p := said[0]; p.EN == "" || p.ZH == "" || p.Champion != c.row.ModelID || !strings.Contains(p.EN, c.row.ModelID) {
				t.Errorf("%+v", p)
			}
			// Without one nobody has a PD, and the row that stands for nobody says why.
			s.empty()
			s.publish(threeNights[1], 2, "", c.row)
			night := s.night(threeNights[2], 3)
			said, live = s.trained(night)
			want(said, live, "refused:"+c.finding+" failed:no_snapshot", "")
			nobody, err := night.tonightsChampion(context.Background())
			if err != nil || nobody == nil || nobody.ModelID != "none" || nobody.Note == "" {
				t.Errorf("nobody scores: %+v, %v", nobody, err)
			}
			// A good copy of an earlier night is as good as the model.
			s.empty()
			s.publish(threeNights[0], 1, "", good)
			s.publish(threeNights[1], 2, "", c.row)
			said, live = s.trained(s.night(threeNights[2], 3))
			want(said, live, "refused:"+c.finding+" restored", good.ModelID)
			// In shadow it leaves, and the champion stays.
			s.empty()
			shadow := c.row
			shadow.Role, shadow.IsChampion = roleShadow, false
			s.publish(threeNights[1], 2, "", as(first, roleChampion), shadow)
			said, live = s.trained(s.night(threeNights[2], 3))
			want(said, live, "refused:"+c.finding, first.ModelID)
		})
	}
}

// A night that does not train carries the shadow with its artefact, and counts.
func (s shelf) carried(first, second *candidate) {
	s.empty()
	shadow := as(second, roleShadow)
	shadow.ShadowSince, shadow.ShadowNights = dateOr(threeNights[0]), 4
	s.publish(threeNights[1], 2, "", as(first, roleChampion), shadow)
	said, live := s.trained(s.night(threeNights[2], 3))
	if spoken(said) != "shadow" || live != first.ModelID {
		s.Fatalf("%s, live %q", spoken(said), live)
	}
	err := rows.Each(context.Background(), s.db, "models", "SELECT hash, artefact, shadow_nights, shadow_since, probe FROM creditwatch.models_rows WHERE run = 3 AND role = 'shadow'", nil,
		func(r *rows.Row) error {
			if r.Text("artefact") != second.Artefact || r.Text("hash") != second.Hash || r.Whole("shadow_nights") != 5 || r.Date("shadow_since") != threeNights[0] || r.Text("probe") != second.Probe {
				s.Errorf("carried: %d nights since %s, hash %s", r.Whole("shadow_nights"), r.Date("shadow_since"), r.Text("hash"))
			}
			live = "seen"
			return nil
		})
	if err != nil || live != "seen" {
		s.Errorf("no shadow was carried (%v)", err)
	}
}

// decide records a decision as of an instant.
func (s shelf) decide(kind, model, at string, more ...func(*Decision)) (Decision, error) {
	s.Helper()
	now, err := time.Parse("2006-01-02 15:04", at)
	if err != nil {
		s.Fatal(err)
	}
	d := Decision{Kind: kind, ModelID: model, By: "Ana Silva", Reason: "because", Code: "test"}
	if kind == kindPromote {
		d.ApprovedBy = "Li Wei"
	}
	for _, change := range more {
		change(&d)
	}
	return Decide(context.Background(), s.db, time.UTC, d, now)
}

// settle runs the stage for a date and publishes it.
func (s shelf) settle(day asof.Date, run uint64) (string, string) {
	s.Helper()
	said, live := s.trained(s.night(day, run))
	type publication struct {
		AsOf asof.Date `ch:"as_of"`
		Run  uint64    `ch:"run"`
	}
	s.insert("publications", run, rows.Of([]publication{{day, run}}))
	return spoken(said), live
}

func (s shelf) people(first, second *candidate) {
	s.empty()
	challenger := as(second, roleChallenger)
	s.publish(threeNights[0], 1, "", as(first, roleChampion), challenger)
	day := threeNights[0]
	kept, err := s.decide(kindPromote, second.ModelID, "2025-11-21 09:30")
	if err != nil || kept.Already || kept.Night != day.Add(1) || kept.Replaces != first.ModelID || kept.KnownAt.Format("2006-01-02 15:04") != "2025-11-21 09:30" {
		s.Fatalf("%+v, %v", kept, err)
	}
	// The night before knows nothing of it, however often it is run.
	if said, live := s.trained(s.night(day, 90)); live != "" || spoken(said) != "failed:no_snapshot" {
		s.Errorf("the first night again: %s, live %q", spoken(said), live)
	}
	if said, live := s.settle(day.Add(1), 2); said != "appointed" || live != second.ModelID {
		s.Fatalf("the next night: %s, live %q", said, live)
	}
	if said, live := s.settle(day.Add(2), 3); said != "none" || live != second.ModelID {
		s.Fatalf("the night after: %s, live %q", said, live)
	}
	back, err := s.decide(kindRollback, "", "2025-11-23 08:00")
	if err != nil || back.ModelID != first.ModelID || back.Replaces != second.ModelID || back.Night != day.Add(3) {
		s.Fatalf("%+v, %v", back, err)
	}
	if said, live := s.settle(day.Add(3), 4); said != "rolled_back" || live != first.ModelID {
		s.Fatalf("rolled back: %s, live %q", said, live)
	}
	// Nights run again follow what they knew: each gives what it gave.
	for i, want := range []string{first.ModelID, second.ModelID, second.ModelID, first.ModelID} {
		if i == 0 {
			continue
		}
		if _, live := s.trained(s.night(day.Add(i), uint64(20+i))); live != want {
			s.Errorf("night %d again: live %q, want %q", i+1, live, want)
		}
	}
	// What was taken back is not promoted by the rule, and there is nothing left to roll back to.
	known, err := decided(context.Background(), s.db, day.Add(4).Cut(time.UTC))
	if err != nil || !withdrawn(known)[second.ModelID] || len(known) != 2 || known[1].Previous != known[0].ID {
		s.Errorf("%+v, %v", known, err)
	}
	if d, err := s.decide(kindRollback, "", "2025-11-24 08:00", func(d *Decision) { d.Reason = "further" }); !errors.Is(err, ErrDecision) {
		s.Errorf("rolled back beyond the first champion: %+v, %v", d, err)
	}
	// People may appoint it again.
	if _, err := s.decide(kindPromote, second.ModelID, "2025-11-24 09:00"); err != nil {
		s.Fatal(err)
	}
	known, err = decided(context.Background(), s.db, day.Add(5).Cut(time.UTC))
	if err != nil || withdrawn(known)[second.ModelID] {
		s.Errorf("appointed again, and still withdrawn (%v)", err)
	}
	if said, live := s.settle(day.Add(4), 5); said != "appointed" || live != second.ModelID {
		s.Errorf("appointed again: %s, live %q", said, live)
	}
	// The run of a decision whose model has been spoilt since goes on with the champion and says so.
	if err := s.db.Exec(context.Background(), "TRUNCATE TABLE creditwatch.model_decisions", nil); err != nil {
		s.Fatal(err)
	}
	if _, err := s.decide(kindPromote, first.ModelID, "2025-11-25 09:00"); err != nil {
		s.Fatal(err)
	}
	if err := s.db.Exec(context.Background(), "ALTER TABLE creditwatch.models_rows UPDATE hash = 'spoilt' WHERE model_id = {id:String} SETTINGS mutations_sync = 1", map[string]any{"id": first.ModelID}); err != nil {
		s.Fatal(err)
	}
	if said, live := s.settle(day.Add(5), 6); said != "refused:hash" || live != second.ModelID {
		s.Errorf("a spoilt model: %s, live %q", said, live)
	}
}

func (s shelf) once(first, second *candidate) {
	s.empty()
	leaking := as(second, roleChallenger)
	s.publish(threeNights[0], 1, "", as(first, roleChampion), leaking)
	for _, c := range []struct {
		shows string
		want  string
		d     func(*Decision)
	}{
		{"nobody decides", "--by: want", func(d *Decision) { d.By = " " }},
		{"nobody approves", "--approved-by: want", func(d *Decision) { d.ApprovedBy = "" }},
		{"one person twice", "another person", func(d *Decision) { d.By, d.ApprovedBy = "Ana  Silva", "ana silva " }},
		{"no reason", "--reason: want", func(d *Decision) { d.Reason = "" }},
		{"a reason of two lines", "--reason: want", func(d *Decision) { d.Reason = "a\nb" }},
		{"a model nobody knows", "no published night has a model", func(d *Decision) { d.ModelID = "boosted-000000000000" }},
	} {
		if _, err := s.decide(kindPromote, second.ModelID, "2025-11-21 09:00", c.d); !errors.Is(err, ErrDecision) || !strings.Contains(err.Error(), c.want) {
			s.Errorf("%s: %v, want %q", c.shows, err, c.want)
		}
	}
	// The present champion needs no promotion.
	if d, err := s.decide(kindPromote, first.ModelID, "2025-11-21 09:00"); err != nil || !d.Already || d.ID != "" {
		s.Errorf("the champion promoted: %+v, %v", d, err)
	}
	// Twice, and at once from several processes: one decision.
	var group sync.WaitGroup
	var mu sync.Mutex
	ids := map[string]bool{}
	for i := range 6 {
		group.Add(1)
		go func() {
			defer group.Done()
			d, err := s.decide(kindPromote, second.ModelID, fmt.Sprintf("2025-11-21 09:0%d", i))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				s.Error(err)
			}
			ids[d.ID] = true
		}()
	}
	group.Wait()
	d, err := s.decide(kindPromote, second.ModelID, "2025-11-21 10:00")
	if err != nil || !d.Already {
		s.Errorf("decided again: %+v, %v", d, err)
	}
	var stored []string
	err = rows.Each(context.Background(), s.db, "decisions", "SELECT decision_id FROM creditwatch.model_decisions", nil, func(r *rows.Row) error { stored = append(stored, r.Text("decision_id")); return nil })
	if err != nil || len(stored) != 1 || len(ids) != 1 || !ids[stored[0]] || d.ID != stored[0] {
		s.Errorf("%d rows of %d decisions (%v)", len(stored), len(ids), err)
	}
	// Not yet followed, it can be taken back, and twice is once.
	back, err := s.decide(kindRollback, "", "2025-11-21 11:00")
	if err != nil || back.ModelID != first.ModelID || back.Replaces != second.ModelID {
		s.Errorf("%+v, %v", back, err)
	}
	again, err := s.decide(kindRollback, "", "2025-11-21 11:05", func(d *Decision) { d.By = "Somebody else" })
	if err != nil || !again.Already || again.ID != back.ID {
		s.Errorf("rolled back again: %+v, %v", again, err)
	}
	if said, live := s.settle(threeNights[1], 2); said != "rolled_back" || live != first.ModelID {
		s.Errorf("%s, live %q", said, live)
	}
	// A model whose training knew the future is not to be promoted, by whomever.
	s.empty()
	leaking.Canaries = canariesFailed + "L04 rating_score"
	s.publish(threeNights[0], 1, "", as(first, roleChampion), leaking)
	if _, err := s.decide(kindPromote, second.ModelID, "2025-11-21 09:00"); !errors.Is(err, ErrDecision) || !strings.Contains(err.Error(), "L04 rating_score") {
		s.Errorf("a leaking model: %v", err)
	}
}

func (s shelf) atWork(first, second *candidate) {
	day := threeNights[0]
	begin := func() {
		s.empty()
		s.publish(day, 1, "", as(first, roleChampion), as(second, roleChallenger))
	}
	// Nights that lag behind the calendar: the next one to run knows it, as its last moment.
	begin()
	d, err := s.decide(kindPromote, second.ModelID, "2026-04-01 12:00")
	if err != nil || d.Night != day.Add(1) || d.KnownAt != day.Add(1).Cut(time.UTC).Add(-time.Millisecond) || d.DecidedAt.Month() != time.April {
		s.Errorf("behind the calendar: %+v, %v", d, err)
	}
	// Before the cut of a night that is published already (it ran early): the next one.
	begin()
	if d, err = s.decide(kindPromote, second.ModelID, "2025-11-20 12:00"); err != nil || d.Night != day.Add(1) || d.KnownAt != day.Cut(time.UTC) {
		s.Errorf("before the cut of a published night: %+v, %v", d, err)
	}
	// While the next night is at work, the one after it.
	begin()
	c, err := takeClaim(context.Background(), s.db, day.Add(1), time.Now(), nil)
	if err != nil {
		s.Fatal(err)
	}
	if d, err = s.decide(kindPromote, second.ModelID, "2025-11-21 23:00"); err != nil || d.Night != day.Add(2) {
		s.Errorf("a night at work: %+v, %v", d, err)
	}
	if err := c.release(context.Background()); err != nil {
		s.Fatal(err)
	}
	// So too when it was interrupted after it took its model: it goes on from there.
	begin()
	type state struct {
		Run   uint64    `ch:"run"`
		AsOf  asof.Date `ch:"as_of"`
		State string    `ch:"state"`
		At    time.Time `ch:"at"`
	}
	type kept struct {
		Run     uint64    `ch:"run"`
		AsOf    asof.Date `ch:"as_of"`
		Stage   string    `ch:"stage"`
		Attempt uint32    `ch:"attempt"`
	}
	at := time.Date(2025, 11, 22, 2, 0, 0, 0, time.UTC)
	s.insert("runs", 2, rows.Of([]state{{2, day.Add(1), "started", at}, {2, day.Add(1), "interrupted", at.Add(time.Hour)}}))
	s.insert("stage_runs", 2, rows.Of([]kept{{2, day.Add(1), "train", 1}}))
	if d, err = s.decide(kindPromote, second.ModelID, "2025-11-22 04:00"); err != nil || d.Night != day.Add(2) {
		s.Errorf("a night interrupted after training: %+v, %v", d, err)
	}
	begin()
	s.insert("runs", 2, rows.Of([]state{{2, day.Add(1), "started", at}, {2, day.Add(1), "failed", at.Add(time.Hour)}}))
	s.insert("stage_runs", 2, rows.Of([]kept{{2, day.Add(1), "train", 1}}))
	if d, err = s.decide(kindPromote, second.ModelID, "2025-11-22 04:00"); err != nil || d.Night != day.Add(1) {
		s.Errorf("a night that failed begins anew: %+v, %v", d, err)
	}
	// Said to count from an earlier night, it counts when that is run again, and afterwards.
	begin()
	s.publish(day.Add(1), 2, "", as(first, roleChampion), as(second, roleChallenger))
	if d, err = s.decide(kindPromote, second.ModelID, "2025-11-22 12:00", func(d *Decision) { d.Night = day.Add(1) }); err != nil || d.Night != day.Add(1) {
		s.Fatalf("from an earlier night: %+v, %v", d, err)
	}
	if _, live := s.trained(s.night(day.Add(1), 3)); live != second.ModelID {
		s.Errorf("that night again: live %q", live)
	}
	if _, live := s.trained(s.night(day.Add(2), 4)); live != second.ModelID {
		s.Errorf("the next night: live %q", live)
	}
}

func (s shelf) live(first, second *candidate) {
	s.empty()
	day := threeNights[0]
	s.publish(day, 1, "", as(first, roleChampion), as(second, roleChallenger))
	s.publish(day.Add(1), 2, "", as(first, roleChampion), as(second, roleChallenger))
	s.publish(day.Add(4), 3, "", modelRow{ModelID: "none", Role: roleNone})
	s.publish(day.Add(5), 4, "", as(second, roleChampion))
	s.publish(day.Add(6), 5, "", as(first, roleChampion), as(second, roleShadow))
	s.publish(day.Add(6), 6, "", as(second, roleChampion)) // run again: the newer run counts
	s.publish(day.Add(9), 7, "", as(first, roleChampion))
	var got []string
	err := rows.Each(context.Background(), s.db, "live", "SELECT live_from, live_until, nights, model_id FROM creditwatch.live_models ORDER BY live_from", nil, func(r *rows.Row) error {
		got = append(got, fmt.Sprintf("%d-%d %d %s", r.Date("live_from").Sub(day), r.Date("live_until").Sub(day), r.Whole("nights"), r.Text("model_id")))
		return nil
	})
	still := asof.Date(0).Sub(day) // null
	want := []string{"0-3 2 " + first.ModelID, "4-4 1 ", "5-8 2 " + second.ModelID, fmt.Sprintf("9-%d 1 %s", still, first.ModelID)}
	if err != nil || !slices.Equal(got, want) {
		s.Errorf("%q, want %q (%v)", got, want, err)
	}
}
