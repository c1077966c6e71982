package decisions

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

// A DunningStep is a rung of the ladder.
type DunningStep struct {
	Code    string `yaml:"code"`
	Day     int    `yaml:"day"` // days past due from which it is reached; negative: before the due date
	Channel string `yaml:"channel"`
	Owner   string `yaml:"owner"` // who is responsible; empty: the customer's own
	Fee     string `yaml:"fee"`   // in the currency of the invoice
	Claims  bool   `yaml:"interest"`
	Legal   bool   `yaml:"legal"` // reached by its own days alone, and only after a demand
	EN      string `yaml:"text_en"`
	ZH      string `yaml:"text_zh"`
}

// A DunningPolicy is the ladder and what holds a step back.
type DunningPolicy struct {
	Steps         []DunningStep `yaml:"steps"`
	MinAmount     float64       `yaml:"min_amount"`     // open amount below which nobody is dunned, reporting currency
	DaysBetween   int           `yaml:"days_between"`   // at least, between two steps of an invoice
	PromiseGrace  int           `yaml:"promise_grace"`  // days after the promised day in which a promise still holds steps back
	InsurerNotice int           `yaml:"insurer_notice"` // days past due by which the insurer must know of an insured invoice
	NoticeHorizon int           `yaml:"notice_horizon"` // days ahead in which the last safe days are brought up though no step is due
	Limitation    []Limitation  `yaml:"limitation"`     // of claims by country of the customer; the first that names it, or no country, counts
}

// A Limitation is how long a claim lives.
type Limitation struct {
	Countries   []string `yaml:"countries"` // none: every other
	Years       int      `yaml:"years"`
	FromYearEnd bool     `yaml:"from_year_end"` // counted from the end of the year in which it fell due
}

func (d DunningPolicy) check(bad func(key, want string, got any)) {
	codes := map[string]bool{}
	for i, s := range d.Steps {
		key := fmt.Sprintf("dunning.steps[%d]", i)
		if s.Code == "" || codes[s.Code] {
			bad(key+".code", "a code of its own", s.Code)
		}
		codes[s.Code] = true
		if i > 0 && s.Day <= d.Steps[i-1].Day {
			bad(key+".day", fmt.Sprintf("above that of the step before (%d)", d.Steps[i-1].Day), s.Day)
		}
		if s.EN == "" || s.ZH == "" {
			bad(key, "a text in both languages, text_en and text_zh", "none")
		}
		for _, text := range []string{s.EN, s.ZH} {
			if strings.Contains(claims.ReplaceAllString(text, ""), "{interest}") {
				bad(key, "{interest} within [square brackets]: what they hold is left out where there is no interest", text)
			}
		}
		if i > 0 && d.Steps[i-1].Legal && !s.Legal {
			bad(key+".legal", "true after a legal step", s.Legal)
		}
		if m, err := book.ParseMoney(cmp.Or(s.Fee, "0")); err != nil || m < 0 {
			bad(key+".fee", "an amount such as 40.00", s.Fee)
		}
	}
	if len(d.Steps) == 0 {
		bad("dunning.steps", "one step or more", 0)
	}
	within(bad, "dunning.min_amount", d.MinAmount, 0, 1e15)
	within(bad, "dunning.days_between", float64(d.DaysBetween), 0, 365)
	within(bad, "dunning.promise_grace", float64(d.PromiseGrace), 0, 365)
	within(bad, "dunning.insurer_notice", float64(d.InsurerNotice), 0, 365)
	within(bad, "dunning.notice_horizon", float64(d.NoticeHorizon), 0, 365)
	for i, l := range d.Limitation {
		if l.Years < 1 || l.Years > 30 {
			bad(fmt.Sprintf("dunning.limitation[%d].years", i), "from 1 to 30", l.Years)
		}
	}
}

// A Receivable is an open invoice, or an instalment of one.
type Receivable struct {
	CustomerID, DocumentID, Currency string
	Instalments                      int // of the document; more than one: steps are counted per due date
	InvoicedOn, DueOn                asof.Date
	Open, LedgerOpen                 book.Money // after all cash; after stated cash only
	OpenBase                         book.Money
	Disputed                         bool
}

