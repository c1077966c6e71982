package validation

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"creditwatch/pipeline/asof"
)

// migrations are the yearly matrices, oldest first; the last is that of tonight. Those that the night did not hand in are
// counted from past snapshots twelve months apart, and from the snapshot of a year ago to tonight.
func (n *night) migrations() []Migration {
	if !n.migrated {
		n.migrated = true
		n.Migrations = n.yearly()
	}
	return n.Migrations
}

func (n *night) yearly() []Migration {
	k := len(n.Grades)
	var out []Migration
	if n.Migrations != nil {
		for _, m := range n.Migrations {
			if squareOf(m.Counts, k) {
				out = append(out, m)
			}
		}
		return out
	}
	byEnd := func(on asof.Date) *group {
		for g := range n.cohorts {
			if n.cohorts[g].on == on || n.cohorts[g].on == on.MonthEnd() {
				return &n.cohorts[g]
			}
		}
		return nil
	}
	for g := range n.cohorts {
		from := &n.cohorts[g]
		if to := byEnd(from.on.AddMonths(12)); to != nil {
			grades := map[string]int{}
			for _, i := range to.rows {
				grades[n.Rows[i].Customer] = n.Rows[i].Grade
			}
			out = append(out, Migration{to.on, n.moves(from, 12, grades)})
		}
	}
	// A year before tonight, give or take half a month.
	var year *group
	for g := range n.cohorts {
		if d := n.cohorts[g].on.Sub(n.AsOf.AddMonths(-12)); d >= -16 && d <= 16 {
			year = &n.cohorts[g]
		}
	}
	if year != nil && len(n.Tonight) > 0 {
		grades := map[string]int{}
		for _, s := range n.Tonight {
			if s.Grade >= 0 && s.Grade < k {
				grades[s.Customer] = s.Grade
			}
		}
		out = append(out, Migration{n.AsOf, n.moves(year, 12, grades)})
	}
	return out
}

// moves counts the customers of a snapshot by their grade then and later; a default in between comes first.
func (n *night) moves(from *group, months float64, later map[string]int) [][]float64 {
	k := len(n.Grades)
	counts := make([][]float64, k)
	for i := range counts {
		counts[i] = make([]float64, k+2)
	}
	for _, i := range from.rows {
		r := &n.Rows[i]
		to := k + 1
		if g, ok := later[r.Customer]; ok {
			to = g
		}
		if r.Default == 1 && !(r.After > months) {
			to = k
		}
		counts[r.Grade][to]++
	}
	return counts
}

// squareOf reports whether a matrix has a row for each of k grades and at least as many columns, without a negative count.
func squareOf(counts [][]float64, k int) bool {
	if len(counts) != k || k < 2 {
		return false
	}
	for _, row := range counts {
		if len(row) < k {
			return false
		}
		for _, c := range row {
			if !(c >= 0) {
				return false
			}
		}
	}
	return true
}

// moved hands over tonight's matrix and the earlier ones; the finding is grey when there is none.
func (n *night) moved(f *finding) (now [][]float64, history [][][]float64, ok bool) {
	all := n.migrations()
	if len(all) == 0 {
		f.gray("Not judged: nobody has a grade now and one of twelve months ago.", "未评定：没有客户同时具有当前等级与十二个月前的等级。")
		return nil, nil, false
	}
	for _, m := range all {
		history = append(history, m.Counts)
	}
	now, history = history[len(history)-1], history[:len(history)-1]
	for _, row := range now {
		f.N += sum(row[:len(now)])
	}
	if f.N == 0 {
		f.gray("Not judged: nobody stayed within the grades over twelve months.", "未评定：十二个月内没有客户保持在等级范围内。")
		return nil, nil, false
	}
	return now, history, true
}

// banded is a figure of tonight's matrix and of the earlier ones, which are left out where they are no history yet.
func (n *night) banded(f *finding, now [][]float64, history [][][]float64, figure func([][]float64) (float64, error)) (value float64, past []float64, ok bool) {
	value, err := figure(now)
	if err != nil {
		f.undefined(err)
		return 0, nil, false
	}
	f.Value = number(value)
	for _, m := range history {
		if v, err := figure(m); err == nil {
			past = append(past, v)
		}
	}
	if len(past) < n.b.MinCohorts {
		past = nil
	}
	return value, past, true
}

