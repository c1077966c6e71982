package models

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A Card is a fitted scorecard as people read it: points for every value of every feature, and what speaks for them. A
// row's score is Base and the points of its bins.
type Card struct {
	Base     float64 // points before any feature
	Rows     float64 // weight of the rows it was fitted to
	Defaults float64
	Whole    bool     // points are whole numbers
	Features []CardOf // those that earn points, the widest range of points first
	LeftOut  []CardOf // the others, the most information first
	Ridge    float64  // penalties that were chosen
	Lasso    float64
}

// CardOf is a feature of a card.
type CardOf struct {
	Feature
	EN, ZH string  // title
	Range  float64 // points between its best and its worst bin
	Lines  []CardLine
}

// A CardLine is a bin of a card.
type CardLine struct {
	EN, ZH string // its values
	Rows   float64
	Share  float64 // of all rows
	Bad    float64
	Rate   float64 // of default; NaN without rows
	WoE    float64
	Points float64
	// Turned marks points against the bin's own WoE: with the other features given, it tells the opposite.
	Turned bool
}

// LeftOut says why a feature is left out of the regression of a scorecard, by Feature.Dropped.
var LeftOut = map[string]struct{ EN, ZH string }{
	"constant":   {"one value only", "只有一个取值"},
	"flat":       {"no cut of its values earns its price", "没有值得保留的切点"},
	"iv":         {"tells no more than chance would", "信息量不超过随机水平"},
	"correlated": {"near copy of a stronger feature", "与更强的特征几乎重复"},
	"crowded":    {"enough stronger features", "已有足够多的更强特征"},
	"lasso":      {"adds nothing to the others (L1, cross-validated)", "在其他特征之外没有新增信息（L1，交叉验证）"},
	"sign":       {"its coefficient would turn against its WoE", "系数符号将与 WoE 相反"},
}

// Card returns the fitted scorecard to be read; the zero Card where it is not fitted.
func (s *Scorecard) Card() Card {
	if s.fitted == nil {
		return Card{}
	}
	c := Card{Base: Offset - Factor*s.fitted.Intercept, Ridge: s.fitted.Ridge, Lasso: s.fitted.Lasso, Whole: s.fitted.whole()}
	names := make([]string, len(s.fitted.Features))
	for i, f := range s.fitted.Features {
		names[i] = f.Name
		if i == 0 {
			for _, b := range f.Bins {
				c.Rows, c.Defaults = c.Rows+b.Good+b.Bad, c.Defaults+b.Bad
			}
		}
	}
	columns := columnsFor(names, s.Columns)
	for i, f := range s.fitted.Features {
		of := CardOf{Feature: f}
		of.EN, of.ZH = columns[i].Title()
		low, high := math.Inf(1), math.Inf(-1)
		for b, bin := range f.Bins {
			line := CardLine{Rows: bin.Good + bin.Bad, Bad: bin.Bad, WoE: bin.WoE, Points: f.Points(b), Turned: bin.WoE*bin.Lift > 0}
			line.Share, line.Rate = line.Rows/c.Rows, line.Bad/line.Rows
			line.EN, line.ZH = f.values(b, columns[i].Unit)
			if line.Rows > 0 {
				low, high = min(low, line.Points), max(high, line.Points)
			}
			of.Lines = append(of.Lines, line)
		}
		if of.Range = high - low; f.InCard() {
			c.Features = append(c.Features, of)
		} else {
			c.LeftOut = append(c.LeftOut, of)
		}
	}
	slices.SortStableFunc(c.Features, func(a, b CardOf) int { return cmp.Compare(b.Range, a.Range) })
	slices.SortStableFunc(c.LeftOut, func(a, b CardOf) int { return cmp.Compare(b.IV, a.IV) })
	return c
}

// whole reports whether all points are whole numbers.
func (c *card) whole() bool {
	whole := func(points float64) bool { return math.Abs(points-math.Round(points)) < 1e-9 }
	for _, f := range c.Features {
		for b := range f.Bins {
			if !whole(f.Points(b)) {
				return false
			}
		}
	}
	return whole(Offset - Factor*c.Intercept)
}

// values names the values of a bin in English and Chinese.
func (f *Feature) values(bin int, unit string) (en, zh string) {
	numbers := len(f.Edges) + 1
	switch {
	case bin == f.Missing:
		return "missing", "缺失"
	case f.Text:
		var texts []string
		for i, text := range f.Texts {
			if f.TextBin[i] == bin {
				texts = append(texts, text)
			}
		}
		if bin == f.Other {
			return "rare or never seen", "少见或从未见过"
		}
		return strings.Join(texts, ", "), strings.Join(texts, "、")
	case bin >= numbers:
		en, zh = edge(f.Special[bin-numbers], unit)
		return "= " + en, "= " + zh
	case numbers == 1:
		return "any value", "任意值"
	case bin == 0:
		en, zh = edge(f.Edges[0], unit)
		return "up to " + en, "不超过 " + zh
	case bin == numbers-1:
		en, zh = edge(f.Edges[bin-1], unit)
		return "above " + en, "大于 " + zh
	}
	lowEN, lowZH := edge(f.Edges[bin-1], unit)
	highEN, highZH := edge(f.Edges[bin], unit)
	return lowEN + " to " + highEN, lowZH + " 至 " + highZH
}

