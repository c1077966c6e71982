package book

import (
	"github.com/apache/arrow/go/v17/arrow"
)

var (
	moneyType = &arrow.Decimal128Type{Precision: 18, Scale: 4}
	stampType = &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}
)

// InputSchema is what Build reads: the ledger's transactions sorted by customer_id, known_at, occurred_on and
// transaction_id. Columns are found by name; further ones are ignored.
var InputSchema = arrow.NewSchema([]arrow.Field{
	{Name: "customer_id", Type: arrow.BinaryTypes.String},
	{Name: "transaction_id", Type: arrow.BinaryTypes.String},
	{Name: "kind", Type: arrow.BinaryTypes.String},
	{Name: "occurred_on", Type: arrow.FixedWidthTypes.Date32},
	{Name: "due_on", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
	{Name: "amount", Type: moneyType},
	{Name: "currency", Type: arrow.BinaryTypes.String},
	{Name: "document_id", Type: arrow.BinaryTypes.String},
	{Name: "applies_to", Type: arrow.BinaryTypes.String},
	{Name: "supersedes", Type: arrow.BinaryTypes.String},
	{Name: "status", Type: arrow.BinaryTypes.String},
	{Name: "known_at", Type: stampType},
}, nil)

// DocumentsSchema is every version of every document. Grain: document version.
var DocumentsSchema = outputSchema(
	arrow.Field{Name: "customer_id", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "document_id", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "transaction_id", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "kind", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "occurred_on", Type: arrow.FixedWidthTypes.Date32},
	arrow.Field{Name: "due_on", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
	arrow.Field{Name: "amount", Type: moneyType},
	arrow.Field{Name: "currency", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "applies_to", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "status", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "known_from", Type: stampType},
	arrow.Field{Name: "known_to", Type: stampType, Nullable: true},
)

// AllocationsSchema is the append-only log of what settles what. Grain: change of an allocation.
var AllocationsSchema = outputSchema(
	arrow.Field{Name: "customer_id", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "invoice_id", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "source_id", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "kind", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "currency", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "amount", Type: moneyType},
	arrow.Field{Name: "method", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "effective_on", Type: arrow.FixedWidthTypes.Date32},
	arrow.Field{Name: "known_at", Type: stampType},
)

// InvoicesSchema is every invoice of the date, settled or not, with what settled it by then. Grain: instalment of an invoice. A line of the lists
// is what one credit settled on one day by one method; days rise.
var InvoicesSchema = outputSchema(
	arrow.Field{Name: "customer_id", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "document_id", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "transaction_id", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "instalments", Type: arrow.PrimitiveTypes.Int32},
	arrow.Field{Name: "invoiced_on", Type: arrow.FixedWidthTypes.Date32},
	arrow.Field{Name: "due_on", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
	arrow.Field{Name: "amount", Type: moneyType},
	arrow.Field{Name: "open_amount", Type: moneyType},
	arrow.Field{Name: "currency", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "disputed_on", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
	arrow.Field{Name: "settled_on", Type: listOf(arrow.FixedWidthTypes.Date32)},
	arrow.Field{Name: "settled", Type: listOf(moneyType)},
	arrow.Field{Name: "settled_by", Type: listOf(arrow.BinaryTypes.String)},
	arrow.Field{Name: "settled_kind", Type: listOf(arrow.BinaryTypes.String)},
	arrow.Field{Name: "settled_method", Type: listOf(arrow.BinaryTypes.String)},
)

func listOf(t arrow.DataType) arrow.DataType { return arrow.ListOfNonNullable(t) }

// OpenItemsSchema is what is open on the date. Grain: invoice or credit with an open amount.
var OpenItemsSchema = outputSchema(
	arrow.Field{Name: "customer_id", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "document_id", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "kind", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "invoiced_on", Type: arrow.FixedWidthTypes.Date32},
	arrow.Field{Name: "due_on", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
	arrow.Field{Name: "amount", Type: moneyType},
	arrow.Field{Name: "open_amount", Type: moneyType},
	arrow.Field{Name: "ledger_open_amount", Type: moneyType},
	arrow.Field{Name: "currency", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "days_past_due", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	arrow.Field{Name: "ledger_days_past_due", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	arrow.Field{Name: "bucket", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "disputed", Type: arrow.FixedWidthTypes.Boolean},
	arrow.Field{Name: "dispute_opened_on", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
	arrow.Field{Name: "open_base", Type: moneyType},
)

// DefaultEventsSchema is the defaults and cures up to the date. Grain: event.
var DefaultEventsSchema = outputSchema(
	arrow.Field{Name: "customer_id", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "event", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "occurred_on", Type: arrow.FixedWidthTypes.Date32},
	arrow.Field{Name: "clause", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "days", Type: arrow.PrimitiveTypes.Int32},
	arrow.Field{Name: "amount", Type: moneyType},
	arrow.Field{Name: "known_at", Type: stampType},
)

// AlternativeEventsSchema is the same by the definitions kept beside the one that counts. Grain: definition and event.
var AlternativeEventsSchema = outputSchema(
	arrow.Field{Name: "customer_id", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "definition", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "event", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "occurred_on", Type: arrow.FixedWidthTypes.Date32},
	arrow.Field{Name: "clause", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "days", Type: arrow.PrimitiveTypes.Int32},
	arrow.Field{Name: "amount", Type: moneyType},
	arrow.Field{Name: "known_at", Type: stampType},
)

// CustomerStatesSchema is the counter of the definition of default on the date. Grain: customer with any row.
var CustomerStatesSchema = outputSchema(
	arrow.Field{Name: "customer_id", Type: arrow.BinaryTypes.String},
	arrow.Field{Name: "default_days", Type: arrow.PrimitiveTypes.Int32},
	arrow.Field{Name: "overdue_amount", Type: moneyType},
	arrow.Field{Name: "in_default", Type: arrow.FixedWidthTypes.Boolean},
)

// outputSchema puts the run and the business date before the columns of a table.
func outputSchema(fields ...arrow.Field) *arrow.Schema {
	return arrow.NewSchema(append([]arrow.Field{
		{Name: "run", Type: arrow.PrimitiveTypes.Uint64},
		{Name: "as_of", Type: arrow.FixedWidthTypes.Date32},
	}, fields...), nil)
}
