package decisions

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

// A LimitPolicy says how much credit a customer may have.
type LimitPolicy struct {
	Exposure      ExposurePolicy  `yaml:"exposure"`
	NetWorthShare float64         `yaml:"net_worth_share"` // of the customer's net worth that one supplier may stand for
	Appetite      float64         `yaml:"appetite"`        // borne beyond what an insurer covers, reporting currency
	RatingDays    int             `yaml:"rating_days"`     // age from which a recommendation of an agency no longer counts
	NeedDays      int             `yaml:"need_days"`       // days ahead in which the peak is looked for
	LateDays      float64         `yaml:"late_days"`       // lateness that earns a higher need at most
	Growth        float64         `yaml:"growth"`          // by which sales may have grown or shrunk within a year at most, times
	ColdStart     ColdStartPolicy `yaml:"cold_start"`
	Hysteresis    float64         `yaml:"hysteresis"` // rise below which the limit stays
	Digits        int             `yaml:"digits"`     // leading digits that a limit is rounded down to
	FXShock       float64         `yaml:"fx_shock"`   // rise of all other currencies against that of the limit
}

// A ColdStartPolicy bounds the limit of a customer that is not known yet.
type ColdStartPolicy struct {
	Days    int     `yaml:"days"`    // of the relationship
	Settled int     `yaml:"settled"` // invoices, from which a customer is known however short the time
	Cap     float64 `yaml:"cap"`     // reporting currency
}

func (l LimitPolicy) check(bad func(key, want string, got any)) {
	within(bad, "limits.exposure.shipped", l.Exposure.Shipped, 0, 1)
	within(bad, "limits.exposure.orders", l.Exposure.Orders, 0, 1)
	within(bad, "limits.net_worth_share", l.NetWorthShare, 0, 1)
	within(bad, "limits.appetite", l.Appetite, 0, 1e13)
	within(bad, "limits.rating_days", float64(l.RatingDays), 1, 730)
	within(bad, "limits.need_days", float64(l.NeedDays), 1, 365)
	within(bad, "limits.late_days", l.LateDays, 0, 365)
	within(bad, "limits.growth", l.Growth, 1, 10)
	within(bad, "limits.cold_start.days", float64(l.ColdStart.Days), 0, 3650)
	within(bad, "limits.cold_start.settled", float64(l.ColdStart.Settled), 0, 1e6)
	within(bad, "limits.cold_start.cap", l.ColdStart.Cap, 0, 1e13)
	within(bad, "limits.hysteresis", l.Hysteresis, 0, 1)
	within(bad, "limits.digits", float64(l.Digits), 1, 12)
	within(bad, "limits.fx_shock", l.FXShock, 0, 10)
}

// MonthSales are the sales of a calendar month in the reporting currency. Ahead counts months from that of the night, below zero in the past.
type MonthSales struct {
	Ahead   int
	Amount  float64
	Planned bool // by the sales plan; else invoiced
}

// The terms of a limit, in the order in which they are shown. The limit is the least of those that are known.
const (
	termNeed = iota
	termNetWorth
	termAgency
	termInsurer
	termRisk
	termColdStart
	termOwn
	termFreeze
	termDefault
	terms
)

// TermNames are what the terms are called.
var TermNames = [terms]struct{ Code, EN, ZH string }{
	{"need", "need", "业务需求"},
	{"net_worth", "share of net worth", "净资产比例"},
	{"agency", "agency recommendation", "外部机构建议"},
	{"insurer", "insured limit and own appetite", "保险额度加自留"},
	{"risk_budget", "risk budget", "风险预算"},
	{"cold_start", "cap for new customers", "新客户上限"},
	{"own_action", "own decision", "我方决定"},
	{"freeze", "frozen at the present limit", "冻结于现有额度"},
	{"default", "in default", "已违约"},
}

// Terms are the terms of one limit; nil: not known, or does not apply.
type Terms [terms]*book.Money

// least is the least of the terms. A freeze alone makes no limit.
func (t Terms) least() (least book.Money, binding int, ok bool) {
	binding = -1
	for i, m := range t {
		if m == nil {
			continue
		}
		ok = ok || i != termFreeze
		if binding < 0 || *m < least {
			least, binding = *m, i
		}
	}
	return least, binding, ok
}

