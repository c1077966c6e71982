package warnings

import (
	"fmt"
	"math"
	"strings"
)

// A Policy holds every threshold. It is compared line by line with configs/policy.yaml by a test: the file is the
// defaults, spelt out and explained.
type Policy struct {
	Version string `yaml:"version"`

	CooldownDays int       `yaml:"cooldown_days"` // calendar days after closing before the same warning opens again; not for S4
	CloseNights  int       `yaml:"close_nights"`  // nights in a row that all lines must be cleared
	ResponseDays Responses `yaml:"response_days"`
	Owners       Owners    `yaml:"owners"`
	Lift         Lift      `yaml:"lift"`
	Budget       Budget    `yaml:"budget"`

	Suppress    Suppress    `yaml:"suppress"`
	Materiality Materiality `yaml:"materiality"`
	News        News        `yaml:"news"`

	PDTrigger     Levels        `yaml:"W1-01"`
	GradeFall     Levels        `yaml:"W1-02"`
	PDJump        PDJump        `yaml:"W1-03"`
	Peers         Peers         `yaml:"W1-04"`
	YearlyFall    Line          `yaml:"W1-05"`
	SlowBleed     SlowBleed     `yaml:"W1-06"`
	LossBudget    Line          `yaml:"W1-07"`
	Stale         Stale         `yaml:"W1-08"`
	LowConfidence LowConfidence `yaml:"W1-09"`
	Agencies      Agencies      `yaml:"W1-10"`

	Overdue30    Line         `yaml:"W2-01"`
	Overdue60    Line         `yaml:"W2-02"`
	DefaultDays  Levels       `yaml:"W2-03"`
	Lateness     Lateness     `yaml:"W2-04"`
	PayIndex     PayIndex     `yaml:"W2-05"`
	Promises     Promises     `yaml:"W2-06"`
	PartPayments PartPayments `yaml:"W2-07"`
	Picking      Picking      `yaml:"W2-08"`
	Discounts    Discounts    `yaml:"W2-09"`
	LimitUse     Levels       `yaml:"W2-10"`
	Exceptions   Exceptions   `yaml:"W2-11"`
	Spike        Spike        `yaml:"W2-12"`
	Silence      Silence      `yaml:"W2-13"`
	Disputes     Disputes     `yaml:"W2-14"`
	Channel      Channel      `yaml:"W2-15"`
	Returned     Levels       `yaml:"W2-16"`
	Requests     Levels       `yaml:"W2-17"`
	Contact      Contact      `yaml:"W2-18"`
	Security     Security     `yaml:"W2-19"`
	Group        Group        `yaml:"W2-20"`

	RatingCut Levels `yaml:"W3-03"`
	Lawsuits  Line   `yaml:"W3-05"`
	Shock     Shock  `yaml:"W3-14"`
	Burst     Burst  `yaml:"W3-18"`
}

// A Line opens at Open on Nights of the last Of nights judged, and closes only past Close. Nights 0 is the first
// night, Of 0 is Nights: a run without a break.
type Line struct {
	Open   float64 `yaml:"open"`
	Close  float64 `yaml:"close"`
	Nights int     `yaml:"nights,omitempty"`
	Of     int     `yaml:"of,omitempty"`
}

// needs returns k and n of k of n nights.
func (l Line) needs() (k, n int) {
	k = max(1, l.Nights)
	return k, max(k, l.Of)
}

// maxNights bounds how many nights a row remembers.
const maxNights = 16

