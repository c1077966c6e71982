package validation

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"

	"creditwatch/pipeline/asof"
)

// A Test is one code of the pack. It yields at least one result every night, grey where the data cannot answer.
type Test struct {
	Code   string
	Family string // one of Families; a result on another scope than the book may belong to another one
	EN, ZH string
	// Nightly tests state a fact of the night, or stay valid however often one looks; their light is never carried.
	Nightly bool
	// Cause and Step are added to amber and red sentences.
	Cause, Step Text

	judge func(*night) []*finding
}

// A Text is in both languages.
type Text struct{ EN, ZH string }

// A finding is a result on its way to its light.
type finding struct {
	Result
	// decide gives the light from the p-value after Holm's correction and the false discovery rate; nil where the light
	// does not depend on a p-value.
	decide func(holm, q float64) Light
	cause  Text // in place of the test's, when the figures tell more
	// carried findings are those of an earlier night; they count in the correction of the others, and keep their own.
	carried bool
}

// Judge runs every test of the pack. The light of a test that looks at outcomes or at the book's distribution is carried
// from earlier, the results of the latest night, unless something new is known since it was decided: a new mature cohort,
// at least Bounds.NewDefault defaults, another month, other bounds. The order is that of Tests, and nothing depends on the
// order of rows.
func Judge(in Input, bounds Bounds, earlier []Decided) []Result {
	n := prepare(in, bounds)
	past := map[string][]Decided{}
	for _, e := range earlier {
		if e.Model == in.Model {
			past[e.Code] = append(past[e.Code], e)
		}
	}
	var found []*finding
	for _, t := range Tests {
		old := map[string]Decided{}
		if !t.Nightly {
			for _, e := range past[t.Code] {
				if !n.news(e) {
					old[e.Scope] = e
				}
			}
		}
		if len(old) > 0 && len(old) == len(past[t.Code]) { // all of it is carried
			for _, e := range past[t.Code] {
				found = append(found, &finding{Result: e, carried: true})
			}
			continue
		}
		for _, f := range t.judge(n) {
			if e, ok := old[f.Scope]; ok {
				f = &finding{Result: e, carried: true}
			} else {
				f.Code, f.Model = t.Code, in.Model
				if f.Family == "" {
					f.Family = t.Family
				}
			}
			found = append(found, f)
		}
	}
	correct(found)
	tests := map[string]Test{}
	for _, t := range Tests {
		tests[t.Code] = t
	}
	for _, f := range found {
		if !f.carried {
			f.settle(bounds)
		}
	}
	also := suspects(found)
	results := make([]Result, 0, len(found))
	for _, f := range found {
		if !f.carried {
			f.finish(tests[f.Code], also)
			if (f.Light == Amber || f.Light == Red) && f.Amount == nil {
				f.Amount = n.exposure() // it is about the whole book
			}
			f.DecidedOn, f.Cohort, f.Known, f.BoundsVersion = in.AsOf, n.newest(), n.known, bounds.Version
		}
		results = append(results, f.Result)
	}
	return results
}

// news reports whether a light must be decided anew.
func (n *night) news(old Decided) bool {
	return old.Light == Grey || old.BoundsVersion != n.b.Version ||
		old.DecidedOn.MonthEnd() != n.AsOf.MonthEnd() || old.Cohort != n.newest() ||
		math.Abs(old.Known-n.known) >= n.b.NewDefault
}

// correct gives every p-value its adjusted one and its false discovery rate within its family.
func correct(found []*finding) {
	for _, family := range Families {
		var tested []*finding
		var p []float64
		for _, f := range found {
			if f.Family == family && f.P != nil && f.Light != Grey && (f.decide != nil || f.carried && f.PAdjusted != nil) {
				tested, p = append(tested, f), append(p, *f.P)
			}
		}
		holm, q := Holm(p), BenjaminiHochberg(p)
		for i, f := range tested {
			if !f.carried {
				f.PAdjusted, f.Q = &holm[i], &q[i]
			}
		}
	}
}

