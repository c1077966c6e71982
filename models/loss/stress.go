package loss

import (
	"fmt"
	"math"
	"strings"
)

// Stresses are the settings of the stress set.
type Stresses struct {
	IndustryFactor float64 // by which the PDs of the worst industry are multiplied
	MacroShift     float64 // standard deviations by which the factor's mean falls
	Top            []int   // how many of the largest exposures fail
	Margin         float64 // gross margin of a year, for the reverse stress; 0 or less: unknown
}

// A Scenario is one line of the stress set.
type Scenario struct {
	Name      string
	Parameter float64  // what was assumed
	Result    *float64 // what a reverse stress found; nil where nothing was sought or found
	Loss      float64  // expected in the scenario
	Extra     float64  // more than tonight's expected loss
	Customers int      // concerned
	Names     []string // the largest of them
	EN, ZH    string
}

// mostNames is how many customers a scenario names.
const mostNames = 10

// Stress returns the stress set: tonight, a shock to the worst industry, a recession, failures of the largest exposures, and
// what it would take to lose the year's gross margin.
func (b Book) Stress(s Stresses, rho float64, years Distribution) []Scenario {
	expected := b.Expected()
	out := []Scenario{{Name: "tonight", Loss: expected, Customers: len(b), EN: "expected loss as it stands", ZH: "当前预期损失"}}
	add := func(c Scenario) {
		c.Extra = c.Loss - expected
		out = append(out, c)
	}
	add(b.industryShock(s.IndustryFactor, expected))
	down := expected
	for _, n := range b {
		down += (StressedPD(n.PD, rho, s.MacroShift) - n.PD) * n.LGD * n.EAD
	}
	add(Scenario{Name: "macro_shift", Parameter: s.MacroShift, Loss: down, Customers: len(b),
		EN: fmt.Sprintf("a recession: the economy %s standard deviations below its usual course", plain(s.MacroShift)),
		ZH: fmt.Sprintf("经济衰退：整体经济低于常态 %s 个标准差", plain(s.MacroShift))})
	exposures := make([]float64, len(b))
	for i, n := range b {
		exposures[i] = n.EAD
	}
	order := Largest(exposures, len(b))
	for _, k := range s.Top {
		c := Scenario{Name: "top_failure", Parameter: float64(k), Loss: expected,
			EN: fmt.Sprintf("the %d largest uncovered exposures fail", k), ZH: fmt.Sprintf("未覆盖敞口最大的 %d 家客户违约", k)}
		if k == 1 {
			c.EN, c.ZH = "the largest uncovered exposure fails", "未覆盖敞口最大的一家客户违约"
		}
		for _, i := range order[:min(k, len(order))] {
			if n := b[i]; n.EAD > 0 {
				c.Loss += (1 - n.PD) * n.LGD * n.EAD
				c.Customers++
				c.name(n.CustomerID)
			}
		}
		add(c)
	}
	for _, c := range b.reverse(s.Margin, years, order) {
		add(c)
	}
	return out
}

func (c *Scenario) name(id string) {
	if len(c.Names) < mostNames {
		c.Names = append(c.Names, id)
	}
}

// industryShock multiplies the PDs of each industry in turn and keeps the one that costs most, the first by name of equals.
func (b Book) industryShock(factor, expected float64) Scenario {
	worst := Scenario{Name: "industry_shock", Parameter: factor, Loss: expected, EN: "no industry is known", ZH: "没有行业信息"}
	for _, industry := range b.Industries() {
		if industry == "" {
			continue
		}
		c := Scenario{Name: "industry_shock", Parameter: factor, Loss: expected,
			EN: fmt.Sprintf("default probabilities of %s times %s", industry, plain(factor)),
			ZH: fmt.Sprintf("%s 行业的违约概率升至 %s 倍", industry, plain(factor))}
		within := b.Of(industry)
		extra := make([]float64, len(within))
		for i, n := range within {
			extra[i] = (min(n.PD*factor, 1) - n.PD) * n.LGD * n.EAD
			c.Loss += extra[i]
		}
		c.Customers = len(within)
		for _, i := range Largest(extra, mostNames) {
			if extra[i] > 0 {
				c.name(within[i].CustomerID)
			}
		}
		if c.Loss > worst.Loss || worst.Names == nil && worst.Customers == 0 {
			worst = c
		}
	}
	return worst
}

// reverse asks what would eat the margin: which share of the exposure would have to fail, how many of the largest names,
// and how often a year is as bad.
func (b Book) reverse(margin float64, losses Distribution, order []int) []Scenario {
	all := 0.0
	for _, n := range b {
		all += n.LGD * n.EAD
	}
	rate := Scenario{Name: "reverse_rate", Parameter: margin, Loss: b.Expected()}
	names := Scenario{Name: "reverse_names", Parameter: margin, Loss: b.Expected()}
	years := Scenario{Name: "reverse_year", Parameter: margin, Loss: b.Expected()}
	unknown := func(en, zh string) []Scenario {
		for _, c := range []*Scenario{&rate, &names, &years} {
			c.EN, c.ZH = en, zh
		}
		return []Scenario{rate, names, years}
	}
	if !(margin > 0) {
		return unknown("the year's gross margin is not known: no sales, or loss.gross_margin is 0", "全年毛利未知：没有销售，或 loss.gross_margin 为 0")
	}
	if all < margin {
		return unknown("the year's gross margin is more than the whole book could lose", "全年毛利高于全部客户违约的损失")
	}
	share := margin / all
	rate.Result, rate.Loss = &share, margin
	rate.EN = "share of the exposure that would have to fail to eat the year's gross margin"
	rate.ZH = "吃掉全年毛利所需的违约敞口占比"

	lost := 0.0
	for _, i := range order {
		lost += b[i].LGD * b[i].EAD
		names.Customers++
		names.name(b[i].CustomerID)
		if lost >= margin {
			break
		}
	}
	count := float64(names.Customers)
	names.Result, names.Loss = &count, lost
	names.EN = "largest exposures whose failure eats the year's gross margin"
	names.ZH = "违约即吃掉全年毛利的最大敞口客户数"

	chance := losses.Reaches(margin)
	years.Result, years.Loss = &chance, margin
	years.EN, years.ZH = "chance of a year that loses the gross margin or more", "一年内损失达到或超过毛利的概率"
	return []Scenario{rate, names, years}
}

// plain writes a number without digits that say nothing.
func plain(v float64) string {
	if v == math.Trunc(v) {
		return fmt.Sprintf("%.0f", v)
	}
	return strings.TrimRight(fmt.Sprintf("%.2f", v), "0")
}
