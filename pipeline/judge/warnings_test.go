package judge

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/rs/zerolog"

	"creditwatch/configs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
	"creditwatch/pipeline/warnings"
)

var (
	warnedSeeds  = flag.String("warned-seeds", "", "seeds of simulated books to judge two years of warnings of, with commas: 1,2,3,4,5; each has -book customers, or 400")
	warnedDays   = flag.Int("warned-days", 730, "days before the end of the book from which its nights are judged")
	nightsEvery  = flag.Int("nights-every", 7, "days from one judged night to the next; lines of so many nights count those nights, so that they last longer than on daily ones")
	trainedEvery = flag.Int("trained-every", 6, "months from one training to the next")
	warnedKeep   = flag.String("warned-keep", "", "folder that keeps the book and the data of every seed; nights published there are not run again")
)

// What must hold of two years of warnings.
const (
	leastRecall = 0.7 // of defaults, by warnings of S3 or S4 at least 30 days before
	mostNew     = 10  // new S3 and S4 warnings per 1 000 customers a day; what opens and closes between two judged nights is not seen
	mostStock   = 0.4 // share of customers with one on the average night: a recall by warning of everybody says nothing
	leastLead   = 60  // median days from warning to default
)

// Two years of nights over each book, their warnings judged by what is true of it.
//
//	go test ./pipeline/judge -run TestWarningsOfSeeds -warned-seeds 1,2,3,4,5 -book 1000 -timeout 10h -v
func TestWarningsOfSeeds(t *testing.T) {
	if *warnedSeeds == "" {
		t.Skip("takes an hour per seed; give -warned-seeds 1,2,3,4,5")
	}
	var all []*alarms
	for _, seed := range strings.Split(*warnedSeeds, ",") {
		t.Run("seed "+seed, func(t *testing.T) {
			book, data := filepath.Join(t.TempDir(), "book"), t.TempDir()
			if *warnedKeep != "" {
				book, data = filepath.Join(*warnedKeep, "book-"+seed), filepath.Join(*warnedKeep, "data-"+seed)
			}
			b := simulatedBook{folder: book, customers: max(*customers, 400*boolOf(*customers == 0)), years: 4, seed: seed, learners: "boosted"}
			b.write(t)
			db, set := b.nights(t, data, asof.MustParse(bookEnds).Add(-*warnedDays), *nightsEvery, *trainedEvery)
			all = append(all, judgeWarnings(t, db, b, set))
		})
	}
	if len(all) == 0 {
		return
	}
	sum := &alarms{seed: "all", byCode: map[string]*tally{}}
	for _, a := range all {
		sum.add(a)
	}
	t.Log("\n" + table(append(slices.Clone(all), sum)) + "\n" + sum.codes())
	for _, a := range append(slices.Clone(all), sum) {
		if got := a.recall(a.act30); got < leastRecall {
			t.Errorf("seed %s: %.2f of %d defaults had a warning of S3 or more 30 days before, want %g", a.seed, got, len(a.defaults), leastRecall)
		}
		if got := a.newPerDay(); got > mostNew {
			t.Errorf("seed %s: %.1f new warnings of S3 or more per 1 000 customers a day, want at most %d", a.seed, got, mostNew)
		}
		if a.stock > mostStock {
			t.Errorf("seed %s: %.2f of the customers have a warning of S3 or more on the average night, want at most %g", a.seed, a.stock, mostStock)
		}
		if got := median(a.leads); !(got >= leastLead) {
			t.Errorf("seed %s: median lead %.0f days, want %d", a.seed, got, leastLead)
		}
		for _, d := range a.decoyed {
			t.Errorf("seed %s: %s", a.seed, d)
		}
	}
	for tier := range 3 {
		if sum.added[tier] == 0 {
			t.Errorf("tier %d adds no default to those that the other two warned of 30 days before", tier+1)
		}
	}
}