func bandwidth(n *night, upper bool) []*finding {
	f := on("book")
	now, history, ok := n.moved(f)
	if !ok {
		return one(f)
	}
	figure := func(m [][]float64) (float64, error) {
		u, l, err := Bandwidth(m)
		if upper {
			return u, err
		}
		return l, err
	}
	value, past, ok := n.banded(f, now, history, figure)
	if !ok {
		return one(f)
	}
	en, zh := "upgrades", "上调"
	if upper {
		en, zh = "downgrades", "下调"
	}
	f.add(fmt.Sprintf("Weighted bandwidth of %s over twelve months %s.", en, digits(value)), fmt.Sprintf("十二个月%s加权带宽为 %s。", zh, digits(value)))
	breaches, judged := 0, 0
	if past != nil {
		judged++
		f.say(" Over %s earlier months it was %s on average.", "此前 %s 个月平均为 %s。", whole(len(past)), digits(mean(past)))
		if beyond(value, past, n.b.Bands) {
			breaches++
		}
	}
	if n.Initial != nil && squareOf(n.Initial.Migration, len(n.Grades)) {
		if initial, err := figure(n.Initial.Migration); err == nil {
			judged++
			f.Effect, f.Floor = number(value-initial), number(n.b.Bandwidth)
			f.say(" At the initial validation it was %s.", "初始验证时为 %s。", digits(initial))
			if value > initial+n.b.Bandwidth {
				breaches++
			}
		}
	}
	if judged == 0 {
		return one(f.gray(" Not judged: neither %s earlier months nor an initial matrix to compare with.", "未评定：既无 %s 个月的历史，也无初始矩阵可比较。", whole(n.b.MinCohorts)))
	}
	f.Light = shade(breaches == 0, breaches == 1)
	return one(f)
}

func upperBandwidth(n *night) []*finding { return bandwidth(n, true) }
func lowerBandwidth(n *night) []*finding { return bandwidth(n, false) }

func neighbours(n *night) []*finding {
	f := on("book")
	now, _, ok := n.moved(f)
	if !ok {
		return one(f)
	}
	var cells []Neighbour
	var p []float64
	for _, c := range NeighbourCells(now) {
		if c.N >= n.b.Neighbours.N {
			cells, p = append(cells, c), append(p, c.P)
		}
	}
	if len(cells) == 0 {
		return one(f.gray("Not judged: no grade has %s customers that stayed within the grades.", "未评定：没有等级有 %s 个保持在等级范围内的客户。", digits(n.b.Neighbours.N)))
	}
	holm, low, large, worst := Holm(p), 0, false, 0
	for k, c := range cells {
		if c.P <= n.b.Neighbours.P {
			low++
		}
		large = large || holm[k] <= n.b.Neighbours.P && c.Difference >= n.b.Neighbours.Difference
		if c.P < cells[worst].P {
			worst = k
		}
	}
	c := cells[worst]
	f.Value, f.Statistic, f.P, f.Effect, f.Floor = number(float64(low)), number(c.Z), number(c.P), number(c.Difference), number(n.b.Neighbours.Difference)
	f.Light = shade(low == 0, low <= n.b.Neighbours.Amber && !large)
	return one(f.say("In %s of %s cells customers moved further more often than one grade less; lowest p from %s to %s: %s against %s, p %s, %s after correction over the cells.",
		"%s 个单元格（共 %s 个）中较远的迁移多于相邻迁移；p 值最低的是从 %s 到 %s：%s，相邻为 %s，p 值 %s，校正后 %s。",
		whole(low), whole(len(cells)), n.Grades[c.From], n.Grades[c.To], percent(c.Share), percent(c.Next), digits(c.P), digits(holm[worst])))
}

