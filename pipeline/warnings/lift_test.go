package warnings

import "testing"

// A contract that nobody reviewed, an old rating or a thin score says nothing of the customer's means: it makes no other warning graver.
func TestOurOwnGapsLiftNothing(t *testing.T) {
	for _, code := range []string{"W1-08", "W1-09", "W2-19"} {
		j := judge{policy: catalogueLift()}
		all := []passage{
			{next: Episode{Code: "W3-03", Tier: 3, State: Open, Severity: Act, OwnSeverity: Act}},
			{next: Episode{Code: code, Tier: code[1] - '0', State: Open, Severity: Watch, OwnSeverity: Watch}},
		}
		if j.lift(all); all[0].next.Severity != Act {
			t.Errorf("%s raised W3-03 to %s", code, all[0].next.Severity)
		}
		all[1].next.Code, all[1].next.Tier = "W2-01", 2
		if j.lift(all); all[0].next.Severity != Critical || all[0].next.LiftedBy != "W2-01" {
			t.Errorf("W2-01: %s by %q, want W3-03 at S4", all[0].next.Severity, all[0].next.LiftedBy)
		}
	}
}

// catalogueLift is the policy under which S2 warnings of several tiers count too, as the catalogue has it. By default only S3 do: on a
// simulated book every fifth customer stood at S4 otherwise.
func catalogueLift() Policy {
	p := catalogue()
	p.Lift = Lift{TwoTiers: Watch, ThreeTiers: Watch}
	return p
}
