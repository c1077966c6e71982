package simulator

import (
	"math"

	"creditwatch/pipeline/asof"
)

// A cause is why a customer defaulted, the strongest of what had worn its health down.
type cause struct{ code, en, zh string }

var causes = []cause{
	{"industry_shock", "shock to the industry", "行业冲击"},
	{"contagion", "default of a related company", "关联企业违约传染"},
	{"macro", "general downturn", "宏观下行"},
	{"idiosyncratic", "trouble of its own", "企业自身突发困境"},
	{"chronic_weakness", "lasting weakness", "长期经营薄弱"},
	{"drift", "slow decline", "经营逐步恶化"},
	{"fraud_bust_out", "planned bust-out fraud", "恶意套货诈骗"},
}

const (
	byIndustry = iota
	byContagion
	byMacro
	byDistress
	byQuality
	byDrift
	byFraud
)

// never is later than every day of a horizon.
const never = asof.Latest

// A failure is a default and what became of it.
type failure struct {
	on        asof.Date
	cause     int
	cured     asof.Date // never if not
	knownIn   int       // days until we noticed
	insolvent asof.Date // never if not
	writtenTo asof.Date // day of the write-off, never if cured
	recovered asof.Date
	share     float64 // recovered
}

// A state is a customer's health at a boundary.
type state struct {
	health     float64
	hazard     float64 // over a month
	pd         float64 // over twelve months
	performing bool
}

// A life is a customer's health over the horizon.
type life struct {
	w        *world
	states   []state
	begins   asof.Date // first day in the book
	failures []failure
	bustOut  int // boundary at which the fraud begins, -1 if never
}

// live draws the lives of one group, boundary by boundary, so that a default wears on the relatives.
func live(w *world, unit int, members []*customer) {
	d := throw(w.seed, healthStream, unit)
	type inner struct {
		quality, cell, drift, contagion float64
		distress                        distress
		shift                           float64 // after a cure
		out                             asof.Date
	}
	now := make([]inner, len(members))
	common := d.normal(0, 0.5) // what a group shares
	for i, c := range members {
		c.life = life{w: w, states: make([]state, len(w.bounds)), begins: max(c.onboarded, w.from), bustOut: -1}
		q := d.normal(0, qualitySD)
		if len(members) > 1 {
			q = common + d.normal(0, math.Sqrt(qualitySD*qualitySD-0.5*0.5))
		}
		now[i] = inner{quality: q, cell: industries[c.industry].effect + regions[c.region].effect + sizes[c.size].effect, drift: d.normal(0, driftSD)}
		for range 18 { // distress that began before the horizon
			now[i].distress.step(&d)
		}
	}
	for k := range w.bounds {
		struck := 0.0
		for i, c := range members {
			in := &now[i]
			climate, shocks := w.weather(c.industry, c.region, k)
			lasting := in.quality + in.cell - in.shift
			s := state{health: lasting + in.drift + climate + shocks - in.distress.now - in.contagion, performing: w.bounds[k] >= c.life.begins.Add(-1) && w.bounds[k] >= in.out}
			fraud := c.life.bustOut >= 0
			if fraud {
				s.hazard = bustOutHazard[min(k-c.life.bustOut, len(bustOutHazard)-1)]
				live := 1.0
				for j := range 12 {
					live *= 1 - bustOutHazard[min(k-c.life.bustOut+j, len(bustOutHazard)-1)]
				}
				s.pd = 1 - live
			} else {
				s.hazard = 1 - math.Exp(-intensity(s.health))
				s.pd = expectedPD(w, lasting, in.drift, climate, shocks, in.contagion, in.distress)
			}
			c.life.states[k] = s

			if s.performing && k+1 < len(w.bounds) {
				days := w.bounds[k+1].Sub(w.bounds[k])
				at := w.atRisk(k, s.hazard)
				if d.chance(at) {
					f := failure{on: w.bounds[k].Add(d.between(1, days))}
					worn := [...]float64{
						byIndustry: -w.industry[c.industry][k] * 1.3, byContagion: in.contagion * 1.5, byMacro: -w.macro[k] - w.region[c.region][k],
						byDistress: in.distress.now, byQuality: -lasting, byDrift: -in.drift,
					}
					for j, x := range worn {
						if x > worn[f.cause] {
							f.cause = j
						}
					}
					if fraud {
						f.cause = byFraud
					}
					f.settle(d, fraud)
					c.life.failures = append(c.life.failures, f)
					in.out = f.cured
					if f.cured < never {
						// A cured customer comes back chastened: neither as weak as before nor sound.
						in.distress, in.drift, in.contagion = distress{}, d.normal(-0.3, 0.3), 0
						in.shift = max(0, lasting-0.2)
						if lasting < -0.5 {
							in.shift = lasting + 0.5
						}
						in.out = in.out.MonthEnd()
					}
					struck += clamp(d.normal(0.7, 0.2), 0.3, 1.3)
				} else if !fraud && d.chance(bustOutAt) {
					c.life.bustOut = k + 1
				}
			}
			in.drift = driftKeep*in.drift + d.normal(0, driftSD*math.Sqrt(1-driftKeep*driftKeep))
			in.distress.step(&d)
			in.contagion *= contagFade
		}
		if struck > 0 {
			for i := range now {
				now[i].contagion = min(now[i].contagion+min(struck, 1.6), 2.2)
			}
		}
	}
}

