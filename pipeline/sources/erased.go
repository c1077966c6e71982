package sources

import (
	"context"
	"slices"
)

// leftOutErased is why a row of an erased customer or article is left out. It is counted and its place is kept, what it said is not.
const leftOutErased = "left out: erased on request"

// erasedBy are the columns by which rows of what was erased are known again.
var erasedBy = map[string]string{"customer_id": "customer", "article_id": "article"}

// erased selects the lines of the mapped rows that are about what was erased; empty if nothing was, or the table tells nothing of it.
func (j *job) erased(ctx context.Context, names []string) (lines string, err error) {
	n, err := j.count(ctx, "SELECT count() FROM creditwatch.erasures WHERE kind IN ('customer', 'article')")
	if err != nil || n == 0 {
		return "", err
	}
	for _, column := range []string{"customer_id", "article_id"} {
		if !slices.Contains(names, column) {
			continue
		}
		if lines != "" {
			lines += " OR "
		}
		lines += "lower(hex(SHA256(ifNull(" + column + ", '')))) IN (SELECT hash FROM creditwatch.erasures WHERE kind = " + str(erasedBy[column]) + ")"
	}
	if lines == "" {
		return "", nil
	}
	return "SELECT _file, _line FROM " + j.work("mapped") + " WHERE " + lines, nil
}
