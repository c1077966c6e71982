package validation

import (
	"math"
	"slices"
)

// periods are the months of Rows: the PD over one month of every customer of a snapshot and who defaulted within it. They do
// not overlap. rows are the rows of a period, in its order.
func (n *night) periods() (periods []Period, rows [][]int) {
	if n.monthly == nil {
		n.monthly, n.monthlyRows = n.countPeriods()
	}
	return n.monthly, n.monthlyRows
}

func (n *night) countPeriods() (periods []Period, rows [][]int) {
	var last *group
	for g := range n.cohorts {
		c := &n.cohorts[g]
		// Month ends are 28 to 31 days apart.
		if last != nil && c.on.Sub(last.on) < 28 {
			continue
		}
		var p Period
		var of []int
		for _, i := range c.rows {
			r := &n.Rows[i]
			if r.Observed < 1 || r.Default == 1 && math.IsNaN(r.After) && r.Observed > 1 {
				continue // not known yet, or not known when
			}
			y := uint8(0)
			if r.Default == 1 && !(r.After > 1) {
				y = 1
			}
			p.PD, p.Default, of = append(p.PD, SoFar(n.terms(r), 1)), append(p.Default, y), append(of, i)
		}
		if len(of) > 0 {
			periods, rows, last = append(periods, p), append(rows, of), c
		}
	}
	return periods, rows
}

// monitored fills in what the sequence rests on; the finding is grey when there is none.
func (n *night) monitored(f *finding) (periods []Period, ok bool) {
	if periods, _ = n.periods(); len(periods) == 0 {
		f.gray("Not judged: no month of a snapshot has come to its end.", "未评定：没有已结束的快照月份。")
		return nil, false
	}
	for _, p := range periods {
		f.N += float64(len(p.PD))
		for _, y := range p.Default {
			f.D += float64(y)
		}
	}
	return periods, true
}

func cusum(n *night, ratio float64, en, zh string) []*finding {
	f := on("book")
	periods, ok := n.monitored(f)
	if !ok {
		return one(f)
	}
	h, err := AlarmLine(periods[len(periods)-1].PD, ratio, n.b.Sequence.Months, n.b.Sequence.Runs, n.Seed)
	if err != nil {
		return one(f.undefined(err))
	}
	path := CUSUM(periods, ratio, h)
	c, alarm, recent := path[len(path)-1], 0, 0 // alarm is how many months ago the last one was, 1 the newest month
	for t, v := range path {
		if v > h {
			if alarm = len(path) - t; alarm <= n.b.Sequence.Shown {
				recent++
			}
		}
	}
	f.Value, f.Statistic = number(c), number(h)
	f.Light = shade(recent == 0, alarm != 1 && recent == 1)
	f.add(en, zh)
	f.say(" stands at %s after %s months; its alarm line, one false alarm in %s months, is %s.", "在 %[2]s 个月后为 %[1]s；警戒线（每 %[3]s 个月一次误报）为 %[4]s。",
		digits(c), whole(len(path)), digits(n.b.Sequence.Months), digits(h))
	if alarm > 0 {
		f.say(" The last alarm was in month %s of these; the sum started anew after it.", "最近一次警报在其中第 %s 个月，此后累积和重新开始。", whole(len(path)-alarm+1))
	}
	return one(f)
}

func cusumUp(n *night) []*finding {
	return cusum(n, n.b.Sequence.Ratio, "The sum for odds of default twice those of the model", "针对违约几率翻倍的累积和")
}

func cusumDown(n *night) []*finding {
	return cusum(n, 1/n.b.Sequence.Ratio, "The sum for odds of default half those of the model", "针对违约几率减半的累积和")
}

