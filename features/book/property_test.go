package book

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const horizon = 30 // days of the random ledgers

// ledgers draws the rows of two customers: documents of every kind, and rows that correct, cancel and return them, also
// before what they name, in two currencies, some nights loading many days at once.
func ledgers() *rapid.Generator[[]txn] {
	return rapid.Custom(func(t *rapid.T) []txn {
		var rows []txn
		days := rapid.IntRange(1, horizon-5)
		amounts := rapid.SampledFrom([]Money{units(10), units(20), units(20), units(30), units(50), units(75), 1, 123456, 0})
		documents := rapid.SampledFrom([]string{"I1", "I2", "I3", "I4", "I5", "I6"})
		kinds := rapid.SampledFrom([]string{
			"invoice", "invoice", "invoice", "invoice", "payment", "payment", "payment", "payment", "credit_note", "refund", "write_off", "dispute",
			"dispute_closed", "order", "recovery",
		})
		initial := rapid.SampledFrom([]int{0, 0, 10, 20}).Draw(t, "initial load")
		returns := map[string]bool{} // numbers of returns and of what amends them
		n := rapid.IntRange(1, 16).Draw(t, "rows")
		for i := range n {
			x := txn{
				customer: rapid.SampledFrom([]string{"A", "A", "A", "B"}).Draw(t, "customer"),
				id:       fmt.Sprintf("%c%d", rapid.RuneFrom([]rune("pqr")).Draw(t, "letter"), i),
				on:       days.Draw(t, "on"), amount: amounts.Draw(t, "amount"), kind: kinds.Draw(t, "kind"),
				currency: rapid.SampledFrom([]string{"EUR", "EUR", "EUR", "USD"}).Draw(t, "currency"),
			}
			x.known = max(initial, x.on+rapid.SampledFrom([]int{0, 0, 0, 1, 5, -1}).Draw(t, "delay"))
			x.known = max(x.known, 1)
			if x.kind == "invoice" {
				x.doc = documents.Draw(t, "document")
				if rapid.IntRange(0, 5).Draw(t, "terms") > 0 {
					x.due = x.on + rapid.IntRange(0, 6).Draw(t, "days")
				}
			} else {
				x.doc = fmt.Sprintf("D%d", rapid.IntRange(0, 30).Draw(t, "number"))
				if rapid.Bool().Draw(t, "refers") {
					x.ref = documents.Draw(t, "applies to")
				} else if x.kind == "refund" || x.kind == "dispute_closed" {
					x.ref = fmt.Sprintf("D%d", rapid.IntRange(0, 30).Draw(t, "refunds"))
				}
			}
			if len(rows) > 0 && rapid.IntRange(0, 3).Draw(t, "amends") == 0 {
				of := rows[rapid.IntRange(0, len(rows)-1).Draw(t, "of")]
				x.customer = of.customer
				switch how := rapid.IntRange(0, 4).Draw(t, "how"); {
				case how == 0 || (returns[of.id] && of.status == "cancelled"):
					x.sup, x.status = of.id, "cancelled"
				case returns[of.id]: // a return is cancelled or moved, never made a document
					x.sup, x.status, x.kind = of.id, "returned", "payment"
				case how == 1 && of.kind == "payment" && of.status == "":
					x.sup, x.status, x.kind = of.id, "returned", "payment"
				case how == 2 && of.kind == "payment" && of.status == "" && of.sup == "":
					x.id, x.status, x.kind = of.id, "returned", "payment" // the payment itself is reported as returned
					x.known = max(x.known, of.known+1)
				case how == 3 && of.status == "" && of.sup == "":
					x.id = of.id
					x.known = max(x.known, of.known+1)
				default:
					x.sup = of.id
					if rapid.Bool().Draw(t, "same content") {
						x.kind, x.doc, x.ref, x.on, x.due, x.currency = of.kind, of.doc, of.ref, of.on, of.due, of.currency
					}
				}
			}
			returns[x.id] = returns[x.id] || (x.sup != "" && (x.status == "returned" || returns[x.sup]))
			if x.sup != "" && slices.ContainsFunc(rows, func(o txn) bool { return o.id == x.sup && o.id == x.id }) {
				x.sup = ""
			}
			x.known = min(x.known, horizon)
			rows = append(rows, x)
		}
		// Rows of the same instant, day and number have no order; the ledger's key forbids them.
		seen := map[string]bool{}
		return slices.DeleteFunc(rows, func(x txn) bool {
			k := fmt.Sprint(x.customer, x.id, x.known)
			had := seen[k]
			seen[k] = true
			return had
		})
	})
}