// Named are the terms by their codes.
func (t Terms) Named() map[string]*book.Money {
	named := make(map[string]*book.Money, terms)
	for i, m := range t {
		named[TermNames[i].Code] = m
	}
	return named
}

// Capacity is what the customer can bear: the least of its net worth's share, what agencies recommend and what is insured.
func (t Terms) Capacity() *book.Money {
	var least *book.Money
	for _, m := range t[termNetWorth : termInsurer+1] {
		if m != nil && (least == nil || *m < *least) {
			least = m
		}
	}
	return least
}

// A LastLimit is what the night before recommended, with all it rested on, in the limit's currency.
type LastLimit struct {
	Currency    string
	Rate        float64
	Terms       Terms // reporting currency, but for the freeze
	Recommended *book.Money
}

// A Limit is the recommendation for a customer.
type Limit struct {
	*Account
	Currency string   // of the limit
	Rate     *float64 // reporting currency for one unit of it; nil: not known
	Exposure book.Money
	// The present limit.
	InForce     *book.Money // reporting currency: the present limit, or the temporary one where that is higher
	Temporary   *Action
	Expired     bool
	Utilisation *float64    // of InForce
	Stressed    *float64    // the same after the shock to exchange rates
	Headroom    *book.Money // InForce less exposure
	// The recommended one.
	Terms       Terms // reporting currency; the freeze in the limit's own
	Peak        Peak
	Missing     []string    // codes of terms that are not known
	Binding     string      // code of the least term
	Formula     *book.Money // least term rounded down, in the limit's currency
	Recommended *book.Money // with hysteresis, in the limit's currency
	Advice      string      // set, raise, lower, cut, keep, none
	Change      *Change     // against last night; nil: nothing to compare with
	LostMargin  *book.Money // a year: of the need that the present limit shuts out
	IdleRisk    *book.Money // expected loss if what the present limit gives beyond the need were drawn
	EN, ZH      string
}

// A Change is what moved a limit since last night, in its currency; the parts add up to Total.
type Change struct {
	Total, Need, Capacity, Risk, Rules, Rate, Rounding book.Money
}

// A Peak is the need for credit: the highest exposure to come.
type Peak struct {
	Amount  book.Money
	On      asof.Date
	Days    int    // that an invoice stays open: terms and lateness
	Basis   string // plan, season, mean
	NoTerms bool   // nothing is known about how long
}

// A LimitDesk recommends limits on a night.
type LimitDesk struct {
	AsOf        asof.Date
	Base        string // reporting currency
	GrossMargin float64
	Policy      LimitPolicy

	// Of each day from 365 days before the night to the horizon after it: its month, counted from that of the night, and the length of that.
	months, length []int
}

// Recommend works out the limit of every account, in their order.
func (d LimitDesk) Recommend(accounts []Account) ([]Limit, error) {
	d.days()
	limits := make([]Limit, len(accounts))
	for i := range accounts {
		l, err := d.limit(&accounts[i])
		if err != nil {
			return nil, fmt.Errorf("customer %s: limit: %w", accounts[i].CustomerID, err)
		}
		limits[i] = l
	}
	return limits, nil
}

// longest is how many days before the night sales may still be open.
const longest = 365

// monthsAhead is how many months after that of the night the longest horizon reaches.
const monthsAhead = 12

// days notes the month of every day that the need looks at.
func (d *LimitDesk) days() {
	now := d.AsOf.Time()
	d.months, d.length = nil, nil
	for at := -longest; at <= d.Policy.NeedDays; at++ {
		day := d.AsOf.Add(at).Time()
		d.months = append(d.months, (day.Year()-now.Year())*12+int(day.Month())-int(now.Month()))
		d.length = append(d.length, time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day())
	}
}

