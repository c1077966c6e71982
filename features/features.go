// Package features is the catalogue of what is known about a customer on a date, and the SQL that yields it.
//
// The engine computes the features where the ledger lies; this package holds the definitions and composes the
// statements. For one date a caller
//
//  1. runs [InvoiceStates], which puts every invoice of the date into a working table,
//  2. runs [Insert], which joins the families of sql/ into one row per customer and stores it as a night's
//     features or as a training snapshot (the same statement, at another date),
//  3. empties the working table with [DropInvoiceStates].
//
// All statements take the same parameters ([Params], and has_<family> for each of [Kinds]): as_of and known_by are the
// date and its knowledge cut, runs says whose ledger rows count, base is the reporting currency. A snapshot of an earlier date differs in as_of
// and known_by alone, so a training row cannot know more than the night of its date knew.
//
// A feature is null when it cannot be known (no invoice settled in the window, no contract), never zero. Features
// that count things are zero when the ledger has the kind of record but none of this customer; see [Feature.Counts].
package features

import (
	"embed"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"creditwatch/pipeline/asof"
)

// Risk is the direction in which a feature raises the default probability. It is the monotone constraint of the models.
type Risk int8

const (
	None   Risk = 0  // may go either way
	Higher Risk = 1  // a higher value means more risk
	Lower  Risk = -1 // a lower value means more risk
)

// A Feature is one column of the feature table.
type Feature struct {
	Name   string // <what>_<aggregate>_<window>; the column in SQL, table, model and rule
	Family string // the file in sql/ that yields it
	Unit   string // days, amount (reporting currency), ratio (0.5 = half), count, flag (0 or 1), …
	Risk   Risk
	Model  bool   // whether the models may use it
	Counts bool   // no row in the family means zero, if the ledger has such records at all
	Facts  string // what of the ledger lies behind a value, as package facts tells it: "open/90"
	EN, ZH string // names for people
	Why    string // reason it is here
}

// Ledger is the ledger table that the feature is old with when its source is late.
func (f Feature) Ledger() string {
	for _, of := range families {
		if of.name == f.Family && of.ledger != "" {
			return of.ledger
		}
	}
	if f.Family == "customers" {
		return "customers"
	}
	return "transactions"
}

// A family is one file of sql/: a SELECT with one row per customer, joined to the customers.
type family struct {
	name   string
	ledger string // ledger table whose being empty makes counted features unknown rather than zero
	where  string // narrows that question, for families of one kind of document
}

var families = []family{
	{name: "customers"},
	{name: "exposure", ledger: "transactions"},
	{name: "ageing", ledger: "transactions"},
	{name: "payments", ledger: "transactions"},
	{name: "cash", ledger: "transactions"},
	{name: "sales", ledger: "transactions"},
	{name: "orders", ledger: "transactions", where: " WHERE kind = 'order'"},
	{name: "disputes", ledger: "transactions", where: " WHERE kind = 'dispute'"},
	{name: "relationship", ledger: "interactions"},
	{name: "contracts", ledger: "contracts"},
	{name: "ratings", ledger: "external_ratings"},
	{name: "news", ledger: "articles"},
	{name: "peers"},
	{name: "group", ledger: "customers", where: " WHERE parent_id != ''"},
	{name: "history", ledger: "transactions"},
}

//go:embed sql/*.sql
var sqlFiles embed.FS

func sqlOf(name string) string {
	text, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		panic(err) // a family without its file; the test of the catalogue meets it first
	}
	return strings.TrimSpace(string(text))
}

// Range returns the least and the largest value that the unit of the feature allows. It is wide: a value outside is not
// unusual but wrong.
func (f Feature) Range() (least, most float64) {
	switch {
	case f.Unit == "flag", f.Unit == "probability", f.Unit == "ratio" && strings.Contains(f.Name, "share"):
		return 0, 1
	case f.Unit == "count":
		return 0, 1e9
	case f.Unit == "rank 1-4":
		return 1, 4
	case f.Unit == "score -1..1":
		return -1, 1
	case f.Unit == "days":
		return -40000, 40000
	}
	return -1e15, 1e15
}

// Names returns the names of all features in table order.
func Names() []string {
	names := make([]string, len(Catalog))
	for i, f := range Catalog {
		names[i] = f.Name
	}
	return names
}

// ModelFeatures returns the features that models may use, in table order.
func ModelFeatures() []Feature {
	var fs []Feature
	for _, f := range Catalog {
		if f.Model {
			fs = append(fs, f)
		}
	}
	return fs
}

// Fingerprint identifies the catalogue and its SQL: rows built under another fingerprint are not comparable.
func Fingerprint() uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, InvoiceStates(), selectAll())
	return h.Sum64()
}

// A Target is a table that [Insert] fills.
type Target string

const (
	Night     Target = "features_rows"  // one row per customer of the night
	Snapshots Target = "snapshots_rows" // one row per customer of an earlier date, for training
)

