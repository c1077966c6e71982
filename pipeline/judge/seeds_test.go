package judge

import (
	"context"
	"flag"
	"fmt"
	"hash/fnv"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/apache/arrow/go/v17/arrow/array"

	"creditwatch/models"
	"creditwatch/models/boost"
	"creditwatch/models/validation"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

var (
	seeds       = flag.String("seeds", "", "seeds of simulated books to judge the published PDs of, with commas: 1,2,3,4,5; each has -book customers, or 2000")
	seedLearner = flag.String("learners", "", "learners to train on them, with commas; default: all")
)

// The nights that are judged: the first trains, the others apply its champion. What followed the last ends with the book.
var judgedNights = []string{"2025-06-30", "2025-09-30", "2025-12-31", "2026-03-31"}

const bookEnds = "2026-06-30"

// What must hold over all seeds.
const (
	leastLevel, mostLevel = 0.85, 1.15 // observed over expected defaults of the book
	leastInside           = 0.85       // share of grades whose expected defaults lie in the 90 % interval of the observed ones
	leastRank             = 0.7        // correlation of ranks of PD and true hazard
	mostLost              = 0.02       // AUC below that of the true hazard
)

// A verdict is how the published PDs of one book do by its truth.
type verdict struct {
	seed                             string
	customers, defaults              float64 // scored on the first night; defaulted in the year after
	observed, expected, truth        float64 // of the year: defaults, sum of PDs, sum of true probabilities
	quarters, quarterly, quarterTrue float64 // of the quarters after each night: defaults, sum of PDs of three months, true ones
	inside, within, grades           float64 // grades; see judgeYear
	rank, rankYear                   float64
	auc, aucHazard, aucYear          float64
	expectedAUC, expectedHazard      float64 // the same, expected by the true probabilities instead of drawn by them
	expectedTold                     float64 // of trees told the true probabilities of other customers: what the ledger shows of them
}

// Five books, each published by a night that knows half of its life and judged by what followed.
//
//	go test ./pipeline/judge -run TestSeeds -seeds 1,2,3,4,5 -book 5000 -timeout 5h -v
func TestSeedsOfSimulatedBooks(t *testing.T) {
	if *seeds == "" {
		t.Skip("takes minutes per seed; give -seeds 1,2,3,4,5")
	}
	var all []verdict
	for _, seed := range strings.Split(*seeds, ",") {
		t.Run("seed "+seed, func(t *testing.T) {
			all = append(all, judgeSeed(t, seed, max(*customers, 2000*boolOf(*customers == 0))))
		})
	}
	sum, inside, grades := verdict{seed: "all"}, 0.0, 0.0
	n := float64(len(all))
	for _, v := range all {
		sum.customers, sum.defaults = sum.customers+v.customers, sum.defaults+v.defaults
		sum.observed, sum.expected, sum.truth = sum.observed+v.observed, sum.expected+v.expected, sum.truth+v.truth
		sum.quarters, sum.quarterly, sum.quarterTrue = sum.quarters+v.quarters, sum.quarterly+v.quarterly, sum.quarterTrue+v.quarterTrue
		inside, grades = inside+v.inside, grades+v.grades
		sum.within += v.within
		sum.rank, sum.rankYear = sum.rank+v.rank/n, sum.rankYear+v.rankYear/n
		sum.auc, sum.aucHazard, sum.aucYear = sum.auc+v.auc/n, sum.aucHazard+v.aucHazard/n, sum.aucYear+v.aucYear/n
		sum.expectedAUC, sum.expectedHazard, sum.expectedTold = sum.expectedAUC+v.expectedAUC/n, sum.expectedHazard+v.expectedHazard/n, sum.expectedTold+v.expectedTold/n
	}
	sum.inside, sum.grades = inside, grades
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "seed\tcustomers\tdefaults\tO/E year\ttrue/E\tO/E quarters\ttrue/E\tgrades in 90 %\ttruth in interval\trank hazard\trank PD\tAUC\tof hazard\tof true PD\texpected AUC\tof trees told the truth\tof hazard\t")
	for _, v := range append(slices.Clone(all), sum) {
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.2f\t%.2f\t%.2f\t%.2f\t%.0f of %.0f\t%.0f of %.0f\t%.3f\t%.3f\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t\n", v.seed, v.customers, v.defaults,
			v.observed/v.expected, v.truth/v.expected, v.quarters/v.quarterly, v.quarterTrue/v.quarterly, v.inside, v.grades, v.within, v.grades, v.rank, v.rankYear, v.auc, v.aucHazard, v.aucYear, v.expectedAUC, v.expectedTold, v.expectedHazard)
	}
	w.Flush()
	t.Log("\n" + b.String())
	for what, ratio := range map[string]float64{"of the year": sum.observed / sum.expected, "of the quarters": sum.quarters / sum.quarterly} {
		if ratio < leastLevel || ratio > mostLevel {
			t.Errorf("observed over expected defaults %s: %.3f, want %g to %g", what, ratio, leastLevel, mostLevel)
		}
	}
	if share := inside / grades; share < leastInside {
		t.Errorf("%.0f of %.0f grades are inside their interval, want %.0f %%", inside, grades, 100*leastInside)
	}
	for _, v := range all {
		if v.rank < leastRank {
			t.Errorf("seed %s: correlation of ranks with the true hazard %.3f, want at least %g", v.seed, v.rank, leastRank)
		}
	}
	if lost := sum.aucHazard - sum.auc; lost > mostLost {
		t.Errorf("AUC %.4f, that of the true hazard %.4f: %.4f lost, want at most %g", sum.auc, sum.aucHazard, lost, mostLost)
	}
}