// A Payer is what dunning knows of a customer.
type Payer struct {
	Owner, Country, SizeClass string
	Jump                      string     // code of an open warning that asks for DUN+1, empty if none
	Public                    bool       // a public body
	Contracts                 []Contract // in order of their first day and number
	InsuredUntil              *asof.Date // last day of the cover in force; nil: not insured
	Promises                  []Promise
}

// A Promise is a promise to pay that is not yet past its day.
type Promise struct {
	DocumentID string // empty: for whatever is open
	On         asof.Date
	Amount     *book.Money // nil: all of it; in the currency of the invoice
}

// Sent is the highest step of an invoice that a published night has proposed.
type Sent struct {
	Code string
	On   asof.Date
}

// HeldStep is the step of an invoice that the night before held back.
type HeldStep struct {
	Code, Reason string
	Since        asof.Date // first of the nights that did
}

// History is what earlier nights have done about the open invoices.
type History struct {
	Sent map[SentKey]Sent
	Held map[SentKey]HeldStep
}

// SentKey names an invoice or instalment. DueOn is set for instalments alone: a corrected due date makes no new invoice.
type SentKey struct {
	CustomerID, DocumentID string
	DueOn                  asof.Date
}

// Key is how what was sent for the receivable is found.
func (r Receivable) Key() SentKey {
	k := SentKey{CustomerID: r.CustomerID, DocumentID: r.DocumentID}
	if r.Instalments > 1 {
		k.DueOn = r.DueOn
	}
	return k
}

// sentIn finds the newest step proposed for the receivable. An invoice that has become instalments since, or one invoice again, is known
// by its due date.
func (r Receivable) sentIn(sent map[SentKey]Sent) (Sent, bool) {
	s, ok := sent[r.Key()]
	if due, was := sent[SentKey{r.CustomerID, r.DocumentID, r.DueOn}]; was && (!ok || due.On > s.On) {
		return due, true
	}
	return s, ok
}

// States of a Dun.
const (
	Proposed   = "proposed"
	Suppressed = "suppressed" // held back from tonight on, or for another reason than before
	Held       = "held"       // held back for the same reason as the night before
	Waiting    = "waiting"    // the step it stands on has been proposed before, or a last safe day is near
)

// A Dun is what is to be done about an open invoice tonight.
type Dun struct {
	Receivable
	State   string
	Reason  string     // of one held back: unapplied_cash, disputed, promised, too_small
	Since   *asof.Date // of one held back: the first night that did so for that reason
	Step    string     // proposed or held back; of a waiting one the last one proposed
	Jumped  string     // warning that moved it up a step
	Days    int        // past due
	Channel string
	Owner   string
	Fee     book.Money // currency of the invoice
	Claimed book.Money // fee of the step, and the interest where the step claims it

	Interest     book.Money // claimable tonight, currency of the invoice
	InterestRule string     // contract, a statute of the policy, or none

	NextStep string     // and the day on which it is reached; empty at the end of the ladder
	NextOn   *asof.Date // a business day
	NotifyBy *asof.Date // last safe day to tell the insurer; nil: not insured or over
	LapsesOn *asof.Date // last safe day of the claim
	EN, ZH   string
}

