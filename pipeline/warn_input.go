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
		sql = with(sql, family, []string{warnFamily(family)})
	}
	var weekly []string
	for _, column := range warnings.Weekly() {
		weekly = append(weekly, "w."+column+" AS "+column)
	}
	return with(sql, "weekly", weekly)
}

// warnFamily returns the statement of one family, with the bounds of the master scale and the weeks that it names.
func warnFamily(name string) string {
	sql := strings.TrimSpace(sqlOf(name))
	switch name {
	case "warn_scores":
		var weeks []string
		for i, column := range warnings.Weekly() {
			weeks = append(weeks, fmt.Sprintf("maxIf(pd, week = %d) AS %s", len(warnings.Weekly())-i, column))
		}
		sql = with(sql, "weeks", weeks)
		fallthrough
	case "warn_ratings":
		var bounds []string
		for _, g := range models.MasterScale[:len(models.MasterScale)-1] {
			bounds = append(bounds, strconv.FormatFloat(g.UpTo, 'g', -1, 64))
		}
		sql = with(sql, "bounds", []string{"[" + strings.Join(bounds, ", ") + "]"})
	}
	return sql
}
