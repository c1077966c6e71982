package simulator

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"creditwatch/pipeline/asof"
)

// A version is what may change in a customer's record.
type version struct {
	on        asof.Date
	limit     float64
	validTo   asof.Date
	hold      string
	insured   float64
	insuredTo asof.Date
	industry  string
}

// record writes the versions of the customer's record: limits are reviewed once a year, insurers cut cover when they
// see trouble, customers in default are put on hold.
func (l *ledger) record() {
	c, d, w := l.c, l.talk, l.w
	v := version{on: max(c.onboarded, w.from.Add(-1)), limit: c.limit, industry: industries[c.industry].code}
	review := v.on.Add(d.between(20, 365))
	v.validTo = review.Add(d.between(5, 60))
	if c.insured > 0 {
		v.insured, v.insuredTo = nice(c.limit*c.insured), v.on.Add(d.between(60, 365))
	}
	if d.chance(0.01) {
		v.industry = industries[d.IntN(len(industries))].code // wrong at first
	}
	said := []version{v}
	l.version(v)
	checks := v.on.Add(d.between(60, 120)) // the insurer's
	for on := v.on.Add(1); on <= w.to; on = on.Add(1) {
		if !w.business(on) {
			continue
		}
		before := v
		f := c.life.inDefault(on)
		switch {
		case on >= review:
			v.limit = nice(c.limit * math.Exp(0.15*clamp(c.life.felt(on), -3, 2)) * d.spread(0.1))
			v.industry = industries[c.industry].code
			review = on.Add(365)
			if v.validTo = review.Add(d.between(5, 60)); d.chance(0.06) {
				v.validTo = review.Add(-d.between(20, 120)) // will lapse
			}
		case v.insured > 0 && on >= checks:
			checks = on.Add(d.between(75, 110))
			switch x := c.life.health(on.Add(-30)) + d.normal(0, 0.3); {
			case x < -2.3:
				v.insured, v.insuredTo = 0, on.Add(30)
			case x < -1.5:
				v.insured = nice(v.insured * 0.5)
			}
		case v.insured > 0 && on == w.working(v.insuredTo) && d.chance(0.9): // renewed; the others forget
			v.insuredTo = on.Add(365)
		case f != nil && on >= f.on.Add(f.knownIn) && v.hold != "hold":
			v.hold = "hold"
		case f == nil && v.hold == "hold" && d.chance(0.05):
			v.hold = "release"
		case v.hold != "hold" && c.life.felt(on) < -2.2 && d.chance(0.01):
			v.hold = "hold"
		}
		if v == before {
			continue
		}
		// What was said before, word for word, would be taken for a duplicate.
		for v.on = said[0].on; slices.Contains(said, v); {
			v.validTo = v.validTo.Add(1)
		}
		said = append(said, v)
		now := v
		now.on = on
		l.version(now)
	}
}

func (l *ledger) version(v version) {
	c := l.c
	name := c.names.legal
	if l.dirt > 0 {
		switch c.index % hostileEvery {
		case 17:
			name += "<script>alert(1)</script>"
		case 41:
			name += "'; DROP TABLE customers; --"
		}
	}
	from := l.begin()
	l.str(c.id)
	l.str(name)
	l.str(strings.Join(c.aliases, ";"))
	l.str(c.keys)
	if c.parent != nil {
		l.str(c.parent.id)
	} else {
		l.str("")
	}
	l.str(v.industry)
	l.str(regions[c.region].code)
	l.str("CN")
	l.str(sizes[c.size].code)
	l.flag(c.listed)
	l.date(c.onboarded)
	l.str(c.owner)
	l.whole(c.terms)
	l.cents(int64(v.limit) * 100)
	l.str("CNY")
	l.date(v.validTo)
	l.str(v.hold)
	if c.insured > 0 {
		l.cents(int64(v.insured) * 100)
	} else {
		l.cents(-1)
	}
	l.date(v.insuredTo)
	l.end(customers, from, at(v.on, l.talk))
	i := len(l.scribe.rows) - 1
	if name != c.names.legal {
		l.scribe.rows[i].plant = plant{hostileName, "name", "accepted but not executed"}
		return
	}
	l.soilRow(i)
}

