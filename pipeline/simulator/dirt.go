package simulator

import (
	"fmt"
	"strings"
)

// The rates of dirt at Options.Dirt 1, as shares of rows.
const (
	lateRate         = 0.010 // of transactions
	correctionRate   = 0.003 // of orders, invoices and payments
	cancellationRate = 0.002 // of orders and invoices
	badCellRate      = 0.002
	duplicateRate    = 0.003

	hostileEvery = 500 // customers, of whom one has a name that is a script and one a name that is SQL
)

// The kinds of truth/dirt.csv. A late row, a return and a hostile name are accepted as they are.
const (
	badCell      = "bad_cell"     // must be rejected
	duplicate    = "duplicate"    // must be counted as a duplicate
	correction   = "correction"   // replaces a row: same transaction_id, or supersedes
	cancellation = "cancellation" // annuls a row
	bounced      = "return"       // supersedes a payment that bounced; no dirt, but a row that supersedes
	lateRow      = "late"         // learnt days after it happened
	hostileName  = "hostile_name" // text that must not be executed
)

// badCells are what is put into cells, by table.
var badCells = [...][]struct{ column, value, note string }{
	transactions: {
		{"amount", `"12,3x"`, "not a number"},
		{"amount", strings.Repeat("9876543210", 4), "40 digits"},
		{"occurred_on", "2026-13-40", "month 13"},
		{"occurred_on", "0000-00-00", "date zero"},
		{"customer_id", "", "no customer"},
		{"kind", "invioce", "unknown kind"},
	},
	customers:    {{"credit_limit", `"12,3x"`, "not a number"}, {"limit_valid_to", "0000-00-00", "date zero"}, {"customer_id", "", "no customer"}},
	contracts:    {{"valid_from", "2026-13-40", "month 13"}, {"credit_limit", strings.Repeat("9876543210", 4), "40 digits"}},
	interactions: {{"occurred_on", "2026-13-40", "month 13"}, {"promised_amount", `"12,3x"`, "not a number"}, {"customer_id", "", "no customer"}},
	ratings:      {{"pd", `"12,3x"`, "not a number"}, {"rated_on", "0000-00-00", "date zero"}},
	outcomes:     {{"amount", strings.Repeat("9876543210", 4), "40 digits"}, {"occurred_on", "2026-13-40", "month 13"}},
}

// soilRow plants a bad copy or an exact copy of row i, or nothing.
func (s *scribe) soilRow(i int) {
	x := s.soil.Float64()
	r := s.rows[i]
	switch {
	case x < badCellRate*s.dirt:
		bad := badCells[r.table][s.soil.IntN(len(badCells[r.table]))]
		from := s.begin()
		s.buf = append(s.buf, appendReplaced(nil, s.buf[r.from:r.to], columnOf(r.table, bad.column), bad.value)...)
		s.keep(r.table, from, r.known).plant = plant{badCell, bad.column, bad.note + ": the row comes well besides"}
	case x < (badCellRate+duplicateRate)*s.dirt:
		again := r
		again.plant = plant{duplicate, "", "copy in the same file"}
		if f := s.w.delivery(r.known.date()); s.soil.chance(0.5) && f >= 0 && f+1 < len(s.w.deliveries) {
			again.delivery = f + 1
			again.plant.note = "copy in the delivery after"
		}
		s.rows = append(s.rows, again)
	}
}

func columnOf(t table, name string) int {
	for i, c := range strings.Split(strings.TrimSpace(tables[t].header), ",") {
		if c == name {
			return i
		}
	}
	panic(fmt.Sprintf("%s has no column %s", tables[t].file, name))
}

// appendReplaced appends a CSV line with the cell of one column replaced.
func appendReplaced(b, line []byte, column int, value string) []byte {
	from, n, quoted := 0, 0, false
	for at, ch := range line {
		switch {
		case ch == '"':
			quoted = !quoted
		case !quoted && (ch == ',' || ch == '\n'):
			if n == column {
				b = append(b, line[:from]...)
				b = append(b, value...)
				return append(b, line[at:]...)
			}
			n, from = n+1, at+1
		}
	}
	return append(b, line...)
}