func moves(n *night) []*finding {
	f := on("book")
	now, history, ok := n.moved(f)
	if !ok {
		return one(f)
	}
	figures := func(m [][]float64) ([3]float64, bool) {
		stay, down, up, far, err := Moves(m)
		return [3]float64{math.Log((down + 1e-4) / (up + 1e-4)), stay, far}, err == nil
	}
	stay, down, up, far, err := Moves(now)
	if err != nil {
		return one(f.undefined(err))
	}
	is, _ := figures(now)
	var past [3][]float64
	for _, m := range history {
		if v, ok := figures(m); ok {
			for k := range past {
				past[k] = append(past[k], v[k])
			}
		}
	}
	f.Value, f.Statistic = number(ratio(down, up)), number(stay)
	f.say("Over twelve months %s of customers fell, %s rose, %s stayed and %s moved by three grades or more.", "十二个月内 %s 的客户下调，%s 上调，%s 不变，%s 移动三级以上。",
		percent(down), percent(up), percent(stay), percent(far))
	if len(past[0]) < n.b.MinCohorts {
		return one(f.gray(" Not judged: %s earlier months; needs %s more.", "未评定：历史仅 %s 个月；还需 %s 个月。", whole(len(past[0])), whole(n.b.MinCohorts-len(past[0]))))
	}
	outside := 0
	for k := range past {
		if beyond(is[k], past[k], n.b.Bands) {
			outside++
		}
	}
	f.Light = shade(outside == 0, true)
	return one(f.say(" %s of these three figures lie outside their own history of %s months.", "其中 %s 项超出自身 %s 个月的历史范围。", whole(outside), whole(len(past[0]))))
}

func mobility(n *night) []*finding {
	var found []*finding
	for _, kind := range []struct {
		scope, en, zh string
		figure        func([][]float64) (float64, error)
	}{
		{"book", "Shorrocks mobility", "Shorrocks 流动性", Shorrocks},
		{"book svd", "Mobility by singular values", "奇异值流动性", SVDMobility},
	} {
		f := on(kind.scope)
		found = append(found, f)
		now, history, ok := n.moved(f)
		if !ok {
			continue
		}
		value, past, ok := n.banded(f, now, history, kind.figure)
		if !ok {
			continue
		}
		f.add(kind.en+" over twelve months is "+digits(value)+".", "十二个月 "+kind.zh+"为 "+digits(value)+"。")
		if past == nil {
			f.gray(" Not judged: %s earlier months; needs %s.", "未评定：历史仅 %s 个月；需要 %s 个月。", whole(len(history)), whole(n.b.MinCohorts))
			continue
		}
		f.Light = shade(!beyond(value, past, n.b.Bands), false)
		f.say(" Over %s earlier months it was %s on average.", "此前 %s 个月平均为 %s。", whole(len(past)), digits(mean(past)))
	}
	return found
}

func sameMatrix(n *night) []*finding {
	f := on("book")
	now, _, ok := n.moved(f)
	if !ok {
		return one(f)
	}
	if n.Initial == nil || !squareOf(n.Initial.Migration, len(n.Grades)) {
		return one(uninitial(f))
	}
	lr, p, rows, err := SameMatrix(n.Initial.Migration, now)
	if err != nil {
		return one(f.undefined(err))
	}
	u0, l0, err := Bandwidth(n.Initial.Migration)
	if err != nil {
		return one(f.undefined(err))
	}
	u1, l1, err := Bandwidth(now)
	if err != nil {
		return one(f.undefined(err))
	}
	change := max(math.Abs(u1-u0), math.Abs(l1-l0))
	f.Value, f.Statistic, f.P, f.Effect, f.Floor = number(lr), number(lr), number(p), number(change), number(n.b.Matrix.Floor)
	f.decide = func(holm, _ float64) Light {
		return shade(holm > n.b.Matrix.Green, !(holm <= n.b.Matrix.Red && change >= n.b.Matrix.Floor))
	}
	var unlike []string
	for k, adjusted := range Holm(rows) {
		if adjusted <= n.b.Matrix.Green {
			unlike = append(unlike, n.Grades[k])
		}
	}
	f.say("Likelihood ratio of tonight's and the initial matrix %s; bandwidths changed by up to %s.", "今晚矩阵与初始矩阵的似然比为 %s；加权带宽最大变化 %s。", digits(lr), digits(change))
	if len(unlike) > 0 {
		f.add(" Grades that move otherwise: "+strings.Join(unlike, ", ")+".", "迁移不同的等级："+strings.Join(unlike, "、")+"。")
	}
	return one(f)
}