// contract writes the contract and its renewals. Some renewals come late, some reviews are pending, some guarantees
// run out before the contract does.
func (l *ledger) contract() {
	c, d, w := l.c, l.talk, l.w
	if c.size >= 2 && d.chance(0.15) {
		return // trades without one
	}
	from := max(c.onboarded, w.from.Add(-d.between(1, 700)))
	secured := d.chance(0.18)
	kind := [...]string{"guarantee", "collateral", "insurance", "deposit"}[d.IntN(4)]
	for n := 1; from <= w.to; n++ {
		to := from.AddMonths(12 * d.between(1, 2)).Add(-1)
		known := at(max(from.Add(-d.between(0, 10)), w.from.Add(-1)), d)
		if known.date() < c.onboarded.Add(-30) {
			known = at(c.onboarded, d)
		}
		status := "reviewed"
		if d.chance(0.2) {
			status = "pending"
		}
		until := to
		if d.chance(0.25) {
			until = from.Add(to.Sub(from) * d.between(40, 95) / 100)
		}
		title, rate := d.chance(0.4), [...]float64{0.04, 0.06, 0.08, 0.12}[d.IntN(4)]
		one := func(status string, known instant) {
			row := l.begin()
			l.str(fmt.Sprintf("K%s-%02d", c.number, n))
			l.str(c.id)
			l.date(from)
			l.date(to)
			l.whole(c.terms)
			l.cents(int64(c.limit) * 100)
			l.str("CNY")
			l.str(status)
			if secured {
				l.str(kind)
				l.cents(int64(nice(c.limit*0.4)) * 100)
				l.date(until)
			} else {
				l.str("")
				l.cents(-1)
				l.date(0)
			}
			l.flag(title)
			l.number(rate, 2)
			clauses := []string{"jurisdiction"}
			if title {
				clauses = append(clauses, "retention_of_title")
			}
			if n%2 == 0 {
				clauses = append(clauses, "change_of_control")
			}
			l.str(strings.Join(clauses, ";"))
			l.end(contracts, row, known)
			l.soilRow(len(l.scribe.rows) - 1)
		}
		one(status, known)
		if status == "pending" && d.chance(0.8) {
			one("reviewed", known+instant(d.between(10, 60)*day))
		}
		from = to.Add(1)
		if d.chance(0.15) {
			from = from.Add(d.between(10, 90)) // nobody noticed that it had ended
		}
		if f := c.life.inDefault(from); f != nil {
			return
		}
	}
}

// An agency rates with its own scale, delay and error.
type agency struct {
	name, scale string
	grades      []string
	share       [4]float64 // of customers it rates, by size class
	every       int        // days between reviews
	lag, err    float64    // months, standard deviation of health
}

var agencies = []agency{
	{"Meridian Bureau", "R1-R10", []string{"R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9", "R10"}, [4]float64{0.95, 0.9, 0.85, 0.75}, 65, 1, 0.28},
	{"长河资信", "A-E", []string{"A", "B", "C", "D", "E"}, [4]float64{0.9, 0.6, 0.25, 0.05}, 150, 2, 0.4},
}

// rate writes what the agencies say.
func (l *ledger) rate() {
	c, d, w := l.c, l.talk, l.w
	for _, a := range agencies {
		if !d.chance(a.share[c.size]) {
			continue
		}
		bias, last := d.normal(0, a.err*0.7), math.NaN()
		first := max(w.from, c.onboarded)
		for on := first.Add(d.between(0, a.every)); on <= w.to; on = on.Add(a.every + d.between(-15, 15)) {
			lag := clamp(a.lag+d.normal(0, 0.4), 0.8, 3)
			x := c.life.health(on.Add(-int(lag*month))) + bias + d.normal(0, a.err*0.7)
			if f := c.life.inDefault(on); f != nil && on > f.on.Add(60) {
				x = -4.5
			}
			pd := 1 - math.Exp(-14*intensity(x)) // 14: health is expected to get worse at the edges
			n := len(a.grades)
			g := int(clamp(math.Floor((2.2-x)/5*float64(n)), 0, float64(n-1)))
			mid := 2.2 - (float64(g)+0.5)*5/float64(n)
			outlook := "stable"
			if !math.IsNaN(last) && x < last-0.5 {
				outlook = "negative"
			} else if !math.IsNaN(last) && x > last+0.6 {
				outlook = "positive"
			}
			last = x
			rated := w.working(on)
			from := l.begin()
			l.str(c.id)
			l.str(a.name)
			l.str(a.scale)
			l.str(a.grades[g])
			l.number(math.Round(clamp(60+13*x, 1, 99)), 0)
			l.number(clamp(1-math.Exp(-14*intensity(mid)), 0.0001, 0.5), 5)
			l.cents(int64(nice(c.limit*clamp(1.6*(1-4*pd), 0.1, 2))) * 100)
			l.str(outlook)
			l.date(rated)
			l.end(ratings, from, at(rated.Add(d.between(0, 3)), d))
			l.soilRow(len(l.scribe.rows) - 1)
		}
	}
}

// outcome writes what became of a default. Amounts are in CNY.
func (l *ledger) outcome(n int, f failure, lost, back int64) {
	d := l.talk
	row := func(event string, on, known asof.Date, amount int64, why string) {
		from := l.begin()
		l.str(fmt.Sprintf("X%s-%02d-%s", l.c.number, n+1, event))
		l.str(l.c.id)
		l.str(event)
		l.date(on)
		l.cents(amount)
		l.str("CNY")
		l.str(why)
		l.end(outcomes, from, at(known, d))
		l.soilRow(len(l.scribe.rows) - 1)
	}
	row("default", f.on, f.on.Add(f.knownIn), lost, "payments stopped")
	if f.cured < never {
		on := f.cured.Add(25)
		row("cure", on, on.Add(d.between(1, 10)), -1, "arrears paid in full")
		return
	}
	if f.insolvent < never {
		row("insolvency", f.insolvent, f.insolvent.Add(d.between(1, 15)), -1, "insolvency proceedings")
	} else if d.chance(0.4) {
		row("legal", f.on.Add(60), f.on.Add(60+d.between(1, 10)), lost, "claim filed")
	}
	row("write_off", f.writtenTo, f.writtenTo.Add(d.between(0, 5)), lost, "uncollectable")
	if f.recovered < never && back > 0 {
		row("recovery", f.recovered, f.recovered.Add(d.between(0, 5)), back, "dividend")
	}
}
