// Package book says who owes what since when, as it was known then.
//
// [Build] reads the ledger's transaction rows once, customer by customer, and writes seven tables. Two of them
// are logs over all knowledge, from which SQL derives the state of any past night; five describe one night.
//
//   - Documents: every version of every document, valid for knowledge from known_from until before known_to.
//     As known at a cut: known_from < cut AND (known_to IS NULL OR known_to >= cut). Amounts are as in the
//     ledger, without sign; only the return of a payment is a second row of that payment, dated on the day of
//     the return, with status "returned" and a negative amount, so that sums by date come out right. No other row
//     has that status or is negative; the source_id of an allocation is the transaction_id of the row that is not.
//   - Allocations: which credit settles which invoice, append-only. A row is never changed: what turns out
//     otherwise is taken back by a row with a negative amount and the known_at of the fact that changed it.
//     An invoice's economic open amount on a date as known at a cut is its amount less the sum over
//     effective_on <= date AND known_at < cut; its ledger open amount subtracts method 'reference' only.
//   - Invoices: every invoice of Options.AsOf, settled or not, with what settled it as known before Options.Cut. It is what the allocations come to,
//     so that nobody has to add them up again.
//   - Open items, default events, those of other definitions, and customer states: of Options.AsOf, as known before Options.Cut.
//
// Both logs of an earlier cut are exactly the rows of a later log that were known by then: no fact learnt
// later changes what an earlier night sees.
//
// # Versions
//
// A row that supersedes another replaces it for good; the same transaction_id again replaces its earlier row.
// Rows joined in this way are one document and the newest row that nothing supersedes is its content. Status
// "cancelled" annuls the document as if it had never been. Status "returned" (of a payment) lets the payment
// count until the day before the return. Rows may arrive in any order: what names an unknown row waits for it.
//
// # Order of allocation
//
// Documents act in the order in which they became known; those learnt at the same instant by date, and on the
// same date invoices before credits (payments, credit notes, write-offs) before refunds before returns. After a
// correction everything is allocated anew as if the ledger had been right from the start, and the difference
// to what stood before is logged. Currencies never mix. At each document:
//
//  1. Reference. A credit that names an invoice goes there first, up to the invoice's amount, and drives out
//     credits that lie there only virtually (2 and 3). An invoice draws the credits that already name it.
//  2. Exact amount. Credit left over goes to the open invoice of exactly that amount, the oldest due if several.
//  3. Oldest due first. Credit still left goes over the open invoices by due date (without one: by invoice date).
//
// What remains is unapplied and waits for later invoices by the same rules; so there is never a free credit
// beside an open invoice. Credit that was driven out moves on at once. Credit naming an invoice not known yet
// lies virtually elsewhere until then, so that a late invoice file makes nobody overdue. A write-off that names an
// invoice never goes elsewhere. A refund is cash given back: it consumes related unapplied credit, then any, then
// takes virtual allocations back, newest first; what it cannot find is owed to us like an invoice without a due
// date. Rows of refunds carry the refund's document number as invoice_id. Recoveries settle nothing: what they
// pay was written off. Disputes do not stop allocation.
//
// Several invoice rows with one document_id that do not supersede each other are instalments: each has its due
// date and its open item, and a reference goes over them by due date.
package book