// The sections of a policy, each named after what it sets; policy.yaml says what every key means.
type (
	// Levels are the lines of a warning that has two severities.
	Levels struct {
		Amber Line `yaml:"amber"`
		Red   Line `yaml:"red"`
	}
	// Responses are how soon a warning must be read, by severity.
	Responses struct { // business days from the morning after the night
		S1 int `yaml:"s1"`
		S2 int `yaml:"s2"`
		S3 int `yaml:"s3"`
		S4 int `yaml:"s4"`
	}
	// Owners are who reads a warning, by severity.
	Owners struct { // "account owner" stands for the customer's own
		S1       string `yaml:"s1"`
		S2       string `yaml:"s2"`
		S3       string `yaml:"s3"`
		S4       string `yaml:"s4"`
		Beyond   string `yaml:"beyond"`   // to whom an overdue S4 goes
		Fallback string `yaml:"fallback"` // for a customer without an owner
	}
	// Suppress says when a dispute, the law or the calendar explains what is seen.
	Suppress struct {
		DisputedShare   float64 `yaml:"disputed_share"`    // of what is open, from which the dispute explains the overdue
		LateRaisedShare float64 `yaml:"late_raised_share"` // from which disputes look like a pretext
		StatutoryDays   float64 `yaml:"statutory_days"`    // from the invoice, in which the law lets public bodies pay
		HolidayDays     float64 `yaml:"holiday_days"`      // of named holidays, from which baselines shift
	}
	// Materiality says which overdue amounts count: those above both.
	Materiality struct {
		Absolute      float64 `yaml:"absolute"`       // reporting currency
		ExposureShare float64 `yaml:"exposure_share"` // of the customer's exposure
	}
	// News weighs distinct stories about an event.
	News struct {
		Corroborated            Line    `yaml:"corroborated"` // weight; an official source reaches it alone
		Credible                Line    `yaml:"credible"`
		Mentioned               Line    `yaml:"mentioned"`
		UnconfirmedHalfLifeDays float64 `yaml:"unconfirmed_half_life_days"` // at most, for rumours and denials
	}
	// PDJump is W1-03: the PD against that of 30 days ago.
	PDJump struct {
		Ratio Line `yaml:"ratio"`
		Rise  Line `yaml:"rise"`
	}
	// Peers is W1-04: who stands out among the customers of its industry, size and region.
	Peers struct {
		Distance    Line    `yaml:"distance"`     // logarithm of the probability of default over the trigger
		MinDefaults float64 `yaml:"min_defaults"` // in a cell, from which the trigger is learnt from own outcomes
		Percentile  float64 `yaml:"percentile"`   // of the cell, which is the trigger otherwise
		MinFirms    float64 `yaml:"min_firms"`    // in a cell for that; with fewer it is widened
	}
	// SlowBleed is W1-06: a rise over 26 weeks that is no chance.
	SlowBleed struct {
		Rise   Line `yaml:"rise"`
		Chance Line `yaml:"chance"` // p of the Mann-Kendall test
	}
	// Agencies is W1-10: notches between an agency's grade and our own.
	Agencies struct {
		Worse  Line `yaml:"worse"`
		Better Line `yaml:"better"`
	}
	// PartPayments is W2-07: payments that leave invoices open.
	PartPayments struct {
		Share       Line    `yaml:"share"`
		BaseTimes   float64 `yaml:"base_times"`
		MinPayments float64 `yaml:"min_payments"`
	}
	// Picking is W2-08: payments past an older and larger invoice.
	Picking struct {
		Share       Line    `yaml:"share"`
		MinPayments float64 `yaml:"min_payments"`
	}
	// Discounts is W2-09: discounts for early payment that are no longer taken.
	Discounts struct {
		Taken      Line    `yaml:"taken"`
		MinOffered float64 `yaml:"min_offered"`
		MinBefore  float64 `yaml:"min_before"`
		UsualShare float64 `yaml:"usual_share"`
	}
	// Exceptions is W2-11: how often the rules were bent for a customer.
	Exceptions struct {
		Count    Line `yaml:"exceptions"`
		Bypasses Line `yaml:"bypasses"`
	}
	// Spike is W2-12: orders that jump while credit runs up or payment slows.
	Spike struct {
		Orders          Line    `yaml:"orders"`
		MinZScore       float64 `yaml:"min_z_score"`
		UtilisationRise float64 `yaml:"utilisation_rise"`
		LatenessDays    float64 `yaml:"lateness_days"`
	}
	// Channel is W2-15: who pays, from where and with what.
	Channel struct {
		ThirdParty  Line    `yaml:"third_party"`
		NewAccount  Line    `yaml:"new_account"`
		Bills       Line    `yaml:"bills"`
		BillsBefore float64 `yaml:"bills_before"`
	}
	// Contact is W2-18: collection contacts in a row that nobody answers, and over how many days.
	Contact struct {
		Amber     Line    `yaml:"amber"`
		AmberDays float64 `yaml:"amber_days"`
		Red       Line    `yaml:"red"`
		RedDays   float64 `yaml:"red_days"`
	}
	// Group is W2-20: what befalls relatives, and too much with one name.
	Group struct {
		Relatives Line `yaml:"relatives"`
		LimitUse  Line `yaml:"limit_use"`
		BookShare Line `yaml:"book_share"`
	}
	// Burst is W3-18: more stories than usual.
	Burst struct {
		Stories Line `yaml:"stories"`
		ZScore  Line `yaml:"z_score"`
	}
	// Stale is W1-08: how old the ledger and the ratings may be.
	Stale struct {
		LedgerBusinessDays Line `yaml:"ledger_business_days"`
		RatingDays         Line `yaml:"rating_days"`
	}
	// LowConfidence is W1-09: a large customer scored on little evidence.
	LowConfidence struct {
		EvidenceNotch float64 `yaml:"evidence_notch"` // 3 = D
		BookShare     Line    `yaml:"book_share"`
	}
	// Lateness is W2-04: days beyond terms, the quarter against the year.
	Lateness struct {
		Amber      Line    `yaml:"amber"`
		Red        Line    `yaml:"red"`
		MinSettled float64 `yaml:"min_settled"`
		MinZScore  float64 `yaml:"min_z_score"`
	}
	// PayIndex is W2-05: its fall and its level.
	PayIndex struct {
		Fall  Line `yaml:"fall"`
		Level Line `yaml:"level"`
	}
	// Promises is W2-06: promises to pay that were broken.
	Promises struct {
		Broken Line `yaml:"broken"`
		Chance Line `yaml:"chance"`
	}
	// Silence is W2-13: orders that stay away.
	Silence struct {
		Orders    Line    `yaml:"orders"`
		Gap       Line    `yaml:"gap"`
		MinOrders float64 `yaml:"min_orders"`
	}
	// Disputes is W2-14: disputes and credit notes out of proportion.
	Disputes struct {
		Share           Line    `yaml:"share"`
		BaseTimes       float64 `yaml:"base_times"`
		CreditNotes     Line    `yaml:"credit_notes"`
		CreditNoteFloor float64 `yaml:"credit_note_floor"`
		LateRaised      Line    `yaml:"late_raised"`
	}
	// Security is W2-19: guarantees that run out, terms too long, exposure uncovered.
	Security struct {
		GuaranteeDays Line    `yaml:"guarantee_days"`
		TermsExcess   Line    `yaml:"terms_excess"`
		BookShare     Line    `yaml:"book_share"`
		Appetite      float64 `yaml:"appetite"` // uncovered exposure we bear, reporting currency
	}
	// Shock is W3-14: bad news over a whole industry and region.
	Shock struct {
		Rate        Line    `yaml:"rate"` // 2 times is a log-ratio of ln 2
		Amber       Line    `yaml:"amber"`
		Red         Line    `yaml:"red"`
		MinFirms    float64 `yaml:"min_firms"`
		PriorEvents float64 `yaml:"prior_events"` // a year and cell
	}
)

