package warnings

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Budget is how many warnings the analysts can look at, and what looking is worth.
type Budget struct {
	Analysts           int     `yaml:"analysts"`
	WarningsPerAnalyst int     `yaml:"warnings_per_analyst"` // a night
	CostOfLooking      float64 `yaml:"cost_of_looking"`      // of one warning, reporting currency
	Works              Effects `yaml:"works"`
}

// Effects are the chances that an action, taken in time, avoids the loss.
type Effects struct {
	Hold      float64 `yaml:"HOLD"`
	Prepay    float64 `yaml:"PREPAY"`
	Cut       float64 `yaml:"CUT"`
	Freeze    float64 `yaml:"FREEZE"`
	Dun       float64 `yaml:"DUN+1"`
	Call      float64 `yaml:"CALL"`
	Visit     float64 `yaml:"VISIT"`
	Secure    float64 `yaml:"SECURE"`
	NotifyIns float64 `yaml:"NOTIFY-INS"`
	Legal     float64 `yaml:"LEGAL"`
	Review    float64 `yaml:"REVIEW"`
	Recon     float64 `yaml:"RECON"`
	Meet      float64 `yaml:"MEET"`
	Info      float64 `yaml:"INFO"`
}

// Of returns the chance for an action, NaN for one that is none.
func (e *Effects) Of(action string) float64 {
	switch action {
	case "HOLD":
		return e.Hold
	case "PREPAY":
		return e.Prepay
	case "CUT":
		return e.Cut
	case "FREEZE":
		return e.Freeze
	case "DUN+1":
		return e.Dun
	case "CALL":
		return e.Call
	case "VISIT":
		return e.Visit
	case "SECURE":
		return e.Secure
	case "NOTIFY-INS":
		return e.NotifyIns
	case "LEGAL":
		return e.Legal
	case "REVIEW":
		return e.Review
	case "RECON":
		return e.Recon
	case meeting:
		return e.Meet
	case "INFO":
		return e.Info
	}
	return math.NaN()
}

// capacity is how many warnings a night are published.
func (b Budget) capacity() int { return b.Analysts * b.WarningsPerAnalyst }

func (b Budget) check(bad func(key, want string, got any)) {
	if b.Analysts < 0 || b.Analysts > 10000 {
		bad("budget.analysts", "from 0 to 10000", b.Analysts)
	}
	if b.WarningsPerAnalyst < 0 || b.WarningsPerAnalyst > 10000 {
		bad("budget.warnings_per_analyst", "from 0 to 10000", b.WarningsPerAnalyst)
	}
	if !(b.CostOfLooking >= 0 && b.CostOfLooking <= 1e9) {
		bad("budget.cost_of_looking", "from 0 to 1e+09", b.CostOfLooking)
	}
	for _, a := range Actions {
		if x := b.Works.Of(a.Code); !(x >= 0 && x <= 1) {
			bad("budget.works."+a.Code, "from 0 to 1", x)
		}
	}
}

// A Precision is the track record of a rule: how many of its matured alarms were followed by a default.
type Precision struct {
	Code      string
	Matured   uint64
	Precision float64
}

// minMatured is how many matured alarms a track record needs to be believed.
const minMatured = 20

func precisions(record []Precision) map[string]float64 {
	m := map[string]float64{}
	for _, p := range record {
		if p.Matured >= minMatured && p.Precision >= 0 && p.Precision <= 1 {
			m[p.Code] = p.Precision
		}
	}
	return m
}

// stakeColumns are what the budget and the composite texts read of every customer.
var stakeColumns = []string{"ead", "large_listed", "lgd", "pd_12m"}

// A stake is what a default of the customer would cost; NaN is null.
type stake struct{ pd, ead, lgd float64 }

var unknownStake = stake{math.NaN(), math.NaN(), math.NaN()}

func stakeOf(v *Values) stake {
	return stake{v.row[slot("pd_12m")], v.row[slot("ead")], v.row[slot("lgd")]}
}

// saving is what looking at a warning is expected to save, to the cent; NaN if it cannot be told.
func (j *judge) saving(e *Episode, s stake) float64 {
	p, ok := j.record[e.Code]
	if !ok {
		p = s.pd
	}
	works := 0.0 // of several actions the best counts: they avoid the same loss
	for _, a := range strings.Fields(e.Action) {
		works = max(works, j.policy.Budget.Works.Of(a))
	}
	return math.Round(100*(p*s.ead*s.lgd*works-j.policy.Budget.CostOfLooking)) / 100
}

// budget lets the warnings that are new, graver or still waiting compete for the analysts' time, and publishes those that
// are expected to save most. The critical ones are published whatever there is time for.
func (j *judge) budget() {
	var rivals []*passage
	for i := range j.passages {
		c := &j.passages[i]
		e := &c.next
		e.ExpectedSaving, e.BudgetRank, e.Published, e.OverBudget = math.NaN(), 0, false, false
		if !e.counts() {
			continue
		}
		e.ExpectedSaving = j.saving(e, c.stake)
		if e.snoozed() {
			continue
		}
		e.Published = c.wasOpen() && c.before.Published
		if !e.Published || c.before.OverBudget || e.Severity > c.before.Severity {
			rivals = append(rivals, c)
		}
	}
	slices.SortFunc(rivals, func(a, b *passage) int {
		x, y := a.next.ExpectedSaving, b.next.ExpectedSaving
		if math.IsNaN(x) != math.IsNaN(y) { // cmp puts NaN first, here it is last
			return cmp.Compare(y, x)
		}
		return cmp.Or(-cmp.Compare(x, y), -cmp.Compare(a.next.Severity, b.next.Severity), order(a.next, b.next))
	})
	for i, c := range rivals {
		e := &c.next
		e.BudgetRank = uint32(i + 1)
		if i < j.policy.Budget.capacity() || e.Severity == Critical {
			e.Published = true
		} else {
			e.OverBudget = true
		}
	}
}