// settle gives the finding its light.
func (f *finding) settle(b Bounds) {
	if f.decide != nil && f.P == nil {
		f.gray(" Not judged: the test is not defined on these rows.", "未评定：该检验在这些记录上无定义。")
	}
	if f.Light != Grey && f.decide != nil {
		holm, q := math.NaN(), math.NaN()
		if f.PAdjusted != nil {
			holm, q = *f.PAdjusted, *f.Q
			f.say(" p %s, or %s with the other tests of its family.", "p 值 %s，计入同族检验后为 %s。", digits(*f.P), digits(holm))
		}
		f.Light = f.decide(holm, q)
	}
	if f.Power == nil || f.Floor == nil || f.Light == Grey {
		return
	}
	if f.Light == Green && *f.Power < b.WeakPower {
		f.Light, f.Weak = Amber, true
		f.say(" Weak evidence: the chance to see an effect of %s here is only %s.", "证据不足：在此样本上发现 %s 的偏离的概率仅为 %s。", digits(*f.Floor), percent(*f.Power))
	}
}

// suspects are the features that moved most and the segments that stand out tonight: where to look for the cause of what is
// wrong with ranking or calibration.
func suspects(found []*finding) Text {
	type suspect struct {
		name string
		size float64
	}
	pick := func(prefix string, codes ...string) string {
		var list []suspect
		for _, f := range found {
			name, ok := strings.CutPrefix(f.Scope, prefix)
			if !ok || f.Light != Amber && f.Light != Red || !slices.Contains(codes, f.Code) || slices.ContainsFunc(list, func(s suspect) bool { return s.name == name }) {
				continue
			}
			s := suspect{name: name}
			if f.Light == Red {
				s.size = 1
			}
			list = append(list, s)
		}
		slices.SortStableFunc(list, func(a, b suspect) int { return int(b.size - a.size) }) // red ones first, then in the order of weight
		var names []string
		for _, s := range list[:min(len(list), 3)] {
			names = append(names, s.name)
		}
		return strings.Join(names, ", ")
	}
	var out Text
	if names := pick("feature ", "P03", "P04", "P06"); names != "" {
		out.EN, out.ZH = "; features that moved: "+names, "；变动的特征："+names
	}
	if names := pick("segment ", "D12", "E06", "S03"); names != "" {
		out.EN, out.ZH = out.EN+"; segments that stand out: "+names, out.ZH+"；突出的分组："+names
	}
	return out
}

// exposure is that of the book tonight, nil when nobody knows it.
func (n *night) exposure() *float64 {
	total := 0.0
	for _, s := range n.Tonight {
		total += max(zeroNaN(s.EAD), 0)
	}
	if total == 0 {
		total = n.Process.TotalEAD
	}
	if total == 0 {
		return nil
	}
	return number(total)
}

// finish adds what is likely behind an amber or red light and what to do.
func (f *finding) finish(t Test, also Text) {
	f.EN = singular(f.EN)
	if f.Light != Amber && f.Light != Red || f.Weak {
		return
	}
	cause := t.Cause
	if f.cause.EN != "" {
		cause = f.cause
	}
	if f.Family == "discrimination" || f.Family == "calibration_book" || f.Family == "calibration_grade" {
		cause.EN, cause.ZH = cause.EN+also.EN, cause.ZH+also.ZH
	}
	if cause.EN != "" {
		f.add(" Likely cause: "+cause.EN+".", "可能原因："+cause.ZH+"。")
	}
	if t.Step.EN != "" {
		f.add(" Step: "+t.Step.EN+".", "建议："+t.Step.ZH+"。")
	}
}

// byP takes the light from a p-value: red when it is within the red bound after correction and the effect is beyond its
// floor, amber when its false discovery rate is within the amber bound.
func (n *night) byP(f *finding, p, effect, floor float64, beyond bool) {
	f.P, f.Effect, f.Floor = number(p), number(effect), number(floor)
	f.decide = func(holm, q float64) Light {
		switch {
		case holm <= n.b.Red && beyond:
			return Red
		case q <= n.b.Amber:
			return Amber
		}
		return Green
	}
}

// power is the chance of a one-sided test of level [Bounds.Red] to see an effect that is so many standard errors large.
func (n *night) power(effect, se float64) *float64 {
	if !(se > 0) {
		return nil
	}
	return number(distuv.UnitNormal.CDF(effect/se - distuv.UnitNormal.Quantile(1-n.b.Red)))
}

// normalTail is the chance of a standard normal above z.
func normalTail(z float64) float64 { return distuv.UnitNormal.Survival(z) }