func (d *LimitDesk) limit(a *Account) (Limit, error) {
	p := d.Policy
	currency := cmp.Or(a.LimitCurrency, d.Base)
	l := Limit{Account: a, Currency: currency, Exposure: p.Exposure.Exposure(a)}
	rate := 1.0
	known := true // the rate of the limit's currency
	if currency != d.Base {
		if known = a.LimitRate != nil && *a.LimitRate > 0; known {
			rate = *a.LimitRate
		}
	}
	if known {
		l.Rate = &rate
	}
	if err := d.present(&l, rate, known); err != nil {
		return l, err
	}
	l.Peak = d.need(a)
	d.terms(&l)
	for i := termNeed; i <= termRisk; i++ {
		if l.Terms[i] == nil {
			l.Missing = append(l.Missing, TermNames[i].Code)
		}
	}
	own, err := inOwn(l.Terms, rate)
	if err != nil {
		return l, err
	}
	if bound, binding, ok := own.least(); ok && known {
		l.Binding = TermNames[binding].Code
		formula := floor(bound, p.Digits)
		if binding == termFreeze || binding == termOwn {
			formula = bound // an amount that people set is not rounded
		}
		l.Formula = &formula
		last := a.Limit
		if a.Before != nil && a.Before.Currency == currency && a.Before.Recommended != nil {
			last = a.Before.Recommended
		}
		settled := settle(last, formula, bound, p)
		l.Recommended = &settled
		if b := a.Before; b != nil && b.Currency == currency && b.Recommended != nil {
			if l.Change, err = changeOf(*b, l.Terms, rate, settled); err != nil {
				return l, err
			}
		}
	}
	l.Advice = d.advice(&l)
	if err := d.price(&l, rate, known); err != nil {
		return l, err
	}
	d.words(&l, currency, known)
	return l, nil
}

// present looks at the limit in force: its end, a temporary one, how much of it is used.
func (d *LimitDesk) present(l *Limit, rate float64, known bool) error {
	a := l.Account
	l.Expired = a.Limit != nil && !a.LimitUntil.IsZero() && a.LimitUntil < d.AsOf
	if a.Limit != nil && known {
		base, err := a.Limit.Times(rate)
		if err != nil {
			return err
		}
		l.InForce = &base
	}
	if t, ok := a.own(ActTemp); ok && t.Amount != nil {
		l.Temporary = &t
		if l.InForce == nil || *t.Amount > *l.InForce {
			l.InForce = t.Amount
		}
	}
	if l.InForce == nil {
		return nil
	}
	room := *l.InForce - l.Exposure
	l.Headroom = &room
	if *l.InForce > 0 {
		use := l.Exposure.Float() / l.InForce.Float()
		l.Utilisation = &use
		stressed := use
		for currency, part := range d.Policy.Exposure.ByCurrency(a) {
			if currency != cmp.Or(a.LimitCurrency, d.Base) && part > 0 {
				stressed += d.Policy.FXShock * part.Float() / l.InForce.Float()
			}
		}
		// A map is walked in any order, and so are the last digits of a float.
		stressed = math.Round(stressed*1e9) / 1e9
		l.Stressed = &stressed
	}
	return nil
}

// terms are what bounds the limit. An unknown one is left out.
func (d *LimitDesk) terms(l *Limit) {
	a, p := l.Account, d.Policy
	if l.Peak.Basis != "" && !l.Peak.NoTerms {
		l.Terms[termNeed] = &l.Peak.Amount
	}
	if a.NetWorth != nil {
		m := max(0, amount(p.NetWorthShare*a.NetWorth.Float()))
		l.Terms[termNetWorth] = &m
	}
	l.Terms[termAgency] = a.Agency
	if a.InsuredLimit != nil {
		m := *a.InsuredLimit + amount(p.Appetite)
		l.Terms[termInsurer] = &m
	}
	if pd := cmp.Or(a.Prudent, a.PD); pd != nil && *pd*a.LGD > 0 {
		m := amount(a.LossCap.Float() / (*pd * a.LGD))
		l.Terms[termRisk] = &m
	}
	if d.isNew(a) {
		m := amount(p.ColdStart.Cap)
		l.Terms[termColdStart] = &m
	}
	if cut, ok := a.own(ActCut); ok && cut.Amount != nil {
		l.Terms[termOwn] = cut.Amount
	}
	if a.asks(ActFreeze) || a.asks(ActCut) || a.asks(ActHold) || a.asks(ActPrepay) {
		if a.Limit != nil {
			l.Terms[termFreeze] = a.Limit
		} else if a.Before != nil && a.Before.Currency == cmp.Or(a.LimitCurrency, d.Base) {
			l.Terms[termFreeze] = a.Before.Recommended
		}
	}
	if a.InDefault {
		l.Terms[termDefault] = new(book.Money)
	}
}

