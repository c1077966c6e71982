package sources

import "slices"

// A kind is the type of a ledger column, which decides how a cell is converted and checked.
type kind int

const (
	text     kind = iota // String, never null: empty when nothing is known
	money                // Decimal(18, 4)
	rate                 // Decimal(18, 8)
	real                 // Float64
	integer              // Int32
	date                 // Date, 1970-01-02 to 2149-06-06
	wideDate             // Date32, 1900-01-01 to 2299-12-31
	moment               // DateTime64(3, 'UTC'), same days as date
	boolean              // Bool
	list                 // Array(String)
	pairs                // Map(String, String)
)

// stored is the type of a column in the ledger without its Nullable, by kind.
var stored = map[kind]string{
	text: "String", money: "Decimal(18, 4)", rate: "Decimal(18, 8)", real: "Float64", integer: "Int32", date: "Date",
	wideDate: "Date32", moment: "DateTime64(3, 'UTC')", boolean: "Bool", list: "Array(String)", pairs: "Map(String, String)",
}

// A column is a column of a ledger table that a mapping can fill.
type column struct {
	Name     string
	Kind     kind
	Required bool
	OneOf    []string // allowed values of an enumeration; empty is allowed too unless required
	Check    string   // SQL over «v», the converted value, that must hold where it is filled
	Want     string   // the check in words
	Learnt   bool     // says when the row was learnt, so no part of its content
}

// A table is a table of the ledger.
type table struct {
	Name    string
	Columns []column // as in <name>_rows, up to the bookkeeping columns
	Newest  string   // SQL of the day a row speaks of, for freshness
}

const (
	notNegative = "«v» >= 0"
	isCurrency  = "match(«v», '^[A-Z]{3}$')"
	threeLetter = "a currency of three capital letters"
	isAddress   = "match(«v», '^https?://[^\\\\s<>\"]+$')"
)

