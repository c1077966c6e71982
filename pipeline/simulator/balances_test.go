package simulator

import (
	"math"
	"testing"

	"creditwatch/pipeline/asof"
)

// TestBalances sums the files of the ledger as they came to be known at last: the general ledger agrees with them to the cent, for every customer
// and in the control accounts, and so does every confirmation but those that truth/balances.csv tells of.
func TestBalances(t *testing.T) {
	dir, sum := sharedBook(t)
	type entry struct {
		on     asof.Date
		signed int64
	}
	byCustomer, byCurrency, currencyOf := map[string][]entry{}, map[string][]entry{}, map[string]string{}
	paidOn := map[string]asof.Date{}
	lines := read(t, dir, "transactions-*")
	for _, l := range lines {
		if l.cells["customer_id"] != "" {
			currencyOf[l.cells["customer_id"]] = l.cells["currency"]
		}
		if on, err := asof.Parse(l.cells["occurred_on"]); err == nil && l.cells["kind"] == "payment" && l.cells["status"] == "" {
			paidOn[l.cells["transaction_id"]] = on
		}
	}
	book := func(customer string, on asof.Date, signed int64) {
		byCustomer[customer] = append(byCustomer[customer], entry{on, signed})
		byCurrency[currencyOf[customer]] = append(byCurrency[currencyOf[customer]], entry{on, signed})
	}
	for _, p := range finalLedger(t, dir) {
		switch p.kind {
		case "invoice", "refund":
			book(p.customer, p.on, p.amount)
		case "payment", "credit_note", "write_off":
			book(p.customer, p.on, -p.amount)
		}
	}
	// A payment that bounced counts until the day on which it came back.
	seen := map[string]bool{}
	cents := func(s string) int64 { return int64(math.Round(number(t, s) * 100)) }
	for _, l := range lines {
		if id := l.cells["transaction_id"]; l.cells["status"] == "returned" && badCellOf(l.cells) == "" && !seen[id] {
			seen[id] = true
			book(l.cells["customer_id"], paidOn[l.cells["supersedes"]], -cents(l.cells["amount"]))
			book(l.cells["customer_id"], asof.MustParse(l.cells["occurred_on"]), cents(l.cells["amount"]))
		}
	}
	at := func(entries []entry, on asof.Date) (balance int64) {
		for _, e := range entries {
			if e.on <= on {
				balance += e.signed
			}
		}
		return balance
	}

	wrong, causes := map[string]int64{}, map[string]int{}
	for _, l := range read(t, dir, "truth/balances.csv") {
		wrong[l.cells["customer_id"]+l.cells["balance_on"]] = cents(l.cells["difference"])
		causes[l.cells["cause"]]++
		if (l.cells["document_id"] == "") != (l.cells["cause"] == "typing") {
			t.Errorf("%s: cause %s of document %q", l.cells["customer_id"], l.cells["cause"], l.cells["document_id"])
		}
	}
	count := map[string]int{}
	for _, l := range read(t, dir, "balances-*") {
		c := l.cells
		on := asof.MustParse(c["balance_on"])
		if known := asof.MustParse(c["known_at"][:10]); known <= on || on != on.MonthEnd() {
			t.Errorf("%s:%d: balance of %s learnt on %s", l.file, l.n, on, known)
		}
		want, what := at(byCustomer[c["customer_id"]], on), c["kind"]
		switch {
		case c["customer_id"] == "":
			want, what = at(byCurrency[c["currency"]], on), "control"
		case what == "confirmation" && c["status"] == "":
			want += wrong[c["customer_id"]+c["balance_on"]]
			delete(wrong, c["customer_id"]+c["balance_on"])
		case c["status"] != "":
			what = c["status"]
		}
		count[what]++
		if got := cents(c["amount"]); got != want {
			t.Errorf("%s:%d: %s of %s on %s: %d cents, want %d", l.file, l.n, what, c["customer_id"], on, got, want)
		}
	}
	if len(wrong) > 0 {
		t.Errorf("told of in truth/balances.csv and not in the files: %v", wrong)
	}
	if count["control"] < 100 || count["general_ledger"] < sum.Customers*2 || count["confirmation"] < 100 || count["unanswered"] < 10 || count["unanswered"]*5 > count["confirmation"] {
		t.Errorf("balances: %v", count)
	}
	planted := causes["in_transit"] + causes["not_booked"] + causes["typing"]
	if causes["in_transit"] == 0 || causes["not_booked"] == 0 || causes["typing"] == 0 || planted*5 > count["confirmation"] {
		t.Errorf("%d confirmations disagree of %d: %v", planted, count["confirmation"], causes)
	}
}