// settle draws what becomes of a default.
func (f *failure) settle(d dice, fraud bool) {
	f.cured, f.insolvent, f.writtenTo, f.recovered = never, never, never, never
	f.knownIn = d.between(1, 8)
	if d.chance(0.12) {
		f.knownIn = d.between(9, 35)
	}
	if !fraud && d.chance(0.18) {
		f.cured = f.on.Add(d.between(60, 150))
		return
	}
	if d.chance(0.5) {
		f.insolvent = f.on.Add(d.between(20, 150))
	}
	f.writtenTo = f.on.Add(d.between(180, 330))
	if !fraud && d.chance(0.4) {
		f.recovered = f.writtenTo.Add(d.between(20, 180))
		f.share = clamp(d.normal(0.25, 0.15), 0.03, 0.8)
	}
}

// expectedPD is the mean of 1 − exp(−sum of the intensities of twelve months) over the world's scenarios. The expected course
// beneath them: drift, climate and shocks return to 0, contagion fades, distress builds up and fades. Only who is not in distress
// can get into new distress. The small chance of a bust-out is added; a relative's default to come is left out.
func expectedPD(w *world, lasting, drift, climate, shocks, contagion float64, e distress) float64 {
	var course [12]float64
	trouble := e.open()
	for k := range course {
		course[k] = math.Exp(level - slope*(lasting+drift+climate+shocks-contagion-e.now))
		drift *= driftKeep
		climate *= macroKeep
		shocks *= shockLasts
		contagion *= contagFade
		e.step(nil)
	}
	survives, weight := 0.0, 0.0
	limit := -math.Log(1 - maxHazard)
	for _, list := range [2][]scenario{w.calm, w.troubled} {
		for i := range list {
			s, sum := &list[i], 0.0
			for k, f := range s.factor {
				sum += min(course[k]*f, limit)
			}
			survives += s.weight * math.Exp(-sum)
			weight += s.weight
		}
		if !trouble {
			break
		}
	}
	return 1 - survives/weight*(1-10*bustOutAt)
}

// health returns a customer's health on a day, going straight from boundary to boundary.
func (l *life) health(day asof.Date) float64 {
	k := l.w.period(day)
	a, b := l.w.bounds[k], l.w.bounds[k+1]
	t := clamp(float64(day.Sub(a))/float64(b.Sub(a)), 0, 1)
	return l.states[k].health*(1-t) + l.states[k+1].health*t
}

// felt is the health that shows in behaviour: a week behind.
func (l *life) felt(day asof.Date) float64 { return l.health(day.Add(-7)) }

// inDefault returns the default that is not over on a day, or nil.
func (l *life) inDefault(day asof.Date) *failure {
	for i := range l.failures {
		if f := &l.failures[i]; f.on <= day && day < f.cured {
			return f
		}
	}
	return nil
}

// frenzied reports whether a bust-out is being prepared on a day.
func (l *life) frenzied(day asof.Date) bool {
	return l.bustOut >= 0 && day > l.w.bounds[min(l.bustOut, len(l.w.bounds)-1)]
}
