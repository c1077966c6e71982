package book

import (
	"cmp"
	"slices"

	"creditwatch/pipeline/asof"
)

// A node is one transaction_id: one that a row has, or that a row supersedes.
type node struct {
	id         string
	chain      int32
	next       int32 // next node of the chain
	last       int32 // newest row of this transaction_id
	superseded bool  // a known row replaces this transaction_id, for good
}

// A chain is one document: the transaction_ids that supersede each other. The return of a payment is a chain of
// its own, so that the return itself can be corrected or cancelled.
type chain struct {
	head, tail int32 // nodes; none when the chain was joined to another
	first      int32 // first row, which gives the document its place in the order of allocation
	returnOf   int32 // node of the payment that this chain returns
	returns    int32 // first chain that returns this one
	nextReturn int32
	plain      bool // has a row that is neither cancelled nor returned
	touched    bool
	facts      [2]int32 // versions that hold now: the document, its return
	events     [2]event // what the document does to the allocation now
}

// content is what a version of a document says.
type content struct {
	id, document, appliesTo, status string

	amount   Money // negative for a return
	occurred asof.Date
	due      asof.Date
	currency int16
	kind     kind
	hasDue   bool
}

// A version is a content with the time during which it was held true.
type version struct {
	content
	node     int32 // of id
	key, ref int32 // numbers of document and appliesTo
	from, to int64 // known_from and known_to in milliseconds; to is openEnd while it holds
}

const openEnd = int64(-1 << 63)

// The classes of events, in the order in which those of one date act.
const (
	noEvent uint8 = iota
	invoiceEvent
	creditEvent
	refundEvent
	returnEvent
)

// An event is what a document, or the return of a payment, does to the allocation.
type event struct {
	known    int64 // when the document was first known, in whatever version
	seq      int32 // its first row
	chain    int32
	doc      int32 // its version
	occurred asof.Date
	class    uint8
}

func compareEvents(a, b event) int {
	return cmp.Or(cmp.Compare(a.known, b.known), cmp.Compare(a.occurred, b.occurred), cmp.Compare(a.class, b.class), cmp.Compare(a.seq, b.seq))
}

// A ledger is the rows of one customer and the documents they form, as known so far.
type ledger struct {
	rows      []row
	nodes     []node
	chains    []chain
	versions  []version
	byID      map[string]int32 // transaction_id to node
	numbers   map[string]int32 // number of each document_id
	documents []string         // document_id by number
	touched   []int32
}

func (l *ledger) reset() {
	clear(l.rows) // lets go of the strings
	clear(l.versions)
	clear(l.nodes)
	clear(l.documents)
	l.byID, l.numbers = emptied(l.byID), emptied(l.numbers)
	l.rows, l.nodes, l.chains, l.versions, l.touched = l.rows[:0], l.nodes[:0], l.chains[:0], l.versions[:0], l.touched[:0]
	l.documents = l.documents[:0]
}

func (l *ledger) node(id string) int32 {
	n, ok := l.byID[id]
	if !ok {
		n = int32(len(l.nodes))
		c := int32(len(l.chains))
		l.byID[id] = n
		l.nodes = append(l.nodes, node{id: id, chain: c, next: none, last: none})
		l.chains = append(l.chains, chain{
			head: n, tail: n, first: none, returnOf: none, returns: none, nextReturn: none, facts: [2]int32{none, none},
		})
	}
	return n
}

func (l *ledger) touch(c int32) {
	if !l.chains[c].touched {
		l.chains[c].touched = true
		l.touched = append(l.touched, c)
	}
}

// learn takes row i into the documents.
func (l *ledger) learn(i int32) {
	r := &l.rows[i]
	n := l.node(r.id)
	r.node = n
	if r.supersedes != "" && r.supersedes != r.id {
		t := l.node(r.supersedes)
		c, of := l.nodes[n].chain, l.nodes[t].chain
		own, target := &l.chains[c], &l.chains[of]
		isReturn := r.status == returned && r.kind == payment
		switch {
		case isReturn && own.returnOf != none && l.nodes[own.returnOf].chain == of: // the same return again
		case isReturn && c != of && own.returnOf == none && !own.plain && target.returnOf == none:
			l.correctReturn(c)
			own.returnOf, own.nextReturn, target.returns = t, target.returns, c
		default:
			l.nodes[t].superseded = true
			if isReturn && target.returnOf != none {
				l.correctReturn(c)
			}
			if c != of {
				l.join(c, of)
			}
		}
	}
	c := l.nodes[n].chain
	r.earlier, l.nodes[n].last = l.nodes[n].last, i
	ch := &l.chains[c]
	if ch.first == none || ch.first > i {
		ch.first = i
	}
	ch.plain = ch.plain || (r.status != returned && r.status != cancelled)
	l.touch(c)
}

// correctReturn is for a chain that turns out to be a return: what was taken for returns of it are corrections of it,
// known before it.
func (l *ledger) correctReturn(c int32) {
	own := &l.chains[c]
	for own.returns != none {
		r := own.returns
		own.returns = l.chains[r].nextReturn
		l.nodes[l.chains[r].returnOf].superseded = true
		l.join(r, c)
	}
}

// join makes the nodes of chain a part of chain b.
func (l *ledger) join(a, b int32) {
	from, to := &l.chains[a], &l.chains[b]
	for n := from.head; n != none; n = l.nodes[n].next {
		l.nodes[n].chain = b
	}
	l.nodes[to.tail].next, to.tail = from.head, from.tail
	if from.first != none && (to.first == none || from.first < to.first) {
		to.first = from.first
	}
	to.plain = to.plain || from.plain
	for r := from.returns; r != none; {
		next := l.chains[r].nextReturn
		l.chains[r].nextReturn, to.returns = to.returns, r
		r = next
	}
	from.head, from.tail, from.first, from.returns = none, none, none, none
	l.touch(a)
	l.touch(b)
}