func nights(t *rapid.T) Options {
	o := night(rapid.IntRange(1, horizon).Draw(t, "as of"))
	o.Cut = day(rapid.IntRange(1, horizon).Draw(t, "cut")).Cut(time.UTC)
	o.Rates = map[string]float64{"EUR": 1, "USD": 0.75}
	o.Tolerance = rapid.SampledFrom([]Money{0, units(10)}).Draw(t, "tolerance")
	o.Rule = DefaultRule{
		Days: rapid.IntRange(1, 6).Draw(t, "days"), Absolute: units(rapid.IntRange(0, 40).Draw(t, "absolute")),
		Relative: rapid.SampledFrom([]float64{0, 0.25, 0.5}).Draw(t, "relative"), ProbationDays: rapid.IntRange(0, 4).Draw(t, "probation"),
		UndisputedOnly: rapid.Bool().Draw(t, "undisputed"), WriteOffs: rapid.Bool().Draw(t, "write-offs"),
	}
	return o
}

func must(t *rapid.T, rows []txn, o Options) output {
	out, err := tryBuild(rows, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func same(t *rapid.T, what string, want, got []string) {
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func fields(line string) []string { return strings.Split(line, "|") }

func ofCustomer(lines []string, customer string) []string {
	var kept []string
	for _, l := range lines {
		if strings.HasPrefix(l, customer+"|") {
			kept = append(kept, l)
		}
	}
	return kept
}

// dayOf reads k17, and - as never.
func dayOf(t *rapid.T, s string) int {
	if s == "-" {
		return 1 << 30
	}
	n, err := strconv.Atoi(strings.TrimPrefix(s, "k"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func moneyOf(t *rapid.T, s string) Money {
	m, err := ParseMoney(s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// netted sums log lines that differ by amount only: instalments of an invoice share its number.
func nettedLog(t *rapid.T, lines []string) []string {
	sums := map[string]Money{}
	for _, l := range lines {
		f := fields(l)
		sums[strings.Join([]string{f[0], f[1], f[2], f[3], f[4], f[6], f[7], f[8]}, "|")] += moneyOf(t, f[5])
	}
	var log []string
	for k, m := range sums {
		f := fields(k)
		if m != 0 {
			log = append(log, logLine(f[0], strings.Join([]string{f[1], f[2], f[3], f[4], f[5], f[6]}, "|"), m, dayOf(t, f[7])))
		}
	}
	slices.Sort(log)
	return log
}

func TestBuildAgreesWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, o := ledgers().Draw(t, "rows"), nights(t)
		got := must(t, rows, o)
		cut := o.Cut.Add(-1).YearDay()
		for _, customer := range []string{"A", "B"} {
			same(t, "allocations", oracleLog(rows, customer, cut), nettedLog(t, ofCustomer(got.allocations, customer)))
			for k := 1; k <= cut; k++ {
				var facts []string
				for _, l := range ofCustomer(got.documents, customer) {
					f := fields(l)
					if dayOf(t, f[10]) <= k && dayOf(t, f[11]) > k {
						facts = append(facts, strings.Join(f[:10], "|"))
					}
				}
				slices.Sort(facts)
				same(t, fmt.Sprint("documents known on day ", k), oracleFacts(rows, customer, k), facts)
			}
			items, events, states := oracleNight(rows, customer, o.AsOf.Sub(day(0)), o)
			gotItems := ofCustomer(got.items, customer)
			slices.Sort(gotItems)
			same(t, "open items", items, gotItems)
			var gotEvents []string
			for _, l := range ofCustomer(got.events, customer) {
				gotEvents = append(gotEvents, l[:strings.LastIndex(l, "|")])
			}
			same(t, "events", events, gotEvents)
			same(t, "states", states, ofCustomer(got.states, customer))
		}
	})
}

// TestInvoicesAreWhatTheAllocationsComeTo adds the log of allocations up and wants the invoices to say the same, line by line, and what they leave
// open to be what the open items say.
func TestInvoicesAreWhatTheAllocationsComeTo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, o := ledgers().Draw(t, "rows"), nights(t)
		got := must(t, rows, o)
		refunds := map[string]bool{} // whose lines the log keeps under the same numbers
		for _, x := range rows {
			if x = x.withDefaults(); x.kind == "refund" {
				refunds[x.customer+"|"+x.doc] = true
			}
		}
		add := func(sums map[string]Money, m Money, key ...string) { sums[strings.Join(key, "|")] += m }
		settled, open, count := map[string]Money{}, map[string]Money{}, map[string]int{}
		known := map[string]bool{}
		for _, l := range got.invoices {
			f := fields(l)
			if refunds[f[0]+"|"+f[1]] {
				continue
			}
			known[f[0]+"|"+f[1]] = true
			left := moneyOf(t, f[6])
			last := -1 << 30
			for i, on := range strings.Split(f[10], ",") {
				if on == "" {
					continue
				}
				part := func(column int) string { return strings.Split(f[column], ",")[i] }
				left -= moneyOf(t, part(11))
				add(settled, moneyOf(t, part(11)), f[0], f[1], part(12), part(13), f[8], part(14), on)
				n, err := strconv.Atoi(on)
				if err != nil || n < last || n > o.AsOf.Sub(day(0)) {
					t.Fatalf("%s: day %s after %d, %v", l, on, last, err)
				}
				last = n
			}
			if left != moneyOf(t, f[7]) {
				t.Fatalf("%s: %s are left", l, left)
			}
			add(open, left, f[0], f[1], f[8])
			count[f[0]+"|"+f[1]+"|"+f[8]]++
		}
		for _, l := range got.invoices {
			if f := fields(l); !refunds[f[0]+"|"+f[1]] && f[3] != strconv.Itoa(count[f[0]+"|"+f[1]+"|"+f[8]]) {
				t.Fatalf("%s: want %d instalments", l, count[f[0]+"|"+f[1]+"|"+f[8]])
			}
		}
		logged, items := map[string]Money{}, map[string]Money{}
		for _, l := range got.allocations {
			f := fields(l)
			if on, err := strconv.Atoi(f[7]); err == nil && on <= o.AsOf.Sub(day(0)) && known[f[0]+"|"+f[1]] {
				add(logged, moneyOf(t, f[5]), f[0], f[1], f[2], f[3], f[4], f[6], f[7])
			}
		}
		for _, l := range got.items {
			if f := fields(l); f[2] == "invoice" && !refunds[f[0]+"|"+f[1]] {
				add(items, moneyOf(t, f[6]), f[0], f[1], f[8])
			}
		}
		zero := func(_ string, m Money) bool { return m == 0 }
		for _, sums := range []map[string]Money{settled, open, logged, items} {
			maps.DeleteFunc(sums, zero)
		}
		if diff := cmp.Diff(logged, settled); diff != "" {
			t.Fatalf("settled (-log +invoices):\n%s", diff)
		}
		if diff := cmp.Diff(items, open); diff != "" {
			t.Fatalf("open (-items +invoices):\n%s", diff)
		}
	})
}

// What is learnt later changes no line that an earlier night has seen.
func TestLogsOfAnEarlierCutAreAPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, early := ledgers().Draw(t, "rows"), nights(t)
		late := early
		late.Cut = day(horizon).Cut(time.UTC)
		was, is := must(t, rows, early), must(t, rows, late)
		cut := early.Cut.Add(-1).YearDay()
		var log, documents []string
		for _, l := range is.allocations {
			if dayOf(t, fields(l)[8]) <= cut {
				log = append(log, l)
			}
		}
		for _, l := range is.documents {
			f := fields(l)
			if dayOf(t, f[10]) > cut {
				continue
			}
			if dayOf(t, f[11]) > cut {
				f[11] = "-"
			}
			documents = append(documents, strings.Join(f, "|"))
		}
		slices.Sort(log)
		slices.Sort(documents)
		slices.Sort(was.allocations)
		slices.Sort(was.documents)
		same(t, "allocations", was.allocations, log)
		same(t, "documents", was.documents, documents)
	})
}

