package decisions

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"creditwatch/features/book"
)

// A GroupPolicy says how customers of one owner are seen together.
type GroupPolicy struct {
	MaxDepth  int     `yaml:"max_depth"` // of a chain of parents
	LimitOf   string  `yaml:"limit_of"`  // members: the sum of their limits; parent: that of the ultimate parent
	Top       []int   `yaml:"top"`       // how many of the largest names are shown together
	Max       Maximum `yaml:"max"`
	ShownTop  int     `yaml:"shown"`     // names of customers and groups shown one by one
	MinNeeded float64 `yaml:"min_names"` // effective names below which the book is concentrated; 0: not judged
}

// Maximum are the shares of the book that may be in one hand; 1: no bound.
type Maximum struct {
	Customer float64 `yaml:"customer"`
	Group    float64 `yaml:"group"`
	Top      float64 `yaml:"top"` // of the first of the numbers of top
	Industry float64 `yaml:"industry"`
	Region   float64 `yaml:"region"`
	Country  float64 `yaml:"country"`
	Cover    float64 `yaml:"cover"` // borne by insurers
	Currency float64 `yaml:"currency"`
}

func (g GroupPolicy) check(bad func(key, want string, got any)) {
	within(bad, "groups.max_depth", float64(g.MaxDepth), 1, 100)
	if g.LimitOf != "members" && g.LimitOf != "parent" {
		bad("groups.limit_of", "members or parent", fmt.Sprintf("%q", g.LimitOf))
	}
	for i, n := range g.Top {
		if n < 1 || slices.Contains(g.Top[:i], n) {
			bad(fmt.Sprintf("groups.top[%d]", i), "a number of 1 or more, each once", n)
		}
	}
	within(bad, "groups.shown", float64(g.ShownTop), 1, 1000)
	within(bad, "groups.min_names", g.MinNeeded, 0, 1e6)
	for _, m := range []struct {
		key string
		v   float64
	}{{"customer", g.Max.Customer}, {"group", g.Max.Group}, {"top", g.Max.Top}, {"industry", g.Max.Industry}, {"region", g.Max.Region},
		{"country", g.Max.Country}, {"cover", g.Max.Cover}, {"currency", g.Max.Currency}} {
		within(bad, "groups.max."+m.key, m.v, 0, 1)
	}
}

// A Group is a customer with all that it owns, as far as parent numbers tell, or a customer alone.
type Group struct {
	ID           string   // number of the ultimate parent, which need not be a customer
	Members      []string // customers, in order of number
	Owing        int      // of them with an exposure
	Depth        int      // longest chain of parents
	Cycle        []string // customers that own one another in a circle, empty if none
	Cut          []string // customers whose chain was longer than the bound
	Exposure     book.Money
	InForce      *book.Money // limits in force; nil where none is known
	Unlimited    []string    // members that owe something and have no limit
	Utilisation  *float64
	Recommended  *book.Money // sum of what is recommended, reporting currency
	EAD          book.Money
	ExpectedLoss book.Money
	Fallen       []string   // members in default or with a critical warning
	Dragged      []string   // the others, where there are fallen ones
	AtStake      book.Money // exposure of these
	LossAtStake  book.Money // and their expected loss
	EN, ZH       string
}

func (g *Group) fallenBut(customer string) (others []string) {
	for _, id := range g.Fallen {
		if id != customer {
			others = append(others, id)
		}
	}
	return others
}

// A root is where a chain of parents ends.
type root struct {
	id    string
	depth int
	cycle []string
	cut   bool
}

// roots follows every customer's parents to the end. A circle ends at its smallest number; a chain that is too long is cut.
func roots(limits []Limit, maxDepth int) map[string]root {
	parent := make(map[string]string, len(limits))
	for i := range limits {
		if p := limits[i].ParentID; p != "" {
			parent[limits[i].CustomerID] = p
		}
	}
	found := make(map[string]root, len(limits))
	for i := range limits {
		r := root{id: limits[i].CustomerID}
		chain := []string{r.id}
		for {
			up, ok := parent[r.id]
			if !ok {
				break
			}
			if at := slices.Index(chain, up); at >= 0 {
				r.cycle = slices.Clone(chain[at:])
				slices.Sort(r.cycle)
				r.id = r.cycle[0]
				break
			}
			if len(chain) > maxDepth {
				r.cut = true
				break
			}
			chain = append(chain, up)
			r.id = up
			r.depth++
		}
		found[limits[i].CustomerID] = r
	}
	return found
}

