package jobs

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"

	"creditwatch/models"
	"creditwatch/pipeline/report"
)

// Sizes of charts in CSS pixels: of the whole width, and of half of it.
const (
	wide, half = 920.0, 450.0
	tall       = 400.0
)

// fitting cuts a name to so many columns of text, in its middle, where names differ least.
func fitting(name string, columns int) string {
	if width(name) <= columns {
		return name
	}
	r := []rune(name)
	for keep := len(r) - 1; keep > 2; keep-- {
		cut := string(r[:(keep+1)/2]) + "…" + string(r[len(r)-keep/2:])
		if width(cut) <= columns {
			return cut
		}
	}
	return name
}

// A frame is the square of a chart with two axes, both from 0.
type frame struct {
	report.Picture
	left, top, w, h float64
	maxX, maxY      float64
}

func (f frame) x(v float64) float64 { return f.left + f.w*v/f.maxX }
func (f frame) y(v float64) float64 { return f.top + f.h*(1-v/f.maxY) }

// squareFrame draws axes from 0 to a highest share, with what they mean.
func (s *leaf) squareFrame(title, across, up string, maxX, maxY float64) frame {
	f := frame{report.NewPicture(title, half, tall), 52, 14, half - 70, tall - 66, maxX, maxY}
	for _, axis := range []struct {
		most float64
		draw func(v float64, text string)
	}{
		{maxX, func(v float64, text string) {
			f.Line("grid", f.x(v), f.top, f.x(v), f.top+f.h)
			f.Label(f.x(v), f.top+f.h+17, text, "middle small")
		}},
		{maxY, func(v float64, text string) {
			f.Line("grid", f.left, f.y(v), f.left+f.w, f.y(v))
			f.Label(f.left-7, f.y(v)+4, text, "end small")
		}},
	} {
		tick := report.NiceTick(axis.most / 5.01)
		for k := 0; float64(k)*tick <= axis.most*1.0001; k++ {
			axis.draw(float64(k)*tick, s.tick(float64(k)*tick))
		}
	}
	f.Line("axis", f.left, f.top, f.left, f.top+f.h, f.left+f.w, f.top+f.h)
	f.Label(f.left+f.w/2, tall-12, across, "middle head")
	f.Label(f.left+4, f.top-2, up, "head")
	return f
}

// tick writes a share at an axis.
func (s *leaf) tick(v float64) string { return fmt.Sprintf("%.4g", 100*v) + s.T(" %", "%") }

// curve walks through the rows, worst first: what share of the rows, of the paid and of the defaulted it has passed. Rows
// of one PD are passed together, and points nearer than a pixel are left out.
func curve(pd []float64, y []uint8) (all, paid, bad []float64) {
	order := make([]int, len(pd))
	total := 0.0
	for i := range order {
		order[i] = i
		total += float64(y[i])
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(pd[b], pd[a]) })
	all, paid, bad = []float64{0}, []float64{0}, []float64{0}
	n, d := 0.0, 0.0
	for k, i := range order {
		n, d = n+1, d+float64(y[i])
		if k+1 < len(order) && pd[order[k+1]] == pd[i] {
			continue
		}
		a, p, b := n/float64(len(pd)), (n-d)/(float64(len(pd))-total), d/total
		last := len(all) - 1
		if k+1 < len(order) && p-paid[last] < 0.003 && b-bad[last] < 0.003 {
			continue
		}
		all, paid, bad = append(all, a), append(paid, p), append(bad, b)
	}
	return all, paid, bad
}

func points(f frame, x, y []float64) []float64 {
	var xy []float64
	for i := range x {
		xy = append(xy, f.x(x[i]), f.y(y[i]))
	}
	return xy
}