// isNew reports whether too little is known of the customer to trust its score.
func (d *LimitDesk) isNew(a *Account) bool {
	c := d.Policy.ColdStart
	if a.Settled >= c.Settled && c.Settled > 0 {
		return false
	}
	return a.Since.IsZero() || d.AsOf.Sub(a.Since) < c.Days
}

// need is the highest exposure to expect within the horizon: on each day what was or will be invoiced in the days that an invoice stays
// open. Days to come have the sales of the plan, else those of the same month a year ago with the growth since, else the mean of the months known.
func (d *LimitDesk) need(a *Account) Peak {
	var peak Peak
	if a.TermsDays == nil {
		peak.NoTerms = true
	} else {
		days := float64(*a.TermsDays)
		if a.LateDays != nil {
			days += min(max(*a.LateDays, 0), d.Policy.LateDays)
		}
		peak.Days = min(max(int(math.Ceil(days)), 1), longest)
	}
	if len(a.Sales) == 0 {
		return peak
	}
	var past [25]float64 // by months back
	var plan [monthsAhead + 1]float64
	var planned [monthsAhead + 1]bool
	known, oldest := false, 0
	for _, m := range a.Sales {
		switch {
		case m.Planned && m.Ahead >= 0 && m.Ahead <= monthsAhead:
			plan[m.Ahead] += m.Amount
			planned[m.Ahead] = true
		case !m.Planned && m.Ahead <= 0 && m.Ahead > -len(past):
			past[-m.Ahead] += m.Amount
			known, oldest = true, max(oldest, -m.Ahead)
		}
	}
	sum := func(from, to int) (s float64) {
		for _, m := range past[from : to+1] {
			s += m
		}
		return s
	}
	growth := 1.0
	if before := sum(13, 15); oldest >= 15 && before > 0 {
		growth = min(max(sum(1, 3)/before, 1/d.Policy.Growth), d.Policy.Growth)
	}
	soFar := float64(d.AsOf.Time().Day())
	mean := past[0] / soFar * float64(d.length[longest]) // all of it is of this month
	if oldest > 0 {
		n := min(oldest, 12)
		mean = sum(1, n) / float64(n)
	}
	last := d.months[len(d.months)-1]
	var perMonth [monthsAhead + 1]float64
	uses := [3]bool{}
	for ahead := 0; ahead <= last; ahead++ {
		switch {
		case planned[ahead]:
			perMonth[ahead], uses[0] = plan[ahead], true
		case known && oldest >= 12:
			perMonth[ahead], uses[1] = past[12-ahead]*growth, true
		case known:
			perMonth[ahead], uses[2] = mean, true
		}
	}
	if i := slices.Index(uses[:], true); i >= 0 { // the most trusted source that is used
		peak.Basis = [...]string{"plan", "season", "mean"}[i]
	}
	if peak.Days == 0 || peak.Basis == "" {
		return peak
	}
	var running [2*longest + 2]float64
	for i, ahead := range d.months {
		daily := 0.0
		switch at := i - longest; {
		case at > 0:
			daily = perMonth[ahead] / float64(d.length[i])
		case ahead == 0:
			daily = past[0] / soFar
		default:
			daily = past[-ahead] / float64(d.length[i])
		}
		running[i+1] = running[i] + daily
	}
	best := -1.0
	for at := 1; at <= d.Policy.NeedDays; at++ {
		i := at + longest + 1
		if open := running[i] - running[i-peak.Days]; open > best+1e-6 { // the first day of several alike
			best, peak.On = open, d.AsOf.Add(at)
		}
	}
	// Sums of floats miss whole cents by less than this.
	peak.Amount = amount(best + 1e-6)
	return peak
}

