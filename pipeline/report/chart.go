package report

import (
	"math"
	"slices"
	"strconv"
)

// A chart is a picture of plain shapes; templates/chart.html draws it as inline SVG. Classes take their colours
// from the style sheet, so that a chart prints and themes like the page.
type chart struct {
	Title  string // read aloud in place of the picture
	W, H   string
	Rects  []rect
	Lines  []polyline
	Labels []label
}

type rect struct{ X, Y, W, H, Class string }

type polyline struct{ Points, Class string }

type label struct{ X, Y, Text, Class string }

// px writes a coordinate with one decimal place, which is finer than any printer.
func px(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

func newChart(title string, w, h float64) *chart { return &chart{Title: title, W: px(w), H: px(h)} }

func (c *chart) rect(x, y, w, h float64, class string) {
	if w < 0 {
		x, w = x+w, -w
	}
	c.Rects = append(c.Rects, rect{px(x), px(y), px(w), px(h), class})
}

func (c *chart) line(class string, xy ...float64) {
	s := ""
	for i := 0; i+1 < len(xy); i += 2 {
		if i > 0 {
			s += " "
		}
		s += px(xy[i]) + "," + px(xy[i+1])
	}
	c.Lines = append(c.Lines, polyline{s, class})
}

func (c *chart) label(x, y float64, text, class string) {
	c.Labels = append(c.Labels, label{px(x), px(y), text, class})
}

// chartWidth is the width of charts in CSS pixels; they shrink with the page.
const chartWidth = 920.0

// A bar is a bar with its label.
type bar struct {
	Name  string
	Value Money
	Bad   bool // drawn in the colour of arrears
}

// hbars draws one horizontal bar per line with its amount behind it.
func hbars(p printer, title string, bars []bar) *chart {
	const left, right, step = 190.0, 130.0, 24.0
	c := newChart(title, chartWidth, step*float64(len(bars))+10)
	most := Money(0)
	for _, b := range bars {
		most = max(most, b.Value)
	}
	for i, b := range bars {
		y := step*float64(i) + 5
		class := "bar"
		if b.Bad {
			class = "bar bad"
		}
		w := scaled(b.Value, most, chartWidth-left-right)
		c.label(left-10, y+13, b.Name, "end")
		c.rect(left, y, w, step-8, class)
		c.label(left+max(w, 0)+8, y+13, p.Amount(b.Value), "value")
	}
	c.line("axis", left, 0, left, step*float64(len(bars))+8)
	return c
}

// A pairBar is a label with two amounts, each drawn against the largest of its own side.
type pairBar struct {
	Name        string
	Left, Right Money
}

// pairBars draws two panels of horizontal bars side by side over the same lines.
func pairBars(p printer, left, right string, bars []pairBar) *chart {
	const names, panel, gap, amounts, step = 90.0, 290.0, 20.0, 105.0, 24.0
	c := newChart(left+" · "+right, chartWidth, step*float64(len(bars))+34)
	mostL, mostR := Money(0), Money(0)
	for _, b := range bars {
		mostL, mostR = max(mostL, b.Left), max(mostR, b.Right)
	}
	second := names + panel + amounts + gap
	c.label(names, 14, left, "head")
	c.label(second, 14, right, "head")
	for i, b := range bars {
		y := step*float64(i) + 26
		c.label(names-10, y+13, b.Name, "end")
		wl, wr := scaled(b.Left, mostL, panel), scaled(b.Right, mostR, panel)
		c.rect(names, y, wl, step-8, "bar")
		c.label(names+max(wl, 0)+8, y+13, p.Amount(b.Left), "value")
		c.rect(second, y, wr, step-8, "bar bad")
		c.label(second+max(wr, 0)+8, y+13, p.Amount(b.Right), "value")
	}
	c.line("axis", names, 22, names, step*float64(len(bars))+30)
	c.line("axis", second, 22, second, step*float64(len(bars))+30)
	return c
}

func scaled(v, most Money, width float64) float64 {
	if most <= 0 || v <= 0 {
		return 0
	}
	return max(1, width*float64(v)/float64(most)) // what is there is seen
}

// waterfall draws the bridge of the expected loss: totals as full columns, causes as floating ones.
func waterfall(p printer, b Bridge, n Night) *chart {
	const height, top, bottom = 230.0, 24.0, 44.0
	type column struct {
		name     string
		from, to Money
		total    bool
	}
	columns := []column{{n.PreviousAsOf.String(), 0, b.Opening, true}}
	at := b.Opening
	for _, c := range b.causes() {
		columns = append(columns, column{c.Name.In(p.lang), at, at + c.Amount, false})
		at += c.Amount
	}
	columns = append(columns, column{n.AsOf.String(), 0, b.Closing, true})
	low, high := b.Opening, b.Opening
	for _, x := range columns {
		low, high = min(low, x.to), max(high, x.to)
	}
	// Small changes of a large sum would be invisible from zero: totals start at a broken base then.
	base := Money(0)
	if span := high - low; low > 0 && span > 0 && span < low {
		base = max(0, low-span/2)
	}
	low = min(low, base)
	if high == low {
		high = low + 1
	}
	c := newChart(p.T("Expected loss: from the night before to tonight", "预期损失：由前一晚至本晚"), chartWidth, height)
	y := func(m Money) float64 {
		return top + (height-top-bottom)*(1-float64(m-low)/float64(high-low))
	}
	step := chartWidth / float64(len(columns))
	for i, x := range columns {
		from := x.from
		if x.total {
			from = base
		}
		class := "bar"
		amount := p.Amount(x.to)
		if !x.total {
			amount = p.Change(x.to - x.from)
			if class = "bar bad"; x.to < x.from {
				class = "bar good"
			}
		}
		y0, y1 := y(max(from, x.to)), y(min(from, x.to))
		mid := step*float64(i) + step/2
		c.rect(step*float64(i)+step*0.18, y0, step*0.64, max(1, y1-y0), class)
		c.label(mid, y0-6, amount, "middle value")
		c.label(mid, height-bottom+18, x.name, "middle")
		if i+1 < len(columns) {
			c.line("link", step*float64(i)+step*0.82, y(x.to), step*float64(i+1)+step*0.18, y(x.to))
		}
	}
	c.line("axis", 0, y(low), chartWidth, y(low))
	if base > 0 {
		c.label(2, height-2, p.T("axis broken: does not start at 0", "坐标轴截断，不从 0 起"), "small")
	}
	return c
}

// trend draws the DSO, the best possible DSO and the average days delinquent; nil with fewer than two points.
func trend(p printer, days []DSO) *chart {
	const height, top, bottom, left, right = 240.0, 16.0, 30.0, 46.0, 150.0
	series := []struct {
		name, class string
		of          func(DSO) *float64
	}{
		{p.T("DSO", "DSO"), "s1", func(d DSO) *float64 { return d.Period }},
		{p.T("best possible DSO", "最佳可能 DSO"), "s2", func(d DSO) *float64 { return d.Best }},
		{p.T("average days delinquent", "平均逾期天数"), "s3", func(d DSO) *float64 { return d.ADD }},
	}
	most, points := 0.0, 0
	for _, d := range days {
		if d.Period == nil {
			continue
		}
		points++
		for _, s := range series {
			most = max(most, *s.of(d))
		}
	}
	if points < 2 || most <= 0 {
		return nil
	}
	tick := niceTick(most / 4)
	most = math.Ceil(most/tick) * tick
	c := newChart(p.T("DSO over 13 months, days", "13 个月 DSO 走势（天）"), chartWidth, height)
	x := func(i int) float64 {
		return left + (chartWidth-left-right)*float64(i)/float64(len(days)-1)
	}
	y := func(v float64) float64 { return top + (height-top-bottom)*(1-max(0, v)/most) }
	for v := 0.0; v <= most+tick/2; v += tick {
		c.line("grid", left, y(v), chartWidth-right, y(v))
		c.label(left-8, y(v)+4, px(v), "end small")
	}
	for i, d := range days {
		if i%2 == 0 || len(days) < 8 {
			c.label(x(i), height-bottom+18, d.Day.String()[:7], "middle small")
		}
	}
	type end struct {
		y           float64
		name, class string
	}
	var ends []end
	for _, s := range series {
		var xy []float64
		for i, d := range days {
			if v := s.of(d); v != nil {
				xy = append(xy, x(i), y(*v))
				c.rect(x(i)-2, y(*v)-2, 4, 4, "dot "+s.class)
			} else if len(xy) > 0 {
				c.line("series "+s.class, xy...)
				xy = nil
			}
		}
		if len(xy) > 2 {
			c.line("series "+s.class, xy...)
		}
		if len(xy) > 0 {
			ends = append(ends, end{xy[len(xy)-1], s.name, s.class})
		}
	}
	slices.SortStableFunc(ends, func(a, b end) int { return int(math.Copysign(1, a.y-b.y)) })
	for i := range ends {
		if i > 0 {
			ends[i].y = max(ends[i].y, ends[i-1].y+16)
		}
		c.label(chartWidth-right+10, ends[i].y+4, ends[i].name, "series "+ends[i].class)
	}
	return c
}

// scoreChart draws the score of each night as a point on a line, over a scale that begins below the worst of them; nights below 100 have
// their figure.
func scoreChart(p printer, nights []QualityNight) *chart {
	const left, right, top, height, bottom = 46.0, 20.0, 22.0, 190.0, 30.0
	if len(nights) < 2 {
		return nil
	}
	low := 100.0
	for _, n := range nights {
		low = min(low, n.Score)
	}
	low = max(0, math.Floor((low-10)/10)*10) // the figure stands under its point
	c := newChart(p.T("Score of data quality by night", "各晚数据质量评分"), chartWidth, height)
	y := func(v float64) float64 { return top + (height-top-bottom)*(100-v)/(100-low) }
	tick := niceTick((100 - low) / 4)
	for v := low; v <= 100+tick/2; v += tick {
		c.line("grid", left, y(v), chartWidth-right, y(v))
		c.label(left-8, y(v)+4, px(v), "end small")
	}
	step := (chartWidth - left - right) / float64(len(nights))
	var line []float64
	for i, n := range nights {
		x := left + step*(float64(i)+0.5)
		class := "dot s1"
		if n.Passed < n.Judged {
			class = "dot s3"
			c.label(x, y(n.Score)+18, fixed(n.Score, 0), "middle small")
		}
		c.rect(x-4, y(n.Score)-4, 8, 8, class)
		line = append(line, x, y(n.Score))
		if last := len(nights) - 1; i == last || len(nights) < 8 || (last-i)%7 == 0 {
			c.label(x, height-bottom+18, n.AsOf.String()[5:], "middle small")
		}
	}
	c.line("series s1", line...)
	c.line("axis", left, y(low), chartWidth-right, y(low))
	return c
}

// niceTick is the smallest of 1, 2, 5 times a power of ten that is not below v.
func niceTick(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= v {
			return m * power
		}
	}
	return 10 * power
}
