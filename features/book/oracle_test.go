package book

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The oracle says the same as Build in the plainest way there is: for every instant of knowledge it resolves all rows
// and allocates all documents from nothing, with sums over lists instead of running balances, and days one by one.

type oracleDoc struct {
	txn             // content
	first      int  // index of its first row
	back       *txn // the row that returns it
	backFirst  int
	returnedOn int
}

// oracleDocs resolves rows, sorted as the ledger is, into the documents they form.
func oracleDocs(rows []txn) []oracleDoc {
	isReturn := map[string]bool{}
	for _, r := range rows {
		if r.status == "returned" && r.kind == "payment" && r.sup != "" && r.sup != r.id {
			isReturn[r.id] = true
		}
	}
	group := map[string]string{}
	find := func(id string) string {
		for group[id] != "" {
			id = group[id]
		}
		return id
	}
	superseded, returnOf := map[string]bool{}, map[string]string{}
	for _, r := range rows {
		if r.sup == "" || r.sup == r.id {
			continue
		}
		if isReturn[r.id] && !isReturn[r.sup] {
			returnOf[r.id] = r.sup
			continue
		}
		superseded[r.sup] = true
		if a, b := find(r.id), find(r.sup); a != b {
			group[a] = b
		}
	}
	members := map[string][]int{}
	for i, r := range rows {
		members[find(r.id)] = append(members[find(r.id)], i)
	}
	current := func(g string) int {
		best := -1
		for _, i := range members[g] {
			if !superseded[rows[i].id] {
				best = i
			}
		}
		return best
	}
	returnGroup := map[string]string{} // group of the return to id of the payment
	for id, of := range returnOf {
		returnGroup[find(id)] = of
	}
	var docs []oracleDoc
	for g, at := range members {
		cur := current(g)
		if cur < 0 || rows[cur].status == "cancelled" {
			continue
		}
		d := oracleDoc{txn: rows[cur], first: at[0]}
		if rows[cur].status == "returned" && rows[cur].kind == "payment" {
			if returnGroup[g] != "" {
				continue
			}
			d.back, d.backFirst = &rows[cur], cur
			for _, i := range at {
				if i < cur && rows[i].status == "" {
					d.txn = rows[i]
				}
			}
		}
		if d.kind == "payment" {
			for rg, of := range returnGroup {
				rc := current(rg)
				if find(of) != g || rc < 0 || rows[rc].status != "returned" {
					continue
				}
				if d.back == nil || rows[rc].on < d.back.on || (rows[rc].on == d.back.on && rc < slices.Index(rows, *d.back)) {
					d.back, d.backFirst = &rows[rc], members[rg][0]
				}
			}
			if d.back != nil {
				d.returnedOn = max(d.on, d.back.on)
			}
		} else {
			d.back = nil
		}
		docs = append(docs, d)
	}
	slices.SortFunc(docs, func(a, b oracleDoc) int { return a.first - b.first })
	return docs
}

type oracleAlloc struct {
	inv, src *oracleSide
	amount   Money
	on       int
	method   string
}

// An oracleSide is a document in the allocation, with the day from which its balance is free.
type oracleSide struct {
	*oracleDoc
	from int
	gone bool
}

type oracleBook struct {
	invoices, refunds, sources []*oracleSide
	live                       []*oracleAlloc
	entries                    map[string]Money // invoice|source|kind|currency|method|day
	dated                      []oracleAlloc    // every entry
}

func (b *oracleBook) balance(s *oracleSide) Money {
	if s.gone {
		return 0
	}
	rest := s.amount
	for _, a := range b.live {
		if a.inv == s || a.src == s {
			rest -= a.amount
		}
	}
	return rest
}

func (b *oracleBook) enter(inv, src *oracleSide, amount Money, method string, on int) {
	b.entries[fmt.Sprintf("%s|%s|%s|%s|%s|%d", inv.doc, src.id, src.kind, inv.currency, method, on)] += amount
	b.dated = append(b.dated, oracleAlloc{inv, src, amount, on, method})
}

func (b *oracleBook) put(src, inv *oracleSide, amount Money, method string) {
	if amount > 0 {
		on := max(src.from, inv.from)
		b.live = append(b.live, &oracleAlloc{inv, src, amount, on, method})
		b.enter(inv, src, amount, method, on)
	}
}