// ROC draws the share of defaults found over the share of paid rows suspected wrongly.
func (s *leaf) ROC() template.HTML {
	f := s.squareFrame(s.T("ROC curves", "ROC 曲线"), s.T("paid rows suspected wrongly", "被误判的正常行"), s.T("defaults found", "识别出的违约"), 1, 1)
	f.Line("link", f.x(0), f.y(0), f.x(1), f.y(1))
	for _, l := range s.Ranked() {
		if l.Learner != s.ChosenName() {
			_, paid, bad := curve(l.OutOfFold, s.y)
			f.Line("other", points(f, paid, bad)...)
		}
	}
	_, paid, bad := curve(s.Benchmark.OutOfFold, s.y)
	f.Line("series s3", points(f, paid, bad)...)
	_, paid, bad = curve(s.chosen.OutOfFold, s.y)
	f.Line("series s1 bold", points(f, paid, bad)...)
	y := f.y(0.06)
	f.Label(f.x(0.98), y, fmt.Sprintf("%s  %.4f", fitting(s.Benchmark.Column, 28), s.Benchmark.MeanAUC), "end s3")
	for _, l := range slices.Backward(s.Ranked()) {
		if y -= 17; l.Learner == s.ChosenName() {
			f.Label(f.x(0.98), y, fmt.Sprintf("%s  %.4f", l.Learner, l.MeanAUC), "end s1 strong")
		} else {
			f.Label(f.x(0.98), y, fmt.Sprintf("%s  %.4f", l.Learner, l.MeanAUC), "end small")
		}
	}
	f.Label(f.x(0.98), y-17, "AUC", "end head")
	return f.HTML()
}

// Gain draws the share of defaults found over the share of rows looked at, worst first.
func (s *leaf) Gain() template.HTML {
	f := s.squareFrame(s.T("Defaults found by looking at the worst rows", "按风险从高到低排查时识别出的违约"), s.T("rows looked at, worst first", "排查的行（风险从高到低）"), s.T("defaults found", "识别出的违约"), 1, 1)
	f.Line("link", f.x(0), f.y(0), f.x(1), f.y(1))
	f.Line("other", f.x(0), f.y(0), f.x(s.base()), f.y(1), f.x(1), f.y(1))
	all, _, bad := curve(s.Benchmark.OutOfFold, s.y)
	f.Line("series s3", points(f, all, bad)...)
	all, _, bad = curve(s.chosen.OutOfFold, s.y)
	f.Line("series s1 bold", points(f, all, bad)...)
	for _, worst := range []float64{0.1, 0.2, 0.3} {
		found := s.capture(s.chosen.OutOfFold, worst)
		f.Rect(f.x(worst)-3, f.y(found)-3, 6, 6, "s1")
		f.Label(f.x(worst)+9, f.y(found)+12, s.Tf("worst %s: %s", "最差 %s：%s", s.Pct(worst, 0), s.Pct(found, 1)), "s1 halo")
	}
	f.Label(f.x(0.98), f.y(0.06), fitting(s.Benchmark.Column, 28), "end s3")
	f.Label(f.x(0.98), f.y(0.06)-17, s.ChosenName(), "end s1 strong")
	f.Label(f.x(0.98), f.y(0.06)-34, s.T("thin: perfect order", "细线：完美排序"), "end small")
	return f.HTML()
}

// logitTicks are the rates named at an axis of log-odds.
var logitTicks = []float64{0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999}

