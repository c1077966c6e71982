package decisions

import "fmt"

// A Policy is what decisions are made by: the part of policy.yaml after the warnings. To add a section: a type beside what it
// decides, a field here, its value in Default, its lines in configs/policy.yaml.
type Policy struct {
	Worklist   WorklistPolicy  `yaml:"worklist"`
	Rolls      RollPolicy      `yaml:"rolls"`
	Provisions ProvisionPolicy `yaml:"provisions"`
	Dunning    DunningPolicy   `yaml:"dunning"`
}

// Default is the policy that holds where the file says nothing; configs/policy.yaml spells it out and explains it.
func Default() Policy {
	return Policy{
		Worklist:   WorklistPolicy{Capacity: 200, EffectOnDefault: 0.25, DaysEarlier: 15, CostOfCapital: 0.08},
		Rolls:      RollPolicy{Months: 12, MinInvoices: 100, SegmentBy: "size_class", Prior: []float64{0.1, 0.25, 0.45, 0.6, 0.7, 0.8, 0.9, 1}},
		Provisions: ProvisionPolicy{Recovery: 0.2, ForwardFactor: 1.1},
		Dunning:    ladder(),
	}
}

// Check reports every mistake, each naming its key.
func (p Policy) Check() (errs []error) {
	bad := func(key, want string, got any) {
		errs = append(errs, fmt.Errorf("%s: must be %s, got %v", key, want, got))
	}
	p.Worklist.check(bad)
	p.Rolls.check(bad)
	p.Provisions.check(bad)
	p.Dunning.check(bad)
	return errs
}

// within asks for a number between two bounds; NaN is none.
func within(bad func(key, want string, got any), key string, x, lo, hi float64) {
	if !(x >= lo && x <= hi) {
		bad(key, fmt.Sprintf("from %v to %v", lo, hi), x)
	}
}