// Default is the policy of the catalogue.
func Default() Policy {
	return Policy{
		Version:      "1",
		CooldownDays: 14,
		CloseNights:  1,
		ResponseDays: Responses{S1: 20, S2: 10, S3: 2, S4: 0},
		Owners:       Owners{S1: accountOwner, S2: accountOwner, S3: "credit manager", S4: "credit manager, finance head", Beyond: "managing director", Fallback: "credit analyst"},
		Lift:         Lift{TwoTiers: Act, ThreeTiers: Act},
		Budget: Budget{Analysts: 5, WarningsPerAnalyst: 20, CostOfLooking: 25, Works: Effects{
			Hold: 0.4, Prepay: 0.5, Cut: 0.3, Freeze: 0.15, Dun: 0.15, Call: 0.15, Visit: 0.2, Secure: 0.4, NotifyIns: 0.2, Legal: 0.25, Review: 0.1, Recon: 0.05, Meet: 0.4,
		}},
		Suppress:    Suppress{DisputedShare: 0.5, LateRaisedShare: 0.5, StatutoryDays: 60, HolidayDays: 7},
		Materiality: Materiality{Absolute: 500, ExposureShare: 0.01},
		News: News{
			Corroborated: Line{Open: 1, Close: 0.5}, Credible: Line{Open: 0.5, Close: 0.25}, Mentioned: Line{Open: 0.1, Close: 0.05},
			UnconfirmedHalfLifeDays: 90,
		},

		PDTrigger:     Levels{Amber: Line{Open: 0.1, Close: 0.08}, Red: Line{Open: 0.2, Close: 0.16}},
		GradeFall:     Levels{Amber: Line{Open: 2, Close: 1}, Red: Line{Open: 3, Close: 2}},
		PDJump:        PDJump{Ratio: Line{Open: 3, Close: 2}, Rise: Line{Open: 0.03, Close: 0.02}},
		Peers:         Peers{Distance: Line{Open: 0, Close: -0.1, Nights: 5}, MinDefaults: 20, Percentile: 0.9, MinFirms: 20},
		YearlyFall:    Line{Open: 2, Close: 1, Nights: 5},
		SlowBleed:     SlowBleed{Rise: Line{Open: 1.5, Close: 1.25}, Chance: Line{Open: 0.01, Close: 0.05}},
		Agencies:      Agencies{Worse: Line{Open: 3, Close: 2}, Better: Line{Open: 3, Close: 2}},
		LossBudget:    Line{Open: 1, Close: 0.9},
		Stale:         Stale{LedgerBusinessDays: Line{Open: 3, Close: 2}, RatingDays: Line{Open: 180, Close: 170}},
		LowConfidence: LowConfidence{EvidenceNotch: 3, BookShare: Line{Open: 0.01, Close: 0.008}},

		Overdue30:    Line{Open: 1, Close: 0, Nights: 3},
		Overdue60:    Line{Open: 1, Close: 0},
		DefaultDays:  Levels{Amber: Line{Open: 75, Close: 1}, Red: Line{Open: 90, Close: 1}},
		Lateness:     Lateness{Amber: Line{Open: 10, Close: 7}, Red: Line{Open: 20, Close: 15}, MinSettled: 5, MinZScore: 2},
		PayIndex:     PayIndex{Fall: Line{Open: -10, Close: -7}, Level: Line{Open: 50, Close: 55}},
		Promises:     Promises{Broken: Line{Open: 2, Close: 1}, Chance: Line{Open: 0.8, Close: 0.7}},
		PartPayments: PartPayments{Share: Line{Open: 0.4, Close: 0.3}, BaseTimes: 2, MinPayments: 4},
		Picking:      Picking{Share: Line{Open: 0.5, Close: 0.35}, MinPayments: 4},
		Discounts:    Discounts{Taken: Line{Open: 0, Close: 0.5}, MinOffered: 2, MinBefore: 6, UsualShare: 0.7},
		Exceptions:   Exceptions{Count: Line{Open: 3, Close: 2}, Bypasses: Line{Open: 1, Close: 0.5}},
		Spike:        Spike{Orders: Line{Open: 4, Close: 2.5}, MinZScore: 3, UtilisationRise: 0.2, LatenessDays: 5},
		Channel:      Channel{ThirdParty: Line{Open: 0.2, Close: 0.1}, NewAccount: Line{Open: 0.5, Close: 0.2}, Bills: Line{Open: 0.5, Close: 0.25}, BillsBefore: 0.1},
		Requests:     Levels{Amber: Line{Open: 1, Close: 0.5}, Red: Line{Open: 2, Close: 1.5}},
		Contact:      Contact{Amber: Line{Open: 3, Close: 1}, AmberDays: 10, Red: Line{Open: 5, Close: 3}, RedDays: 21},
		Group:        Group{Relatives: Line{Open: 1, Close: 0.5}, LimitUse: Line{Open: 1, Close: 0.95}, BookShare: Line{Open: 0.1, Close: 0.09}},
		LimitUse:     Levels{Amber: Line{Open: 0.85, Close: 0.8, Nights: 3}, Red: Line{Open: 1.2, Close: 1.1, Nights: 3}},
		Silence:      Silence{Orders: Line{Open: 0.4, Close: 0.6}, Gap: Line{Open: 3, Close: 2}, MinOrders: 6},
		Disputes: Disputes{Share: Line{Open: 0.2, Close: 0.15}, BaseTimes: 2, CreditNotes: Line{Open: 2, Close: 1.5}, CreditNoteFloor: 0.05,
			LateRaised: Line{Open: 0.5, Close: 0.4}},
		Returned: Levels{Amber: Line{Open: 1, Close: 0.5}, Red: Line{Open: 2, Close: 1.5}},
		Security: Security{GuaranteeDays: Line{Open: 30, Close: 45}, TermsExcess: Line{Open: 0, Close: 0}, BookShare: Line{Open: 0.005, Close: 0.004}, Appetite: 10000},

		RatingCut: Levels{Amber: Line{Open: 1, Close: 0.5}, Red: Line{Open: 2, Close: 1}},
		Lawsuits:  Line{Open: 3, Close: 1.5},
		Shock: Shock{Rate: Line{Open: 2, Close: 1.5}, Amber: Line{Open: 0.05, Close: 0.04}, Red: Line{Open: 0.1, Close: 0.08},
			MinFirms: 5, PriorEvents: 12},
		Burst: Burst{Stories: Line{Open: 5, Close: 3}, ZScore: Line{Open: 3, Close: 2}},
	}
}

