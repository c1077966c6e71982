package decisions

import "fmt"

// A Policy is what decisions are made by: the part of policy.yaml after the warnings. To add a section: a type beside what it
// decides, a field here, its value in Default, its lines in configs/policy.yaml.
type Policy struct {
	Worklist       WorklistPolicy       `yaml:"worklist"`
	Limits         LimitPolicy          `yaml:"limits"`
	Holds          HoldPolicy           `yaml:"holds"`
	Groups         GroupPolicy          `yaml:"groups"`
	Reviews        ReviewPolicy         `yaml:"reviews"`
	Coverage       CoveragePolicy       `yaml:"coverage"`
	Rolls          RollPolicy           `yaml:"rolls"`
	Provisions     ProvisionPolicy      `yaml:"provisions"`
	Dunning        DunningPolicy        `yaml:"dunning"`
	Statute        StatutePolicy        `yaml:"statute"`
	Contracts      ContractPolicy       `yaml:"contracts"`
	Reconciliation ReconciliationPolicy `yaml:"reconciliation"`
}

// Grades are the grades that a policy may name, best first: those of the master scale.
var Grades = []string{"AAA", "AA", "A", "BBB", "BB", "B", "CCC", "CC", "C", "D"}

// Default is the policy that holds where the file says nothing; configs/policy.yaml spells it out and explains it.
func Default() Policy {
	return Policy{
		Worklist: WorklistPolicy{Capacity: 200, EffectOnDefault: 0.25, DaysEarlier: 15, LeastInvoices: 100, PriorInvoices: 300, LeastShare: 0.2, CostOfCapital: 0.08},
		Limits: LimitPolicy{
			Exposure: ExposurePolicy{Shipped: 1, Orders: 1}, NetWorthShare: 0.1, Appetite: 10000, RatingDays: 365, NeedDays: 180, LateDays: 30, Growth: 1.5,
			ColdStart: ColdStartPolicy{Days: 180, Settled: 3, Cap: 20000}, Hysteresis: 0.1, Digits: 3, FXShock: 0.1,
		},
		Holds: HoldPolicy{
			Reasons:     []string{"default", "critical_warning", "past_due", "over_limit", "limit_expired", "source_hold", "returned_payment", "terms_changed", "contract_missing", "group", "own_action"},
			PastDueDays: 30, PastDueAmount: 500, PastDueShare: 0.01, OverLimit: 1, TermsDays: 30, ExcessDays: 5, SmallExposure: 1000, PublicBodies: []string{"public administration", "公共管理"}, AlwaysDeliver: []string{}, Worth: 5, Days: 30,
			Approvers:  []Approver{{10000, "account owner", "客户负责人"}, {100000, "credit manager", "信用经理"}, {1000000, "finance head", "财务负责人"}, {0, "management", "管理层"}},
			BypassDays: 14, BypassTolerance: 0.02,
		},
		Groups: GroupPolicy{
			MaxDepth: 10, LimitOf: "members", Top: []int{10, 5, 20}, ShownTop: 20,
			Max: Maximum{Customer: 0.1, Group: 0.15, Top: 0.5, Industry: 0.35, Region: 0.5, Country: 1, Cover: 1, Currency: 1},
		},
		Reviews: ReviewPolicy{
			Months:  map[string]int{"AAA": 12, "AA": 12, "A": 12, "BBB": 6, "BB": 6, "B": 3, "CCC": 3, "CC": 1, "C": 1, "D": 1},
			NoGrade: 6, Critical: 1, Act: 5, Expired: 5, Stale: 10, Fresh: 30, Capacity: 20, Ahead: 60, LeadDays: 14,
		},
		Coverage:       CoveragePolicy{Days: 90, Visits: map[string]int{"B": 365, "CCC": 180, "CC": 90, "C": 90}, MinLoss: 1000, Shown: 10},
		Rolls:          RollPolicy{Months: 12, MinInvoices: 100, SegmentBy: "size_class", Prior: []float64{0.1, 0.25, 0.45, 0.6, 0.7, 0.8, 0.9, 1}},
		Provisions:     ProvisionPolicy{Recovery: 0.2, ForwardFactor: 1.1},
		Dunning:        ladder(),
		Statute:        law(),
		Contracts:      ContractPolicy{Ahead: []int{90, 60, 30}, Behind: 365, RecentDays: 90, ReviewDays: 30, ExcessDays: 0, ExcessShare: 0.1, InterestFrom: 100, ActDays: []int{30, 10, 5}},
		Reconciliation: ReconciliationPolicy{Tolerance: "0.00", LedgerDays: 45, ConfirmationDays: 365, UnappliedDays: 30, DueWindow: 365},
	}
}

// Check reports every mistake, each naming its key.
func (p Policy) Check() (errs []error) {
	bad := func(key, want string, got any) {
		errs = append(errs, fmt.Errorf("%s: must be %s, got %v", key, want, got))
	}
	p.Worklist.check(bad)
	p.Limits.check(bad)
	p.Holds.check(bad)
	p.Groups.check(bad)
	p.Reviews.check(bad, Grades)
	p.Coverage.check(bad, Grades)
	p.Rolls.check(bad)
	p.Provisions.check(bad)
	p.Dunning.check(bad)
	p.Reconciliation.check(bad)
	p.Statute.check(bad)
	p.Contracts.check(bad)
	return errs
}

// within asks for a number between two bounds; NaN is none.
func within(bad func(key, want string, got any), key string, x, lo, hi float64) {
	if !(x >= lo && x <= hi) {
		bad(key, fmt.Sprintf("from %v to %v", lo, hi), x)
	}
}