// Reliability draws the observed default rate of tenths of the rows, with its interval, over their PD. Both axes are in
// log-odds: a rate of 1 % that is meant to be 2 % is as far off as one of 10 % that is meant to be 18 %.
func (s *leaf) Reliability() template.HTML {
	logit := func(v float64) float64 { return math.Log(v / (1 - v)) }
	low, high := 0.5, 0.0
	tenths := s.Tenths()
	for _, t := range tenths {
		for _, v := range []float64{t.PD, t.Rate, t.Hi} {
			if v > 0 && v < 1 {
				low, high = min(low, v), max(high, v)
			}
		}
		if t.Lo > 0 {
			low = min(low, t.Lo)
		}
	}
	low, high = max(low, 1e-4), min(high, 0.9999)
	from, to := logit(low)-0.15, logit(high)+0.15
	f := frame{report.NewPicture(s.T("Default rate over probability", "实际违约率与预测概率"), half, tall), 52, 14, half - 70, tall - 66, 1, 1}
	at := func(v float64) float64 { return min(max((logit(min(max(v, 1e-9), 1-1e-9))-from)/(to-from), 0), 1) }
	last := -1.0
	for _, v := range logitTicks {
		if p := at(v); p > 0 && p < 1 && p-last > 0.07 {
			f.Line("grid", f.x(p), f.top, f.x(p), f.top+f.h)
			f.Line("grid", f.left, f.y(p), f.left+f.w, f.y(p))
			f.Label(f.x(p), f.top+f.h+17, s.tick(v), "middle small")
			f.Label(f.left-7, f.y(p)+4, s.tick(v), "end small")
			last = p
		}
	}
	f.Line("axis", f.left, f.top, f.left, f.top+f.h, f.left+f.w, f.top+f.h)
	f.Label(f.left+f.w/2, tall-12, s.T("probability given", "预测违约概率"), "middle head")
	f.Label(f.left+4, f.top-2, s.T("defaults observed, 90 % interval", "实际违约率（90% 区间）"), "head")
	f.Line("link", f.x(0), f.y(0), f.x(1), f.y(1))
	for _, t := range tenths {
		class := "s1"
		if !t.Inside {
			class = "s3"
		}
		x := f.x(at(t.PD))
		f.Line("whisker "+class, x, f.y(at(t.Lo)), x, f.y(at(t.Hi)))
		for _, end := range []float64{t.Lo, t.Hi} {
			f.Line("whisker "+class, x-4, f.y(at(end)), x+4, f.y(at(end)))
		}
		f.Rect(x-3.5, f.y(at(t.Rate))-3.5, 7, 7, class)
	}
	f.Label(f.x(0.98), f.y(0.05), s.T("on the dashed line: exactly right; axes in log-odds", "虚线上为完全准确；坐标轴为对数赔率"), "end small")
	return f.HTML()
}

// scoreBins is how many bars the scores are drawn in, about.
const scoreBins = 30

// Scores draws how the points of paid and of defaulted rows lie.
func (s *leaf) Scores() template.HTML {
	pd := s.chosen.OutOfFold
	score := make([]float64, len(pd))
	for i, v := range pd {
		score[i] = models.ScoreOf(v)
	}
	sorted := slices.Sorted(slices.Values(score))
	low, high := sorted[len(sorted)/200], sorted[len(sorted)-1-len(sorted)/200]
	width := report.NiceTick(max(high-low, 1) / scoreBins)
	low = math.Floor(low/width) * width
	bins := int(math.Floor((high-low)/width)) + 1
	var of [2][]float64
	of[0], of[1] = make([]float64, bins), make([]float64, bins)
	n := [2]float64{float64(s.Rows - s.Positives), float64(s.Positives)}
	most := 0.0
	for i, v := range score {
		k := min(max(int((v-low)/width), 0), bins-1)
		of[s.y[i]][k] += 1 / n[s.y[i]]
		most = max(most, of[s.y[i]][k])
	}
	f := frame{report.NewPicture(s.T("Points of paid and of defaulted rows", "正常与违约行的评分分布"), half, tall), 52, 14, half - 70, tall - 66, float64(bins), most * 1.08}
	tick := report.NiceTick(most / 5)
	for k := 0; float64(k)*tick <= f.maxY; k++ {
		v := float64(k) * tick
		f.Line("grid", f.left, f.y(v), f.left+f.w, f.y(v))
		f.Label(f.left-7, f.y(v)+4, s.tick(v), "end small")
	}
	for y, class := range []string{"paid", "bad"} {
		for k, v := range of[y] {
			if v > 0 {
				f.Rect(f.x(float64(k)), f.y(v), f.x(1)-f.x(0), f.y(0)-f.y(v), class)
			}
		}
	}
	f.Line("axis", f.left, f.top+f.h, f.left+f.w, f.top+f.h)
	step := max(1, int(math.Ceil(float64(bins)/6)))
	for k := 0; k <= bins; k += step {
		f.Label(f.x(float64(k)), f.top+f.h+17, short(low+float64(k)*width), "middle small")
	}
	f.Label(f.left+f.w/2, tall-12, s.T("points: more is safer", "评分：越高越安全"), "middle head")
	f.Label(f.left+4, f.top-2, s.T("share of the rows of that outcome", "占该类结果的比例"), "head")
	f.Rect(f.left+10, f.top+14, 11, 11, "bad")
	f.Label(f.left+27, f.top+24, s.T("defaulted", "违约"), "")
	f.Rect(f.left+10, f.top+32, 11, 11, "paid")
	f.Label(f.left+27, f.top+42, s.T("paid", "正常"), "")
	return f.HTML()
}