// The open amounts of a past night follow from the logs of a later one, as SQL reads them; and they foot.
func TestPastNightFromTheLogs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, past := ledgers().Draw(t, "rows"), nights(t)
		now := past
		now.Cut, now.AsOf = day(horizon).Cut(time.UTC), day(horizon)
		logs, want := must(t, rows, now), must(t, rows, past)
		cut, asOf := past.Cut.Add(-1).YearDay(), past.AsOf.Sub(day(0))
		open, byItems := map[string]Money{}, map[string]Money{} // by customer, document and currency
		owed, footed := map[string]Money{}, map[string]Money{}  // by customer and currency
		sign := map[string]Money{"invoice": 1, "refund": 1, "payment": -1, "credit_note": -1, "write_off": -1}
		sourceDoc := map[string]string{}
		for _, l := range logs.documents {
			f := fields(l)
			if dayOf(t, f[10]) > cut || dayOf(t, f[11]) <= cut {
				continue
			}
			if f[9] != "returned" {
				sourceDoc[f[0]+f[2]] = f[1]
			}
			if dayOf(t, f[4]) > asOf || sign[f[3]] == 0 {
				continue
			}
			open[f[0]+"|"+f[1]+"|"+f[7]] += sign[f[3]] * moneyOf(t, f[6])
			owed[f[0]+"|"+f[7]] += sign[f[3]] * moneyOf(t, f[6])
		}
		for _, l := range logs.allocations {
			f := fields(l)
			if dayOf(t, f[8]) > cut || dayOf(t, f[7]) > asOf {
				continue
			}
			amount := moneyOf(t, f[5])
			open[f[0]+"|"+f[1]+"|"+f[4]] -= amount
			source := sourceDoc[f[0]+f[2]]
			open[f[0]+"|"+source+"|"+f[4]] += amount
		}
		for _, l := range want.items {
			f := fields(l)
			byItems[f[0]+"|"+f[1]+"|"+f[8]] += moneyOf(t, f[6])
			footed[f[0]+"|"+f[8]] += moneyOf(t, f[6])
		}
		for _, m := range []map[string]Money{open, byItems, owed, footed} {
			for k, v := range m {
				if v == 0 {
					delete(m, k)
				}
			}
		}
		if diff := cmp.Diff(byItems, open); diff != "" {
			t.Fatalf("open amounts (-open items +logs):\n%s", diff)
		}
		if diff := cmp.Diff(owed, footed); diff != "" {
			t.Fatalf("footing (-documents +open items):\n%s", diff)
		}
	})
}

// On every day, no invoice is settled for more than its amount and no credit spent beyond its own.
func TestNothingIsAllocatedTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, o := ledgers().Draw(t, "rows"), nights(t)
		o.Cut = day(horizon).Cut(time.UTC)
		for n := 1; n <= horizon; n++ {
			o.AsOf = day(n) // Build itself refuses an item that is open below nothing
			for _, l := range must(t, rows, o).items {
				f := fields(l)
				amount, open, stated := moneyOf(t, f[5]), moneyOf(t, f[6]), moneyOf(t, f[7])
				if amount < 0 {
					amount, open, stated = -amount, -open, -stated
				}
				if open < 0 || open > stated || stated > amount {
					t.Fatalf("day %d: %s: open amounts out of order", n, l)
				}
			}
		}
	})
}
