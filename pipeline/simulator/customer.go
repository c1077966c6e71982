package simulator

import (
	"fmt"
	"math"

	"creditwatch/pipeline/asof"
)

// A size class with what goes with it.
type size struct {
	code    string
	share   float64
	orders  float64 // a year, median
	invoice float64 // CNY, median
	effect  float64 // on health
	seen    float64 // factor on news
	terms   [4]float64
}

var termDays = [4]int{30, 45, 60, 90}

var sizes = []size{
	{"large", 0.08, 20, 180000, 0.25, 1, [4]float64{1, 1, 4, 4}},
	{"medium", 0.22, 14, 55000, 0.1, 0.6, [4]float64{2, 2, 4, 2}},
	{"small", 0.4, 10.5, 18000, -0.05, 0.35, [4]float64{4, 3, 3, 0.5}},
	{"micro", 0.3, 9, 6000, -0.2, 0.2, [4]float64{6, 3, 1, 0.1}},
}

// A customer with what stays the same over the horizon, and its life.
type customer struct {
	index        int
	id, number   string // C000123, 000123
	unit         int    // group, or the customer alone
	parent       *customer
	group        []*customer
	industry     int
	region       int
	size         int
	city         words
	trade, brand words
	names        names
	aliases      []string
	listed       bool
	keys         string // external ones
	onboarded    asof.Date
	owner        string
	currency     string
	terms        int
	perYear      float64 // orders
	invoice      float64 // median, CNY
	habit        float64 // days by which it pays later than others of its health
	limit        float64 // CNY, at the start
	insured      float64 // share of the limit that is insured, 0 if none
	silent       bool    // stops ordering when it goes downhill
	bills        bool    // pays by acceptance bill when money is short
	life         life
}

// unitSize is how many customers unit n comprises: mostly one, else a group.
func unitSize(seed uint64, n int) int {
	d := throw(seed, partitionStream, n)
	if d.chance(0.055) {
		return 2 + d.pick(4, 3, 2, 1, 1)
	}
	return 1
}

// namesake reports whether unit n has the brand of the unit before it, in another city.
func namesake(seed uint64, n int) bool {
	return n%2 == 1 && mix(seed+uint64(n))%25 == 0 && unitSize(seed, n) == 1 && unitSize(seed, n-1) == 1
}

// cities lists all of them with their regions, so that one index says both.
var cities = func() (list []struct {
	region int
	words
}) {
	for i, r := range regions {
		for _, c := range r.cities {
			list = append(list, struct {
				region int
				words
			}{i, c})
		}
	}
	return list
}()

func homeOf(seed uint64, unit int) int {
	return int(mix(seed^uint64(unit)*0x51ed27) % uint64(len(cities)))
}

// makeUnit makes the customers of a unit, the first of which has number first.
func makeUnit(w *world, unit, first, size int) []*customer {
	members := make([]*customer, size)
	home, name := homeOf(w.seed, unit), brand(w.seed, unit)
	if namesake(w.seed, unit) {
		name = brand(w.seed, unit-1)
		if other := homeOf(w.seed, unit-1); other == home {
			home = (home + 1) % len(cities)
		}
	}
	for i := range members {
		d := throw(w.seed, customerStream, first+i)
		c := &customer{index: first + i, unit: unit, group: members, brand: name}
		c.number = fmt.Sprintf("%06d", c.index+1)
		c.id = "C" + c.number
		// 7 and the number of cities have no common factor: relatives sit in different cities.
		at := cities[(home+7*i)%len(cities)]
		c.region, c.city = at.region, at.words
		c.industry = d.IntN(len(industries))
		c.size = d.pick(sizes[0].share, sizes[1].share, sizes[2].share, sizes[3].share)
		if i > 0 {
			c.parent = members[0]
			if d.chance(0.6) {
				c.industry = members[0].industry
			}
		} else if size > 1 {
			c.size = d.pick(2, 1)
		}
		s := sizes[c.size]
		c.listed = c.size == 0 && d.chance(0.2)
		trade := industries[c.industry].words
		c.trade = trade[d.IntN(len(trade))]
		c.names = companyNames(c.city, c.brand, c.trade, size > 1 && i == 0, c.listed)
		c.aliases = []string{c.names.short, c.names.english, c.names.shortEnglish}
		if d.chance(0.05) { // an old name
			old := trade[d.IntN(len(trade))]
			if old != c.trade {
				c.aliases = append(c.aliases, c.city.zh+c.brand.zh+old.zh+"厂")
			}
		}
		if c.listed {
			ticker := fmt.Sprintf("SIM%06d", c.index+1)
			c.aliases = append(c.aliases, ticker)
			c.keys = ";ticker=" + ticker
		}
		c.keys = fmt.Sprintf("USCC=91990000SIM%07d", c.index+1) + c.keys // 990000 is no region: the number of no company
		c.onboarded = w.from.Add(-d.between(30, 3600))
		if d.chance(0.25) {
			c.onboarded = w.from.Add(d.IntN(max(1, w.to.Sub(w.from))))
		}
		c.owner = fmt.Sprintf("AM-%03d", 1+d.IntN(12+c.index/400))
		c.currency = [...]string{"CNY", "USD", "EUR"}[d.pick(0.9, 0.065, 0.035)]
		c.terms = termDays[d.pick(s.terms[:]...)]
		c.perYear = s.orders * d.spread(0.35)
		c.invoice = s.invoice * d.spread(0.6)
		c.habit = d.normal(0, 1.5)
		c.silent, c.bills = d.chance(0.25), d.chance(0.5)
		turnover := c.perYear * c.invoice * 1.13
		c.limit = nice(turnover * float64(c.terms+30) / 365 * 1.5 * d.spread(0.25))
		if d.chance(0.4) {
			c.insured = clamp(d.normal(0.6, 0.15), 0.2, 0.9)
		}
		members[i] = c
	}
	live(w, unit, members)
	return members
}

// nice rounds a limit to two leading digits, at least 10 000.
func nice(x float64) float64 {
	step := math.Pow(10, math.Floor(math.Log10(max(x, 10000)))-1)
	return max(math.Round(x/step)*step, 10000)
}