// FoldsChart draws every learner's AUC on every fold.
func (s *leaf) FoldsChart() template.HTML {
	ranked := s.Ranked()
	const left, right, step = 210.0, 60.0, 30.0
	p := report.NewPicture(s.T("AUC by fold", "各折 AUC"), wide, step*float64(len(ranked)+1)+34)
	low, high := math.Inf(1), math.Inf(-1)
	for _, l := range ranked {
		low, high = min(low, slices.Min(l.FoldAUC)), max(high, slices.Max(l.FoldAUC))
	}
	low, high = min(low, slices.Min(s.Benchmark.FoldAUC)), max(high, slices.Max(s.Benchmark.FoldAUC))
	tick := report.NiceTick((high - low + 0.001) / 8)
	low, high = math.Floor(low/tick)*tick, math.Ceil(high/tick)*tick
	x := func(v float64) float64 { return left + (wide-left-right)*(v-low)/(high-low) }
	bottom := step*float64(len(ranked)+1) + 6
	for k := 0; low+float64(k)*tick <= high*1.00001; k++ {
		v := low + float64(k)*tick
		p.Line("grid", x(v), 2, x(v), bottom)
		p.Label(x(v), bottom+16, fmt.Sprintf("%.4g", v), "middle small")
	}
	row := func(i int, name, class string, folds []float64, mean float64) {
		y := step*float64(i) + 18
		p.Label(left-12, y+4, name, "end "+class)
		for _, v := range folds {
			p.Rect(x(v)-3, y-3, 6, 6, "dot "+class)
		}
		p.Rect(x(mean)-1.5, y-10, 3, 20, class)
		p.Label(wide-right+8, y+4, fmt.Sprintf("%.4f", mean), class)
	}
	for i, l := range ranked {
		class := "s2"
		if l.Learner == s.ChosenName() {
			class = "s1"
		}
		row(i, l.Learner, class, l.FoldAUC, l.MeanAUC)
	}
	row(len(ranked), fitting(s.Benchmark.Column, 30), "s3", s.Benchmark.FoldAUC, s.Benchmark.MeanAUC)
	return p.HTML()
}

// InfluenceChart draws how many points the columns move on the mean.
func (s *leaf) InfluenceChart() template.HTML {
	list := s.Detail.Influences
	list = list[:min(len(list), topInfluences)]
	const left, right, step = 230.0, 210.0, 24.0
	p := report.NewPicture(s.T("Points moved on the mean", "平均影响分值"), wide, step*float64(len(list))+8)
	most := max(list[0].Mean, 1e-9)
	for i, f := range list {
		y := step*float64(i) + 4
		w := (wide - left - right) * f.Mean / most
		p.Label(left-10, y+13, fitting(f.Column, 32), "end")
		p.Rect(left, y, max(w, 0.5), step-8, "bar")
		p.Label(left+w+8, y+13, s.Tf("%.1f points", "%.1f 分", models.Factor*f.Mean), "value")
		p.Label(wide-8, y+13, s.Way(f), "end small")
	}
	p.Line("axis", left, 0, left, step*float64(len(list))+4)
	return p.HTML()
}

// A shapeChart is a column's picture with its name.
type shapeChart struct {
	Name  string
	Way   string
	Chart template.HTML
}