// inOwn converts terms into the limit's currency, cut off; the freeze is in it already.
func inOwn(t Terms, rate float64) (Terms, error) {
	var own Terms
	for i, m := range t {
		if m == nil {
			continue
		}
		v := *m
		if i != termFreeze && rate != 1 {
			x := math.Floor(float64(v) / rate)
			if !(math.Abs(x) <= float64(book.MaxMoney)) {
				return own, fmt.Errorf("%s at 1/%g: %w", v, rate, book.ErrOverflow)
			}
			v = book.Money(x)
		}
		own[i] = &v
	}
	return own, nil
}

// floor keeps the leading digits of an amount and whole units.
func floor(m book.Money, digits int) book.Money {
	if m < book.Scale {
		return 0
	}
	return m - m%step(m, digits)
}

// step is the unit that an amount is rounded to.
func step(m book.Money, digits int) book.Money {
	unit := book.Money(book.Scale)
	for m/unit >= book.Money(math.Pow10(digits)) {
		unit *= 10
	}
	return unit
}

// settle keeps the last limit while no term is below it and the terms have not risen by the hysteresis since they were last rounded down
// to it: small changes of what a limit rests on do not raise it, and it is never above a term.
func settle(last *book.Money, formula, bound book.Money, p LimitPolicy) book.Money {
	if last != nil && *last <= bound && bound.Float() < (*last+step(*last, p.Digits)).Float()*(1+p.Hysteresis) {
		return *last
	}
	return formula
}

// steps are the terms that change together in an explanation.
var steps = [][]int{{termNeed}, {termNetWorth, termAgency, termInsurer}, {termRisk}, {termColdStart, termOwn, termFreeze, termDefault}}

// changeOf walks from last night's terms to tonight's, one after the other; what each step moves is its part. Rounding and
// hysteresis of both nights are a part of their own.
func changeOf(last LastLimit, now Terms, rate float64, recommended book.Money) (*Change, error) {
	c := Change{Total: recommended - *last.Recommended}
	at := *last.Recommended
	move := func(t Terms, rate float64, part *book.Money) error {
		own, err := inOwn(t, rate)
		if err != nil {
			return err
		}
		if bound, _, ok := own.least(); ok {
			*part += bound - at
			at = bound
		}
		return nil
	}
	t := last.Terms
	if err := move(t, last.Rate, &c.Rounding); err != nil {
		return nil, err
	}
	for i, part := range []*book.Money{&c.Need, &c.Capacity, &c.Risk, &c.Rules} {
		for _, term := range steps[i] {
			t[term] = now[term]
		}
		if err := move(t, last.Rate, part); err != nil {
			return nil, err
		}
	}
	if err := move(t, rate, &c.Rate); err != nil {
		return nil, err
	}
	c.Rounding += recommended - at
	return &c, nil
}

// advice is what to do with the present limit.
func (d *LimitDesk) advice(l *Limit) string {
	a := l.Account
	switch {
	case l.Recommended == nil:
		return "none"
	case a.Limit == nil:
		return "set"
	}
	present, next := a.Limit.Float(), l.Recommended.Float()
	switch {
	case next < present && (a.InDefault || a.asks(ActCut)):
		return "cut"
	case next < present*(1-d.Policy.Hysteresis):
		return "lower"
	case next > present*(1+d.Policy.Hysteresis):
		return "raise"
	}
	return "keep"
}

// price says what the present limit costs on either side: margin of the business that it shuts out, and the loss to expect if what
// it gives beyond the need were drawn.
func (d *LimitDesk) price(l *Limit, rate float64, known bool) error {
	a := l.Account
	need := l.Terms[termNeed]
	if need == nil || a.Limit == nil || !known {
		return nil
	}
	present, err := a.Limit.Times(rate)
	if err != nil {
		return err
	}
	lost := amount(d.GrossMargin * (*need - present).Float() * 365 / float64(max(l.Peak.Days, 1)))
	l.LostMargin = &lost
	if pd := cmp.Or(a.Prudent, a.PD); pd != nil {
		idle := amount(*pd * a.LGD * (present - *need).Float())
		l.IdleRisk = &idle
	}
	return nil
}

var adviceWords = map[string][2]string{
	"set": {"set a limit of", "建议设定额度"}, "raise": {"raise the limit to", "建议上调额度至"}, "lower": {"lower the limit to", "建议下调额度至"},
	"cut": {"cut the limit now to", "建议立即下调额度至"}, "keep": {"keep the limit; recommended", "维持额度；建议值"},
}

