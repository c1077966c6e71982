package book

import (
	"cmp"
	"slices"

	"creditwatch/pipeline/asof"
)

// A method is how an allocation was found.
type method uint8

const (
	byReference method = iota
	byAmount
	byAge
)

var methodNames = [...]string{"reference", "amount", "oldest"}

// A target is what credit settles: an invoice, or a refund that gives credit back.
type target struct {
	chain, doc int32
	key        int32 // its document_id
	ref        int32 // of a refund: what it refers to
	next       int32 // next target of the same document_id, by age
	allocs     int32 // newest live allocation
	amount     Money
	open       Money
	referenced Money     // settled by reference
	from       asof.Date // the day from which open is open
	occurred   asof.Date
	due        asof.Date // the invoice date where it has none
	known      int64
	refund     bool
}

// A source is a credit.
type source struct {
	chain, doc int32
	key, ref   int32 // document_id, applies_to
	next       int32 // next source of the same applies_to, in order
	allocs     int32 // newest live allocation
	free       Money
	from       asof.Date // the day from which free is free
	roams      bool      // may be allocated virtually
}

// An allocation is live while amount > 0.
type allocation struct {
	target, source        int32
	olderTarget, olderSrc int32 // next older live or dead allocation of the same target, of the same source
	amount                Money
	effective             asof.Date
	method                method
}

// An entryKey is what makes two lines of the log the same allocation. It holds no index of a pool, so that
// it survives allocating anew. Packed, for logs are sorted by it.
type entryKey struct {
	ends uint64 // chain of the target, node of the credit's transaction_id
	rest uint64 // number of the invoice's document_id plus one, day, kind, method
}

func keyOf(target, source, invoice int32, on asof.Date, k kind, how method) entryKey {
	return entryKey{uint64(target)<<32 | uint64(source), uint64(invoice+1)<<32 | uint64(on)<<8 | uint64(k)<<4 | uint64(how)}
}

func (k entryKey) source() int32        { return int32(uint32(k.ends)) }
func (k entryKey) invoice() int32       { return int32(k.rest>>32) - 1 }
func (k entryKey) effective() asof.Date { return asof.Date(k.rest >> 8 & 0xffffff) }
func (k entryKey) kind() kind           { return kind(k.rest >> 4 & 15) }
func (k entryKey) method() method       { return method(k.rest & 15) }

// on is the same allocation on another day.
func (k entryKey) on(day asof.Date) entryKey {
	k.rest = k.rest&^(0xffffff<<8) | uint64(day)<<8
	return k
}

func compareKeys(a, b entryKey) int {
	if a.ends != b.ends {
		return cmp.Compare(a.ends, b.ends)
	}
	return cmp.Compare(a.rest, b.rest)
}

// An entry is a line of the log before it is netted.
type entry struct {
	entryKey
	in, by int32 // target and source of the pool
	amount Money
	known  int64 // when the document that caused it became known
}

// A pool is what a customer owes and has given in one currency.
type pool struct {
	currency int16
	stale    bool // a correction asks for allocating anew

	targets []target
	sources []source
	allocs  []allocation
	entries []entry

	open    []int32 // invoices with an open amount, oldest due first
	refunds []int32 // refunds with an open amount, in order
	free    []int32 // sources with free credit, in order

	targetOf, sourceOf []int32 // by key: first target with this document_id, first source that names it
	lastSource         []int32
	known              int64 // of the event being worked on
	fresh              []event
}

func (p *pool) reset(keys int) {
	p.targets, p.sources, p.allocs, p.entries = p.targets[:0], p.sources[:0], p.allocs[:0], p.entries[:0]
	p.open, p.refunds, p.free = p.open[:0], p.refunds[:0], p.free[:0]
	p.targetOf, p.sourceOf, p.lastSource = p.targetOf[:0], p.sourceOf[:0], p.lastSource[:0]
	p.grow(keys)
}

// grow makes room for document numbers learnt since.
func (p *pool) grow(keys int) {
	for len(p.targetOf) < keys {
		p.targetOf = append(p.targetOf, none)
		p.sourceOf = append(p.sourceOf, none)
		p.lastSource = append(p.lastSource, none)
	}
}

// work lets one event act.
func (p *pool) work(c *customer, e event) {
	p.known = e.known
	v := &c.versions[e.doc]
	switch e.class {
	case invoiceEvent, refundEvent:
		p.addTarget(c, e, v)
	case creditEvent:
		p.addSource(c, e, v)
	case returnEvent:
		p.takeBack(c, e, v)
	}
	p.settle(c)
}

