package warehouse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// How a personal column is shown to analysts who are not to see names.
const (
	maskName  = "name"  // 张**, of an address a***@b.cn, of a number its last four digits
	maskID    = "id"    // the last four characters
	maskWords = "words" // ***: what people or the press wrote may name anybody
	maskView  = "view"  // not at all, see withheld
)

// personal marks the columns of readers' views that are about persons: sole traders, contacts, colleagues, people in the news. A column is
// named alone, or with its view where another view has something else under that name. To add one: here, or in impersonal.
var personal = map[string]string{
	"customers.name": maskName, "news_reviews.name": maskName, "aliases": maskName, "customer_hint": maskName, "matched": maskName, "payer": maskName,
	"owner": maskName, "entered_by": maskName, "decided_by": maskName, "approved_by": maskName,
	"acknowledged_by": maskName, "resolved_by": maskName, "snoozed_by": maskName, "lifted_by": maskName,

	"external_keys": maskID, "payer_account": maskID,

	"actions.reason": maskWords, "entries.reason": maskWords, "model_decisions.reason": maskWords, "transactions.reason": maskWords, "warning_events.reason": maskWords,
	"title": maskWords, "body": maskWords, "sentence": maskWords, "message": maskWords, "old_value": maskWords, "new_value": maskWords, "evidence": maskWords, "example": maskWords,
	"promotions.text_en": maskWords, "promotions.text_zh": maskWords, "coverage.text_en": maskWords, "coverage.text_zh": maskWords,
	"warning_events.text_en": maskWords, "warning_events.text_zh": maskWords,
	"warnings.text_en": maskWords, "warnings.text_zh": maskWords, "open_warnings.text_en": maskWords, "open_warnings.text_zh": maskWords,
	"intraday_warnings.text_en": maskWords, "intraday_warnings.text_zh": maskWords, "worklist.text_en": maskWords, "worklist.text_zh": maskWords,
}

// impersonal are the text columns about nobody: numbers of ours, codes, amounts in words, our own sentences about figures.
var impersonal = strings.Fields(`
	action advice agency amount applies_to approver approver_zh article_id basis binding bound bounds_version bucket bypass canaries candidates cause cause_en cause_zh
	challenger champion channel clause clauses code columns config_hash confirmed_state contract_id control_state counted_by country criterion currency customer_id cut cycle
	decision decision_id definition dimension document_id dragged effect_basis encoding entry_id episode_id event event_id event_ids evidence_grade exclusion fallen family
	feature file finding finding_id fingerprint format from_bucket grade group_id guarantee_type hash heeded hold_status host industry instrument interaction_id interest_rule invoice_id
	jumped_by kind labels_id language learner ledger_state lgd_segment light limit_currency live matches members method metric mode model_id
	calendar.name checks.name concentration.name removals.name validation_initial.name name_en name_zh names need_basis next_step not_known note outcome outcome_id outlook parameters parent_id
	polarity policy_hash policy_version previous publisher pulled_by reads reasons dunning.reason news_reviews.reason recent recommend reference region replaces reverses review_id review_status role rule
	sample scale scenario scope segment settled_by settled_kind settled_method severity sha256 size_class source source_class source_id stage state status step step_en step_zh
	story_id subject supersedes suppressed_by terms_from text_en text_zh to_bucket top_names transaction_id url value verdict version visits_overdue_first why without_limit
`)

// withheld are the readers' views that analysts who are not to see names do not see at all: rows as they came, whole reports, everything on
// one customer in words, who did what.
var withheld = []string{"audit", "credit_file", "rejects", "reports"}

// markOf returns how a text column of a view is masked, empty if it is about nobody; known is false of a column that nobody has marked.
func markOf(view, column string) (mask string, known bool) {
	if slices.Contains(withheld, view) {
		return maskView, true
	}
	for _, name := range []string{view + "." + column, column} {
		if mask, ok := personal[name]; ok {
			return mask, true
		}
		if slices.Contains(impersonal, name) {
			return "", true
		}
	}
	return "", false
}