// Groups puts customers together under their ultimate parents, in order of number. The groups add up to the book. The map is by customer.
func Groups(limits []Limit, p GroupPolicy) ([]*Group, map[string]*Group) {
	ends := roots(limits, p.MaxDepth)
	byID, of := map[string]*Group{}, make(map[string]*Group, len(limits))
	var groups []*Group
	for i := range limits {
		l := &limits[i]
		end := ends[l.CustomerID]
		g := byID[end.id]
		if g == nil {
			g = &Group{ID: end.id}
			byID[end.id] = g
			groups = append(groups, g)
		}
		of[l.CustomerID] = g
		g.Members = append(g.Members, l.CustomerID)
		g.Depth = max(g.Depth, end.depth)
		if len(end.cycle) > 0 {
			g.Cycle = end.cycle
		}
		if end.cut {
			g.Cut = append(g.Cut, l.CustomerID)
		}
		g.Exposure += l.Exposure
		if l.Exposure > 0 {
			g.Owing++
		}
		g.EAD += l.EAD
		g.ExpectedLoss += l.ExpectedLoss
		if l.InForce == nil && l.Exposure > 0 {
			g.Unlimited = append(g.Unlimited, l.CustomerID)
		}
		if l.InForce != nil && (p.LimitOf == "members" || l.CustomerID == g.ID) {
			sum := *l.InForce
			if g.InForce != nil {
				sum += *g.InForce
			}
			g.InForce = &sum
		}
		if m := l.RecommendedBase(); m != nil {
			sum := *m
			if g.Recommended != nil {
				sum += *g.Recommended
			}
			g.Recommended = &sum
		}
		if l.fallen() {
			g.Fallen = append(g.Fallen, l.CustomerID)
		}
	}
	for i := range limits {
		l := &limits[i]
		if g := of[l.CustomerID]; len(g.Fallen) > 0 && !l.fallen() {
			g.Dragged = append(g.Dragged, l.CustomerID)
			g.AtStake += l.Exposure
			g.LossAtStake += l.ExpectedLoss
		}
	}
	slices.SortFunc(groups, func(a, b *Group) int { return strings.Compare(a.ID, b.ID) })
	for _, g := range groups {
		slices.Sort(g.Members)
		slices.Sort(g.Fallen)
		slices.Sort(g.Dragged)
		slices.Sort(g.Cut)
		slices.Sort(g.Unlimited)
		if g.InForce != nil && *g.InForce > 0 {
			use := g.Exposure.Float() / g.InForce.Float()
			g.Utilisation = &use
		}
		g.words(p)
	}
	return groups, of
}

// RecommendedBase is the recommended limit in the reporting currency.
func (l *Limit) RecommendedBase() *book.Money {
	if l.Recommended == nil || l.Rate == nil {
		return nil
	}
	m, err := l.Recommended.Times(*l.Rate)
	if err != nil {
		return nil
	}
	return &m
}

func (g *Group) words(p GroupPolicy) {
	var en, zh []string
	say := func(e, z string) { en, zh = append(en, e), append(zh, z) }
	if len(g.Members) > 1 {
		say(fmt.Sprintf("%d customers owe %s", len(g.Members), money(g.Exposure)), fmt.Sprintf("%d 家客户敞口合计 %s", len(g.Members), money(g.Exposure)))
	}
	if g.InForce != nil && g.Exposure > *g.InForce {
		say("beyond the limit of "+money(*g.InForce)+" by "+money(g.Exposure-*g.InForce), "超出额度 "+money(*g.InForce)+" 达 "+money(g.Exposure-*g.InForce))
	}
	if len(g.Dragged) > 0 {
		say(fmt.Sprintf("%s (in default or with a critical warning) may drag %s: exposure %s, expected loss %s", list(g.Fallen), list(g.Dragged), money(g.AtStake), money(g.LossAtStake)),
			fmt.Sprintf("%s（已违约或有最高级预警）可能拖累 %s：敞口 %s，预期损失 %s", list(g.Fallen), list(g.Dragged), money(g.AtStake), money(g.LossAtStake)))
	}
	if len(g.Cycle) > 0 {
		say("customers own one another in a circle: "+strings.Join(g.Cycle, ", "), "客户之间循环持股："+strings.Join(g.Cycle, ", "))
	}
	if len(g.Cut) > 0 {
		say(fmt.Sprintf("chains of more than %d parents were cut: %s", p.MaxDepth, list(g.Cut)), fmt.Sprintf("超过 %d 层的持股链已截断：%s", p.MaxDepth, list(g.Cut)))
	}
	g.EN, g.ZH = strings.Join(en, "; "), strings.Join(zh, "；")
}