// Duns goes through the open invoices that are on the ladder and says for each what is due tonight. A step is proposed once: one that
// an earlier night has proposed, or any below it, never comes again. Of several steps reached since the last night only the highest is
// proposed. What is held back counts as not proposed, so that it comes when the reason is gone; it is news on its first night, and
// again for another step or reason. add counts business days.
func Duns(on asof.Date, items []Receivable, payers map[string]Payer, past History, p DunningPolicy, law StatutePolicy, add func(asof.Date, int) asof.Date) ([]Dun, error) {
	items = slices.Clone(items)
	slices.SortFunc(items, func(a, b Receivable) int {
		return cmp.Or(strings.Compare(a.CustomerID, b.CustomerID), cmp.Compare(a.DueOn, b.DueOn), strings.Compare(a.DocumentID, b.DocumentID), strings.Compare(a.Currency, b.Currency))
	})
	fees := make([]book.Money, len(p.Steps))
	for i, s := range p.Steps {
		var err error
		if fees[i], err = book.ParseMoney(cmp.Or(s.Fee, "0")); err != nil {
			return nil, fmt.Errorf("dunning.steps[%d].fee: %w", i, err)
		}
	}
	var table []Dun
	var promised []promiseLeft
	last := ""
	for _, r := range items {
		payer := payers[r.CustomerID]
		if r.CustomerID != last {
			last, promised = r.CustomerID, promised[:0]
			for _, w := range payer.Promises {
				if w.On.Add(p.PromiseGrace) >= on {
					promised = append(promised, promiseLeft{Promise: w, left: w.Amount})
				}
			}
		}
		d := Dun{Receivable: r, Days: on.Sub(r.DueOn)}
		held := slices.IndexFunc(promised, func(w promiseLeft) bool { return w.covers(r) })
		if held >= 0 {
			promised[held].take(r.Open)
		}
		if err := d.lapse(on, payer, p, law); err != nil {
			return nil, err
		}
		d.climb(on, payer, past.Sent, p, add)
		switch {
		case d.State != Proposed:
		case r.Open <= 0:
			d.hold(on, "unapplied_cash", past.Held)
		case r.Disputed:
			d.hold(on, "disputed", past.Held)
		case held >= 0:
			d.hold(on, "promised", past.Held)
		case r.OpenBase.Float() < p.MinAmount:
			d.hold(on, "too_small", past.Held)
		}
		if d.State == "" { // before the first rung
			if !d.near(on, p) {
				continue
			}
			d.State = Waiting
		}
		d.write(p, fees)
		table = append(table, d)
	}
	return table, nil
}

type promiseLeft struct {
	Promise
	left *book.Money
}

func (w promiseLeft) covers(r Receivable) bool {
	return (w.DocumentID == "" || w.DocumentID == r.DocumentID) && r.Open > 0 && (w.left == nil || *w.left >= r.Open)
}

func (w *promiseLeft) take(m book.Money) {
	if w.left != nil {
		left := *w.left - m
		w.left = &left
	}
}

// hold keeps the step of tonight back.
func (d *Dun) hold(on asof.Date, reason string, held map[SentKey]HeldStep) {
	d.State, d.Reason, d.Since = Suppressed, reason, &on
	if h, ok := held[d.Key()]; ok && h.Code == d.Step && h.Reason == reason {
		d.State, d.Since = Held, &h.Since
	}
}

// climb finds the step of tonight and the one after it.
func (d *Dun) climb(on asof.Date, payer Payer, sent map[SentKey]Sent, p DunningPolicy, add func(asof.Date, int) asof.Date) {
	at := -1
	for i, s := range p.Steps {
		if s.Day <= d.Days {
			at = i
		}
	}
	done := -1
	before, ok := d.sentIn(sent)
	if ok {
		done = slices.IndexFunc(p.Steps, func(s DunningStep) bool { return s.Code == before.Code })
	}
	if payer.Jump != "" && d.Days > 0 && at+1 < len(p.Steps) && !p.Steps[at+1].Legal {
		at++
		d.Jumped = payer.Jump
	}
	for at > 0 && p.Steps[at].Legal && (done < 0 || p.Steps[done].Day <= 0) {
		at-- // nobody goes to court before a demand
	}
	switch {
	case at < 0:
	case at <= done || ok && done < 0: // a step that the policy no longer has is passed as well
		d.State, d.Step, d.Jumped = Waiting, before.Code, ""
	case ok && on.Sub(before.On) < p.DaysBetween:
		d.State, d.Step, d.Jumped = Waiting, before.Code, ""
		d.NextStep = p.Steps[at].Code
		next := add(before.On.Add(p.DaysBetween-1), 1)
		d.NextOn = &next
		return
	default:
		d.State, d.Step = Proposed, p.Steps[at].Code
	}
	if next := max(at, done) + 1; next < len(p.Steps) {
		day := max(d.DueOn.Add(p.Steps[next].Day), on.Add(1))
		day = add(day.Add(-1), 1)
		d.NextStep, d.NextOn = p.Steps[next].Code, &day
	}
}