// The same on a small book, in every run of the tests: what no luck of the draw may change.
func TestWarningsOfASmallBook(t *testing.T) {
	t.Parallel()
	b := simulatedBook{folder: filepath.Join(t.TempDir(), "book"), customers: 120, years: 1, seed: "3", learners: "scorecard"}
	b.write(t)
	db, set := b.nights(t, warehousetest.MigratedDir(t), asof.MustParse(bookEnds).Add(-90), 30, 12)
	a := judgeWarnings(t, db, b, set)
	t.Log("\n" + table([]*alarms{a}) + "\n" + a.codes())
	for _, d := range a.decoyed {
		t.Error(d)
	}
	if a.news == 0 {
		t.Error("no warning of tier 3 above S1 on a book with true bad news")
	}

	// Every night is found again from what it knew; under another policy it is not.
	ctx := context.Background()
	other := set
	other.Policy.RatingCut.Red, other.PolicyHash = warnings.Line{Open: 30, Close: 29}, "other"
	var last asof.Date
	for d := asof.MustParse(bookEnds).Add(-90); d <= asof.MustParse(bookEnds); d = d.Add(30) {
		r, err := pipeline.ReplayWarnings(ctx, db, set, d)
		if err != nil {
			t.Fatal(err)
		}
		if !r.Identical() || r.Episodes == 0 || r.Found != r.Episodes {
			t.Errorf("%s: %d kept, %d found again: %v", d, r.Episodes, r.Found, r.Differences[:min(3, len(r.Differences))])
		}
		last = d
	}
	if r, err := pipeline.ReplayWarnings(ctx, db, other, last); err != nil || r.Identical() {
		t.Errorf("under another policy: identical %t, %v", r.Identical(), err)
	}
	if _, err := pipeline.ReplayWarnings(ctx, db, set, last.Add(1)); !errors.Is(err, pipeline.ErrNotPublished) {
		t.Errorf("a night without publication: %v", err)
	}

	w, err := pipeline.Try(ctx, db, set, other, last.Add(-90), last, nil)
	if err != nil {
		t.Fatal(err)
	}
	if p, q := w.Present, w.Proposed; w.Nights != 4 || len(w.Unreadable) > 0 || p.Alarms <= q.Alarms || len(p.Only) == 0 || len(q.Only) > 0 {
		t.Errorf("a policy with a higher line beside the present one: %+v", w)
	}
	// A policy beside itself is itself, and finds what the nights found: they too started without warnings.
	if w, err = pipeline.Try(ctx, db, set, set, last.Add(-90), last, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Compare(fmt.Sprintf("%+v", w.Present.Warnings), fmt.Sprintf("%+v", w.Proposed.Warnings)); diff != 0 || len(w.Present.Only)+len(w.Proposed.Only) > 0 {
		t.Errorf("a policy beside itself: %+v", w)
	}
	found := 0
	for _, n := range w.Present.Warnings {
		found += n
	}
	if kept, _ := number(t, db, "SELECT uniqExact(episode_id) AS v FROM creditwatch.warnings WHERE state = 'open' AND suppressed_by = ''", nil); int(kept) != found {
		t.Errorf("the nights kept %.0f warnings without a suppressor, the same nights judged again found %d", kept, found)
	}
	// The record of the last night covers every code, its tiers and all of them; too young for more than the prior.
	if got := ask(t, db, "SELECT countDistinctIf(code, scope = 'code'), countIf(scope = 'tier'), countIf(scope = 'all'), countIf(NOT is_prior_only), max(nights) FROM creditwatch.warning_track_record WHERE as_of = {as_of:Date}", map[string]any{"as_of": last}); got[0] != fmt.Sprintf("%d|3|1|0|3", len(warnings.Rules)) {
		t.Errorf("track record: codes, tiers, all, beyond the prior, nights: %s", got[0])
	}
}

// A simulatedBook is the book of `creditwatch simulate` and the nights run over it.
type simulatedBook struct {
	folder    string
	customers int
	years     int
	seed      string
	learners  string // that the nights train
}

func (b simulatedBook) write(t *testing.T) {
	if _, err := os.Stat(filepath.Join(b.folder, "creditwatch.yaml")); err == nil {
		return
	}
	creditwatch(t, "simulate", b.folder, "--customers", fmt.Sprint(b.customers), "--years", fmt.Sprint(b.years), "--seed", b.seed, "--to", bookEnds)
}

// nights runs the nights from a date to the end of the book, without the stages that no warning reads. Those published in data are
// not run again.
func (b simulatedBook) nights(t *testing.T, data string, from asof.Date, every, months int) (*warehouse.DB, pipeline.Settings) {
	t.Helper()
	ctx := context.Background()
	creditwatch(t, "status", "--data", data) // brings the schema up to date
	db := warehousetest.OpenAt(t, data)
	set := []string{"input=" + b.folder, "train.canary_rows=0", "train.learners=[" + b.learners + "]", "train.promotion.shadow_nights=0", "languages=[en]"}
	c, err := configs.Load(filepath.Join(b.folder, "creditwatch.yaml"), nil, set)
	if err != nil {
		t.Fatal(err)
	}
	stages := slices.DeleteFunc(slices.Clone(pipeline.Stages), func(s pipeline.Stage) bool {
		return slices.Contains([]string{"validate", "decide", "report"}, s.Name)
	})
	published := map[string]bool{}
	for _, day := range ask(t, db, "SELECT toString(as_of) FROM creditwatch.live_runs", nil) {
		published[day] = true
	}
	r := &pipeline.Runner{Store: db, Stages: stages, Settings: c.Settings("judge"), Reports: filepath.Join(data, "reports"), Features: filepath.Join(data, "features"), Clock: time.Now,
		Log: zerolog.Nop(), Transient: warehouse.Transient, Token: warehouse.WithToken}
	trained := asof.Date(0)
	for d := from; d <= asof.MustParse(bookEnds); d = d.Add(every) {
		r.Settings.Train.Every = "never"
		if trained == 0 || d >= trained.AddMonths(months) {
			r.Settings.Train.Every, trained = "night", d
		}
		if published[d.String()] {
			continue
		}
		begun := time.Now()
		if _, err := r.Run(ctx, d); err != nil {
			t.Fatal(err)
		}
		if testing.Verbose() {
			fmt.Fprintf(os.Stderr, "seed %s: %s in %.1f s\n", b.seed, d, time.Since(begun).Seconds())
		}
	}
	return db, r.Settings
}

// alarms are what the warnings of one book were worth.
type alarms struct {
	seed                   string
	nights, days           int
	customers              float64 // of the average night
	stock                  float64 // share of customers with a warning of S3 or more, average night
	fresh                  int     // warnings that came to S3 or more after the first week
	freshCustomers         int     // customers that came to have one
	defaults               []truth
	act1, act30, act60     int    // defaults with a warning of S3 or more open so many days before
	watch30                int    // of S2 or more
	tier30                 [3]int // by that tier, S3 or more
	added                  [3]int // by that tier alone
	leads                  []float64
	missed                 []string
	decoyed                []string
	news                   int // warnings of tier 3 above S1
	byCode                 map[string]*tally
	warned, warnedDefaults int // customers with S3 or more at a year before the end, and those of them that defaulted in it
}

type truth struct {
	customer, cause string
	on              asof.Date
}

// tally is one code's.
type tally struct {
	opened, acted int // episodes above S1, of S3 or more
	right         int // of those of S3 or more: a default within a year
	recalled      int // defaults with S3 or more 30 days before
}

func (a *alarms) recall(n int) float64 { return float64(n) / float64(len(a.defaults)) }

func (a *alarms) newPerNight() float64 {
	return 1000 * float64(a.fresh) / (a.customers * float64(a.nights-1))
}

func (a *alarms) newPerDay() float64 {
	return 1000 * float64(a.fresh) / (a.customers * float64(a.days))
}

func (a *alarms) add(b *alarms) {
	n, m := float64(a.nights), float64(b.nights)
	a.customers = (a.customers*n + b.customers*m) / (n + m)
	a.stock = (a.stock*n + b.stock*m) / (n + m)
	a.nights, a.days, a.fresh, a.freshCustomers = a.nights+b.nights, a.days+b.days, a.fresh+b.fresh, a.freshCustomers+b.freshCustomers
	a.defaults = append(a.defaults, b.defaults...)
	a.act1, a.act30, a.act60, a.watch30, a.news = a.act1+b.act1, a.act30+b.act30, a.act60+b.act60, a.watch30+b.watch30, a.news+b.news
	a.warned, a.warnedDefaults = a.warned+b.warned, a.warnedDefaults+b.warnedDefaults
	for i := range 3 {
		a.tier30[i], a.added[i] = a.tier30[i]+b.tier30[i], a.added[i]+b.added[i]
	}
	a.leads = append(a.leads, b.leads...)
	for code, x := range b.byCode {
		y := a.code(code)
		y.opened, y.acted, y.right, y.recalled = y.opened+x.opened, y.acted+x.acted, y.right+x.right, y.recalled+x.recalled
	}
}

func (a *alarms) code(code string) *tally {
	if a.byCode[code] == nil {
		a.byCode[code] = &tally{}
	}
	return a.byCode[code]
}

func table(all []*alarms) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "seed\tcustomers\tnights\tdefaults\trecall S3+ 30 d\t1 d\t60 d\tS2+ 30 d\tnew S3+ per 1000 a night\ta day\tshare at S3+\tcustomers\tmedian lead\ttier 1\t2\t3\tadded by 1\t2\t3\tS3+ a year before the end\tdefaulted\tdecoyed\t")
	for _, a := range all {
		fmt.Fprintf(w, "%s\t%.0f\t%d\t%d\t%.2f\t%.2f\t%.2f\t%.2f\t%.1f\t%.1f\t%.2f\t%d\t%.0f\t%.2f\t%.2f\t%.2f\t%d\t%d\t%d\t%d\t%d\t%d\t\n", a.seed, a.customers, a.nights, len(a.defaults), a.recall(a.act30), a.recall(a.act1), a.recall(a.act60),
			a.recall(a.watch30), a.newPerNight(), a.newPerDay(), a.stock, a.freshCustomers, median(a.leads), a.recall(a.tier30[0]), a.recall(a.tier30[1]), a.recall(a.tier30[2]), a.added[0], a.added[1], a.added[2], a.warned, a.warnedDefaults, len(a.decoyed))
	}
	w.Flush()
	return b.String()
}