// A Concentration is the part of the book that is in one hand.
type Concentration struct {
	Dimension    string // book, customer, group, top, industry, region, country, cover, currency
	Rank         int    // 0: the whole dimension
	Name         string
	Customers    int // that have a part in it
	Exposure     book.Money
	ExpectedLoss *book.Money // nil where the parts of a customer's loss cannot be told apart
	OpenAmount   *book.Money // of a currency: invoices less unapplied cash in that currency
	Share        float64
	Max          *float64 // share that the policy allows
	Breach       bool
	HHI          *float64 // of the dimension's whole
	Effective    *float64 // 1 / HHI
	EN, ZH       string
}

// a part is what a name has of the book.
type part struct {
	name      string
	customers int
	exposure  book.Money
	loss      book.Money
	open      book.Money
}

// Concentrations parts the book in every way; each dimension adds up to the book. Largest first, equals in order of name.
func Concentrations(limits []Limit, groups []*Group, exposure ExposurePolicy, p GroupPolicy) []Concentration {
	var all part
	single := make([]part, 0, len(limits))
	dims := map[string]map[string]*part{"industry": {}, "region": {}, "country": {}, "cover": {}, "currency": {}}
	add := func(dim, name string, e, loss, open book.Money) {
		x := dims[dim][name]
		if x == nil {
			x = &part{name: name}
			dims[dim][name] = x
		}
		if e != 0 {
			x.customers++
		}
		x.exposure += e
		x.loss += loss
		x.open += open
	}
	for i := range limits {
		l := &limits[i]
		e := l.Exposure
		if e > 0 {
			all.customers++
		}
		all.exposure += e
		all.loss += l.ExpectedLoss
		one := part{name: l.CustomerID, exposure: e, loss: l.ExpectedLoss}
		if e > 0 {
			one.customers = 1
		}
		single = append(single, one)
		add("industry", l.Industry, e, l.ExpectedLoss, 0)
		add("region", l.Region, e, l.ExpectedLoss, 0)
		add("country", l.Country, e, l.ExpectedLoss, 0)
		secured := min(e, max(0, l.Secured))
		insured := min(e-secured, max(0, l.Insured))
		add("cover", "insured", insured, 0, 0)
		add("cover", "secured", secured, 0, 0)
		add("cover", "uncovered", e-secured-insured, 0, 0)
		parts := exposure.ByCurrency(l.Account)
		for _, c := range l.Currencies {
			add("currency", c.Currency, parts[c.Currency], 0, c.OpenAmount)
			delete(parts, c.Currency)
		}
		for name, rest := range parts { // at most one: an account that has no part in any currency
			add("currency", name, rest, 0, 0)
		}
	}
	byGroup := make([]part, 0, len(groups))
	for _, g := range groups {
		byGroup = append(byGroup, part{name: g.ID, customers: g.Owing, exposure: g.Exposure, loss: g.ExpectedLoss})
	}
	table := []Concentration{whole("book", []part{all}, all.exposure, all.customers, all.loss)}
	dimension := func(name string, parts []part, shown int, most float64, losses, open bool) []part {
		sortParts(parts)
		table = append(table, whole(name, parts, all.exposure, all.customers, all.loss))
		var rest part
		for i, x := range parts {
			if i >= shown {
				rest.customers += x.customers
				rest.exposure += x.exposure
				rest.loss += x.loss
				continue
			}
			c := Concentration{Dimension: name, Rank: i + 1, Name: x.name, Customers: x.customers, Exposure: x.exposure, Share: ratio(x.exposure, all.exposure)}
			if losses {
				c.ExpectedLoss = &x.loss
			}
			if open {
				c.OpenAmount = &x.open
			}
			if most < 1 && (name != "cover" || x.name == "insured") { // the parts that nobody else bears have other bounds
				c.bound(most)
			}
			c.words()
			table = append(table, c)
		}
		if len(parts) > shown {
			c := Concentration{Dimension: name, Rank: shown + 1, Name: "(rest)", Customers: rest.customers, Exposure: rest.exposure, Share: ratio(rest.exposure, all.exposure)}
			if losses {
				c.ExpectedLoss = &rest.loss
			}
			c.words()
			table = append(table, c)
		}
		return parts
	}
	dimension("customer", single, p.ShownTop, p.Max.Customer, true, false)
	largest := dimension("group", byGroup, p.ShownTop, p.Max.Group, true, false)
	for i, n := range p.Top {
		var x part
		for _, g := range largest[:min(n, len(largest))] {
			x.customers += g.customers
			x.exposure += g.exposure
			x.loss += g.loss
		}
		c := Concentration{Dimension: "top", Rank: i + 1, Name: fmt.Sprint(n), Customers: x.customers, Exposure: x.exposure, ExpectedLoss: &x.loss, Share: ratio(x.exposure, all.exposure)}
		if i == 0 && p.Max.Top < 1 {
			c.bound(p.Max.Top)
		}
		c.words()
		table = append(table, c)
	}
	for _, d := range []struct {
		name         string
		most         float64
		losses, open bool
	}{{"industry", p.Max.Industry, true, false}, {"region", p.Max.Region, true, false}, {"country", p.Max.Country, true, false},
		{"cover", p.Max.Cover, false, false}, {"currency", p.Max.Currency, false, true}} {
		var parts []part
		for _, x := range dims[d.name] {
			parts = append(parts, *x)
		}
		dimension(d.name, parts, len(parts), d.most, d.losses, d.open)
	}
	if p.MinNeeded > 0 {
		for i := range table {
			if c := &table[i]; c.Dimension == "group" && c.Rank == 0 && c.Effective != nil && *c.Effective < p.MinNeeded {
				c.Breach = true
				c.words()
			}
		}
	}
	return table
}