// current returns the row that is the newest content of a chain, or none.
func (l *ledger) current(c int32) int32 {
	tip, newest := int32(none), int32(none)
	for n := l.chains[c].head; n != none; n = l.nodes[n].next {
		newest = max(newest, l.nodes[n].last)
		if !l.nodes[n].superseded {
			tip = max(tip, l.nodes[n].last)
		}
	}
	if tip == none { // rows that supersede each other in a circle
		return newest
	}
	return tip
}

// content resolves a chain: its document's row and the row that returns it, or none.
func (l *ledger) content(c int32) (document, back int32) {
	cur := l.current(c)
	if cur == none || l.rows[cur].status == cancelled {
		return none, none
	}
	document, back = cur, none
	if l.rows[cur].kind == payment && l.rows[cur].status == returned {
		if l.chains[c].returnOf != none {
			return none, none // it shows at the payment
		}
		back, document = cur, none
		for n := l.chains[c].head; n != none; n = l.nodes[n].next {
			for r := l.nodes[n].last; r != none; r = l.rows[r].earlier {
				if r < cur && l.rows[r].status != returned && l.rows[r].status != cancelled {
					document = max(document, r)
				}
			}
		}
		if document == none {
			document = cur // first seen when it had come back already
		}
	}
	if l.rows[document].kind != payment {
		return document, none
	}
	for r := l.chains[c].returns; r != none; r = l.chains[r].nextReturn {
		cr := l.current(r)
		if cr == none || l.rows[cr].status != returned {
			continue
		}
		if back == none || l.rows[cr].occurred < l.rows[back].occurred || (l.rows[cr].occurred == l.rows[back].occurred && cr < back) {
			back = cr
		}
	}
	return document, back
}

// settleVersions brings the versions of the touched documents up to date as of knowledge at known, and calls changed
// for each document whose events differ from before.
func (l *ledger) settleVersions(known int64, changed func(c int32, before, after [2]event)) {
	for k := 0; k < len(l.touched); k++ { // grows: a return touches its payment
		if of := l.chains[l.touched[k]].returnOf; of != none {
			l.touch(l.nodes[of].chain)
		}
	}
	slices.Sort(l.touched)
	for _, c := range l.touched {
		ch := &l.chains[c]
		ch.touched = false
		document, back := l.content(c)
		var after [2]event
		if document == none {
			l.hold(&ch.facts[0], nil, none, known)
			l.hold(&ch.facts[1], nil, none, known)
		} else {
			d := &l.rows[document]
			says := content{
				id: d.id, document: d.document, appliesTo: d.appliesTo, status: d.status,
				amount: d.amount, occurred: d.occurred, due: d.due, currency: d.currency, kind: d.kind, hasDue: d.hasDue,
			}
			if back == document { // the return alone shows as one
				says.status = ""
			}
			l.hold(&ch.facts[0], &says, d.node, known)
			if class := classOf(d.kind); class != noEvent && d.amount > 0 {
				after[0] = event{known: l.rows[ch.first].known, seq: ch.first, chain: c, doc: ch.facts[0], occurred: d.occurred, class: class}
			}
			if back == none {
				l.hold(&ch.facts[1], nil, none, known)
			} else {
				b := &l.rows[back]
				seq := l.chains[l.nodes[b.node].chain].first
				if l.nodes[b.node].chain == c {
					seq = back
				}
				says.id, says.status, says.amount, says.occurred = b.id, returned, -d.amount, max(d.occurred, b.occurred)
				l.hold(&ch.facts[1], &says, b.node, known)
				if d.amount > 0 {
					after[1] = event{
						known: max(l.rows[seq].known, l.rows[ch.first].known), seq: seq, chain: c, doc: ch.facts[1],
						occurred: says.occurred, class: returnEvent,
					}
				}
			}
		}
		if before := ch.events; before != after {
			ch.events = after
			changed(c, before, after)
		}
	}
	l.touched = l.touched[:0]
}

// hold closes the version in slot if it says something else, and opens one that says what is true now.
func (l *ledger) hold(slot *int32, says *content, node int32, known int64) {
	if *slot != none {
		if says != nil && l.versions[*slot].content == *says {
			return
		}
		l.versions[*slot].to = known
		*slot = none
	}
	if says != nil {
		*slot = int32(len(l.versions))
		v := version{content: *says, node: node, key: none, ref: none, from: known, to: openEnd}
		if classOf(says.kind) != noEvent {
			v.key, v.ref = l.number(says.document), l.number(says.appliesTo)
		}
		l.versions = append(l.versions, v)
	}
}

// number numbers a document_id; the empty one is none.
func (l *ledger) number(document string) int32 {
	if document == "" {
		return none
	}
	k, ok := l.numbers[document]
	if !ok {
		k = int32(len(l.documents))
		l.numbers[document] = k
		l.documents = append(l.documents, document)
	}
	return k
}

func classOf(k kind) uint8 {
	switch {
	case k == invoice:
		return invoiceEvent
	case k == refund:
		return refundEvent
	case k.credit():
		return creditEvent
	}
	return noEvent
}

// emptied clears a map for the next customer; a big one is left behind, for clearing costs its capacity.
func emptied(m map[string]int32) map[string]int32 {
	if len(m) > 1<<12 {
		return map[string]int32{}
	}
	clear(m)
	return m
}
