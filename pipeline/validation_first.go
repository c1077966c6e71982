package pipeline

import (
	"context"
	"maps"
	"math"
	"slices"
	"sort"

	"creditwatch/models"
	"creditwatch/models/validation"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
)

// How much of the book a first validation keeps.
const (
	firstBins      = 10   // bins of a feature
	firstPointed   = 2000 // customers over which the points of a bin are averaged
	firstReference = 400  // customers whose features are kept
	firstMigration = 50   // customers from which a migration matrix is one
)

type initialRow struct {
	Run         uint64    `ch:"run"`
	AsOf        asof.Date `ch:"as_of"`
	ModelID     string    `ch:"model_id"`
	ValidatedOn asof.Date `ch:"validated_on"`
	Name        string    `ch:"name"`
	Feature     string    `ch:"feature"`
	Place       uint32    `ch:"place"`
	Figures     []float64 `ch:"figures"`
}

// firstValidation finds what the champion showed when it was first validated, or, where this night is the first, takes it down. It
// never changes after: later nights carry it.
func (n *Night) firstValidation(ctx context.Context, v *prepared) error {
	err := rows.Each(ctx, n, "validation_initial", sqlOf("validation_initial_last"), n.params(nil), func(r *rows.Row) error {
		if r.Text("model_id") == v.champion.ModelID {
			v.initial = append(v.initial, initialRow{ModelID: v.champion.ModelID, ValidatedOn: r.Date("validated_on"), Name: r.Text("name"),
				Feature: r.Text("feature"), Place: uint32(r.Whole("place")), Figures: r.Floats("figures")})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(v.initial) == 0 {
		v.fresh = true
		if v.initial, err = n.takeDown(v); err != nil {
			return err
		}
	}
	v.in.Initial = readInitial(v.initial)
	if odds := v.in.Quarter; odds != nil {
		v.in.Quarter = byDecile(v.in.Initial.Deciles, odds)
	}
	return nil
}

// byDecile counts log-odds by the deciles of a first validation.
func byDecile(edges, odds []float64) []float64 {
	if len(edges) == 0 {
		return nil
	}
	out := make([]float64, len(edges)+1)
	for _, x := range odds {
		out[above(edges, x)]++
	}
	return out
}

// takeDown writes what the champion shows tonight.
func (n *Night) takeDown(v *prepared) ([]initialRow, error) {
	var out []initialRow
	put := func(name, feature string, place int, figures []float64) {
		out = append(out, initialRow{ModelID: v.champion.ModelID, ValidatedOn: n.AsOf, Name: name, Feature: feature, Place: uint32(place), Figures: figures})
	}
	auc, variance := v.firstAUC()
	put("auc", "", 1, []float64{auc})
	put("auc_variance", "", 1, []float64{variance})
	partial, precision := v.firstEarly()
	put("partial_auc", "", 1, []float64{partial})
	put("precision", "", 1, []float64{precision})
	grades, exposure := make([]float64, len(v.in.Grades)), make([]float64, len(v.in.Grades))
	var odds []float64
	for _, s := range v.in.Tonight {
		if s.Grade >= 0 {
			grades[s.Grade]++
			exposure[s.Grade] += s.EAD
			odds = append(odds, s.LogOdds)
		}
	}
	put("grades", "", 1, grades)
	put("exposure", "", 1, exposure)
	if deciles := edgesOf(odds, 10); len(odds) > 0 {
		put("deciles", "", 1, deciles)
		put("scores", "", 1, byDecile(deciles, odds))
	}
	if _, moved := v.migration(); len(moved) > 0 {
		for i, row := range moved {
			put("migration", "", i+1, row[:len(v.in.Grades)])
		}
	}
	points := v.points
	for _, name := range v.champion.topFeatures() {
		var known []float64
		for _, s := range v.in.Tonight {
			if x := s.Features[name]; !math.IsNaN(x) {
				known = append(known, x)
			}
		}
		edges := slices.Compact(edgesOf(known, firstBins))
		shares, mean, count := make([]float64, len(edges)+2), make([]float64, len(edges)+2), make([]float64, len(edges)+2)
		var reference []float64
		every := max(len(v.in.Tonight)/firstReference, 1)
		for i, s := range v.in.Tonight {
			bin := binOf(edges, s.Features[name])
			shares[bin]++
			if of, ok := points[s.Customer]; ok {
				mean[bin] += of[name]
				count[bin]++
			}
			if i%every == 0 && len(reference) < firstReference {
				reference = append(reference, s.Features[name])
			}
		}
		for b := range mean {
			if count[b] > 0 {
				mean[b] /= count[b]
			}
		}
		put("bins", name, 1, edges)
		put("shares", name, 1, shares)
		put("points", name, 1, mean)
		put("reference", name, 1, reference)
	}
	return out, nil
}

// binOf is 0 for a missing value, then 1 for the lowest bin.
func binOf(edges []float64, x float64) int {
	if math.IsNaN(x) {
		return 0
	}
	return above(edges, x) + 1
}

// above counts the edges that a value has reached: a value equal to an edge lies above it, as the tests count.
func above(edges []float64, x float64) int {
	return sort.Search(len(edges), func(k int) bool { return edges[k] > x })
}

// edgesOf cuts numbers into bins of about the same count: the inner edges, each the least value of the bin above it.
func edgesOf(x []float64, bins int) []float64 {
	if len(x) == 0 {
		return []float64{}
	}
	sorted := slices.Sorted(slices.Values(x))
	out := make([]float64, 0, bins-1)
	for b := 1; b < bins; b++ {
		out = append(out, sorted[len(sorted)*b/bins])
	}
	return out
}

// firstAUC is the AUC of the training's held-out rows; without them that of the past rows; 0 without either.
func (v *prepared) firstAUC() (auc, variance float64) {
	auc, variance = v.champion.metric("holdout", "auc"), v.champion.metric("holdout", "auc_variance")
	if se := v.champion.metric("holdout", "auc_se"); math.IsNaN(variance) {
		variance = se * se
	}
	if !math.IsNaN(auc) && !math.IsNaN(variance) {
		return auc, variance
	}
	var pd []float64
	var y []uint8
	at := horizonAt(v.champion.model.Horizon)
	for _, r := range v.in.Rows {
		if r.Observed >= v.in.Horizon {
			pd, y = append(pd, r.PD[at]), append(y, r.Default)
		}
	}
	r, err := validation.Rank(pd, y)
	if err != nil {
		return 0, 0
	}
	return r.AUC, r.Variance
}

// firstEarly is the partial AUC, and the average precision against the default rate, of the newest mature cohort; zeros where
// its defaults are too few to be a reference.
func (v *prepared) firstEarly() (partial, precision float64) {
	newest := v.newestMature()
	var pd []float64
	var y []uint8
	bad := 0
	for _, r := range v.in.Rows {
		if r.Cohort == newest && r.Observed >= v.in.Horizon {
			pd, y = append(pd, r.PD[horizonAt(v.in.Horizon)]), append(y, r.Default)
			bad += int(r.Default)
		}
	}
	if bad < 20 {
		return 0, 0
	}
	partial, err := validation.PartialAUC(pd, y, 0.2)
	if err != nil {
		return 0, 0
	}
	area, err := validation.AveragePrecision(pd, y)
	if err != nil {
		return 0, 0
	}
	return partial, area * float64(len(y)) / float64(bad)
}

// migration counts customers from their grade of a year ago, give or take half a month, to what they are tonight: grades, then
// defaulted, then gone. It is nil when there are few.
func (v *prepared) migration() (from asof.Date, moved [][]float64) {
	grades := len(v.in.Grades)
	now := map[string]int{}
	for _, s := range v.in.Tonight {
		if s.Grade >= 0 {
			now[s.Customer] = s.Grade
		}
	}
	for _, r := range v.in.Rows {
		if d := r.Cohort.Sub(v.in.AsOf.AddMonths(-12)); d >= -16 && d <= 16 {
			from = max(from, r.Cohort)
		}
	}
	moved = make([][]float64, grades)
	for i := range moved {
		moved[i] = make([]float64, grades+2)
	}
	stayed := 0
	for _, r := range v.in.Rows {
		if r.Cohort != from || r.Grade < 0 || from.IsZero() {
			continue
		}
		to, stays := now[r.Customer]
		switch {
		case r.Default == 1 && !(r.After > 12):
			to = grades
		case !stays:
			to = grades + 1
		default:
			stayed++
		}
		moved[r.Grade][to]++
	}
	if stayed < firstMigration {
		return 0, nil
	}
	return from, moved
}

type gradeRow struct {
	Run              uint64     `ch:"run"`
	AsOf             asof.Date  `ch:"as_of"`
	ModelID          string     `ch:"model_id"`
	Place            uint8      `ch:"place"`
	Grade            string     `ch:"grade"`
	Customers        uint64     `ch:"customers"`
	Exposure         float64    `ch:"exposure"`
	PD               *float64   `ch:"pd"`
	CustomersInitial float64    `ch:"customers_initial"`
	ExposureInitial  float64    `ch:"exposure_initial"`
	Cohort           *asof.Date `ch:"cohort"`
	CohortCustomers  uint64     `ch:"cohort_customers"`
	CohortDefaults   uint64     `ch:"cohort_defaults"`
	CohortPD         *float64   `ch:"cohort_pd"`
	MovedFrom        *asof.Date `ch:"moved_from"`
	Moved            []float64  `ch:"moved"`
}

// gradeRows are the champion's grades: tonight's book, the newest mature cohort, and where customers went within a year.
func (v *prepared) gradeRows(ctx context.Context, n *Night) ([]gradeRow, error) {
	if v.champion == nil {
		return nil, nil
	}
	out := make([]gradeRow, len(v.in.Grades))
	cohort := make([]float64, len(out)) // sums of PDs
	for i, name := range v.in.Grades {
		out[i] = gradeRow{Run: n.Run, AsOf: n.AsOf, ModelID: v.champion.ModelID, Place: uint8(i + 1), Grade: name, Moved: []float64{}}
		if first := v.in.Initial; len(first.Grades) == len(out) && len(first.Exposure) == len(out) {
			out[i].CustomersInitial, out[i].ExposureInitial = first.Grades[i], first.Exposure[i]
		}
	}
	sql := with(sqlOf("validation_scored"), "pd", []string{[]string{"pd_1m", "pd_3m", "pd_6m", "pd_12m"}[horizonAt(v.in.Horizon)]})
	err := rows.Each(ctx, n, "scores by grade", sql, n.params(nil), func(r *rows.Row) error {
		if at := gradeAt(r.Text("grade")); at >= 0 {
			out[at].Customers, out[at].Exposure, out[at].PD = uint64(r.Whole("customers")), *r.Float("exposure"), r.Float("pd")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	newest := v.newestMature()
	for _, r := range v.in.Rows {
		if r.Cohort == newest && r.Observed >= v.in.Horizon && r.Grade >= 0 {
			g := &out[r.Grade]
			g.CohortCustomers, g.CohortDefaults = g.CohortCustomers+1, g.CohortDefaults+uint64(r.Default)
			cohort[r.Grade] += r.PD[horizonAt(v.in.Horizon)]
		}
	}
	from, moved := v.migration()
	for i := range out {
		g := &out[i]
		g.Cohort = dateOr(newest)
		if g.CohortCustomers > 0 {
			g.CohortPD = number(cohort[i] / float64(g.CohortCustomers))
		}
		if moved != nil {
			g.MovedFrom, g.Moved = dateOr(from), moved[i]
		}
	}
	return out, nil
}

// newestMature is the newest cohort with a known outcome, unset when there is none.
func (v *prepared) newestMature() (newest asof.Date) {
	for _, r := range v.in.Rows {
		if r.Observed >= v.in.Horizon {
			newest = max(newest, r.Cohort)
		}
	}
	return newest
}

// readInitial makes the reference of the tests of what is kept.
func readInitial(kept []initialRow) *validation.Initial {
	in := &validation.Initial{Bins: map[string][]float64{}, Shares: map[string][]float64{}, Points: map[string][]float64{}}
	reference := map[string][]float64{}
	migration := map[uint32][]float64{}
	one := func(x []float64) float64 {
		if len(x) == 0 {
			return 0
		}
		return x[0]
	}
	for _, r := range kept {
		in.On = r.ValidatedOn
		switch r.Name {
		case "auc":
			in.AUC = one(r.Figures)
		case "auc_variance":
			in.AUCVariance = one(r.Figures)
		case "partial_auc":
			in.PartialAUC = one(r.Figures)
		case "precision":
			in.Precision = one(r.Figures)
		case "grades":
			in.Grades = r.Figures
		case "exposure":
			in.Exposure = r.Figures
		case "deciles":
			in.Deciles = r.Figures
		case "scores":
			in.Scores = r.Figures
		case "bins":
			in.Bins[r.Feature] = r.Figures
		case "shares":
			in.Shares[r.Feature] = r.Figures
		case "points":
			in.Points[r.Feature] = r.Figures
		case "reference":
			reference[r.Feature] = r.Figures
		case "migration":
			migration[r.Place] = r.Figures
		}
	}
	for i := range uint32(len(migration)) {
		in.Migration = append(in.Migration, migration[i+1])
	}
	for _, name := range slices.Sorted(maps.Keys(reference)) {
		for i, x := range reference[name] {
			if i == len(in.Reference) {
				in.Reference = append(in.Reference, map[string]float64{})
			}
			in.Reference[i][name] = x
		}
	}
	return in
}

// initialRows are what the night keeps of the first validation.
func (v *prepared) initialRows(n *Night) []initialRow {
	for i := range v.initial {
		v.initial[i].Run, v.initial[i].AsOf = n.Run, n.AsOf
	}
	return v.initial
}

// pointsOf are the score points of every feature of some customers of the book.
func pointsOf(m *judgedModel, customers []string, addends [][]float64) map[string]map[string]float64 {
	out := map[string]map[string]float64{}
	for i, customer := range customers {
		of := map[string]float64{}
		for c, column := range m.model.Columns {
			of[column.Name] = -models.Factor * addends[i][c]
		}
		out[customer] = of
	}
	return out
}