func (b *oracleBook) lift(a *oracleAlloc, amount Money, on int) {
	if amount <= 0 {
		return
	}
	a.amount -= amount
	if on > a.on {
		a.inv.from, a.src.from = max(a.inv.from, on), max(a.src.from, on)
	}
	b.enter(a.inv, a.src, -amount, a.method, on)
}

// newest calls do for the virtual allocations of s, the newest first.
func (b *oracleBook) newest(s *oracleSide, do func(*oracleAlloc)) {
	for _, a := range slices.Backward(slices.Clone(b.live)) {
		if a.method != "reference" && (a.inv == s || a.src == s) {
			do(a)
		}
	}
}

func (b *oracleBook) refer(src, inv *oracleSide) {
	room := inv.amount
	for _, a := range b.live {
		if a.inv == inv && a.method == "reference" {
			room -= a.amount
		}
	}
	b.newest(src, func(a *oracleAlloc) { b.lift(a, min(a.amount, room-b.balance(src)), a.on) })
	want := min(room, b.balance(src))
	b.newest(inv, func(a *oracleAlloc) { b.lift(a, min(a.amount, want-b.balance(inv)), a.on) })
	b.put(src, inv, want, "reference")
}

func (b *oracleBook) byAge() []*oracleSide {
	sorted := slices.Clone(b.invoices)
	slices.SortStableFunc(sorted, func(x, y *oracleSide) int {
		dx, dy := cmp.Or(x.due, x.on), cmp.Or(y.due, y.on)
		return cmp.Or(dx-dy, x.on-y.on, strings.Compare(x.doc, y.doc))
	})
	return sorted
}

func (b *oracleBook) settle() {
	for _, f := range b.refunds {
		related := func(s *oracleSide) bool { return f.ref != "" && (s.doc == f.ref || s.ref == f.ref) }
		for _, s := range b.sources {
			if related(s) {
				b.put(s, f, min(b.balance(s), b.balance(f)), "reference")
			}
		}
		for _, s := range b.sources {
			if roams(s) {
				b.put(s, f, min(b.balance(s), b.balance(f)), "oldest")
			}
		}
		for _, a := range slices.Backward(slices.Clone(b.live)) {
			if a.method == "reference" || a.inv.kind == "refund" {
				continue
			}
			method := "oldest"
			if related(a.src) {
				method = "reference"
			}
			amount := min(a.amount, b.balance(f))
			b.lift(a, amount, max(a.on, f.from))
			b.put(a.src, f, amount, method)
		}
	}
	for _, s := range b.sources {
		for _, i := range b.byAge() {
			if roams(s) && b.balance(s) > 0 && b.balance(i) == b.balance(s) {
				b.put(s, i, b.balance(s), "amount")
			}
		}
	}
	for _, s := range b.sources {
		for _, i := range b.byAge() {
			if roams(s) {
				b.put(s, i, min(b.balance(s), b.balance(i)), "oldest")
			}
		}
	}
}

func roams(s *oracleSide) bool { return s.kind != "write_off" || s.ref == "" }

// oracleAllocate lets the documents of one currency act in order.
func oracleAllocate(rows []txn, docs []oracleDoc, currency string) *oracleBook {
	b := &oracleBook{entries: map[string]Money{}}
	type act struct {
		known, on, class, first int
		do                      func()
	}
	var acts []act
	for i := range docs {
		d := &docs[i]
		if d.currency != currency || d.amount == 0 {
			continue
		}
		s := &oracleSide{oracleDoc: d, from: d.on}
		a := act{known: rows[d.first].known, on: d.on, first: d.first}
		switch d.kind {
		case "invoice":
			a.class = 1
			a.do = func() {
				b.invoices = append(b.invoices, s)
				for _, src := range b.sources {
					if !src.gone && src.ref == s.doc && b.balance(s) > 0 {
						b.refer(src, s)
					}
				}
			}
		case "payment", "credit_note", "write_off":
			a.class = 2
			a.do = func() {
				b.sources = append(b.sources, s)
				for _, inv := range b.byAge() {
					if inv.doc == s.ref && b.balance(s) > 0 {
						b.refer(s, inv)
					}
				}
			}
		case "refund":
			a.class = 3
			a.do = func() { b.refunds = append(b.refunds, s) }
		default:
			continue
		}
		acts = append(acts, a)
		if d.back != nil {
			acts = append(acts, act{
				known: max(rows[d.backFirst].known, a.known), on: d.returnedOn, class: 4, first: d.backFirst,
				do: func() {
					for _, al := range b.dated {
						if al.src == s {
							b.enter(al.inv, s, -al.amount, al.method, max(al.on, d.returnedOn))
						}
					}
					for _, al := range b.live {
						if al.src == s && al.amount > 0 {
							if d.returnedOn > al.on {
								al.inv.from = max(al.inv.from, d.returnedOn)
							}
							al.amount = 0
						}
					}
					s.gone = true
				},
			})
		}
	}
	slices.SortFunc(acts, func(x, y act) int {
		return cmp.Or(x.known-y.known, x.on-y.on, x.class-y.class, x.first-y.first)
	})
	for _, a := range acts {
		a.do()
		b.settle()
	}
	return b
}