const accountOwner = "account owner"

// Check reports every mistake, each naming its key.
func (p Policy) Check() []error {
	var errs []error
	bad := func(key, want string, got any) {
		errs = append(errs, fmt.Errorf("%s: must be %s, got %v", key, want, got))
	}
	if p.Version == "" {
		bad("version", "set", `""`)
	}
	if p.CooldownDays < 0 || p.CooldownDays > 365 {
		bad("cooldown_days", "from 0 to 365", p.CooldownDays)
	}
	if p.CloseNights < 1 || p.CloseNights > maxNights {
		bad("close_nights", fmt.Sprintf("from 1 to %d", maxNights), p.CloseNights)
	}
	for s := Info; s <= Critical; s++ {
		key := strings.ToLower(s.String())
		if d := p.responseDays(s); d < 0 || d > 60 {
			bad("response_days."+key, "from 0 to 60", d)
		}
		if p.ownerOf(s) == "" {
			bad("owners."+key, "set", `""`)
		}
	}
	if p.Owners.Beyond == "" {
		bad("owners.beyond", "set", `""`)
	}
	if p.Owners.Fallback == "" {
		bad("owners.fallback", "set", `""`)
	}
	p.Lift.check(bad)
	p.Budget.check(bad)

	seen := map[string]bool{}
	line := func(key string, l Line, e Edge, halves bool) {
		if key == "" || seen[key] {
			return
		}
		seen[key] = true
		switch {
		case !finite(l.Open):
			bad(key+".open", "a number", l.Open)
		case !finite(l.Close):
			bad(key+".close", "a number", l.Close)
		case e == clearing && l.Close > l.Open:
			bad(key+".close", fmt.Sprintf("at or below open (%v)", l.Open), l.Close)
		case halves && (l.Open <= 0 || l.Close > l.Open/2 || l.Close <= 0):
			bad(key+".close", fmt.Sprintf("above 0 and at most half of open (%v), since a story opens until its half-life", l.Open), l.Close)
		case e != clearing && e.lowIsBad() && l.Close <= l.Open:
			bad(key+".close", fmt.Sprintf("above open (%v)", l.Open), l.Close)
		case e != clearing && !e.lowIsBad() && l.Close >= l.Open:
			bad(key+".close", fmt.Sprintf("below open (%v)", l.Open), l.Close)
		}
		if l.Nights < 0 || l.Nights > maxNights {
			bad(key+".nights", fmt.Sprintf("from 1 to %d", maxNights), l.Nights)
		}
		if l.Of != 0 && (l.Of < max(1, l.Nights) || l.Of > maxNights) {
			bad(key+".of", fmt.Sprintf("from nights (%d) to %d", max(1, l.Nights), maxNights), l.Of)
		}
	}
	for _, r := range Rules {
		for _, s := range r.Steps {
			line(s.Key, s.Line(&p), s.Edge, s.Measure.Hears != 0)
		}
	}
	line("W1-03.rise", p.PDJump.Rise, rising, false)
	line("W1-06.chance", p.SlowBleed.Chance, lacking, false)
	line("W3-18.z_score", p.Burst.ZScore, rising, false)

	for _, n := range []struct {
		key    string
		got    float64
		lo, hi float64
	}{
		{"suppress.disputed_share", p.Suppress.DisputedShare, 0, 1},
		{"suppress.late_raised_share", p.Suppress.LateRaisedShare, 0, 1},
		{"suppress.statutory_days", p.Suppress.StatutoryDays, 0, 365},
		{"suppress.holiday_days", p.Suppress.HolidayDays, 1, 60},
		{"materiality.absolute", p.Materiality.Absolute, 0.01, 1e12},
		{"materiality.exposure_share", p.Materiality.ExposureShare, 0, 1},
		{"news.unconfirmed_half_life_days", p.News.UnconfirmedHalfLifeDays, 1, 3650},
		{"W1-04.min_defaults", p.Peers.MinDefaults, 1, 1e6},
		{"W1-04.percentile", p.Peers.Percentile, 0.5, 0.999},
		{"W1-04.min_firms", p.Peers.MinFirms, 2, 1e6},
		{"W1-09.evidence_notch", p.LowConfidence.EvidenceNotch, 0, 6},
		{"W2-04.min_settled", p.Lateness.MinSettled, 1, 1000},
		{"W2-04.min_z_score", p.Lateness.MinZScore, 0, 100},
		{"W2-07.base_times", p.PartPayments.BaseTimes, 0, 100},
		{"W2-07.min_payments", p.PartPayments.MinPayments, 1, 1000},
		{"W2-08.min_payments", p.Picking.MinPayments, 1, 1000},
		{"W2-09.min_offered", p.Discounts.MinOffered, 1, 1000},
		{"W2-09.min_before", p.Discounts.MinBefore, 1, 1000},
		{"W2-09.usual_share", p.Discounts.UsualShare, 0, 1},
		{"W2-12.min_z_score", p.Spike.MinZScore, 0, 100},
		{"W2-12.utilisation_rise", p.Spike.UtilisationRise, 0, 10},
		{"W2-12.lateness_days", p.Spike.LatenessDays, 0, 365},
		{"W2-15.bills_before", p.Channel.BillsBefore, 0, 1},
		{"W2-18.amber_days", p.Contact.AmberDays, 0, 365},
		{"W2-18.red_days", p.Contact.RedDays, 0, 365},
		{"W2-13.min_orders", p.Silence.MinOrders, 1, 1000},
		{"W2-14.base_times", p.Disputes.BaseTimes, 0, 100},
		{"W2-14.credit_note_floor", p.Disputes.CreditNoteFloor, 0, 1},
		{"W2-19.appetite", p.Security.Appetite, 0, 1e15},
		{"W3-14.min_firms", p.Shock.MinFirms, 1, 1e6},
		{"W3-14.prior_events", p.Shock.PriorEvents, 0.1, 1e6},
	} {
		if !(n.got >= n.lo && n.got <= n.hi) {
			bad(n.key, fmt.Sprintf("from %v to %v", n.lo, n.hi), n.got)
		}
	}
	for _, pair := range []struct {
		code string
		l    Levels
	}{
		{"W1-01", p.PDTrigger}, {"W1-02", p.GradeFall}, {"W2-03", p.DefaultDays}, {"W2-04", Levels{p.Lateness.Amber, p.Lateness.Red}},
		{"W2-10", p.LimitUse}, {"W2-16", p.Returned}, {"W2-17", p.Requests}, {"W2-18", Levels{p.Contact.Amber, p.Contact.Red}}, {"W3-03", p.RatingCut}, {"W3-14", Levels{p.Shock.Amber, p.Shock.Red}},
	} {
		if pair.l.Red.Open < pair.l.Amber.Open {
			bad(pair.code+".red.open", fmt.Sprintf("at or above amber.open (%v)", pair.l.Amber.Open), pair.l.Red.Open)
		}
	}
	return errs
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func (p *Policy) responseDays(s Severity) int {
	return [...]int{0, p.ResponseDays.S1, p.ResponseDays.S2, p.ResponseDays.S3, p.ResponseDays.S4}[s]
}

func (p *Policy) ownerOf(s Severity) string {
	return [...]string{"", p.Owners.S1, p.Owners.S2, p.Owners.S3, p.Owners.S4}[s]
}