// edge writes a bound with its unit, as exactly as somebody needs who applies the card by hand.
func edge(v float64, unit string) (en, zh string) {
	switch unit {
	case "flag":
		if v == 0 || v == 1 {
			return inUnit(v, unit)
		}
	case "ratio", "probability", "rate p.a.":
		s := exact(100*v) + " %"
		return s, s
	}
	s := exact(v)
	if u, ok := units[unit]; ok {
		return s + u.en, s + u.zh
	}
	if unit == "flag" {
		return s, s
	}
	return s + " " + unit, s + " " + unit
}

// exact writes six digits, thousands parted.
func exact(v float64) string {
	if a := math.Abs(v); a >= 1e15 || a < 1000 {
		return strconv.FormatFloat(v, 'g', 6, 64)
	}
	decimals := 2
	if math.Abs(v) >= 10000 {
		decimals = 1
	}
	whole, rest, _ := strings.Cut(strconv.FormatFloat(v, 'f', decimals, 64), ".")
	if rest = strings.TrimRight(rest, "0"); rest != "" {
		rest = "." + rest
	}
	return thousands(whole) + rest
}

// WriteTo writes the card for a terminal, in English.
func (c Card) WriteTo(w io.Writer) (int64, error) {
	out := &counter{w: w}
	if c.Rows == 0 {
		fmt.Fprintln(out, "The scorecard is not fitted.")
		return out.n, out.err
	}
	fmt.Fprintf(out, "Scorecard of %d features; %.0f points are odds of %.0f:1, %.0f more double the odds\n", len(c.Features), pointsAt, oddsAt, doubleAfter)
	fmt.Fprintf(out, "fitted to %s rows, %s defaults (%s); score = %s + the points of every feature\n", thousands(fmt.Sprintf("%.0f", c.Rows)), thousands(fmt.Sprintf("%.0f", c.Defaults)), percent(c.Defaults/c.Rows), c.points(c.Base))
	for _, f := range c.Features {
		f.writeTo(out, c)
	}
	if len(c.LeftOut) > 0 {
		fmt.Fprintf(out, "\nLeft out\n")
		names := 0
		for _, f := range c.LeftOut {
			names = max(names, columnsOf(f.Name))
		}
		for _, f := range c.LeftOut {
			fmt.Fprintf(out, "  %s  IV %.4f  %s\n", padded(f.Name, names), f.IV, LeftOut[f.Dropped].EN)
		}
	}
	return out.n, out.err
}

func (f CardOf) writeTo(out io.Writer, c Card) {
	title := f.Name
	if f.EN != f.Name {
		title += "  " + f.EN
	}
	if f.ZH != f.EN {
		title += "  " + f.ZH
	}
	fmt.Fprintf(out, "\n%s\n  IV %.3f, %s", title, f.IV, BandOf(f.IV).EN)
	if f.Chance != nil {
		if fmt.Fprintf(out, "; chance gives up to %.3f", f.Chance.P95); f.Chance.P > 0.05 {
			fmt.Fprintf(out, ", as much as this (p %s)", PValue(f.Chance.P))
		}
	}
	if f.Beta > 0 {
		fmt.Fprintf(out, "; coefficient %.3f ± %.3f (p %s)", f.Beta, f.SE, PValue(f.P()))
	} else if f.Dropped != "" {
		fmt.Fprintf(out, "; %s", LeftOut[f.Dropped].EN)
	}
	fmt.Fprintln(out)
	rows := [][]string{{"values", "rows", "share", "defaults", "rate", "WoE", "points"}}
	turned := false
	for _, l := range f.Lines {
		if l.Rows == 0 {
			continue
		}
		points := c.points(l.Points)
		if l.Turned && math.Abs(l.Points) >= 0.5 {
			points, turned = points+"*", true
		} else {
			points += " "
		}
		rows = append(rows, []string{l.EN, weightText(l.Rows), share(l.Share), weightText(l.Bad), share(l.Rate), fmt.Sprintf("%.3f", l.WoE), points})
	}
	rows[0][6] += " "
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		row[0] = shortened(row[0], 44)
		for k, cell := range row {
			widths[k] = max(widths[k], columnsOf(cell))
		}
	}
	for _, row := range rows {
		line := "  " + padded(row[0], widths[0])
		for k, cell := range row[1:] {
			line += strings.Repeat(" ", widths[k+1]-columnsOf(cell)+2) + cell
		}
		fmt.Fprintln(out, strings.TrimRight(line, " "))
	}
	if turned {
		fmt.Fprintln(out, "  * against its own WoE: with the other features given, it tells the opposite")
	}
}