func (a *alarms) codes() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "code\tabove S1\tS3+\tdefault in a year\trecalled 30 d before\t")
	for _, code := range slices.Sorted(maps.Keys(a.byCode)) {
		c := a.byCode[code]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t\n", code, c.opened, c.acted, c.right, c.recalled)
	}
	w.Flush()
	return b.String() + "missed: " + strings.Join(a.missed, ", ") + "\n"
}

func median(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	x = slices.Sorted(slices.Values(x))
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}

// judgeWarnings holds the open warnings of all published nights against the defaults that truly came. Suppressed ones warn nobody. The
// nights are judged again by the present policy, so that nights kept under another one need not be run anew; that this finds what a
// night finds is tested on the small book.
func judgeWarnings(t *testing.T, db *warehouse.DB, b simulatedBook, set pipeline.Settings) *alarms {
	t.Helper()
	a := &alarms{seed: b.seed, byCode: map[string]*tally{}}
	var nights []asof.Date
	for _, line := range ask(t, db, "SELECT toString(as_of), count() FROM creditwatch.features GROUP BY as_of ORDER BY as_of", nil) {
		day, n, _ := strings.Cut(line, "|")
		nights = append(nights, asof.MustParse(day))
		a.customers += toNumber(t, n)
	}
	first, last := nights[0], nights[len(nights)-1]
	counted := first.Add(7) // lines that ask for some nights open by themselves in the first week
	a.nights, a.days, a.customers = len(nights), last.Sub(counted), a.customers/float64(len(nights))

	// Defaults that a night could warn of 30 days before, of customers that were not in default already.
	inDefault := map[string]asof.Date{}
	for _, row := range truthOf(t, b.folder, "defaults.csv") {
		on := asof.MustParse(row["defaulted_on"])
		if on >= first.Add(30) && on <= last {
			a.defaults = append(a.defaults, truth{row["customer_id"], row["cause"], on})
		}
		if d, ok := inDefault[row["customer_id"]]; !ok || on < d {
			inDefault[row["customer_id"]] = on
		}
	}
	slices.SortFunc(a.defaults, func(x, y truth) int { return cmp.Or(cmp.Compare(x.customer, y.customer), cmp.Compare(x.on, y.on)) })

	type episode struct {
		customer, code string
		acted          asof.Date // first night of S3 or more
	}
	type night struct {
		on       asof.Date
		tier     int
		code     string
		severity warnings.Severity
	}
	episodes, open := map[string]*episode{}, map[string][]night{}
	acting := map[string]bool{}
	var told []warnings.Episode // of tier 3, above S1
	err := pipeline.Rejudge(context.Background(), db, set, first, last, func(on asof.Date, found []warnings.Episode) error {
		acts := map[string]bool{}
		for _, w := range found {
			if w.State != warnings.Open || w.SuppressedBy != "" || w.Severity < warnings.Watch {
				continue
			}
			e := episodes[w.EpisodeID]
			if e == nil {
				e = &episode{customer: w.CustomerID, code: w.Code}
				episodes[w.EpisodeID] = e
				a.code(e.code).opened++
				if w.Tier == 3 {
					a.news++
				}
			}
			if w.Tier == 3 {
				told = append(told, w)
			}
			open[e.customer] = append(open[e.customer], night{on, int(w.Tier), e.code, w.Severity})
			if w.Severity < warnings.Act {
				continue
			}
			acts[e.customer] = true
			if on == last.AddMonths(-12) || on > last.AddMonths(-12) && on < last.AddMonths(-12).Add(*nightsEvery) {
				acting[e.customer] = true
			}
			if e.acted == 0 {
				e.acted = on
				c := a.code(e.code)
				c.acted++
				if on > counted {
					a.fresh++
				}
				for _, d := range a.defaults {
					if d.customer == e.customer && d.on > on && d.on <= on.AddMonths(12) {
						c.right++
						break
					}
				}
			}
		}
		a.stock += float64(len(acts)) / (a.customers * float64(len(nights)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	cameToAct := map[string]bool{}
	for _, e := range episodes {
		if e.acted > counted {
			cameToAct[e.customer] = true
		}
	}
	a.freshCustomers, a.warned = len(cameToAct), len(acting)
	for c := range acting {
		if slices.ContainsFunc(a.defaults, func(d truth) bool { return d.customer == c && d.on > last.AddMonths(-12) }) {
			a.warnedDefaults++
		}
	}

	for _, d := range a.defaults {
		var tiers [3]bool
		codes := map[string]bool{}
		act1, act30, act60, watch30, lead := false, false, false, false, 0
		for _, w := range open[d.customer] {
			ahead := d.on.Sub(w.on)
			if ahead < 1 || ahead > 365 {
				continue
			}
			if w.severity >= warnings.Act {
				lead = max(lead, ahead)
				act1, act30, act60 = true, act30 || ahead >= 30, act60 || ahead >= 60
				if ahead >= 30 {
					tiers[w.tier-1], codes[w.code] = true, true
				}
			}
			watch30 = watch30 || ahead >= 30
		}
		a.act1, a.act30, a.act60, a.watch30 = a.act1+boolOf(act1), a.act30+boolOf(act30), a.act60+boolOf(act60), a.watch30+boolOf(watch30)
		if act1 {
			a.leads = append(a.leads, float64(lead))
		}
		if !act30 {
			a.missed = append(a.missed, fmt.Sprintf("%s %s %s (lead %d, S2+ %t)", d.customer, d.on, d.cause, lead, watch30))
		}
		for i := range tiers {
			a.tier30[i] += boolOf(tiers[i])
			a.added[i] += boolOf(tiers[i] && !tiers[(i+1)%3] && !tiers[(i+2)%3])
		}
		for c := range codes {
			a.code(c).recalled++
		}
	}
	a.decoys(t, db, b, told)
	return a
}

var toldStory = regexp.MustCompile(`story ([^ :\]]+):((?: [^ \];:]+)+)`)

// decoys lists the warnings above S1 that rest on planted denials and namesakes alone, and those that counted the copies of one
// story as several.
func (a *alarms) decoys(t *testing.T, db *warehouse.DB, b simulatedBook, warned []warnings.Episode) {
	t.Helper()
	type told struct{ decoy, story string }
	byURL, byID := map[string]told{}, map[string]told{}
	for _, row := range truthOf(t, b.folder, "news.csv") {
		byURL[row["url"]] = told{row["decoy"], row["story"]}
	}
	for _, line := range ask(t, db, "SELECT DISTINCT article_id, url FROM creditwatch.articles", nil) {
		id, url, _ := strings.Cut(line, "|")
		if x, ok := byURL[url]; ok {
			byID[id] = x
		}
	}
	said := map[string]bool{}
	for _, w := range warned {
		planted, articles, twice := 0, 0, false
		for _, step := range strings.Split(w.Evidence, "]") {
			stories := map[string]string{}
			for _, m := range toldStory.FindAllStringSubmatch(step, -1) {
				for _, id := range strings.Fields(m[2]) {
					x, ok := byID[id]
					if !ok {
						continue
					}
					articles++
					if x.decoy == "denial" || x.decoy == "namesake" {
						planted++
					}
					if as, ok := stories[x.story]; ok && as != m[1] {
						twice = true
					}
					stories[x.story] = m[1]
				}
			}
		}
		what := ""
		switch {
		case articles > 0 && planted == articles:
			what = "planted denials or namesakes alone"
		case twice:
			what = "copies of a story counted as several stories"
		default:
			continue
		}
		if k := w.CustomerID + w.Code + what; !said[k] {
			said[k] = true
			a.decoyed = append(a.decoyed, fmt.Sprintf("%s %s of customer %s on %s rests on %s: %s", w.Severity, w.Code, w.CustomerID, w.AsOf, what, w.Evidence))
		}
	}
}