// funnel looks at the last twelve months by segment.
func funnel(n *night) []*finding {
	if len(n.Segments) == 0 {
		return unsegmented(on("book"))
	}
	if f := on("book"); true {
		if _, ok := n.monitored(f); !ok {
			return one(f)
		}
	}
	periods, rows := n.periods()
	if len(periods) > 12 {
		periods, rows = periods[len(periods)-12:], rows[len(rows)-12:]
	}
	var found []*finding
	for seg, name := range n.Segments {
		type part struct{ n, o, e float64 }
		parts := map[string]*part{}
		var values []string
		for t, p := range periods {
			for k, i := range rows[t] {
				r := &n.Rows[i]
				if seg >= len(r.Segments) {
					continue
				}
				v := r.Segments[seg]
				if parts[v] == nil {
					parts[v] = &part{}
					values = append(values, v)
				}
				q := parts[v]
				q.n, q.o, q.e = q.n+1, q.o+float64(p.Default[k]), q.e+p.PD[k]
			}
		}
		slices.Sort(values)
		for _, v := range values {
			q := parts[v]
			if q.e < n.b.Sequence.Need {
				continue
			}
			f := on("segment " + name + "=" + v)
			f.N, f.D, f.Value, f.Statistic = q.n, q.o, number(q.o-q.e), number(q.e)
			least, most := Funnel(q.e, n.b.Sequence.Funnel[0])
			least2, most2 := Funnel(q.e, n.b.Sequence.Funnel[1])
			f.P = number(min(2*min(PoissonAtLeast(int(q.o), q.e), PoissonAtMost(int(q.o), q.e)), 1))
			outside := int(q.o) < least2 || int(q.o) > most2
			f.decide = func(holm, _ float64) Light {
				// Of many segments one lies outside by chance.
				return shade(!outside, !(holm <= n.b.Red))
			}
			f.say("%s defaults over %s months, %s expected; chance allows %s to %s and %s to %s with %s and %s.", "%[2]s 个月违约 %[1]s 个，预期 %[3]s 个；随机范围为 %[4]s 至 %[5]s（%[8]s）与 %[6]s 至 %[7]s（%[9]s）。",
				digits(q.o), whole(len(periods)), digits(q.e), whole(least), whole(most), whole(least2), whole(most2), percent(n.b.Sequence.Funnel[0]), percent(n.b.Sequence.Funnel[1]))
			found = append(found, f)
		}
	}
	if len(found) == 0 {
		return one(on("book").gray("Not judged: no segment expects %s default over the last %s months.", "未评定：最近 %[2]s 个月没有分组预期违约达到 %[1]s 个。",
			digits(n.b.Sequence.Need), whole(len(periods))))
	}
	return found
}

func ewma(n *night) []*finding {
	f := on("book")
	periods, ok := n.monitored(f)
	if !ok {
		return one(f)
	}
	path := EWMA(periods, n.b.Sequence.Lambda)
	z := path[len(path)-1]
	f.Value, f.Statistic, f.Light = number(z), number(z), shade(math.Abs(z) <= n.b.Sequence.Sigma, false)
	return one(f.say("The weighted mean of Brier residuals stands at %s of its standard deviations after %s months; %s are allowed.", "Brier 残差的加权均值在 %[2]s 个月后为 %[1]s 个标准差；允许 %[3]s。",
		digits(z), whole(len(path)), digits(n.b.Sequence.Sigma)))
}

func eValue(n *night) []*finding {
	f := on("book")
	periods, ok := n.monitored(f)
	if !ok {
		return one(f)
	}
	path := EValue(periods, n.b.Sequence.Theta, n.b.Sequence.Kelly)
	e := path[len(path)-1]
	f.Value, f.Statistic, f.Light = number(e), number(e), shade(e <= n.b.Sequence.EAmber, e <= n.b.Sequence.ERed)
	return one(f.say("Bets against the PDs, 1 at the start, are worth %s after %s months; while PDs are right, %s or more is seen once in %s at most, however often one looks.",
		"对违约概率的下注（起始为 1）在 %[2]s 个月后价值 %[1]s；若违约概率正确，无论查看多少次，达到 %[3]s 的概率不超过 1/%[4]s。",
		digits(e), whole(len(path)), digits(n.b.Sequence.EAmber), digits(n.b.Sequence.EAmber)))
}