var oracleCurrencies = []string{"EUR", "USD"}

// oracleKnown is the rows of a customer known by the end of a day, sorted.
func oracleKnown(rows []txn, customer string, by int) []txn {
	var known []txn
	for _, r := range rows {
		if r = r.withDefaults(); r.customer == customer && r.known <= by {
			known = append(known, r)
		}
	}
	slices.SortStableFunc(known, compareTxns)
	return known
}

// oracleLog is the allocation log known by a day: lines of the log without their order.
func oracleLog(rows []txn, customer string, by int) []string {
	var log []string
	before := map[string]Money{}
	for k := 0; k <= by; k++ {
		now := map[string]Money{}
		known := oracleKnown(rows, customer, k)
		docs := oracleDocs(known)
		for _, c := range oracleCurrencies {
			maps.Copy(now, oracleAllocate(known, docs, c).entries)
		}
		for key := range now {
			before[key] += 0
		}
		for key, was := range before {
			if now[key] != was {
				log = append(log, logLine(customer, key, now[key]-was, k))
			}
		}
		before = now
	}
	slices.Sort(log)
	return log
}

func logLine(customer, key string, amount Money, known int) string {
	f := strings.Split(key, "|")
	return fmt.Sprintf("%s|%s|%s|%s|%s|%s|%s|%s|k%d", customer, f[0], f[1], f[2], f[3], strings.TrimSuffix(amount.String(), ".00"), f[4], f[5], known)
}

// oracleFacts is what the document log says at a day: its lines without the times of knowledge.
func oracleFacts(rows []txn, customer string, by int) []string {
	var facts []string
	line := func(d txn, id, status string, amount Money, on int) {
		due := "-"
		if d.due != 0 {
			due = fmt.Sprint(d.due)
		}
		facts = append(facts, fmt.Sprintf("%s|%s|%s|%s|%d|%s|%s|%s|%s|%s", customer, d.doc, id, d.kind, on, due, strings.TrimSuffix(amount.String(), ".00"), d.currency, d.ref, status))
	}
	for _, d := range oracleDocs(oracleKnown(rows, customer, by)) {
		line(d.txn, d.id, strings.TrimSuffix(d.status, "returned"), d.amount, d.on)
		if d.back != nil {
			line(d.txn, d.back.id, "returned", -d.amount, d.returnedOn)
		}
	}
	slices.Sort(facts)
	return facts
}

// oracleDisputed returns the day of the oldest dispute of an invoice open on a day, or 0.
func oracleDisputed(docs []oracleDoc, invoice string, on int) int {
	since := 0
	for _, d := range docs {
		if d.kind != "dispute" || cmp.Or(d.ref, d.doc) != invoice || d.on > on {
			continue
		}
		over := false
		for _, z := range docs {
			if z.kind != "dispute_closed" || z.on < d.on || z.on > on {
				continue
			}
			names := func(d oracleDoc) bool { return d.kind == "dispute" && (d.doc == z.doc || d.doc == z.ref) }
			if slices.ContainsFunc(docs, names) {
				over = over || names(d)
			} else {
				over = over || invoice == z.ref || invoice == z.doc
			}
		}
		if !over && (since == 0 || d.on < since) {
			since = d.on
		}
	}
	return since
}