// Shapes draw by how much values multiply the odds of default, of the strongest columns.
func (s *leaf) Shapes() []shapeChart {
	list := s.Detail.Influences
	list = list[:min(len(list), topShapes)]
	var out []shapeChart
	for _, f := range list {
		if f.Mean > 0 {
			most := math.Log(2)
			for _, p := range f.Shape {
				most = max(most, 1.1*math.Abs(p.Addend))
			}
			out = append(out, shapeChart{fitting(f.Column, 36), s.Way(f), s.shapeOf(f, most)})
		}
	}
	return out
}

func (s *leaf) shapeOf(f models.Influence, most float64) template.HTML {
	const w, h, left, top, bottom = 300.0, 190.0, 34.0, 8.0, 40.0
	p := report.NewPicture(f.Column, w, h)
	y := func(v float64) float64 { return top + (h-top-bottom)*(1-(v+most)/(2*most)) }
	for _, m := range []float64{1.0 / 64, 1.0 / 16, 1.0 / 4, 1.0 / 2, 1, 2, 4, 16, 64} {
		v := math.Log(m)
		if math.Abs(v) > most || most > math.Log(6) && (m == 2 || m == 0.5) {
			continue
		}
		text := fmt.Sprintf("×%g", m)
		if m < 1 {
			text = fmt.Sprintf("÷%g", 1/m)
		}
		p.Line("grid", left, y(v), w, y(v))
		p.Label(left-5, y(v)+4, text, "end small")
	}
	step := (w - left) / float64(len(f.Shape))
	texts := 0
	for _, g := range f.Shape {
		texts = max(texts, width(s.group(f, g)))
	}
	for k, g := range f.Shape {
		class := "bar good"
		if g.Addend > 0 {
			class = "bar bad"
		}
		x := left + step*float64(k)
		a, b := y(max(0, g.Addend)), y(min(0, g.Addend))
		p.Rect(x+step*0.1, a, step*0.8, max(1, b-a), class)
		last := len(f.Shape) - 1
		if f.Shape[last].Missing {
			last--
		}
		text, show := s.group(f, g), true
		switch {
		case g.Missing:
		case len(f.Shape) > 6 && k != 0 && k != last && (k != last/2 || texts > 14):
			show = false
		}
		if show {
			line := 0.0
			if f.Text && len(f.Shape) > 3 && k%2 == 1 && len(f.Shape) <= 6 || g.Missing && len(f.Shape) > 3 {
				line = 14
			}
			class, at := "middle small", x+step/2
			if k == 0 {
				class, at = "small", x+2
			} else if k == len(f.Shape)-1 {
				class, at = "end small", w-2
			}
			p.Label(at, h-bottom+15+line, text, class)
		}
	}
	p.Line("axis", left, y(0), w, y(0))
	return p.HTML()
}

// group names a group of values.
func (s *leaf) group(f models.Influence, g models.ShapePoint) string {
	switch {
	case g.Missing:
		return s.T("missing", "缺失")
	case f.Text && g.Text == "":
		return s.T("others", "其他")
	case f.Text:
		return fitting(g.Text, 13)
	case g.From == g.To:
		return short(g.From)
	}
	return short(g.From) + "–" + short(g.To)
}

// WoEBar draws a bin's weight of evidence against the largest of its feature: to the left it is riskier than the book.
func (s *leaf) WoEBar(f models.CardOf, l models.CardLine) template.HTML {
	const w, h = 120.0, 12.0
	most := 0.1
	for _, line := range f.Lines {
		most = max(most, math.Abs(line.WoE))
	}
	p := report.NewPicture(s.Fixed(l.WoE, 3), w, h)
	class := "bar good"
	if l.WoE < 0 {
		class = "bar bad"
	}
	p.Rect(w/2, 1, w/2*l.WoE/most, h-2, class)
	p.Line("axis", w/2, 0, w/2, h)
	return p.HTML()
}

// ShareBar draws a share.
func (s *leaf) ShareBar(v float64) template.HTML {
	const w, h = 60.0, 10.0
	p := report.NewPicture(s.Pct(v, 1), w, h)
	p.Rect(0, 1, w, h-2, "empty")
	p.Rect(0, 1, w*min(1, v), h-2, "bar")
	return p.HTML()
}