// masked is the expression that shows a text. A name is known from an address by its @ and from a telephone by its digits.
var masked = map[string]string{
	maskName: "multiIf(x = '', '', position(x, '@') > 1, concat(substringUTF8(x, 1, 1), '***', substring(x, position(x, '@'))), " +
		"match(x, '^[-+0-9 ()./]{7,}$'), concat('****', substringUTF8(x, -4)), concat(substringUTF8(x, 1, 1), '**'))",
	maskID:    "multiIf(x = '', '', lengthUTF8(x) < 8, '****', concat('****', substringUTF8(x, -4)))",
	maskWords: "if(x = '', '', '***')",
}

// maskedColumn is the expression of a column of some type.
func maskedColumn(column, kind, mask string) (string, error) {
	name := "`" + column + "`"
	show := masked[mask]
	switch kind {
	case "String", "LowCardinality(String)":
		return "arrayMap(x -> " + show + ", [toString(" + name + ")])[1] AS " + name, nil
	case "Nullable(String)":
		return "if(isNull(" + name + "), NULL, arrayMap(x -> " + show + ", [ifNull(" + name + ", '')])[1]) AS " + name, nil
	case "Array(String)":
		return "arrayMap(x -> " + show + ", " + name + ") AS " + name, nil
	case "Map(String, String)":
		return "mapApply((k, x) -> (k, " + show + "), " + name + ") AS " + name, nil
	}
	return "", fmt.Errorf("column %s: %s cannot be masked", column, kind)
}

// MaskedDatabase holds for each readers' view one of the same name in which personal columns are masked.
func (db *DB) MaskedDatabase() string { return db.database + maskedSuffix }

const maskedSuffix = "_masked"

// Mask makes the masked views what the readers' views and the marks ask for. It fails on a text column without a mark.
func (db *DB) Mask(ctx context.Context) error {
	if err := db.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+db.MaskedDatabase(), nil); err != nil {
		return fmt.Errorf("masked views: %w", err)
	}
	views := slices.DeleteFunc(ReaderViews(), func(v string) bool { return slices.Contains(withheld, v) })
	type column struct {
		View string `ch:"view"`
		Name string `ch:"name"`
		Type string `ch:"type"`
	}
	columns, err := Select[column](ctx, db, "SELECT table AS view, name, type FROM system.columns WHERE database = {db:String} AND has({views:Array(String)}, table) ORDER BY table, position",
		map[string]any{"db": db.database, "views": views})
	if err != nil {
		return fmt.Errorf("masked views: %w", err)
	}
	shown := map[string][]string{}
	for _, c := range columns {
		expression := "`" + c.Name + "`"
		if strings.Contains(c.Type, "String") {
			mask, known := markOf(c.View, c.Name)
			if !known {
				return fmt.Errorf("masked views: column %s of %s: mark it in personal.go as personal or not", c.Name, c.View)
			}
			if mask != "" {
				if expression, err = maskedColumn(c.Name, c.Type, mask); err != nil {
					return fmt.Errorf("masked views: %s: %w", c.View, err)
				}
			}
		}
		shown[c.View] = append(shown[c.View], expression)
	}
	type made struct {
		Name    string `ch:"name"`
		Comment string `ch:"comment"`
	}
	there, err := Select[made](ctx, db, "SELECT name, comment FROM system.tables WHERE database = {db:String}", map[string]any{"db": db.MaskedDatabase()})
	if err != nil {
		return fmt.Errorf("masked views: %w", err)
	}
	is := map[string]string{}
	for _, m := range there {
		is[m.Name] = m.Comment
	}
	for _, view := range views {
		list := strings.Join(shown[view], ", ")
		sum := sha256.Sum256([]byte(list))
		comment := "as " + view + ", persons masked; " + hex.EncodeToString(sum[:8])
		if is[view] != comment {
			err := db.Exec(ctx, "CREATE OR REPLACE VIEW "+db.MaskedDatabase()+"."+view+" DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT "+list+
				" FROM "+db.database+"."+view+" COMMENT '"+comment+"'", nil)
			if err != nil {
				return fmt.Errorf("masked view %s: %w", view, err)
			}
		}
		delete(is, view)
	}
	for name := range is { // of a view that is withheld by now, or is no more
		if plainName.MatchString(name) {
			if err := db.Exec(ctx, "DROP VIEW IF EXISTS "+db.MaskedDatabase()+"."+name, nil); err != nil {
				return fmt.Errorf("masked view %s: %w", name, err)
			}
		}
	}
	return nil
}