func boolOf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// A fate is what is true of a customer on a night.
type fate struct{ hazard, year float64 }

func judgeSeed(t *testing.T, seed string, size int) verdict {
	book, data := t.TempDir(), t.TempDir()
	creditwatch(t, "simulate", book, "--customers", fmt.Sprint(size), "--years", "4", "--seed", seed, "--to", bookEnds)
	config := []string{"--data", data, "--config", filepath.Join(book, "creditwatch.yaml"), "--set", "input=" + book, "--set", "train.canary_rows=0"}
	if *seedLearner != "" {
		config = append(config, "--set", "train.learners=["+*seedLearner+"]")
	}
	for i, night := range judgedNights {
		args := config
		if i > 0 {
			args = append(slices.Clone(config), "--set", "train.every=never")
		}
		creditwatch(t, append(slices.Clone(args), "run", "--date", night)...)
	}
	fates := map[string]map[string]fate{}
	for _, row := range truthOf(t, book, "hazard.csv.gz") {
		if slices.Contains(judgedNights, row["month_end"]) {
			of := fates[row["month_end"]]
			if of == nil {
				of = map[string]fate{}
				fates[row["month_end"]] = of
			}
			of[row["customer_id"]] = fate{toNumber(t, row["hazard"]), toNumber(t, row["pd_12m"])}
		}
	}
	failures := map[string][]asof.Date{}
	for _, row := range truthOf(t, book, "defaults.csv") {
		failures[row["customer_id"]] = append(failures[row["customer_id"]], asof.MustParse(row["defaulted_on"]))
	}
	fails := func(customer string, after asof.Date, months int) bool {
		return slices.ContainsFunc(failures[customer], func(d asof.Date) bool { return d > after && d <= after.AddMonths(months) })
	}
	db := warehousetest.OpenAt(t, data)
	v := verdict{seed: seed}
	for i, night := range judgedNights {
		date := asof.MustParse(night)
		if i == 0 {
			v.judgeYear(t, db, date, fates[night], fails)
		}
		for _, p := range published(t, db, night, "pd_3m") {
			if c, alive := fates[night][p.customer]; alive {
				v.quarterly += p.values[0]
				v.quarterTrue += 1 - math.Pow(1-c.hazard, 3) // the hazard as it stands that night
				if fails(p.customer, date, 3) {
					v.quarters++
				}
			}
		}
	}
	return v
}

type pdOf struct {
	customer, grade string
	values          []float64
}