// lapse works out what may be claimed and until when.
func (d *Dun) lapse(on asof.Date, payer Payer, p DunningPolicy, law StatutePolicy) error {
	c, err := law.claim(on, d.Receivable, payer)
	if err != nil {
		return fmt.Errorf("customer %s, invoice %s: %w", d.CustomerID, d.DocumentID, err)
	}
	d.Interest, d.InterestRule = c.Amount, c.Rule
	if payer.InsuredUntil != nil && *payer.InsuredUntil >= d.InvoicedOn {
		by := d.DueOn.Add(p.InsurerNotice)
		d.NotifyBy = &by
	}
	for _, l := range p.Limitation {
		if len(l.Countries) == 0 || slices.Contains(l.Countries, payer.Country) {
			from := d.DueOn
			if l.FromYearEnd {
				from = asof.On(from.Time().Year(), 12, 31)
			}
			ends := from.AddMonths(12 * l.Years)
			d.LapsesOn = &ends
			break
		}
	}
	return nil
}

// near reports whether a last safe day is so near that the invoice is brought up though no step is due.
func (d *Dun) near(on asof.Date, p DunningPolicy) bool {
	for _, day := range []*asof.Date{d.NotifyBy, d.LapsesOn} {
		if day != nil && *day >= on && day.Sub(on) <= p.NoticeHorizon {
			return true
		}
	}
	return false
}

// reasonsOf names why a step was held back.
var reasonsOf = map[string][2]string{
	"unapplied_cash": {"cash that names no invoice covers it: apply it first", "已有未指明单据的款项足以结清：先核销"},
	"disputed":       {"it is disputed: settle the dispute first", "存在争议：先解决争议"},
	"promised":       {"payment is promised", "客户已承诺付款"},
	"too_small":      {"the amount is too small", "金额过小"},
}

// fillIn puts values in place of the {names} of a text; pairs are name and value in turn, and a name without a value stays as it is. A
// strings.Replacer would be built anew for every text, which costs ten times the filling.
func fillIn(text string, pairs ...string) string {
	var b strings.Builder
	b.Grow(2 * len(text))
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		value, known := "", false
		for i := 0; closed && i < len(pairs); i += 2 {
			if pairs[i] == name {
				value, known = pairs[i+1], true
				break
			}
		}
		if !known {
			b.WriteByte('{')
			text = rest
			continue
		}
		b.WriteString(value)
		text = after
	}
}

// claims finds what a text says of interest: in brackets, for there may be none.
var claims = regexp.MustCompile(`\[([^\[\]]*\{interest\}[^\[\]]*)\]`)