func (d *LimitDesk) words(l *Limit, currency string, known bool) {
	a := l.Account
	var en, zh []string
	if l.Recommended != nil {
		w := adviceWords[l.Advice]
		en = append(en, fmt.Sprintf("%s %s %s", w[0], currency, money(*l.Recommended)))
		zh = append(zh, fmt.Sprintf("%s %s %s", w[1], currency, money(*l.Recommended)))
	} else if !known {
		en = append(en, "no recommendation: no exchange rate of "+currency+" is known")
		zh = append(zh, "无法建议额度："+currency+" 汇率未知")
	} else {
		en = append(en, "no recommendation: none of its terms is known")
		zh = append(zh, "无法建议额度：各项依据均未知")
	}
	for i, m := range l.Terms {
		if m == nil {
			continue
		}
		unit := d.Base
		if i == termFreeze {
			unit = currency
		}
		e, z := TermNames[i].EN+" "+unit+" "+money(*m), TermNames[i].ZH+" "+unit+" "+money(*m)
		if i == termNeed {
			e += fmt.Sprintf(" (peak on %s, open for %d days, by %s)", l.Peak.On, l.Peak.Days, map[string]string{"plan": "the sales plan", "season": "last year's season", "mean": "mean sales"}[l.Peak.Basis])
			z += fmt.Sprintf("（峰值 %s，占用 %d 天，依据%s）", l.Peak.On, l.Peak.Days, map[string]string{"plan": "销售计划", "season": "去年同期", "mean": "平均销售"}[l.Peak.Basis])
		}
		if l.Binding == TermNames[i].Code {
			e, z = e+" (binding)", z+"（起约束作用）"
		}
		en, zh = append(en, e), append(zh, z)
	}
	if len(l.Missing) > 0 {
		var e, z []string
		for _, code := range l.Missing {
			for _, t := range TermNames {
				if t.Code == code {
					e, z = append(e, t.EN), append(z, t.ZH)
				}
			}
		}
		en = append(en, "not known and left out: "+strings.Join(e, ", "))
		zh = append(zh, "未知、未计入："+strings.Join(z, "、"))
	}
	if l.Peak.NoTerms {
		en, zh = append(en, "no payment days are known"), append(zh, "账期未知")
	} else if a.LateDays == nil && l.Terms[termNeed] != nil {
		en, zh = append(en, "how late it pays is not known: need at its terms alone"), append(zh, "拖延天数未知：需求仅按账期计算")
	}
	if l.Expired {
		en, zh = append(en, fmt.Sprintf("the present limit expired on %s", a.LimitUntil)), append(zh, fmt.Sprintf("现有额度已于 %s 到期", a.LimitUntil))
	}
	if l.Temporary != nil {
		en = append(en, fmt.Sprintf("temporary limit %s %s until %s", d.Base, money(*l.Temporary.Amount), l.Temporary.Until))
		zh = append(zh, fmt.Sprintf("临时额度 %s %s，至 %s", d.Base, money(*l.Temporary.Amount), l.Temporary.Until))
	}
	if c := l.Change; c != nil && c.Total != 0 {
		e, z := []string{}, []string{}
		for _, part := range []struct {
			m      book.Money
			en, zh string
		}{{c.Need, "need", "需求"}, {c.Capacity, "capacity", "承受能力"}, {c.Risk, "risk budget", "风险预算"}, {c.Rules, "rules", "规则"}, {c.Rate, "exchange rate", "汇率"}, {c.Rounding, "rounding", "取整与滞后"}} {
			if part.m != 0 {
				e, z = append(e, part.en+" "+signed(part.m)), append(z, part.zh+" "+signed(part.m))
			}
		}
		en = append(en, fmt.Sprintf("since last night %s: %s", signed(c.Total), strings.Join(e, ", ")))
		zh = append(zh, fmt.Sprintf("较昨夜 %s：%s", signed(c.Total), strings.Join(z, "、")))
	}
	l.EN, l.ZH = strings.Join(en, "; "), strings.Join(zh, "；")
}

// signed is an amount with its sign.
func signed(m book.Money) string {
	if m > 0 {
		return "+" + money(m)
	}
	return money(m)
}