// published reads columns of the scores of a night, of customers that have a PD and are not in default.
func published(t *testing.T, db *warehouse.DB, night string, columns ...string) (out []pdOf) {
	t.Helper()
	for _, line := range ask(t, db, "SELECT customer_id, grade, "+strings.Join(columns, ", ")+" FROM creditwatch.score_history WHERE as_of = {night:Date} AND pd_12m IS NOT NULL AND note = '' ORDER BY customer_id", map[string]any{"night": night}) {
		cells := strings.Split(line, "|")
		p := pdOf{customer: cells[0], grade: cells[1]}
		for _, c := range cells[2:] {
			p.values = append(p.values, toNumber(t, c))
		}
		out = append(out, p)
	}
	return out
}

func toNumber(t *testing.T, s string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// judgeYear holds the PDs of twelve months of a night against the true probabilities of the same twelve months and against what
// followed.
func (v *verdict) judgeYear(t *testing.T, db *warehouse.DB, night asof.Date, fates map[string]fate, fails func(string, asof.Date, int) bool) {
	type grade struct{ n, d, expected, truth, lo, hi float64 }
	grades := map[string]*grade{}
	var pd, hazard, year []float64
	var outcome []uint8
	for _, p := range published(t, db, night.String(), "pd_12m", "pd_lo", "pd_hi") {
		c, alive := fates[p.customer]
		if !alive {
			continue // in default, though nobody has told us yet
		}
		y := uint8(boolOf(fails(p.customer, night, 12)))
		pd, hazard, year, outcome = append(pd, p.values[0]), append(hazard, c.hazard), append(year, c.year), append(outcome, y)
		g := grades[p.grade]
		if g == nil {
			g = &grade{}
			grades[p.grade] = g
		}
		g.n, g.d, g.expected, g.truth, g.lo, g.hi = g.n+1, g.d+float64(y), g.expected+p.values[0], g.truth+c.year, g.lo+p.values[1], g.hi+p.values[2]
		v.customers, v.observed, v.expected, v.truth = v.customers+1, v.observed+float64(y), v.expected+p.values[0], v.truth+c.year
	}
	v.defaults = v.observed
	var table strings.Builder
	for _, scale := range models.MasterScale {
		g := grades[scale.Name]
		if g == nil {
			continue
		}
		v.grades++
		// Inside: the defaults observed allow the PD, by Jeffreys' 90 % interval. Within: the true rate lies in the interval published.
		p, err := validation.Jeffreys(g.n, g.d, g.expected/g.n)
		if err != nil {
			t.Fatal(err)
		}
		if p >= 0.05 && p <= 0.95 {
			v.inside++
		}
		if g.lo <= g.truth && g.truth <= g.hi {
			v.within++
		}
		fmt.Fprintf(&table, "\n%4s %5.0f customers, %3.0f defaults, %6.1f expected, %6.1f truly; PD %.2f %% (%.2f to %.2f)", scale.Name, g.n, g.d, g.expected, g.truth, 100*g.expected/g.n, 100*g.lo/g.n, 100*g.hi/g.n)
	}
	t.Log(table.String())
	v.rank, v.rankYear = spearman(pd, hazard), spearman(pd, year)
	for _, s := range []struct {
		score []float64
		into  *float64
	}{{pd, &v.auc}, {hazard, &v.aucHazard}, {year, &v.aucYear}} {
		rank, err := validation.Rank(s.score, outcome)
		if err != nil {
			t.Fatal(err)
		}
		*s.into = rank.AUC
	}
	v.expectedAUC, v.expectedHazard = expectedAUC(pd, year), expectedAUC(hazard, year)
	v.expectedTold = expectedAUC(toldTheTruth(t, db, night, fates))
}

// toldTheTruth ranks the customers by boosted trees that learn from the true probabilities of other customers instead of from their few
// defaults: about the best that can be told from the features of a night, whatever the learner. The rest up to the true hazard is what
// the ledger does not show.
func toldTheTruth(t *testing.T, db *warehouse.DB, night asof.Date, fates map[string]fate) (score, probability []float64) {
	t.Helper()
	answer, err := db.Query(context.Background(), "SELECT * FROM creditwatch.features WHERE as_of = {night:Date} ORDER BY customer_id", map[string]any{"night": night})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Release()
	in := boost.Input{Options: boost.Options{Trees: 400, Rate: 0.03, Leaves: 15, Columns: 0.3, Rows: 0.7, MinChild: 0.2, Seed: 1}}
	var folds []uint64
	for answer.Next() {
		rec := answer.Record()
		ids := rec.Column(rec.Schema().FieldIndices("customer_id")[0])
		var rows []int
		for i := range int(rec.NumRows()) {
			c, alive := fates[ids.ValueStr(i)]
			if !alive {
				continue
			}
			h := fnv.New64a()
			h.Write([]byte(ids.ValueStr(i)))
			for y, w := range []float64{1 - c.year, c.year} { // once as one that pays, once as one that defaults
				rows, folds = append(rows, i), append(folds, h.Sum64())
				in.Default, in.Weight = append(in.Default, uint8(y)), append(in.Weight, w)
			}
		}
		k := 0
		for j, field := range rec.Schema().Fields() {
			numbers, ok := rec.Column(j).(*array.Float64)
			if !ok {
				continue
			}
			if k == len(in.Columns) {
				in.Columns = append(in.Columns, boost.Column{Name: field.Name})
			}
			for _, i := range rows {
				x := math.NaN()
				if numbers.IsValid(i) {
					x = numbers.Value(i)
				}
				in.Columns[k].Numbers = append(in.Columns[k].Numbers, x)
			}
			k++
		}
	}
	if err := answer.Err(); err != nil {
		t.Fatal(err)
	}
	if len(in.Columns) < 100 {
		t.Fatalf("%d features, want those of the catalogue", len(in.Columns))
	}
	in.Customer = folds
	scores := make([]float64, len(folds))
	for fold := range uint64(5) {
		in.Rows = nil
		for i, h := range folds {
			if h%5 != fold {
				in.Rows = append(in.Rows, i)
			}
		}
		trees, err := boost.Fit(in)
		if err != nil {
			t.Fatal(err)
		}
		scorer := trees.Scorer(in.Columns)
		for i, h := range folds {
			if h%5 == fold {
				scores[i] = scorer.LogOdds(i)
			}
		}
	}
	for i := 1; i < len(folds); i += 2 { // the rows of those that default carry the probability
		score, probability = append(score, scores[i]), append(probability, in.Weight[i])
	}
	return score, probability
}

// expectedAUC is the AUC that a score has on average over the outcomes that the probabilities may draw: the share of pairs ranked
// right, each weighed by the chance that the one defaults and the other does not.
func expectedAUC(score, probability []float64) float64 {
	order := make([]int, len(score))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case score[a] < score[b]:
			return -1
		case score[a] > score[b]:
			return 1
		}
		return 0
	})
	right, bad, good, self := 0.0, 0.0, 0.0, 0.0
	for i := 0; i < len(order); {
		j, tiedBad, tiedGood := i, 0.0, 0.0
		for ; j < len(order) && score[order[j]] == score[order[i]]; j++ {
			p := probability[order[j]]
			tiedBad, tiedGood, self = tiedBad+p, tiedGood+1-p, self+p*(1-p)
		}
		right += tiedBad * (good + tiedGood/2)
		bad, good, i = bad+tiedBad, good+tiedGood, j
	}
	return (right - self/2) / (bad*good - self) // nobody is paired with himself
}

func TestExpectedAUC(t *testing.T) {
	// Certain outcomes: the AUC itself, ties counting half.
	if got := expectedAUC([]float64{1, 2, 2, 3}, []float64{0, 1, 0, 1}); math.Abs(got-0.875) > 1e-12 {
		t.Errorf("%g, want 0.875", got)
	}
	// Two customers: the one ranked higher defaults alone with 0.3·0.9, the other with 0.1·0.7.
	if got, want := expectedAUC([]float64{1, 2}, []float64{0.1, 0.3}), 0.27/(0.27+0.07); math.Abs(got-want) > 1e-12 {
		t.Errorf("%g, want %g", got, want)
	}
}