func (p *pool) addTarget(c *customer, e event, v *version) {
	t := int32(len(p.targets))
	due := v.due
	if !v.hasDue {
		due = v.occurred
	}
	p.targets = append(p.targets, target{
		chain: e.chain, doc: e.doc, key: v.key, ref: none, next: none, allocs: none, amount: v.amount, open: v.amount,
		from: v.occurred, occurred: v.occurred, due: due, known: e.known, refund: e.class == refundEvent,
	})
	tg := &p.targets[t]
	if tg.refund {
		tg.ref = v.ref
		p.grow(len(c.documents))
		p.refunds = append(p.refunds, t)
		return
	}
	p.grow(len(c.documents))
	p.open = slices.Insert(p.open, p.place(c, p.open, t), t)
	if tg.key == none {
		return
	}
	at := &p.targetOf[tg.key]
	for *at != none && p.compareAge(c, *at, t) < 0 {
		at = &p.targets[*at].next
	}
	tg.next, *at = *at, t
	for s := p.sourceOf[tg.key]; s != none && tg.open > 0; s = p.sources[s].next {
		p.refer(c, s, t)
	}
}

func (p *pool) addSource(c *customer, e event, v *version) {
	s := int32(len(p.sources))
	p.sources = append(p.sources, source{
		chain: e.chain, doc: e.doc, key: v.key, ref: v.ref, next: none, allocs: none, free: v.amount,
		from: v.occurred, roams: v.kind != writeOff || v.appliesTo == "",
	})
	p.grow(len(c.documents))
	p.free = append(p.free, s)
	ref := p.sources[s].ref
	if ref == none {
		return
	}
	if last := p.lastSource[ref]; last == none {
		p.sourceOf[ref] = s
	} else {
		p.sources[last].next = s
	}
	p.lastSource[ref] = s
	for t := p.targetOf[ref]; t != none && p.sources[s].free > 0; t = p.targets[t].next {
		p.refer(c, s, t)
	}
}

// refer allocates source s to invoice t which it names: from what is free, then from where it lies virtually, and
// in the place of what lies virtually on t.
func (p *pool) refer(c *customer, s, t int32) {
	room := p.targets[t].amount - p.targets[t].referenced
	for a := p.sources[s].allocs; a != none && p.sources[s].free < room; a = p.allocs[a].olderSrc {
		if p.allocs[a].method != byReference {
			p.lift(c, a, min(p.allocs[a].amount, room-p.sources[s].free), p.allocs[a].effective)
		}
	}
	want := min(room, p.sources[s].free)
	for a := p.targets[t].allocs; a != none && p.targets[t].open < want; a = p.allocs[a].olderTarget {
		if p.allocs[a].method != byReference {
			p.lift(c, a, min(p.allocs[a].amount, want-p.targets[t].open), p.allocs[a].effective)
		}
	}
	p.put(c, s, t, want, byReference)
}

// takeBack takes a returned payment off the invoices it settled, from the day of its return.
func (p *pool) takeBack(c *customer, e event, v *version) {
	s := int32(none)
	for i := len(p.sources) - 1; i >= 0; i-- {
		if p.sources[i].chain == e.chain {
			s = int32(i)
			break
		}
	}
	// From that day on nothing of it may stand, be it live or a stretch that ended later.
	for i, n := 0, len(p.entries); i < n; i++ {
		if e := p.entries[i]; e.by == s {
			e.amount, e.entryKey, e.known = -e.amount, e.on(max(e.effective(), v.occurred)), p.known
			p.entries = append(p.entries, e)
		}
	}
	for a := p.sources[s].allocs; a != none; a = p.allocs[a].olderSrc {
		if p.allocs[a].amount > 0 {
			p.loosen(c, a, p.allocs[a].amount, max(p.allocs[a].effective, v.occurred))
		}
	}
	p.sources[s].free = 0
	p.free = remove(p.free, s)
	// It names nothing any more.
	if ref := p.sources[s].ref; ref != none {
		at, before := &p.sourceOf[ref], int32(none)
		for *at != s {
			before, at = *at, &p.sources[*at].next
		}
		*at = p.sources[s].next
		if p.lastSource[ref] == s {
			p.lastSource[ref] = before
		}
	}
}

// settle spends free credit until there is none or nothing is open.
func (p *pool) settle(c *customer) {
	for i := 0; i < len(p.refunds); {
		if !p.repay(c, p.refunds[i]) {
			i++
		}
	}
	if len(p.open) == 0 || len(p.free) == 0 {
		return
	}
	for i := 0; i < len(p.free); i++ {
		s := p.free[i]
		if !p.sources[s].roams {
			continue
		}
		for _, t := range p.open {
			if p.targets[t].open == p.sources[s].free {
				p.put(c, s, t, p.targets[t].open, byAmount)
				i-- // s is no longer among the free
				break
			}
		}
	}
	for i := 0; i < len(p.free) && len(p.open) > 0; {
		s := p.free[i]
		if !p.sources[s].roams {
			i++
			continue
		}
		t := p.open[0]
		p.put(c, s, t, min(p.sources[s].free, p.targets[t].open), byAge) // one of the two leaves its list
	}
}