// ledger lists the tables that sources fill. To add a column: the schema, a row here; a test holds the two together.
var ledger = []table{
	{Name: "customers", Newest: "toDate(known_at)", Columns: []column{
		{Name: "customer_id", Required: true},
		{Name: "name", Required: true},
		{Name: "aliases", Kind: list},
		{Name: "external_keys", Kind: pairs},
		{Name: "parent_id"},
		{Name: "industry"},
		{Name: "region"},
		{Name: "country", Check: "match(«v», '^[A-Z]{2}$')", Want: "a country of two capital letters"},
		{Name: "size_class", OneOf: []string{"large", "medium", "small", "micro"}},
		{Name: "listed", Kind: boolean},
		{Name: "onboarded_on", Kind: wideDate},
		{Name: "owner"},
		{Name: "terms_days", Kind: integer, Check: "«v» BETWEEN 0 AND 3650", Want: "0 to 3650 days"},
		{Name: "credit_limit", Kind: money, Check: notNegative, Want: "0 or more"},
		{Name: "limit_currency", Check: isCurrency, Want: threeLetter},
		{Name: "limit_valid_to", Kind: wideDate},
		{Name: "hold_status", OneOf: []string{"hold", "release"}},
		{Name: "insured_limit", Kind: money, Check: notNegative, Want: "0 or more"},
		{Name: "insured_until", Kind: wideDate},
		{Name: "net_worth", Kind: money},
		{Name: "public_body", Kind: boolean},
	}},
	{Name: "transactions", Newest: "occurred_on", Columns: []column{
		{Name: "customer_id", Required: true},
		{Name: "transaction_id", Required: true},
		{Name: "kind", Required: true, OneOf: []string{"order", "invoice", "payment", "credit_note", "refund", "dispute", "dispute_closed", "write_off", "recovery"}},
		{Name: "occurred_on", Kind: date, Required: true},
		{Name: "due_on", Kind: date},
		{Name: "amount", Kind: money, Required: true, Check: notNegative, Want: "0 or more: the kind gives the sign"},
		{Name: "currency", Required: true, Check: isCurrency, Want: threeLetter},
		{Name: "document_id"},
		{Name: "applies_to"},
		{Name: "supersedes"},
		{Name: "instrument"},
		{Name: "payer"},
		{Name: "payer_account"},
		{Name: "status", OneOf: []string{"cancelled", "returned", "shipped"}},
		{Name: "reason"},
		{Name: "discount_offered", Kind: money, Check: notNegative, Want: "0 or more"},
		{Name: "discount_taken", Kind: money, Check: notNegative, Want: "0 or more"},
	}},
	{Name: "contracts", Newest: "toDate(known_at)", Columns: []column{
		{Name: "contract_id", Required: true},
		{Name: "customer_id", Required: true},
		{Name: "valid_from", Kind: date, Required: true},
		{Name: "valid_to", Kind: wideDate},
		{Name: "terms_days", Kind: integer, Check: "«v» BETWEEN 0 AND 3650", Want: "0 to 3650 days"},
		{Name: "credit_limit", Kind: money, Check: notNegative, Want: "0 or more"},
		{Name: "currency", Check: isCurrency, Want: threeLetter},
		{Name: "review_status", OneOf: []string{"reviewed", "pending", "rejected", "none"}},
		{Name: "guarantee_type", OneOf: []string{"guarantee", "collateral", "insurance", "deposit"}},
		{Name: "guarantee_amount", Kind: money, Check: notNegative, Want: "0 or more"},
		{Name: "guarantee_until", Kind: wideDate},
		{Name: "retention_of_title", Kind: boolean},
		{Name: "late_rate", Kind: real, Check: "«v» BETWEEN 0 AND 10", Want: "a share per year from 0 to 10, 0.08 = 8 %"},
		{Name: "clauses", Kind: list},
	}},
	{Name: "interactions", Newest: "occurred_on", Columns: []column{
		{Name: "interaction_id", Required: true},
		{Name: "customer_id", Required: true},
		{Name: "kind", Required: true, OneOf: []string{"call", "visit", "email", "statement", "dunning", "promise", "extension_request", "limit_request", "complaint", "feedback"}},
		{Name: "occurred_on", Kind: date, Required: true},
		{Name: "outcome", OneOf: []string{"reached", "no_answer", "agreed", "refused"}},
		{Name: "promised_amount", Kind: money, Check: notNegative, Want: "0 or more"},
		{Name: "promised_on", Kind: date},
		{Name: "document_id"},
		{Name: "sentiment", Kind: real, Check: "«v» BETWEEN -1 AND 1", Want: "-1 to 1"},
		{Name: "severity", OneOf: []string{"low", "medium", "high"}},
		{Name: "closed_on", Kind: date},
		{Name: "owner"},
	}},
	{Name: "external_ratings", Newest: "rated_on", Columns: []column{
		{Name: "customer_id", Required: true},
		{Name: "agency", Required: true},
		{Name: "scale"},
		{Name: "grade"},
		{Name: "score", Kind: real},
		{Name: "pd", Kind: real, Check: "«v» BETWEEN 0 AND 1", Want: "0 to 1"},
		{Name: "recommended_limit", Kind: money, Check: notNegative, Want: "0 or more"},
		{Name: "outlook", OneOf: []string{"positive", "stable", "negative"}},
		{Name: "rated_on", Kind: date, Required: true},
	}},
	{Name: "articles", Newest: "toDate(known_at)", Columns: []column{
		{Name: "article_id", Required: true},
		{Name: "publisher"},
		{Name: "source_class", OneOf: []string{"official", "wire", "press", "social", "company"}},
		{Name: "url", Check: isAddress, Want: "an http or https address"},
		{Name: "published_at", Kind: moment},
		{Name: "fetched_at", Kind: moment, Required: true, Learnt: true},
		{Name: "language"},
		{Name: "title", Required: true},
		{Name: "body"},
		{Name: "customer_hint"},
		{Name: "is_bad_news", Kind: boolean},
	}},
	{Name: "outcomes", Newest: "occurred_on", Columns: []column{
		{Name: "outcome_id", Required: true},
		{Name: "customer_id", Required: true},
		{Name: "event", Required: true, OneOf: []string{"default", "cure", "write_off", "insolvency", "legal", "recovery"}},
		{Name: "occurred_on", Kind: date, Required: true},
		{Name: "amount", Kind: money, Check: notNegative, Want: "0 or more"},
		{Name: "currency", Check: isCurrency, Want: threeLetter},
		{Name: "cause"},
	}},
	{Name: "fx_rates", Newest: "valid_on", Columns: []column{
		{Name: "currency", Required: true, Check: isCurrency, Want: threeLetter},
		{Name: "valid_on", Kind: date, Required: true},
		{Name: "rate", Kind: rate, Required: true, Check: "«v» > 0", Want: "above 0"},
	}},
	{Name: "calendar", Newest: "toDate(known_at)", Columns: []column{
		{Name: "day", Kind: date, Required: true},
		{Name: "is_business", Kind: boolean, Required: true},
		{Name: "name"},
	}},
	{Name: "sales_plan", Newest: "toDate(known_at)", Columns: []column{
		{Name: "customer_id", Required: true},
		{Name: "month", Kind: date, Required: true, Check: "toDayOfMonth(«v») = 1", Want: "the first day of a month"},
		{Name: "amount", Kind: money, Required: true},
		{Name: "currency", Check: isCurrency, Want: threeLetter},
	}},
	{Name: "balances", Newest: "balance_on", Columns: []column{
		{Name: "kind", Required: true, OneOf: []string{"general_ledger", "confirmation"}},
		{Name: "customer_id"},
		{Name: "balance_on", Kind: date, Required: true},
		{Name: "currency", Required: true, Check: isCurrency, Want: threeLetter},
		{Name: "amount", Kind: money, Required: true},
		{Name: "reference"},
		{Name: "status", OneOf: []string{"unanswered", "withdrawn"}},
	}},
}

// knownAt is the column that every ledger table has and a mapping may fill.
var knownAt = column{Name: "known_at", Kind: moment, Learnt: true}

func ledgerTable(name string) (table, bool) {
	i := slices.IndexFunc(ledger, func(t table) bool { return t.Name == name })
	if i < 0 {
		return table{}, false
	}
	return ledger[i], true
}

func (t table) column(name string) (column, bool) {
	if name == knownAt.Name {
		return knownAt, true
	}
	i := slices.IndexFunc(t.Columns, func(c column) bool { return c.Name == name })
	if i < 0 {
		return column{}, false
	}
	return t.Columns[i], true
}

func (t table) names() []string {
	names := make([]string, 0, len(t.Columns)+1)
	for _, c := range t.Columns {
		names = append(names, c.Name)
	}
	return append(names, knownAt.Name)
}