// durations come from the last twelve monthly steps between snapshots.
func durations(n *night) []*finding {
	var steps [][][]float64
	for g := len(n.cohorts) - 2; g >= 0 && len(steps) < 12; g-- {
		from, to := &n.cohorts[g], &n.cohorts[g+1]
		if to.on > from.on.AddMonths(1).Add(3) {
			break
		}
		grades := map[string]int{}
		for _, i := range to.rows {
			grades[n.Rows[i].Customer] = n.Rows[i].Grade
		}
		steps = append(steps, n.moves(from, 1, grades))
	}
	slices.Reverse(steps)
	if len(steps) < 12 || len(n.Grades) < 2 {
		return one(on("book").gray("Not judged: %s monthly steps between snapshots in a row; needs %s more.", "未评定：连续月度快照仅 %s 步；还需 %s 步。", whole(len(steps)), whole(12-len(steps))))
	}
	bands, err := DurationBand(steps, min(n.b.Bootstraps, 200), 0.9, n.Seed)
	if err != nil {
		return one(on("book").undefined(err))
	}
	g, err := Generator(steps)
	if err != nil {
		return one(on("book").undefined(err))
	}
	year := Exponential(g, 12)
	var found []*finding
	for k, name := range n.Grades {
		f := on("grade " + name)
		for _, s := range steps {
			f.N += sum(s[k])
			f.D += s[k][len(n.Grades)]
		}
		if f.N == 0 {
			continue
		}
		f.Value, f.Statistic, f.Light = number(bands[k].Value), number(year[k][len(n.Grades)]), Green
		f.say("By twelve monthly steps %s of grade %s default within a year (90 %% band %s to %s); by intensities %s.", "按十二个月度步长，等级 %[2]s 一年内违约 %[1]s（90%% 区间 %[3]s 至 %[4]s）；按强度计为 %[5]s。",
			percent(bands[k].Value), name, percent(bands[k].Lo), percent(bands[k].Hi), percent(year[k][len(n.Grades)]))
		found = append(found, f)
	}
	return found
}

func concentration(n *night) []*finding {
	k := len(n.Grades)
	customers, exposure := make([]float64, k), make([]float64, k)
	for _, s := range n.Tonight {
		if s.Grade >= 0 && s.Grade < k {
			customers[s.Grade]++
			exposure[s.Grade] += max(zeroNaN(s.EAD), 0)
		}
	}
	var found []*finding
	for _, kind := range []struct {
		scope  string
		now    []float64
		before func() []float64
	}{
		{"book", customers, func() []float64 { return n.Initial.Grades }},
		{"book exposure", exposure, func() []float64 { return n.Initial.Exposure }},
	} {
		f := on(kind.scope)
		found = append(found, f)
		if len(n.Tonight) == 0 {
			untold(f)
			continue
		}
		if n.Initial == nil || len(kind.before()) != k {
			uninitial(f)
			continue
		}
		f.N = sum(customers)
		then, err := Concentrate(kind.before())
		if err != nil {
			f.undefined(err)
			continue
		}
		now, err := Concentrate(kind.now)
		if err != nil {
			f.undefined(err)
			continue
		}
		z, p, err := now.Rise(then)
		if err != nil { // even shares: nothing rose
			z, p = 0, 0.5
		}
		fullest := 0
		for g, v := range kind.now {
			if v > kind.now[fullest] {
				fullest = g
			}
		}
		share := kind.now[fullest] / sum(kind.now)
		f.Value, f.Statistic = number(now.HI), number(z)
		n.byP(f, p, share, max(n.b.Crowded, 2/float64(k)), true)
		byP, crowded := f.decide, kind.scope == "book" && share > *f.Floor
		f.decide = func(holm, q float64) Light {
			if crowded {
				return Red
			}
			return byP(holm, q)
		}
		if kind.scope == "book exposure" {
			f.Amount = number(kind.now[fullest])
		}
		f.say("Herfindahl index over grades %s (coefficient of variation %s), initially %s (%s); the fullest grade, %s, holds %s.", "等级 Herfindahl 指数 %s（变异系数 %s），初始 %s（%s）；最集中的等级 %s 占 %s。",
			digits(now.HI), digits(now.CV), digits(then.HI), digits(then.CV), n.Grades[fullest], percent(share))
	}
	return found
}

