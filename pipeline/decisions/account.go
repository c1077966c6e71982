package decisions

import (
	"fmt"
	"slices"
	"strings"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

// An Account is what the night knows of a customer that credit decisions need. Amounts are in the reporting currency unless said
// otherwise; a nil is not known, which is never the same as zero.
type Account struct {
	CustomerID string
	ParentID   string // empty: none
	Owner      string
	Industry   string
	Region     string
	Country    string
	Since      asof.Date // start of the relationship, unset if unknown

	// What is owed and ordered, tonight.
	Open, Shipped, Orders, Unapplied book.Money
	Secured, Insured                 book.Money // cover in force
	Currencies                       []CurrencyPart
	PastDue                          book.Money // undisputed, late by more than the days of the policy of holds
	DaysPastDue                      int        // of the oldest open invoice

	// What it may cost.
	Grade, Evidence   string
	PD, Prudent       *float64 // over twelve months; 1 in default
	LGD               float64
	EAD, ExpectedLoss book.Money
	LossCap           book.Money // expected loss that we are willing to bear
	InDefault         bool

	// What was agreed.
	Limit         *book.Money // in LimitCurrency
	LimitCurrency string
	LimitRate     *float64  // reporting currency for one unit of LimitCurrency
	LimitUntil    asof.Date // last day, unset if open-ended
	LimitSet      asof.Date // night from which the present limit and its end were known
	TermsDays     *int
	TermsBefore   *int     // of the record before, if the days were changed within the policy's time
	ExcessDays    *float64 // by which invoices give longer terms than the contract
	HasContract   *bool    // a valid, reviewed one; nil where the book has no contracts at all
	SourceHold    string   // hold or release as kept in the source

	// What bounds the limit.
	NetWorth     *book.Money
	Agency       *book.Money // least of the newest limits that agencies recommend
	InsuredLimit *book.Money // 0 once it has ended; nil: never insured
	Sales        []MonthSales
	LateDays     *float64 // paid beyond terms, weighted by amount, over a year
	Settled      int      // invoices settled in a year
	SalesQuarter book.Money

	Severity int      // of the gravest open warning, 0 for none
	Codes    []string // of open warnings
	Asked    []string // actions that these ask for
	Returned int      // payments returned within 30 days
	Stale    bool     // nothing recent is known from outside, or the evidence is poor
	Bypass   string   // order that was closed and made again, empty if none was seen

	Reviewed              asof.Date // last review by a person, unset if none
	Contacted, Visited    asof.Date // last contact that reached somebody; last visit
	Actions               []Action  // of our own, in force
	HeldBefore, HeldSince asof.Date // night that recommended a hold last, and since when; unset if the night before did not
	DueBefore             asof.Date // day of the review that something pulled forward, as planned the night before; unset if nothing did
	Before                *LastLimit
}

// A CurrencyPart is what of an account is in one currency.
type CurrencyPart struct {
	Currency                         string
	OpenAmount                       book.Money // invoices less unapplied cash, in that currency
	Open, Shipped, Orders, Unapplied book.Money // reporting currency
}

// An Action is a step of our own towards a customer that is in force: what people entered.
type Action struct {
	Code   string
	Amount *book.Money
	Until  asof.Date // last day, unset if open-ended
	Since  asof.Date
	By     string
	Reason string
}

// What people may enter as an action of theirs.
const (
	ActHold    = "HOLD"
	ActShip    = "SHIP"
	ActPrepay  = "PREPAY"
	ActCut     = "CUT"
	ActFreeze  = "FREEZE"
	ActTemp    = "TEMP"
	ActReview  = "REVIEW"
	actDunning = "DUN+1"
)

// An ActionKind says what an action of a code does and must hold.
type ActionKind struct {
	Code, EN, ZH string
	Amount       bool // must have an amount
	Until        bool // must have an end
}

// ActionKinds are the actions that may be entered. To add one: a row here, and what heeds it.
var ActionKinds = []ActionKind{
	{Code: ActHold, EN: "deliveries are on hold", ZH: "暂停发货"},
	{Code: ActShip, EN: "deliveries go on in spite of a hold", ZH: "不顾冻结建议继续发货", Until: true},
	{Code: ActPrepay, EN: "deliveries are paid in advance", ZH: "先款后货"},
	{Code: ActCut, EN: "the limit is cut, to the amount if one is named", ZH: "下调额度（如有金额则为上限）"},
	{Code: ActFreeze, EN: "no higher limit", ZH: "冻结额度，不予增额"},
	{Code: ActTemp, EN: "temporary limit", ZH: "临时额度", Amount: true, Until: true},
	{Code: ActReview, EN: "the customer was reviewed", ZH: "已完成信用复审"},
	{Code: "SECURE", EN: "a guarantee, retention of title or insurance was asked for", ZH: "已要求担保、所有权保留或投保"},
	{Code: "CALL", EN: "the customer was called", ZH: "已致电"},
	{Code: "VISIT", EN: "the customer was visited", ZH: "已走访"},
	{Code: actDunning, EN: "dunning went one step further", ZH: "催收升级一步"},
	{Code: "NOTIFY-INS", EN: "the insurer was told", ZH: "已通知保险公司"},
	{Code: "LEGAL", EN: "legal steps were taken", ZH: "已采取法律措施"},
	{Code: "RECON", EN: "the account was reconciled", ZH: "已对账"},
}

// CheckAction reports what is wrong with an action that somebody wants to enter.
func CheckAction(code string, amount *book.Money, until bool) error {
	for _, k := range ActionKinds {
		if k.Code != code {
			continue
		}
		switch {
		case k.Amount && amount == nil:
			return fmt.Errorf("action %s (%s): want an amount", code, k.EN)
		case amount != nil && *amount < 0:
			return fmt.Errorf("action %s (%s): want an amount of 0 or more, got %s", code, k.EN, *amount)
		case k.Until && !until:
			return fmt.Errorf("action %s (%s): want its last day", code, k.EN)
		}
		return nil
	}
	var codes []string
	for _, k := range ActionKinds {
		codes = append(codes, k.Code)
	}
	return fmt.Errorf("action %q: want one of %s", code, strings.Join(codes, ", "))
}

// own returns the action of a code that is in force.
func (a *Account) own(code string) (Action, bool) {
	i := slices.IndexFunc(a.Actions, func(x Action) bool { return x.Code == code })
	if i < 0 {
		return Action{}, false
	}
	return a.Actions[i], true
}

// asks reports whether an open warning asks for an action, or one of our own of that code is in force.
func (a *Account) asks(code string) bool {
	_, own := a.own(code)
	return own || slices.Contains(a.Asked, code)
}

// fallen reports whether a customer is in default or has a warning of the highest severity.
func (a *Account) fallen() bool { return a.InDefault || a.Severity >= 4 }

// A Calendar returns the business day that lies so many business days after a date.
type Calendar func(from asof.Date, businessDays int) asof.Date

// An ExposurePolicy says what of the deliveries to come counts as exposure, as shares. Open invoices less unapplied cash always count.
type ExposurePolicy struct {
	Shipped float64 `yaml:"shipped"`
	Orders  float64 `yaml:"orders"`
}

// exposureIn is what counts of some amounts, before the whole is kept from going below zero.
func (e ExposurePolicy) of(open, shipped, orders, unapplied book.Money) book.Money {
	return open + share(shipped, e.Shipped) + share(orders, e.Orders) - unapplied
}

// Exposure is what the customer owes and will owe, never below zero.
func (e ExposurePolicy) Exposure(a *Account) book.Money {
	return max(0, e.of(a.Open, a.Shipped, a.Orders, a.Unapplied))
}

// ByCurrency parts the exposure by currency; the parts add up to it. A customer whose cash exceeds all it owes has none.
func (e ExposurePolicy) ByCurrency(a *Account) map[string]book.Money {
	rest := e.Exposure(a)
	parts := map[string]book.Money{}
	if rest == 0 {
		return parts
	}
	largest, most := "", book.Money(-1)
	for _, c := range a.Currencies {
		part := e.of(c.Open, c.Shipped, c.Orders, c.Unapplied)
		parts[c.Currency] += part
		rest -= part
		if part > most {
			largest, most = c.Currency, part
		}
	}
	if rest != 0 { // shares of a sum and sums of shares differ in the last digit
		parts[largest] += rest
	}
	return parts
}

// counted writes a number of things in English.
func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// share is a part of an amount, rounded half away from zero. Shares of the policy lie between 0 and 1, so it fits.
func share(m book.Money, part float64) book.Money {
	out, err := m.Times(part)
	if err != nil {
		return m
	}
	return out
}

// amount makes money of a float in currency units, cut off: a bound is never rounded up.
func amount(x float64) book.Money {
	if !(x > 0) {
		return 0
	}
	if x >= book.MaxMoney.Float() {
		return book.MaxMoney
	}
	return book.Money(x * book.Scale)
}