// write puts the line into words: the text of the step, or why there is none.
func (d *Dun) write(p DunningPolicy, fees []book.Money) {
	i := slices.IndexFunc(p.Steps, func(s DunningStep) bool { return s.Code == d.Step })
	fill := func(text, days string) string {
		if d.Interest == 0 {
			text = claims.ReplaceAllString(text, "")
		}
		return fillIn(claims.ReplaceAllString(text, "$1"), "invoice", d.DocumentID, "amount", d.Open.String(), "currency", d.Currency, "due", d.DueOn.String(), "days", days, "interest", d.Interest.String(), "fee", d.Fee.String())
	}
	days := fmt.Sprint(max(d.Days, -d.Days))
	if i >= 0 {
		s := p.Steps[i]
		if d.State != Waiting {
			d.Channel, d.Fee, d.Claimed = s.Channel, fees[i], fees[i]
			if s.Claims {
				d.Claimed += d.Interest
			}
		}
		d.Owner = s.Owner
		if d.State != Suppressed && d.State != Held && d.State != Waiting { // those say something else, and are most
			d.EN, d.ZH = fill(s.EN, days), fill(s.ZH, days)
		}
	}
	switch d.State {
	case Suppressed:
		why := reasonsOf[d.Reason]
		d.EN, d.ZH = fmt.Sprintf("%s is held back: %s", d.Step, why[0]), fmt.Sprintf("%s 暂缓：%s", d.Step, why[1])
	case Held:
		why := reasonsOf[d.Reason]
		d.EN, d.ZH = fmt.Sprintf("%s is held back since %s: %s", d.Step, d.Since, why[0]), fmt.Sprintf("%s 自 %s 起暂缓：%s", d.Step, d.Since, why[1])
	case Waiting:
		d.EN, d.ZH = "nothing new tonight", "今晚无新步骤"
		if d.Step != "" {
			d.EN, d.ZH = fmt.Sprintf("%s has been proposed; nothing new tonight", d.Step), fmt.Sprintf("已提出 %s；今晚无新步骤", d.Step)
		}
	}
	if d.Jumped != "" {
		d.EN += fmt.Sprintf(" (a step early: warning %s is open)", d.Jumped)
		d.ZH += fmt.Sprintf("（预警 %s 未关闭，提前一级）", d.Jumped)
	}
}

// ladder is the dunning policy that holds where the file says nothing.
func ladder() DunningPolicy {
	return DunningPolicy{
		Steps: []DunningStep{
			{Code: "D-7", Day: -7, Channel: "email",
				EN: "Reminder: invoice {invoice} over {currency} {amount} falls due on {due}.", ZH: "提示：发票 {invoice} 金额 {currency} {amount}，将于 {due} 到期。"},
			{Code: "D+1", Day: 1, Channel: "email",
				EN: "Invoice {invoice} over {currency} {amount} fell due on {due}; please pay.", ZH: "发票 {invoice} 金额 {currency} {amount} 已于 {due} 到期，请付款。"},
			{Code: "D+7", Day: 7, Channel: "call",
				EN: "Call about invoice {invoice}, {currency} {amount}, {days} days past due: ask for the day of payment.", ZH: "致电催收发票 {invoice}，{currency} {amount}，逾期 {days} 天：询问付款日。"},
			{Code: "D+15", Day: 15, Channel: "letter",
				EN: "First demand: invoice {invoice}, {currency} {amount}, is {days} days past due.", ZH: "第一次催款函：发票 {invoice}，{currency} {amount}，已逾期 {days} 天。"},
			{Code: "D+30", Day: 30, Channel: "letter", Claims: true,
				EN: "Second demand: invoice {invoice}, {currency} {amount}, is {days} days past due[; interest so far {currency} {interest}].", ZH: "第二次催款函：发票 {invoice}，{currency} {amount}，已逾期 {days} 天[；迄今利息 {currency} {interest}]。"},
			{Code: "D+45", Day: 45, Channel: "registered letter", Owner: "credit manager", Claims: true,
				EN: "Last demand before legal action: invoice {invoice}, {currency} {amount}, {days} days past due[; interest so far {currency} {interest}].", ZH: "法律行动前最后催告：发票 {invoice}，{currency} {amount}，逾期 {days} 天[；迄今利息 {currency} {interest}]。"},
			{Code: "D+60", Day: 60, Channel: "legal", Owner: "legal counsel", Claims: true, Legal: true,
				EN: "Hand over to legal: invoice {invoice}, {currency} {amount}, {days} days past due[; interest so far {currency} {interest}].", ZH: "移交法务：发票 {invoice}，{currency} {amount}，逾期 {days} 天[；迄今利息 {currency} {interest}]。"},
		},
		MinAmount: 100, DaysBetween: 3, PromiseGrace: 3, InsurerNotice: 60, NoticeHorizon: 14,
		Limitation: []Limitation{
			{Countries: []string{"DE"}, Years: 3, FromYearEnd: true}, {Countries: []string{"GB"}, Years: 6}, {Countries: []string{"US"}, Years: 4}, {Countries: []string{"FR"}, Years: 5}, {Years: 3},
		},
	}
}
