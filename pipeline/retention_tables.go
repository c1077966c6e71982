package pipeline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"creditwatch/pipeline/sources"
)

// Retention says for how many days the rows of a night are kept; 0 is for ever.
type Retention struct {
	Superseded int            `yaml:"superseded"` // all rows of a run after another one of its date took its place
	Detail     int            `yaml:"detail"`     // what can be computed again or only the next night reads
	Features   int            `yaml:"features"`   // the features of every customer
	Reports    int            `yaml:"reports"`    // the report files
	Scores     int            `yaml:"scores"`     // scores, warnings, decisions and what they stand on
	Tables     map[string]int `yaml:"tables"`     // of single tables, in place of the above
	Holds      []string       `yaml:"holds"`      // numbers of customers that must not be erased
}

// A keeping says by which key of the configuration a table is kept. Back is how many days a later night reads back in it: fewer must not
// be kept; why says what for.
type keeping struct {
	table string
	key   string // detail, features, reports, scores; empty: for ever, for the reason in why
	back  int
	why   string
}

// Days that later nights read back.
const (
	backAny   = 35           // a night reads the one before it, which may be some days older; and a month can be run again
	backYears = 5*366 + 31   // calibration of the warnings by the outcomes of five years
	backTrend = 90 + backAny // the trends of warnings
	monthDays = 31           // at most
)

const (
	whyLedger = "every night builds its book on it"
	whyAny    = "the next night reads it, and a month can be run again"
	whyYears  = "warnings are held against what became of the scores of five years"
)

// keepings lists how every table of the night is kept. A table that a stage keeps and that is not here fails a test.
func keepings() (list []keeping) {
	for _, t := range sources.Tables() {
		list = append(list, keeping{table: t, why: whyLedger})
	}
	list = append(list, []keeping{
		{table: "inputs", why: "a file that was read must be known again"},
		{table: "source_runs", why: "rows read = accepted + rejected + duplicates holds for every night"},
		{table: "rejects", why: "a row that was refused must be known again, and no row is lost"},
		{table: "snapshots", why: "models are trained on it"},
		{table: "models", why: "a past score is explained by its model, and it can be rolled back to"},
		{table: "model_metrics", why: "later nights compare with it"},
		{table: "promotions", why: "who scored when is told by it"},
		{table: "validations", why: "it says which past nights a model can be judged on"},
		{table: "validation_initial", why: "models are held against their first validation"},
		{table: "dunning", why: "the last step that was sent for an open invoice is in it, however old"},
		{table: "checks", why: "it is small, and says that the night was fit to be published"},
	}...)
	add := func(key string, back int, why string, tables ...string) {
		for _, t := range tables {
			list = append(list, keeping{t, key, back, why})
		}
	}
	add("detail", backAny, whyAny, "documents", "allocations", "invoices", "open_items", "default_events", "alternative_events", "customer_states",
		"news_events", "news_reviews", "news_models", "labels", "score_changes", "lgd_events", "roll_rates", "provision_items", "contract_findings", "late_interest",
		"reconciliation_items", "reconciliation", "worklist", "unjudged")
	add("features", backTrend, "warnings read the use of limits back, and models are judged on past nights", "features")
	add("reports", backAny, "the page of the night is read", "reports")
	add("scores", backYears, whyYears, "scores", "losses", "warnings", "warning_events", "warning_track_record", "warning_rules")
	add("scores", backAny, whyAny, "score_reasons", "loss_quantiles", "stress", "validation_results", "validation_findings", "validation_grades",
		"limits", "group_exposure", "concentration", "holds", "reviews", "coverage", "provisions")
	return list
}

// days is for how many days a table is kept, 0 for ever.
func (r Retention) days(k keeping) int {
	if k.key == "" {
		return 0
	}
	if d, ok := r.Tables[k.table]; ok {
		return d
	}
	return map[string]int{"detail": r.Detail, "features": r.Features, "reports": r.Reports, "scores": r.Scores}[k.key]
}

// backFor is how many days of a table later nights read: past features judge models when the months they look ahead are over.
func (k keeping) backFor(horizonMonths, lagDays int) (int, string) {
	if k.table == "features" {
		return max(k.back, (horizonMonths+1)*monthDays+lagDays), fmt.Sprintf("models are judged on features of %d months ago and of what became of the customers", horizonMonths)
	}
	return k.back, k.why
}

// Check returns every mistake, each naming its key: days that are not enough for what later nights read back, and tables that cannot go.
func (r Retention) Check(horizonMonths, lagDays int) (errs []error) {
	bad := func(key string, format string, args ...any) {
		errs = append(errs, fmt.Errorf("retention.%s: %s", key, fmt.Sprintf(format, args...)))
	}
	for key, d := range map[string]int{"superseded": r.Superseded, "detail": r.Detail, "features": r.Features, "reports": r.Reports, "scores": r.Scores} {
		if d < 0 || d > 36525 {
			bad(key, "must be days from 1, or 0 for ever, got %d", d)
		}
	}
	said := map[string]bool{}
	known := map[string]keeping{}
	for _, k := range keepings() {
		known[k.table] = k
		d, single := r.Tables[k.table]
		switch {
		case single && k.key == "":
			bad("tables."+k.table, "is kept for ever: %s", k.why)
			continue
		case single && (d < 0 || d > 36525):
			bad("tables."+k.table, "must be days from 1, or 0 for ever, got %d", d)
			continue
		}
		days := r.days(k)
		least, why := k.backFor(horizonMonths, lagDays)
		if days <= 0 || days >= least {
			continue
		}
		if single {
			bad("tables."+k.table, "must be %d days or more, got %d: %s", least, days, why)
		} else if !said[k.key] {
			said[k.key] = true // the widest of them is enough
			for _, other := range keepings() {
				if _, alone := r.Tables[other.table]; other.key == k.key && !alone {
					if b, w := other.backFor(horizonMonths, lagDays); b > least {
						least, why = b, w
					}
				}
			}
			bad(k.key, "must be %d days or more, or 0 for ever, got %d: %s", least, days, why)
		}
	}
	for t := range r.Tables {
		if _, ok := known[t]; !ok {
			bad("tables."+t, "is no table of a night; want one of %s", strings.Join(expirable(), ", "))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return errs
}

// expirable are the tables that may go.
func expirable() (names []string) {
	for _, k := range keepings() {
		if k.key != "" {
			names = append(names, k.table)
		}
	}
	slices.Sort(names)
	return names
}
