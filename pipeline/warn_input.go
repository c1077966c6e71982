package pipeline

import (
	"fmt"
	"strconv"
	"strings"

	"creditwatch/models"
	"creditwatch/pipeline/warnings"
)

// warnFamilies are the files of columns that the rules alone read, each with one row a customer. No model sees them: they are not in
// the catalogue of features, so they neither enter the snapshots nor change their fingerprint.
var warnFamilies = []string{"warn_scores", "warn_ratings", "warn_payments", "warn_discounts", "warn_exceptions", "warn_orders", "warn_contacts", "warn_plan"}

// warnInput returns the statement that yields all that the rules read about a customer.
func warnInput() string {
	sql := sqlOf("warn_input")
	for _, family := range warnFamilies {
		sql = with(sql, family, []string{strings.TrimSpace(sqlOf(family))})
	}
	var bounds, weeks, weekly []string
	for _, g := range models.MasterScale[:len(models.MasterScale)-1] {
		bounds = append(bounds, strconv.FormatFloat(g.UpTo, 'g', -1, 64))
	}
	for i, column := range warnings.Weekly() {
		weeks = append(weeks, fmt.Sprintf("maxIf(pd, week = %d) AS %s", len(warnings.Weekly())-i, column))
		weekly = append(weekly, fmt.Sprintf("w.%s AS %s", column, column))
	}
	sql = with(sql, "bounds", []string{"[" + strings.Join(bounds, ", ") + "]"})
	return with(with(sql, "weeks", weeks), "weekly", weekly)
}