// repay covers the refund t and reports whether that succeeded wholly.
func (p *pool) repay(c *customer, t int32) bool {
	related := func(s int32) bool {
		ref := p.targets[t].ref
		return ref != none && (p.sources[s].key == ref || p.sources[s].ref == ref)
	}
	for _, wantRelated := range []bool{true, false} {
		for i := 0; i < len(p.free) && p.targets[t].open > 0; {
			s := p.free[i]
			how, before := byAge, len(p.free)
			switch {
			case wantRelated && related(s):
				how = byReference
			case wantRelated || !p.sources[s].roams:
				i++
				continue
			}
			p.put(c, s, t, min(p.sources[s].free, p.targets[t].open), how)
			if len(p.free) == before {
				i++
			}
		}
	}
	for a := int32(len(p.allocs)) - 1; a >= 0 && p.targets[t].open > 0; a-- {
		al := p.allocs[a]
		if al.amount == 0 || al.method == byReference || p.targets[al.target].refund {
			continue
		}
		how := byAge
		if related(al.source) {
			how = byReference
		}
		amount := min(al.amount, p.targets[t].open)
		p.lift(c, a, amount, max(al.effective, p.targets[t].from))
		p.put(c, al.source, t, amount, how)
	}
	return p.targets[t].open == 0
}

// put allocates amount of source s to target t.
func (p *pool) put(c *customer, s, t int32, amount Money, how method) {
	if amount <= 0 {
		return
	}
	src, tg := &p.sources[s], &p.targets[t]
	a := int32(len(p.allocs))
	p.allocs = append(p.allocs, allocation{
		target: t, source: s, olderTarget: tg.allocs, olderSrc: src.allocs, amount: amount, effective: max(src.from, tg.from), method: how,
	})
	src.allocs, tg.allocs = a, a
	src.free -= amount
	tg.open -= amount
	if how == byReference {
		tg.referenced += amount
	}
	if src.free == 0 {
		p.free = remove(p.free, s)
	}
	if tg.open == 0 {
		if tg.refund {
			p.refunds = remove(p.refunds, t)
		} else {
			i := p.place(c, p.open, t)
			p.open = slices.Delete(p.open, i, i+1)
		}
	}
	p.note(c, a, amount, p.allocs[a].effective)
}

// lift takes amount of allocation a off its target from the day on; credit and invoice are open again.
func (p *pool) lift(c *customer, a int32, amount Money, on asof.Date) {
	if amount > 0 {
		p.loosen(c, a, amount, on)
		p.note(c, a, -amount, on)
	}
}

// loosen is lift without a line in the log.
func (p *pool) loosen(c *customer, a int32, amount Money, on asof.Date) {
	al := &p.allocs[a]
	src, tg := &p.sources[al.source], &p.targets[al.target]
	if src.free == 0 {
		i, _ := slices.BinarySearch(p.free, al.source)
		p.free = slices.Insert(p.free, i, al.source)
	}
	if tg.open == 0 {
		if tg.refund {
			i, _ := slices.BinarySearch(p.refunds, al.target)
			p.refunds = slices.Insert(p.refunds, i, al.target)
		} else {
			p.open = slices.Insert(p.open, p.place(c, p.open, al.target), al.target)
		}
	}
	al.amount -= amount
	src.free += amount
	tg.open += amount
	if al.method == byReference {
		tg.referenced -= amount
	}
	if on > al.effective {
		tg.from, src.from = max(tg.from, on), max(src.from, on)
	}
}

// note writes a line of the log.
func (p *pool) note(c *customer, a int32, amount Money, on asof.Date) {
	al := &p.allocs[a]
	tg := &p.targets[al.target]
	v := &c.versions[p.sources[al.source].doc]
	p.entries = append(p.entries, entry{
		entryKey: keyOf(tg.chain, v.node, tg.key, on, v.kind, al.method),
		in:       al.target, by: al.source, amount: amount, known: p.known,
	})
}

// place is where target t stands, or would stand, among targets sorted by age.
func (p *pool) place(c *customer, sorted []int32, t int32) int {
	i, _ := slices.BinarySearchFunc(sorted, t, func(a, b int32) int { return p.compareAge(c, a, b) })
	return i
}

// compareAge orders invoices: oldest due first, then by invoice date and number.
func (p *pool) compareAge(c *customer, a, b int32) int {
	x, y := &p.targets[a], &p.targets[b]
	if o := cmp.Or(cmp.Compare(x.due, y.due), cmp.Compare(x.occurred, y.occurred)); o != 0 {
		return o
	}
	return cmp.Or(cmp.Compare(c.versions[x.doc].document, c.versions[y.doc].document), cmp.Compare(a, b))
}

// remove takes v out of a sorted list if it is there.
func remove(sorted []int32, v int32) []int32 {
	if i, found := slices.BinarySearch(sorted, v); found {
		return slices.Delete(sorted, i, i+1)
	}
	return sorted
}