// Params are the parameters of every statement of this package.
func Params(as asof.Date, knownBy time.Time, run uint64, runs []uint64, base string) map[string]any {
	return map[string]any{
		"as_of": as, "known_by": knownBy, "run": run, "runs": runs, "base": base, "fingerprint": Fingerprint(),
	}
}

// A Kind asks whether the ledger has the records of a family at all.
type Kind struct {
	Family string
	SQL    string // yields a row if it has
}

// Kinds returns the questions whose answers are the parameters has_<family> of [Insert].
func Kinds() []Kind {
	var kinds []Kind
	for _, f := range families {
		if f.ledger != "" {
			kinds = append(kinds, Kind{f.name, fmt.Sprintf("SELECT 1 AS found FROM creditwatch.ledger_%s(known_by = {known_by:DateTime64(3)}, runs = {runs:Array(UInt64)})%s LIMIT 1", f.ledger, f.where)})
		}
	}
	return kinds
}

// InvoiceStates returns the statement that fills the working table of a date.
func InvoiceStates() string { return sqlOf("invoice_states") }

// DropInvoiceStates returns the statement that empties the working table of a date.
func DropInvoiceStates() string {
	return "ALTER TABLE creditwatch.invoice_states_rows DROP PARTITION ({run:UInt64}, {as_of:Date})"
}

// Insert returns the statement that computes all features of a date into the target.
func Insert(into Target) string {
	head := "run, as_of, customer_id"
	values := "{run:UInt64}, {as_of:Date}, customer_id"
	if into == Snapshots {
		head = "run, as_of, fingerprint, customer_id"
		values = "{run:UInt64}, {as_of:Date}, {fingerprint:UInt64}, customer_id"
	}
	return fmt.Sprintf("INSERT INTO creditwatch.%s (%s, %s)\nSELECT %s, %s\nFROM\n(\n%s\n)",
		into, head, strings.Join(Names(), ", "), values, strings.Join(Names(), ", "), selectAll())
}

// selectAll joins the families to one row per customer. Counted features become zero where the family has no row.
func selectAll() string {
	var b strings.Builder
	b.WriteString("SELECT\n    customers.customer_id AS customer_id")
	for _, f := range Catalog {
		value := fmt.Sprintf("round(toFloat64(%s.%s), 6)", f.Family, f.Name) // sums of floats differ in the last digits from run to run
		if f.Counts && f.Family != "customers" {
			value = fmt.Sprintf("ifNull(%s, if({has_%s:Bool}, 0., NULL))", value, f.Family)
			if f.Family == "disputes" { // its rows are those of invoices, so they are there without a dispute as well
				value = fmt.Sprintf("if({has_%s:Bool}, %s, NULL)", f.Family, value)
			}
		}
		fmt.Fprintf(&b, ",\n    %s AS %s", value, f.Name)
	}
	for i, f := range families {
		if i == 0 {
			fmt.Fprintf(&b, "\nFROM\n(\n%s\n) AS %s", sqlOf(f.name), f.name)
			continue
		}
		fmt.Fprintf(&b, "\nLEFT JOIN\n(\n%s\n) AS %s ON %s.customer_id = customers.customer_id", sqlOf(f.name), f.name, f.name)
	}
	return b.String()
}

// Select returns the query behind [Insert]: customer_id and every feature of a date, by the working table that [InvoiceStates]
// has filled. It is for whoever builds a feature table again to hold it against one that was kept.
func Select() string { return selectAll() }

// Schema returns the statements that bring the two feature tables and their reader view in line with the catalogue. Each may
// be run any number of times; columns are added, never taken away.
func Schema() []string {
	var statements []string
	for _, table := range []Target{Night, Snapshots} {
		var b strings.Builder
		fmt.Fprintf(&b, "ALTER TABLE creditwatch.%s", table)
		for i, f := range Catalog {
			if i > 0 {
				b.WriteString(",")
			}
			fmt.Fprintf(&b, "\n    ADD COLUMN IF NOT EXISTS %s Nullable(Float64) COMMENT '%s'", f.Name, f.comment())
		}
		statements = append(statements, b.String())
	}
	var view strings.Builder
	view.WriteString("CREATE OR REPLACE VIEW creditwatch.features\nDEFINER = CURRENT_USER SQL SECURITY DEFINER\nAS SELECT as_of, customer_id")
	for _, f := range Catalog {
		fmt.Fprintf(&view, ", %s", f.Name)
	}
	view.WriteString("\nFROM creditwatch.features_rows\nWHERE run IN (SELECT run FROM creditwatch.live_runs)\nCOMMENT 'One row per customer and night: every feature of the catalogue'")
	return append(statements, view.String())
}

func (f Feature) comment() string {
	text := fmt.Sprintf("%s / %s; unit: %s; %s", f.EN, f.ZH, f.Unit, f.Why)
	return strings.ReplaceAll(text, "'", "''")
}
