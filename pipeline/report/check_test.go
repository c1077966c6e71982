package report

import (
	"strings"
	"testing"
)

// Each case breaks one figure; the error must name both views and both amounts.
func TestCheckNamesBothSides(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*Data)
		want  []string
	}{
		{"a grade too dear by a hundredth of a cent", func(d *Data) { d.Grades[0].Exposure++ }, []string{"exposure by grade", "score_history (by grade)", "48210500.2501", "48210500.2500"}},
		{"a customer without a grade line", func(d *Data) { d.Grades[1].Customers-- }, []string{"customers by grade", "395", "396"}},
		{"expected loss of a grade", func(d *Data) { d.Grades[2].ExpectedLoss -= yuan(1) }, []string{"expected loss by grade", "1482299.1200", "1482300.1200"}},
		{"cover that is not taken off", func(d *Data) { d.Headline.Cover.Covered++ }, []string{"exposure and what covers it", "losses (cover)", "48210500.2499"}},
		{"a customer without a loss", func(d *Data) { d.Losses.Customers-- }, []string{"customers with a loss", "395", "396"}},
		{"an exposure of the losses", func(d *Data) { d.Losses.Exposure++; d.Losses.Total++ }, []string{"exposure at default", "48210500.2501"}},
		{"an expected loss of the losses", func(d *Data) { d.Losses.ExpectedLoss-- }, []string{"expected loss", "1482300.1199"}},
		{"more lost without insurance than at all", func(d *Data) { d.Losses.UninsuredLoss = yuan(9_000_000) }, []string{"without insurance", "9000000.0000"}},
		{"a worse year that costs less", func(d *Data) { d.Losses.Years[2].Loss = yuan(5) }, []string{"level 0.999", "5200000.0000", "5.0000"}},
		{"years of another book", func(d *Data) { d.Losses.Years[1].ExpectedLoss++ }, []string{"level 0.99", "loss_quantiles"}},
		{"a scenario that starts elsewhere", func(d *Data) { d.Losses.Stress[1].Extra++ }, []string{"scenario industry_shock", "stress"}},
		{"bridge starts elsewhere", func(d *Data) { d.Bridge.Opening += 10000; d.Bridge.ByPD -= 10000 }, []string{"start of the bridge", "2026-03-30", "1401051.0000", "1401050.0000"}},
		{"bridge does not arrive", func(d *Data) { d.Bridge.ByLGD++ }, []string{"bridge of the expected loss", "1482300.1201"}},
		{"a customer came from nowhere", func(d *Data) { d.Bridge.New++ }, []string{"customers carried over", "397", "396"}},
		{"a warning of before is lost", func(d *Data) { d.Warnings.CountsBefore[0].Open++ }, []string{"warnings open before", "71", "72"}},
		{"a warning is open that never opened", func(d *Data) { d.Warnings.Counts[2].Open++ }, []string{"warnings open tonight", "72", "73"}},
		{"a tier does not carry over", func(d *Data) { d.Warnings.Counts[0].Open++; d.Warnings.Counts[2].Open-- }, []string{"tier 1", "19", "20"}},
		{"a serious warning is not listed", func(d *Data) { d.Warnings.Serious = d.Warnings.Serious[1:] }, []string{"serious new warnings", "3", "4"}},
		{"a closed warning is not listed", func(d *Data) { d.Warnings.Closed = nil }, []string{"closed warnings listed", "0", "3"}},
		{"an invoice sits in no bucket", func(d *Data) { d.Ageing[1].Items-- }, []string{"open items in CNY", "1203", "1204"}},
		{"a bucket is a cent short", func(d *Data) { d.Ageing[1].Open -= 100 }, []string{"open amount in CNY", "view ageing says 39899999.9900", "view open_items says 39900000.0000"}},
		{"a conversion differs", func(d *Data) { d.Ageing[9].OpenBase++ }, []string{"USD, converted", "5760000.0001"}},
		{"overdue by bucket and by days", func(d *Data) { d.Headline.Open[0].OverdueBase -= yuan(5) }, []string{"overdue", "10540000.0000", "10539995.0000"}},
		{"over 90 by bucket and by days", func(d *Data) { d.Headline.Open[0].Over90Base++ }, []string{"more than 90 days", "1900000.0000", "1900000.0001"}},
		{"unapplied cash counted as an invoice", func(d *Data) { d.Headline.Open[0].UnappliedBase = 0 }, []string{"unapplied", "-600000.0000", "0.0000"}},
		{"a bucket the page does not know", func(d *Data) { d.Ageing[1].Bucket = "1-29" }, []string{`bucket "1-29"`}},
		{"a severity the page does not know", func(d *Data) { d.Warnings.Counts[0].Severity = 5 }, []string{"severity 5"}},
		{"an urgent customer is missing", func(d *Data) { d.Urgent = d.Urgent[:2] }, []string{"most urgent", "2", "3"}},
		{"the ten owe more than the list", func(d *Data) { d.Worklist.Overdue = yuan(10) }, []string{"overdue of the ten", "1880000.0000", "10.0000"}},
		{"a row of a source is lost", func(d *Data) { d.Quality.Sources[2].Accepted-- }, []string{"rows read of transactions", "source_counts", "18203", "18204"}},
		{"a reject is not kept", func(d *Data) { d.Quality.Rejects[0].OfSource-- }, []string{"rejected rows of transactions", "view rejects says 289", "view source_counts says 290"}},
		{"rejects of a source that was not read", func(d *Data) {
			d.Quality.Rejects = append(d.Quality.Rejects, Reject{Source: "ghost", Rows: 4, OfSource: 4})
		}, []string{"ghost", "4", "0"}},
		{"a test of the validation is lost", func(d *Data) { d.Validation.Lights[0].Tests-- }, []string{"validation tests by family", "validations", "130", "131"}},
		{"a red test has no finding", func(d *Data) { d.Validation.Flow[3].Findings = 0; d.Validation.Findings = d.Validation.Findings[1:] }, []string{"open findings", "view validation_results says 4", "view validation_findings says 3"}},
		{"a finding of the validation is not listed", func(d *Data) { d.Validation.Findings = d.Validation.Findings[1:] }, []string{"validation findings listed", "3", "4"}},
		{"a customer to dun is not listed", func(d *Data) { d.Dunning.First = d.Dunning.First[1:] }, []string{"customers to dun", "310000.0000", "790000.0000"}},
		{"interest that no invoice bears", func(d *Data) { d.Contracts.Totals[4].Amount++ }, []string{"interest of findings", "view contract_findings says 8400.0001", "view late_interest says 8400.0000"}},
		{"a contract finding is not listed", func(d *Data) { d.Contracts.Nearest = d.Contracts.Nearest[1:] }, []string{"contract findings listed", "4", "5"}},
		{"a warning beyond the budget is not listed", func(d *Data) { d.Record.Left = d.Record.Left[1:] }, []string{"beyond the alarm budget", "1", "2"}},
		{"a budget of other warnings", func(d *Data) { d.Record.Shown-- }, []string{"people are shown", "view warnings (budget)"}},
		{"a sub-ledger of other items", func(d *Data) { d.Reconciliation.Book.Rounding++; d.Reconciliation.Currencies[1].Rounding++ }, []string{"sub-ledger = open items", "45660000.0001"}},
		{"a currency that is not in the book", func(d *Data) { d.Reconciliation.Currencies[0].SubledgerBase++ }, []string{"sub-ledger by currency", "45660000.0000", "45659999.9999"}},
		{"a mismatch that is not listed", func(d *Data) { d.Reconciliation.First = d.Reconciliation.First[1:] }, []string{"mismatches listed"}},
		{"an open amount without a provision", func(d *Data) { d.Provisions.Open--; d.Provisions.Methods[0].Open-- }, []string{"provided for", "45659999.9999", "45660000.0000"}},
		{"a provision of nobody", func(d *Data) { d.Provisions.Methods[1].Matrix++ }, []string{"matrix provision by method", "1310000.0001"}},
		{"another expected loss", func(d *Data) { d.Provisions.Model++; d.Provisions.ByCover++; d.Provisions.Methods[0].Model++ }, []string{"model provision = expected loss", "1482300.1201"}},
		{"a gap that is not explained", func(d *Data) { d.Provisions.ByCover = 0 }, []string{"from one provision to the other", "1742300.1200"}},
		{"a movement that does not arrive", func(d *Data) { d.Provisions.FX++ }, []string{"movement of the matrix provision", "1310000.0001"}},
		{"a customer without a limit decision", func(d *Data) { d.Limits.Customers--; d.Limits.Advised[0].Customers-- }, []string{"limit decision", "view limits says 395", "view score_history says 396"}},
		{"an advice too few", func(d *Data) { d.Limits.Advised[1].Customers-- }, []string{"customers by advice", "395", "396"}},
		{"a limit counted twice", func(d *Data) { d.Limits.Advised[0].InForce++ }, []string{"limits in force by advice", "91000000.0001"}},
		{"a recommendation of another night", func(d *Data) { d.Limits.Recommended-- }, []string{"recommended limits by advice", "84499999.9999"}},
		{"an overrun is not listed", func(d *Data) { d.Limits.Overruns = d.Limits.Overruns[1:] }, []string{"overruns listed", "2", "3"}},
		{"a hold is not listed", func(d *Data) { d.Limits.Holds = d.Limits.Holds[1:] }, []string{"holds listed", "2", "3"}},
		{"an approval is not listed", func(d *Data) { d.Limits.Holds = append(d.Limits.Holds[:3:3], d.Limits.Holds[4:]...) }, []string{"to approve listed", "0", "1"}},
		{"holds listed that stop more than all", func(d *Data) { d.Limits.HoldTotals[0].Blocked = yuan(1) }, []string{"holds (list, deliveries)", "1450000.0000", "1.0000"}},
		{"a group owes more", func(d *Data) { d.Groups.Exposure++ }, []string{"exposure by group", "view group_exposure says 60700000.0001", "view limits"}},
		{"a customer in two groups", func(d *Data) { d.Groups.Customers++ }, []string{"customers by group", "397", "396"}},
		{"an industry is left out", func(d *Data) { d.Groups.Concentration[3].Parts -= yuan(3) }, []string{"parts of the book by industry", "60699997.0000"}},
		{"another book by currency", func(d *Data) { d.Groups.Concentration[4].Exposure--; d.Groups.Concentration[4].Parts-- }, []string{"by currency", "60699999.9999"}},
		{"a breach is not listed", func(d *Data) { d.Groups.Breaches = d.Groups.Breaches[1:] }, []string{"above their bound", "2", "3"}},
		{"a review is lost", func(d *Data) { d.Reviews.Customers-- }, []string{"with a review", "395", "396"}},
		{"a late review is not listed", func(d *Data) { d.Reviews.First = d.Reviews.First[1:] }, []string{"reviews listed", "2", "3"}},
		{"an owner's loss is left out", func(d *Data) { d.Reviews.Coverage[1].ExpectedLoss-- }, []string{"expected loss by owner", "1482300.1199"}},
		{"a check has no part in the score", func(d *Data) { d.Quality.Trend[0].Judged-- }, []string{"checks behind the score", "view data_quality says 23", "view checks says 24"}},
		{"a check is not listed", func(d *Data) { d.Quality.Checks = d.Quality.Checks[1:] }, []string{"checks listed", "2", "3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := fixture()
			c.spoil(&d)
			err := Footed(d)
			if err == nil {
				t.Fatal("foots")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error does not say %q:\n%v", want, err)
				}
			}
			if !strings.Contains(render(t, d, English), "does not foot") && !strings.Contains(err.Error(), "bucket \"") && !strings.Contains(err.Error(), "severity 5") {
				t.Error("the page does not say that it does not foot")
			}
		})
	}
	for _, err := range Check(fixture()) {
		t.Error(err)
	}
}