// oracleNight is the open items, events (without known_at) and states of a night, sorted.
func oracleNight(rows []txn, customer string, asOf int, o Options) (items, events, states []string) {
	known := oracleKnown(rows, customer, int(o.Cut.Add(-1).Sub(day(0).Time()).Hours()/24))
	if len(known) == 0 {
		return nil, nil, nil
	}
	docs := oracleDocs(known)
	var books []*oracleBook
	for _, c := range oracleCurrencies {
		books = append(books, oracleAllocate(known, docs, c))
	}
	text := func(m Money) string { return strings.TrimSuffix(m.String(), ".00") }
	settledBy := func(b *oracleBook, s *oracleSide, on int, method string) Money {
		var sum Money
		for _, a := range b.dated {
			if (a.inv == s || a.src == s) && a.on <= on && (method == "" || a.method == method) {
				sum += a.amount
			}
		}
		return sum
	}
	for _, b := range books {
		for _, s := range slices.Concat(b.invoices, b.refunds, b.sources) {
			if s.on > asOf {
				continue
			}
			sign, value := Money(1), s.amount
			if s.kind != "invoice" && s.kind != "refund" {
				sign = -1
				if s.back != nil && s.returnedOn <= asOf {
					value = 0
				}
			}
			open, ledgerOpen := sign*(value-settledBy(b, s, asOf, "")), sign*(value-settledBy(b, s, asOf, "reference"))
			if open == 0 && ledgerOpen == 0 {
				continue
			}
			kind, due, days, ledgerDays, bucket, disputed, since := "unapplied", "-", "-", "-", "unapplied", false, "-"
			if s.kind == "invoice" {
				kind, bucket = "invoice", "no_due_date"
				if s.due != 0 {
					late := func(open Money) int {
						if open <= o.Tolerance {
							return 0
						}
						return max(0, asOf-s.due)
					}
					due, days, ledgerDays, bucket = fmt.Sprint(s.due), fmt.Sprint(late(open)), fmt.Sprint(late(ledgerOpen)), Bucket(late(open))
				}
				if d := oracleDisputed(docs, s.doc, asOf); d != 0 {
					disputed, since = true, fmt.Sprint(d)
				}
			}
			base, _ := open.Times(o.Rates[s.currency])
			items = append(items, fmt.Sprintf("%s|%s|%s|%d|%s|%s|%s|%s|%s|%s|%s|%s|%t|%s|%s", customer, s.doc, kind, s.on, due,
				text(sign*s.amount), text(open), text(ledgerOpen), s.currency, days, ledgerDays, bucket, disputed, since, text(base)))
		}
	}
	slices.Sort(items)

	met, clean, inDefault, loss := 0, 0, false, false
	var overdue Money
	for d := 1; d <= asOf; d++ {
		var exposure, lost Money
		overdue = 0
		for k, b := range books {
			var due, open, off Money
			for _, s := range b.invoices {
				if s.on > d {
					continue
				}
				rest := s.amount - settledBy(b, s, d, "")
				open += rest
				if s.due != 0 && d > s.due && rest > o.Tolerance && !(o.Rule.UndisputedOnly && oracleDisputed(docs, s.doc, d) != 0) {
					due += rest
				}
			}
			for _, a := range b.dated {
				if a.src.kind == "write_off" && a.on == d && a.inv.kind == "invoice" {
					off += a.amount
				}
			}
			for sum, m := range map[*Money]Money{&overdue: due, &exposure: open, &lost: off} {
				base, _ := m.Times(o.Rates[oracleCurrencies[k]])
				*sum += base
			}
		}
		if lost > o.Rule.Absolute && o.Rule.WriteOffs {
			if loss = true; !inDefault {
				inDefault, clean = true, 0
				events = append(events, fmt.Sprintf("%s|default|%d|write_off|%d|%s", customer, d, met, text(lost)))
			}
		}
		if overdue > o.Rule.Absolute && overdue.Float() > o.Rule.Relative*exposure.Float() {
			clean = 0
			if met++; met >= o.Rule.Days && !inDefault {
				inDefault = true
				events = append(events, fmt.Sprintf("%s|default|%d|past_due_%d|%d|%s", customer, d, o.Rule.Days, o.Rule.Days, text(overdue)))
			}
			continue
		}
		met = 0
		if !inDefault || loss {
			continue
		}
		if clean++; clean >= max(1, o.Rule.ProbationDays) {
			inDefault, clean = false, 0
			events = append(events, fmt.Sprintf("%s|cure|%d|probation_%d|%d|%s", customer, d, o.Rule.ProbationDays, o.Rule.ProbationDays, text(overdue)))
		}
	}
	states = append(states, fmt.Sprintf("%s|%d|%s|%t", customer, met, text(overdue), inDefault))
	return items, events, states
}