func sortParts(parts []part) {
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(b.exposure, a.exposure), strings.Compare(a.name, b.name))
	})
}

func ratio(x, whole book.Money) float64 {
	if whole == 0 {
		return 0
	}
	return x.Float() / whole.Float()
}

// whole is the line of a dimension: the book, and how it is spread over the names. Parts below zero (cash in another currency) spread nothing.
func whole(name string, parts []part, exposure book.Money, customers int, loss book.Money) Concentration {
	c := Concentration{Dimension: name, Customers: customers, Exposure: exposure, ExpectedLoss: &loss, Share: 1}
	sum, squares := 0.0, 0.0
	for _, x := range parts {
		v := max(0, x.exposure.Float())
		sum += v
		squares += v * v
	}
	if sum > 0 && name != "book" {
		h := squares / (sum * sum)
		n := 1 / h
		c.HHI, c.Effective = &h, &n
	}
	c.words()
	return c
}

func (c *Concentration) bound(most float64) {
	c.Max = &most
	c.Breach = c.Share > most
}

// dimensionWords are what the dimensions are called.
var dimensionWords = map[string][2]string{
	"book": {"book", "全部"}, "customer": {"customer", "客户"}, "group": {"group", "集团"}, "top": {"largest groups", "最大集团"}, "industry": {"industry", "行业"},
	"region": {"region", "地区"}, "country": {"country", "国家"}, "cover": {"cover", "保障"}, "currency": {"currency", "币种"},
}

func (c *Concentration) words() {
	w := dimensionWords[c.Dimension]
	name := c.Name
	if name == "" {
		name = "?"
	}
	switch {
	case c.Rank == 0 && c.Effective != nil:
		c.EN = fmt.Sprintf("by %s: as concentrated as %.1f equal names", w[0], *c.Effective)
		c.ZH = fmt.Sprintf("按%s：集中度相当于 %.1f 个等额主体", w[1], *c.Effective)
	case c.Rank == 0:
		c.EN, c.ZH = fmt.Sprintf("%s: exposure %s", w[0], money(c.Exposure)), fmt.Sprintf("%s：敞口 %s", w[1], money(c.Exposure))
	default:
		c.EN = fmt.Sprintf("%s %s: %s, %.1f %% of the book", w[0], name, money(c.Exposure), 100*c.Share)
		c.ZH = fmt.Sprintf("%s %s：%s，占 %.1f %%", w[1], name, money(c.Exposure), 100*c.Share)
	}
	if c.Breach && c.Max != nil {
		c.EN += fmt.Sprintf("; the policy allows %.1f %%", 100**c.Max)
		c.ZH += fmt.Sprintf("；超过政策上限 %.1f %%", 100**c.Max)
	} else if c.Breach {
		c.EN += "; the policy wants more"
		c.ZH += "；低于政策要求"
	}
}