// Markdown writes the card as the body of a page's section, in English or Chinese.
func (c Card) Markdown(zh bool) string {
	t := func(en, cn string) string {
		if zh {
			return cn
		}
		return en
	}
	cell := strings.NewReplacer("|", "\\|", "\n", " ").Replace
	var b strings.Builder
	fmt.Fprintf(&b, t("%.0f points are odds of %.0f:1 of being paid, %.0f more double them. Score = %s + the points of every feature.\n", "%.0f 分对应 %.0f:1 的正常/违约比，每增加 %.0f 分翻倍。评分 = %s + 各特征得分。\n"), pointsAt, oddsAt, doubleAfter, c.points(c.Base))
	for _, f := range c.Features {
		band := BandOf(f.IV)
		fmt.Fprintf(&b, "\n### %s (%s)\n\nIV %.3f%s%s", cell(t(f.EN, f.ZH)), cell(f.Name), f.IV, t(", ", "，"), t(band.EN, band.ZH))
		if f.Chance != nil {
			fmt.Fprintf(&b, t("; chance gives up to %.3f (p %s)", "；随机最多可达 %.3f（p %s）"), f.Chance.P95, PValue(f.Chance.P))
		}
		if f.Beta > 0 {
			fmt.Fprintf(&b, t("; coefficient %.3f ± %.3f (p %s)", "；系数 %.3f ± %.3f（p %s）"), f.Beta, f.SE, PValue(f.P()))
		} else if why := LeftOut[f.Dropped]; why.EN != "" {
			b.WriteString(t("; "+why.EN, "；"+why.ZH))
		}
		fmt.Fprintf(&b, "\n\n| %s | %s | %s | %s | WoE | %s |\n|---|---:|---:|---:|---:|---:|\n", t("values", "取值"), t("rows", "行数"), t("defaults", "违约"), t("rate", "违约率"), t("points", "得分"))
		for _, l := range f.Lines {
			if l.Rows > 0 {
				fmt.Fprintf(&b, "| %s | %s | %s | %s | %.3f | %s |\n", cell(t(l.EN, l.ZH)), weightText(l.Rows), weightText(l.Bad), share(l.Rate), l.WoE, c.points(l.Points))
			}
		}
	}
	if len(c.LeftOut) > 0 {
		fmt.Fprintf(&b, "\n### %s\n\n", t("Left out", "未入卡"))
		for _, f := range c.LeftOut {
			why := LeftOut[f.Dropped]
			fmt.Fprintf(&b, "- %s, IV %.4f: %s\n", cell(f.Name), f.IV, t(why.EN, why.ZH))
		}
	}
	return b.String()
}

func (c Card) points(v float64) string {
	if c.Whole {
		return strconv.FormatFloat(math.Round(v)+0, 'f', 0, 64)
	}
	return strings.Replace(strconv.FormatFloat(v, 'f', 1, 64), "-0.0", "0.0", 1)
}

// weightText writes a number of rows, or what they weigh.
func weightText(v float64) string {
	if v == math.Trunc(v) {
		return thousands(strconv.FormatFloat(v, 'f', 0, 64))
	}
	return thousands(strconv.FormatFloat(math.Trunc(v), 'f', 0, 64)) + strings.TrimPrefix(strconv.FormatFloat(v-math.Trunc(v), 'f', 1, 64), "0")
}

func share(v float64) string { return strconv.FormatFloat(100*v, 'f', 1, 64) + " %" }

// PValue writes a p-value; very small ones are not told apart.
func PValue(p float64) string {
	if p < 0.0001 {
		return "< 0.0001"
	}
	return strconv.FormatFloat(p, 'f', 4, 64)
}

// columnsOf is the number of terminal columns of a text; Chinese characters take two.
func columnsOf(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul), r >= 0x3000 && r <= 0x303f, r >= 0xff00 && r <= 0xff60:
			n += 2
		default:
			n++
		}
	}
	return n
}

func padded(s string, columns int) string {
	return s + strings.Repeat(" ", max(0, columns-columnsOf(s)))
}

func shortened(s string, columns int) string {
	if columnsOf(s) <= columns {
		return s
	}
	n := 0
	for i, r := range s {
		if n += columnsOf(string(r)); n > columns-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// ErrNoCard reports a model that has no card to show: it is not a scorecard, nor a blend with one.
var ErrNoCard = errors.New("model has no scorecard")

// Card returns the model's scorecard to be read, a blend's part too.
func (m *Model) Card() (Card, error) {
	switch l := m.learner.(type) {
	case *Scorecard:
		return l.Card(), nil
	case *Blend:
		for _, part := range l.parts {
			if s, ok := part.(*Scorecard); ok {
				return s.Card(), nil
			}
		}
	}
	return Card{}, fmt.Errorf("model %s: %w", m.ID(), ErrNoCard)
}
