package record

import (
	"fmt"
	"math"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/warnings"
)

// A Standing is how a rule stands on a night. An indicator whose lift is surely too low warns at S1 only, until its lift may be high
// enough again: it goes on being judged and keeps its record, and the night says so.
type Standing struct {
	Code    string
	Tier    uint8
	Version string
	Demoted asof.Date // first night at S1; zero: as the policy says
	Weak    int       // looks in a row that found its lift too low
	Changed bool      // tonight
	EN, ZH  string
}

// An indicator must be able to find events this much more often than the dice; if it surely is not, at so many monthly looks in a
// row, it is demoted.
const (
	leastLift = 1.2
	weakLooks = 2
)

// Standings takes the rules through a night. The record is looked at on the first night of a calendar month; previous is the last
// published night, zero if there is none. A rule of another version starts anew.
func Standings(records []Record, last []Standing, previous, night asof.Date) (out []Standing) {
	current := map[string]*Record{}
	for i := range records {
		if r := &records[i]; r.Scope == OfCode && r.Current {
			current[r.Code] = r
		}
	}
	before := map[string]Standing{}
	for _, s := range last {
		before[s.Code] = s
	}
	look := previous.IsZero() || previous.MonthEnd() != night.MonthEnd()
	for _, rule := range warnings.Rules {
		r := current[rule.Code]
		if r == nil {
			continue
		}
		s := Standing{Code: rule.Code, Tier: rule.Tier, Version: r.Version}
		was := before[rule.Code]
		anew := was.Version != r.Version
		if !anew {
			s.Demoted, s.Weak = was.Demoted, was.Weak
		}
		if look && !anew {
			if !r.PriorOnly() && r.LiftHi < leastLift {
				s.Weak = min(s.Weak+1, math.MaxUint8)
			} else {
				s.Weak = 0
			}
		}
		switch {
		case anew && !was.Demoted.IsZero():
			s.Changed = true
			s.EN = fmt.Sprintf("live again: its rule is another since tonight (version %s, before %s, which warned at S1 only since %s)", s.Version, was.Version, was.Demoted)
			s.ZH = fmt.Sprintf("恢复：规则自今晚起已变更（版本 %s，此前 %s 自 %s 起仅按 S1 提示）", s.Version, was.Version, was.Demoted)
		case s.Demoted.IsZero() && s.Weak >= weakLooks:
			s.Demoted, s.Changed = night, true
			s.EN = "demoted: from tonight it warns at S1 only: " + r.liftEN()
			s.ZH = "降级：自今晚起仅按 S1 提示：" + r.liftZH()
		case !s.Demoted.IsZero() && s.Weak == 0:
			s.EN = fmt.Sprintf("restored: it warns again as the policy says, after S1 only since %s: %s", s.Demoted, r.liftEN())
			s.ZH = fmt.Sprintf("恢复：重新按政策预警（自 %s 起曾仅按 S1 提示）：%s", s.Demoted, r.liftZH())
			s.Demoted, s.Changed = 0, true
		case !s.Demoted.IsZero():
			s.EN = fmt.Sprintf("demoted since %s: it warns at S1 only: %s", s.Demoted, r.liftEN())
			s.ZH = fmt.Sprintf("自 %s 起降级，仅按 S1 提示：%s", s.Demoted, r.liftZH())
		}
		out = append(out, s)
	}
	return out
}

func (r *Record) liftEN() string {
	if r.PriorOnly() {
		return fmt.Sprintf("%d alarms are 12 months old, too few to tell", r.Aged)
	}
	return fmt.Sprintf("%d of %d alarms came true, lift %.2f, 95 %% interval %.2f to %.2f, line %.1f", r.TrueAged, r.Aged, r.Lift, r.LiftLo, r.LiftHi, leastLift)
}

func (r *Record) liftZH() string {
	if r.PriorOnly() {
		return fmt.Sprintf("满 12 个月的预警仅 %d 次，无法判断", r.Aged)
	}
	return fmt.Sprintf("%d/%d 次预警应验，提升度 %.2f，95%% 区间 %.2f 至 %.2f，下限 %.1f", r.TrueAged, r.Aged, r.Lift, r.LiftLo, r.LiftHi, leastLift)
}

// Text says the record in a sentence of each language.
func (r *Record) Text() (en, zh string) {
	if r.Alarms == 0 {
		return "no alarm yet", "尚无预警"
	}
	if r.PriorOnly() {
		en = fmt.Sprintf("prior only: of %d alarms %d are 12 months old, %d are wanted", r.Alarms, r.Aged, leastAged)
		zh = fmt.Sprintf("仅供先验：%d 次预警中满 12 个月的有 %d 次，需要 %d 次", r.Alarms, r.Aged, leastAged)
	} else {
		en = fmt.Sprintf("%d of %d alarms came true: %.0f %% (95 %%: %.0f to %.0f), %.1f times the base rate", r.TrueAged, r.Aged, 100*r.Precision, 100*r.PrecisionLo, 100*r.PrecisionHi, r.Lift)
		zh = fmt.Sprintf("%d/%d 次预警应验：%.0f%%（95%% 区间 %.0f 至 %.0f），为基准的 %.1f 倍", r.TrueAged, r.Aged, 100*r.Precision, 100*r.PrecisionLo, 100*r.PrecisionHi, r.Lift)
	}
	if r.Defaults > 0 {
		en += fmt.Sprintf("; %d of %d defaults warned of 30 days before", r.Recalled30, r.Defaults)
		zh += fmt.Sprintf("；%d/%d 起违约提前 30 天预警", r.Recalled30, r.Defaults)
	}
	if !math.IsNaN(r.LeadMedian) {
		en += fmt.Sprintf("; median lead %.0f days", r.LeadMedian)
		zh += fmt.Sprintf("；提前期中位数 %.0f 天", r.LeadMedian)
	}
	return en, zh
}