// number is nil for what is no number.
func number(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// on starts a finding.
func on(scope string) *finding { return &finding{Result: Result{Scope: scope}} }

// one is a test with a single result.
func one(f *finding) []*finding { return []*finding{f} }

// add adds a sentence.
func (f *finding) add(en, zh string) *finding {
	f.EN, f.ZH = f.EN+en, f.ZH+zh
	return f
}

// say adds a sentence; both languages take the same arguments.
func (f *finding) say(en, zh string, args ...any) *finding {
	f.EN += fmt.Sprintf(en, args...)
	f.ZH += fmt.Sprintf(zh, args...)
	return f
}

// gray says what is missing.
func (f *finding) gray(en, zh string, args ...any) *finding {
	f.Light, f.decide, f.P, f.Power = Grey, nil, nil, nil
	return f.say(en, zh, args...)
}

// undefined says that a statistic has no value on these rows.
func (f *finding) undefined(err error) *finding {
	why := strings.TrimSuffix(err.Error(), ": "+ErrGrey.Error())
	f.gray("", "")
	return f.add("Not judged, the figure is not defined here: "+why+".", "未评定：该指标在这些记录上无定义。")
}

// A Book is the light of the whole and what it stops.
type Book struct {
	Light            Light
	PublishBlocked   bool
	PromotionBlocked bool
	Prudent          bool // decisions must rest on the prudent PD
	Reds, Ambers     int
	Weak, Greys      int // Weak are those of the ambers that only lack evidence
	EN, ZH           string
}

// BookLight is red, and nothing is published, when a test of leakage or reproducibility or the ledger's control total is
// red; red, and no challenger is promoted and the prudent PD is used, when one of ranking or of the book's calibration is;
// else amber from Bounds.BookAmbers ambers up, or with any other red; else green, or grey where no test of the model has an
// answer. A red gate stops a promotion too.
func BookLight(results []Result, bounds Bounds) Book {
	b := Book{Light: Grey}
	var publish, model, other []string
	for _, r := range results {
		if r.Light != Grey && r.Family != "gate" && r.Family != "leakage" {
			b.Light = Green // something of the model could be judged
		}
		switch r.Light {
		case Amber:
			b.Ambers++
			if r.Weak {
				b.Weak++
			}
		case Grey:
			b.Greys++
		case Red:
			b.Reds++
			list := &other
			switch {
			case r.Family == "leakage" || r.Code == "G04":
				list = &publish
			case r.Family == "discrimination" || r.Family == "calibration_book":
				list = &model
			}
			if !slices.Contains(*list, r.Code) {
				*list = append(*list, r.Code)
			}
			b.PromotionBlocked = b.PromotionBlocked || r.Family == "gate" || list != &other
		}
	}
	b.PublishBlocked, b.Prudent = len(publish) > 0, len(model) > 0
	switch {
	case b.PublishBlocked || b.Prudent:
		b.Light = Red
	case b.Ambers >= bounds.BookAmbers || len(other) > 0:
		b.Light = Amber
	}
	b.EN = fmt.Sprintf("%d red, %d amber (%d of them weak evidence), %d grey.", b.Reds, b.Ambers, b.Weak, b.Greys)
	b.ZH = fmt.Sprintf("红灯 %d，黄灯 %d（其中证据不足 %d），灰灯 %d。", b.Reds, b.Ambers, b.Weak, b.Greys)
	add := func(codes []string, en, zh string) {
		if len(codes) > 0 {
			b.EN += " " + strings.Join(codes, ", ") + en
			b.ZH += strings.Join(codes, "、") + zh
		}
	}
	add(publish, ": the night must not be published.", "：本夜结果不得发布。")
	add(model, ": no challenger is promoted and the prudent PD is used.", "：不得启用挑战者模型，采用审慎违约概率。")
	add(other, ": red, without stopping the night.", "：红灯，但不阻止发布。")
	return b
}

// A night is an input made ready: rows in one order whatever order they came in, mature ones by cohort.
type night struct {
	Input
	b       Bounds
	h       int      // index into Horizons of the PD judged
	cohorts []group  // all rows, oldest cohort first
	all     []sample // the mature rows of every cohort that has some, oldest first
	apart   []sample // of those the ones whose outcomes do not overlap, newest first
	head    sample   // the newest of them, on which the headline tests rest
	known   float64  // customers with a default in Rows
	bad     int      // rows left out because a PD, grade or outcome is none

	migrated    bool // Migrations holds what was counted
	monthly     []Period
	monthlyRows [][]int
}

// A group is the rows of a cohort, by customer.
type group struct {
	on       asof.Date
	rows     []int
	observed int // months of the row that was followed longest
}

// A sample is mature rows, by cohort and customer.
type sample struct {
	cohort asof.Date
	label  string // "2026-01-31", or the first and the last of several cohorts
	rows   []int
	score  []float64 // what ranks: the PD, or its rank within the cohort where several are pooled
	pd     []float64
	y      []uint8
	d      float64
}

func (s sample) n() float64 { return float64(len(s.rows)) }

func (s *sample) add(row int, score, pd float64, y uint8) {
	s.rows, s.score, s.pd, s.y = append(s.rows, row), append(s.score, score), append(s.pd, pd), append(s.y, y)
	s.d += float64(y)
}

// pick is the sample of some places of s.
func (s sample) pick(places []int) sample {
	out := sample{cohort: s.cohort, label: s.label}
	for _, k := range places {
		out.add(s.rows[k], s.score[k], s.pd[k], s.y[k])
	}
	return out
}

// keep is the sample of the rows that pass.
func (s sample) keep(pass func(row int) bool) sample {
	var places []int
	for k, i := range s.rows {
		if pass(i) {
			places = append(places, k)
		}
	}
	return s.pick(places)
}

// pooled joins the cohorts apart; each ranks by itself.
func (n *night) pooled() sample {
	last := n.apart[len(n.apart)-1]
	out := sample{cohort: n.head.cohort, label: last.label + " … " + n.head.label}
	for _, s := range n.apart {
		for k, rank := range WithinRanks(s.pd) {
			out.add(s.rows[k], rank, s.pd[k], s.y[k])
		}
	}
	return out
}

func prepare(in Input, b Bounds) *night {
	n := &night{Input: in, b: b, h: slices.Index(Horizons[:], in.Horizon)}
	if n.h < 0 {
		n.h = len(Horizons) - 1
	}
	var order []int
	failed := map[string]bool{} // a default is in the rows of up to twelve snapshots
	for i := range in.Rows {
		r := &in.Rows[i]
		if !(r.PD[n.h] >= 0 && r.PD[n.h] <= 1) || r.Grade < 0 || r.Grade >= len(in.Grades) || r.Default > 1 {
			n.bad++
			continue
		}
		order = append(order, i)
		if r.Default == 1 {
			failed[r.Customer] = true
		}
	}
	n.known = float64(len(failed))
	byCohort := func(a, b int) int {
		x, y := &in.Rows[a], &in.Rows[b]
		if x.Cohort != y.Cohort {
			return int(x.Cohort) - int(y.Cohort)
		}
		return strings.Compare(x.Customer, y.Customer)
	}
	if !slices.IsSortedFunc(order, byCohort) {
		slices.SortFunc(order, byCohort)
	}
	for _, i := range order {
		r := &in.Rows[i]
		if len(n.cohorts) == 0 || n.cohorts[len(n.cohorts)-1].on != r.Cohort {
			n.cohorts = append(n.cohorts, group{on: r.Cohort})
		}
		g := &n.cohorts[len(n.cohorts)-1]
		g.rows, g.observed = append(g.rows, i), max(g.observed, r.Observed)
	}
	for _, g := range n.cohorts {
		s := sample{cohort: g.on, label: g.on.String()}
		for _, i := range g.rows {
			if r := &in.Rows[i]; r.Observed >= in.Horizon {
				s.add(i, r.PD[n.h], r.PD[n.h], r.Default)
			}
		}
		if len(s.rows) > 0 {
			n.all = append(n.all, s)
		}
	}
	for k := len(n.all) - 1; k >= 0; k-- {
		s := n.all[k]
		if len(n.apart) == 0 || s.cohort.AddMonths(in.Horizon) <= n.apart[len(n.apart)-1].cohort {
			n.apart = append(n.apart, s)
		}
	}
	if len(n.apart) > 0 {
		n.head = n.apart[0]
	}
	// The book of two nights is read by customer too.
	n.Tonight, n.Before, n.Retrained = byCustomer(in.Tonight), byCustomer(in.Before), byCustomer(in.Retrained)
	return n
}

func byCustomer(book []Scored) []Scored {
	if slices.IsSortedFunc(book, func(a, b Scored) int { return strings.Compare(a.Customer, b.Customer) }) {
		return book
	}
	out := slices.Clone(book)
	slices.SortStableFunc(out, func(a, b Scored) int { return strings.Compare(a.Customer, b.Customer) })
	return out
}

// newest is the newest mature cohort, zero when there is none.
func (n *night) newest() asof.Date { return n.head.cohort }