func useless(n *night) []*finding {
	f := on("book")
	k := len(n.Grades)
	counts, total := make([]float64, k), 0.0
	for _, s := range n.Tonight {
		if s.Grade >= 0 && s.Grade < k {
			counts[s.Grade]++
			total++
		}
	}
	if total == 0 {
		return one(untold(f))
	}
	var empty, alike []string
	for g, c := range counts {
		if c/total < n.b.Useless {
			empty = append(empty, n.Grades[g])
		}
	}
	// Neighbours whose 90 % Jeffreys intervals each hold the other's default rate tell nothing apart, where so many
	// customers would have told them apart had the PDs been right.
	grades := n.grades(n.apart...)
	for i := 0; i+1 < len(grades); i++ {
		a, b := grades[i], grades[i+1]
		if a.D < 5 || b.D < 5 {
			continue
		}
		told := !rateInside(Cell{N: a.N, D: a.N * a.PD}, b.PD, 0.01) && !rateInside(Cell{N: b.N, D: b.N * b.PD}, a.PD, 0.01)
		if told && rateInside(a.Cell, b.D/b.N, 0.05) && rateInside(b.Cell, a.D/a.N, 0.05) {
			alike = append(alike, n.Grades[a.grade]+"/"+n.Grades[b.grade])
		}
	}
	count := len(empty) + len(alike)
	f.N, f.Value, f.Light = total, number(float64(count)), shade(count == 0, count == 1)
	f.say("%s grades hold less than %s of customers; %s pairs of neighbours cannot be told apart by their default rates.", "%s 个等级的客户占比低于 %s；%s 对相邻等级的违约率无法区分。",
		whole(len(empty)), percent(n.b.Useless), whole(len(alike)))
	if count > 0 {
		list := append(empty, alike...)
		f.add(" They are "+strings.Join(list, ", ")+".", "分别为 "+strings.Join(list, "、")+"。")
	}
	return one(f)
}

// rateInside reports whether a default rate is neither too low nor too high for a cell, each at the level given.
func rateInside(c Cell, rate, level float64) bool {
	p, err := Jeffreys(c.N, c.D, rate)
	return err == nil && p >= level && p <= 1-level
}

func causes(n *night) []*finding {
	f := on("book")
	c := n.Causes
	if c == nil && len(n.Before) > 0 {
		c = n.derived()
	}
	if c == nil {
		return one(alone(f))
	}
	total := c.Data + c.Ageing + c.Model + c.Policy + c.Override
	f.N = float64(total)
	if total == 0 {
		f.Value, f.Light = number(0), Green
		return one(f.say("No grade changed against the night before.", "与前一夜相比没有等级变化。"))
	}
	share := float64(c.Model) / float64(total)
	f.Value, f.Light = number(share), n.b.ByModel.light(share)
	return one(f.say("Of %s changes of grade against the night before %s are due to new data, %s to ageing, %s to the model (%s), %s to policy and %s to overrides.",
		"与前一夜相比等级变化 %s 个：新数据 %s，账龄 %s，模型 %s（%s），政策 %s，人工调整 %s。",
		whole(total), whole(c.Data), whole(c.Ageing), whole(c.Model), percent(share), whole(c.Policy), whole(c.Override)))
}

// derived tells changes of grade apart as far as two books do: by the model where the old one would have kept the grade,
// by policy where neither inputs nor model changed, by new data (with ageing, which looks the same) otherwise.
func (n *night) derived() *Causes {
	old := map[string]int{}
	for _, s := range n.Retrained {
		old[s.Customer] = s.Grade
	}
	overridden := map[string]bool{}
	for _, o := range n.Overrides {
		if o.On == n.AsOf {
			overridden[o.Customer] = true
		}
	}
	if !n.sameModel() && len(old) == 0 {
		return nil // what the model did cannot be told
	}
	c := &Causes{}
	joinBooks(n.Tonight, n.Before, func(x, y *Scored) {
		if x.Grade == y.Grade {
			return
		}
		g, scored := old[x.Customer]
		switch {
		case overridden[x.Customer]:
			c.Override++
		case !n.sameModel() && scored && g == y.Grade:
			c.Model++
		case x.Same && n.sameModel():
			c.Policy++
		default:
			c.Data++
		}
	})
	return c
}
