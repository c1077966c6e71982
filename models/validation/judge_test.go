package validation

import (
	"testing"

	"creditwatch/pipeline/asof"
)

func TestJudgeOfNothingIsGreyAndWhole(t *testing.T) {
	results := Judge(Input{AsOf: asof.MustParse("2026-10-31"), Horizon: 12}, DefaultBounds, nil)
	seen := map[string]bool{}
	for _, r := range results {
		seen[r.Code] = true
		if r.Light != Grey || r.EN == "" || r.ZH == "" {
			t.Errorf("%s %s of nothing is %s: %q, %q", r.Code, r.Scope, r.Light, r.EN, r.ZH)
		}
	}
	for _, test := range Tests {
		if !seen[test.Code] {
			t.Errorf("%s yields no result", test.Code)
		}
	}
}
