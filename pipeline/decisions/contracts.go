package decisions

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
)

// A ContractPolicy says what the night looks for in contracts. What the law asks stands in the section statute.
type ContractPolicy struct {
	Ahead        []int   `yaml:"ahead"`         // days before an end from which it is said, the farthest first; the last is S3, the one before S2, others S1
	Behind       int     `yaml:"behind"`        // days for which a security that ended, and that none followed, is still named
	RecentDays   int     `yaml:"recent_days"`   // a customer invoiced or delivered to within so many days is being traded with
	ReviewDays   int     `yaml:"review_days"`   // days after its first day in which a contract may wait for its review
	ExcessDays   int     `yaml:"excess_days"`   // by which an invoice may give more days than the contract
	ExcessShare  float64 `yaml:"excess_share"`  // share of the contract's open amount from which longer terms are S2
	InterestFrom float64 `yaml:"interest_from"` // interest claimable from which a contract has a line of its own; the rest is one line; reporting currency
	ActDays      []int   `yaml:"act_days"`      // business days to act where nothing else says a day, of S1, S2 and S3
}

func (p ContractPolicy) check(bad func(key, want string, got any)) {
	for i, d := range p.Ahead {
		if d < 0 || d > 3650 || i > 0 && d >= p.Ahead[i-1] {
			bad(fmt.Sprintf("contracts.ahead[%d]", i), "from 0 to 3650, and below the one before it", d)
		}
	}
	if len(p.Ahead) == 0 {
		bad("contracts.ahead", "one number of days or more", 0)
	}
	within(bad, "contracts.behind", float64(p.Behind), 0, 3650)
	within(bad, "contracts.recent_days", float64(p.RecentDays), 0, 3650)
	within(bad, "contracts.review_days", float64(p.ReviewDays), 0, 3650)
	within(bad, "contracts.excess_days", float64(p.ExcessDays), 0, 3650)
	within(bad, "contracts.excess_share", p.ExcessShare, 0, 1)
	within(bad, "contracts.interest_from", p.InterestFrom, 0, 1e13)
	if len(p.ActDays) != 3 {
		bad("contracts.act_days", "three numbers of business days, of S1, S2 and S3", p.ActDays)
	}
	for i, d := range p.ActDays {
		within(bad, fmt.Sprintf("contracts.act_days[%d]", i), float64(d), 0, 365)
	}
}

// window is the severity of an end so many days ahead; 0 beyond the farthest.
func (p ContractPolicy) window(days int) int {
	severity := 0
	for i, d := range p.Ahead {
		if days <= d {
			severity = max(1, 3-(len(p.Ahead)-1-i))
		}
	}
	return severity
}

// A Contract is a contract in its newest version known to the night.
type Contract struct {
	CustomerID, ID string
	From, To       asof.Date  // To is asof.Latest for one without an end
	Terms          *int       // agreed payment days
	Review         string     // reviewed, pending, rejected, none; empty: none
	LateRate       *float64   // agreed interest on late payment, a year
	Security       string     // guarantee, collateral, deposit, insurance; empty: none
	Worth          book.Money // of the security after its haircut, reporting currency
	SecuredTo      asof.Date
}

// inForce reports whether the contract covers a day.
func (c Contract) inForce(day asof.Date) bool { return c.From <= day && day <= c.To }

// ByFirstDay puts contracts in the order in which the night reads them.
func ByFirstDay(a, b Contract) int {
	return cmp.Or(strings.Compare(a.CustomerID, b.CustomerID), cmp.Compare(a.From, b.From), strings.Compare(a.ID, b.ID))
}

// agreed is the interest agreed by the contracts in force on a day: that of the newest which says one.
func (p Payer) agreed(day asof.Date) (rate *float64) {
	for _, c := range p.Contracts {
		if c.inForce(day) && c.LateRate != nil {
			rate = c.LateRate
		}
	}
	return rate
}

// governs is the contract that an invoice of a day falls under: the newest in force, else the one that ended last before. nil: there was none yet.
func (p Payer) governs(day asof.Date) (found *Contract) {
	for i := range p.Contracts {
		c := &p.Contracts[i]
		switch {
		case c.From > day:
		case found == nil, c.inForce(day), !found.inForce(day) && c.To >= found.To:
			found = c
		}
	}
	return found
}

// terms are the longest payment days that the contracts in force on a day allow; false where there is none, or one that says none.
func (p Payer) terms(day asof.Date) (days int, ok bool) {
	for _, c := range p.Contracts {
		if !c.inForce(day) {
			continue
		}
		if c.Terms == nil {
			return 0, false
		}
		days, ok = max(days, *c.Terms), true
	}
	return days, ok
}

// A Party is what the contract desk knows of a customer. Amounts are in the reporting currency.
type Party struct {
	CustomerID            string
	Payer                 Payer
	Total, Covered        book.Money // exposure before cover, and what of it is covered, as the losses have it
	InvoicedOn, ShippedOn asof.Date  // last; zero: never
	Insured               book.Money // by the customer's own record, in force or not
	InsuredTo             asof.Date
	Items                 []Receivable // open invoices; DueOn is zero where it is not known
}

// A ContractFinding is something wrong with a contract, its securities, or for want of one.
type ContractFinding struct {
	Code                         string
	Severity                     int    // 1 to 3
	CustomerID, ContractID       string // both empty: of the whole book
	Owner                        string
	Amount                       book.Money  // at stake, reporting currency
	Exposure, Covered, Uncovered *book.Money // of cover that ends: the exposure, and how it is covered when that cover is gone
	Invoices                     int         // behind the amount
	EndsOn                       asof.Date   // zero: nothing ends
	Since                        asof.Date   // night from which the finding stands without a break
	DueOn                        asof.Date   // never before the night
	Action                       string
	EN, ZH                       string
}

// A FindingKey names a finding over the nights.
type FindingKey struct{ Code, CustomerID, ContractID string }

// A LateInterest is what may be claimed for late payment of one invoice.
type LateInterest struct {
	Receivable
	Claim
	ContractID string // that the invoice falls under; empty: none
	Days       int    // past due
	Base       book.Money
}

// FindingCodes lists what the desk finds, in the order of the report.
var FindingCodes = []string{
	"no_contracts", "rate_stale", "no_contract", "contract_expired", "contract_ends", "review_missing", "review_overdue", "cover_expired", "cover_expires",
	"terms_over_statute", "rate_under_floor", "longer_terms", "late_interest",
}

// Findings goes through the customers and their contracts. since are the findings of the last published night, rates tonight's into the
// reporting currency; coverage is the share of an insured loss that the insurer pays; add counts business days. A book without any contract says
// nothing about a customer that has none: that is one line.
func Findings(on asof.Date, parties []Party, since map[FindingKey]asof.Date, rates map[string]float64, coverage float64, p ContractPolicy, law StatutePolicy, add func(asof.Date, int) asof.Date) ([]ContractFinding, []LateInterest, error) {
	parties = slices.Clone(parties)
	slices.SortFunc(parties, func(a, b Party) int { return strings.Compare(a.CustomerID, b.CustomerID) })
	desk := contractDesk{on: on, coverage: coverage, policy: p, law: law}
	payers, hasContracts := map[string]Payer{}, false
	for _, x := range parties {
		payers[x.CustomerID] = x.Payer
		hasContracts = hasContracts || len(x.Payer.Contracts) > 0
	}
	var interest []LateInterest
	small, smallOf := ContractFinding{Code: "late_interest", Severity: 1, Action: "INFO"}, 0
	for i := range parties {
		x := &parties[i]
		claims, err := desk.interest(x, rates)
		if err != nil {
			return nil, nil, err
		}
		interest = append(interest, claims...)
		if err := desk.claims(x, claims, &small, &smallOf); err != nil {
			return nil, nil, err
		}
		desk.covers(x)
		if !hasContracts {
			continue
		}
		if err := desk.contracts(x); err != nil {
			return nil, nil, err
		}
	}
	if small.Amount > 0 {
		small.EN = fmt.Sprintf("interest on late payment: %s of less than %.0f each, together %s", counted(smallOf, "claim"), p.InterestFrom, money(small.Amount))
		small.ZH = fmt.Sprintf("迟付利息：%d 项各不足 %.0f，合计 %s", smallOf, p.InterestFrom, money(small.Amount))
		desk.found = append(desk.found, small)
	}
	if !hasContracts {
		desk.found = append(desk.found, ContractFinding{Code: "no_contracts", Severity: 1, Action: "INFO",
			EN: "no contracts were given: whether deliveries rest on a reviewed contract, and on which terms, is not judged", ZH: "未提供合同资料：无法判断发货是否有已审合同及约定条件"})
	}
	if old := law.stale(on, payers); len(old) > 0 {
		desk.found = append(desk.found, ContractFinding{Code: "rate_stale", Severity: 2, Action: "REVIEW",
			EN: "rates of the policy may be out of date, newest row: " + strings.Join(old, ", ") + "; add the rate in force to statute.rates",
			ZH: "政策中的利率可能已过时，最新一行：" + strings.Join(old, "、") + "；请在 statute.rates 补充现行利率"})
	}
	for i := range desk.found {
		f := &desk.found[i]
		f.Since = on
		if day, ok := since[FindingKey{f.Code, f.CustomerID, f.ContractID}]; ok {
			f.Since = day
		}
		if f.DueOn.IsZero() {
			f.DueOn = add(f.Since, p.ActDays[f.Severity-1])
		}
		f.DueOn = max(f.DueOn, on)
	}
	slices.SortFunc(desk.found, func(a, b ContractFinding) int {
		return cmp.Or(strings.Compare(a.CustomerID, b.CustomerID), strings.Compare(a.ContractID, b.ContractID), cmp.Compare(slices.Index(FindingCodes, a.Code), slices.Index(FindingCodes, b.Code)))
	})
	return desk.found, interest, nil
}

// A contractDesk gathers the findings of a night.
type contractDesk struct {
	on       asof.Date
	coverage float64 // share of an insured loss that the insurer pays
	policy   ContractPolicy
	law      StatutePolicy
	found    []ContractFinding
}

func (d *contractDesk) say(x *Party, contract string, f ContractFinding) {
	f.CustomerID, f.ContractID, f.Owner = x.CustomerID, contract, x.Payer.Owner
	d.found = append(d.found, f)
}

// interest is what may be claimed for every invoice of the customer that is past due.
func (d *contractDesk) interest(x *Party, rates map[string]float64) (claims []LateInterest, err error) {
	for _, r := range x.Items {
		if r.DueOn.IsZero() || r.DueOn >= d.on || r.Open <= 0 {
			continue
		}
		v := LateInterest{Receivable: r, Days: d.on.Sub(r.DueOn)}
		if c := x.Payer.governs(r.InvoicedOn); c != nil {
			v.ContractID = c.ID
		}
		if v.Claim, err = d.law.claim(d.on, r, x.Payer); err == nil {
			v.Base, err = v.Amount.Times(rates[r.Currency])
		}
		if err != nil {
			return nil, fmt.Errorf("customer %s, invoice %s: interest: %w", x.CustomerID, r.DocumentID, err)
		}
		claims = append(claims, v)
	}
	slices.SortFunc(claims, func(a, b LateInterest) int {
		return cmp.Or(cmp.Compare(a.DueOn, b.DueOn), strings.Compare(a.DocumentID, b.DocumentID), strings.Compare(a.Currency, b.Currency))
	})
	return claims, nil
}

// claims adds the interest up by contract. What is small joins the line of the book.
func (d *contractDesk) claims(x *Party, claims []LateInterest, small *ContractFinding, smallOf *int) (err error) {
	type sum struct {
		amount   book.Money
		invoices int
		rules    []string
	}
	sums := map[string]*sum{}
	var contracts []string
	for _, c := range claims {
		if c.Base <= 0 {
			continue
		}
		s := sums[c.ContractID]
		if s == nil {
			s = &sum{}
			sums[c.ContractID] = s
			contracts = append(contracts, c.ContractID)
		}
		if s.amount, err = s.amount.Add(c.Base); err != nil {
			return fmt.Errorf("customer %s: interest: %w", x.CustomerID, err)
		}
		s.invoices++
		if !slices.Contains(s.rules, c.Rule) {
			s.rules = append(s.rules, c.Rule)
		}
	}
	for _, contract := range contracts {
		s := sums[contract]
		if s.amount.Float() < d.policy.InterestFrom {
			*smallOf++
			small.Invoices += s.invoices
			if small.Amount, err = small.Amount.Add(s.amount); err != nil {
				return fmt.Errorf("small claims of interest: %w", err)
			}
			continue
		}
		slices.Sort(s.rules)
		d.say(x, contract, ContractFinding{Code: "late_interest", Severity: 1, Amount: s.amount, Invoices: s.invoices, Action: "DUN+1",
			EN: fmt.Sprintf("%s interest on late payment may be claimed on %s (by %s)", money(s.amount), counted(s.invoices, "invoice"), strings.Join(s.rules, ", ")),
			ZH: fmt.Sprintf("%d 张发票可主张迟付利息 %s（依据 %s）", s.invoices, money(s.amount), strings.ReplaceAll(strings.Join(s.rules, "、"), "contract", "合同"))})
	}
	return nil
}

// trades reports whether the customer is being delivered to or invoiced, after a day.
func (d *contractDesk) trades(x *Party, after asof.Date) bool {
	last := max(x.InvoicedOn, x.ShippedOn)
	return !last.IsZero() && last > after && d.on.Sub(last) < d.policy.RecentDays
}

// contracts holds the customer's contracts against time, review, the statute and its invoices.
func (d *contractDesk) contracts(x *Party) error {
	type open struct {
		amount, longer book.Money
		invoices, of   int
	}
	opens := map[string]*open{}
	for _, c := range x.Payer.Contracts {
		opens[c.ID] = &open{}
	}
	var all book.Money
	for _, r := range x.Items {
		if r.OpenBase <= 0 {
			continue
		}
		var err error
		if all, err = all.Add(r.OpenBase); err != nil {
			return fmt.Errorf("customer %s: open amount: %w", x.CustomerID, err)
		}
		c := x.Payer.governs(r.InvoicedOn)
		if c == nil {
			continue
		}
		o := opens[c.ID]
		o.amount += r.OpenBase // parts of all
		o.invoices++
		if terms, ok := x.Payer.terms(r.InvoicedOn); ok && !r.DueOn.IsZero() && r.DueOn.Sub(r.InvoicedOn) > terms+d.policy.ExcessDays {
			o.longer += r.OpenBase
			o.of++
		}
	}
	var last *Contract // of those that have ended
	inForce := false
	for i := range x.Payer.Contracts {
		c := &x.Payer.Contracts[i]
		inForce = inForce || c.inForce(d.on)
		if c.To < d.on && (last == nil || c.To >= last.To) {
			last = c
		}
	}
	switch {
	case inForce:
	case last != nil:
		o := opens[last.ID]
		switch after := d.trades(x, last.To); {
		case after:
			d.say(x, last.ID, ContractFinding{Code: "contract_expired", Severity: 3, Amount: o.amount, Invoices: o.invoices, EndsOn: last.To, DueOn: d.on, Action: "REVIEW",
				EN: fmt.Sprintf("the contract ended on %s; since then goods or invoices went out, the last on %s; open %s", last.To, max(x.InvoicedOn, x.ShippedOn), money(o.amount)),
				ZH: fmt.Sprintf("合同已于 %s 到期，此后仍在发货或开票，最近为 %s；未清 %s", last.To, max(x.InvoicedOn, x.ShippedOn), money(o.amount))})
		case o.amount > 0:
			d.say(x, last.ID, ContractFinding{Code: "contract_expired", Severity: 2, Amount: o.amount, Invoices: o.invoices, EndsOn: last.To, DueOn: d.on, Action: "REVIEW",
				EN: fmt.Sprintf("the contract ended on %s with %s still open", last.To, money(o.amount)),
				ZH: fmt.Sprintf("合同已于 %s 到期，仍有 %s 未清", last.To, money(o.amount))})
		}
	case d.trades(x, 0):
		d.say(x, "", ContractFinding{Code: "no_contract", Severity: 3, Amount: x.Total, Invoices: len(x.Items), Action: "REVIEW",
			EN: fmt.Sprintf("goods or invoices went out, the last on %s, and no contract is in force; exposure %s", max(x.InvoicedOn, x.ShippedOn), money(x.Total)),
			ZH: fmt.Sprintf("仍在发货或开票，最近为 %s，但无有效合同；敞口 %s", max(x.InvoicedOn, x.ShippedOn), money(x.Total))})
	}
	for i := range x.Payer.Contracts {
		c := &x.Payer.Contracts[i]
		o := opens[c.ID]
		if o.longer > 0 {
			f := ContractFinding{Code: "longer_terms", Severity: 1, Amount: o.longer, Invoices: o.of, Action: "RECON",
				EN: fmt.Sprintf("%s over %s gave the customer more days than the contract", counted(o.of, "open invoice"), money(o.longer)),
				ZH: fmt.Sprintf("%d 张未清发票（%s）账期长于合同", o.of, money(o.longer))}
			if o.longer.Float() >= d.policy.ExcessShare*o.amount.Float() {
				f.Severity = 2
			}
			d.say(x, c.ID, f)
		}
		if c.inForce(d.on) {
			d.ends(x, c, o.amount, o.invoices, all)
			d.review(x, c, o.amount, o.invoices)
			d.statute(x, c, o.amount, o.invoices)
		}
	}
	return nil
}

// ends looks ahead to the end of a contract that no other one follows.
func (d *contractDesk) ends(x *Party, c *Contract, open book.Money, invoices int, all book.Money) {
	days := c.To.Sub(d.on)
	severity := d.policy.window(days)
	followed := slices.ContainsFunc(x.Payer.Contracts, func(o Contract) bool { return o.From <= c.To.Add(1) && o.To > c.To })
	if c.To == asof.Latest || severity == 0 || followed || all <= 0 && !d.trades(x, 0) {
		return
	}
	soon := inDays(days)
	d.say(x, c.ID, ContractFinding{Code: "contract_ends", Severity: severity, Amount: open, Invoices: invoices, EndsOn: c.To, DueOn: c.To, Action: "REVIEW",
		EN: fmt.Sprintf("the contract ends on %s, %s, and no other follows; open under it %s", c.To, soon[0], money(open)),
		ZH: fmt.Sprintf("合同将于 %s 到期（%s），尚无后续合同；合同项下未清 %s", c.To, soon[1], money(open))})
}

// review asks for the review that a contract in force still lacks.
func (d *contractDesk) review(x *Party, c *Contract, open book.Money, invoices int) {
	f := ContractFinding{Code: "review_missing", Severity: 2, Amount: open, Invoices: invoices, Action: "REVIEW"}
	switch {
	case c.Review == "reviewed":
		return
	case c.Review == "pending":
		if d.on.Sub(c.From) <= d.policy.ReviewDays {
			return
		}
		f.Code, f.EndsOn, f.DueOn = "review_overdue", c.From.Add(d.policy.ReviewDays), c.From.Add(d.policy.ReviewDays)
		f.EN = fmt.Sprintf("in force since %s and still to be reviewed, due by %s; open under it %s", c.From, f.DueOn, money(open))
		f.ZH = fmt.Sprintf("自 %s 生效仍待审核，应于 %s 前完成；合同项下未清 %s", c.From, f.DueOn, money(open))
	case c.Review == "rejected":
		f.Severity = 3
		f.EN = fmt.Sprintf("in force since %s though its review was refused; open under it %s", c.From, money(open))
		f.ZH = fmt.Sprintf("审核未通过，但自 %s 起生效；合同项下未清 %s", c.From, money(open))
	default:
		f.EN = fmt.Sprintf("in force since %s and never reviewed; open under it %s", c.From, money(open))
		f.ZH = fmt.Sprintf("自 %s 生效，从未审核；合同项下未清 %s", c.From, money(open))
	}
	d.say(x, c.ID, f)
}

// statute holds the agreed days and the agreed rate against the law.
func (d *contractDesk) statute(x *Party, c *Contract, open book.Money, invoices int) {
	s := d.law.binds(x.Payer, c.From)
	if s == nil {
		return
	}
	most, usual, whoEN, whoZH := s.Days, s.Days, "a firm of this kind", "此类企业"
	if x.Payer.Public {
		most, usual, whoEN, whoZH = s.PublicDays, s.PublicUsual, "a public body", "公共机构"
	}
	if c.Terms != nil && usual > 0 && *c.Terms > usual {
		f := ContractFinding{Code: "terms_over_statute", Severity: 3, Amount: open, Invoices: invoices, Action: "LEGAL",
			EN: fmt.Sprintf("%d days are agreed; %s allows %s %d at most; open under it %s", *c.Terms, s.Name, whoEN, most, money(open)),
			ZH: fmt.Sprintf("约定账期 %d 天；%s 对%s最长允许 %d 天；合同项下未清 %s", *c.Terms, s.Name, whoZH, most, money(open))}
		switch {
		case !x.Payer.Public && s.Negotiable:
			f.Severity = 2
			f.EN = fmt.Sprintf("%d days are agreed; by %s more than %d hold only if agreed expressly and not grossly unfair to us; open under it %s", *c.Terms, s.Name, usual, money(open))
			f.ZH = fmt.Sprintf("约定账期 %d 天；按 %s，超过 %d 天须明确约定且对我方无重大不公；合同项下未清 %s", *c.Terms, s.Name, usual, money(open))
		case *c.Terms <= most:
			f.Severity = 2
			f.EN = fmt.Sprintf("%d days are agreed; %s allows %s more than %d only for an express reason; open under it %s", *c.Terms, s.Name, whoEN, usual, money(open))
			f.ZH = fmt.Sprintf("约定账期 %d 天；%s 对%s超过 %d 天须有明确理由；合同项下未清 %s", *c.Terms, s.Name, whoZH, usual, money(open))
		}
		d.say(x, c.ID, f)
	}
	if s.Floor == "" || c.LateRate == nil {
		return
	}
	if floor := max(d.law.rate(s.Floor, c.From)+s.OverFloor, 0); *c.LateRate < floor-1e-12 { // 8 % + 2.15 % in binary
		f := ContractFinding{Code: "rate_under_floor", Severity: 2, Amount: open, Invoices: invoices, Action: "LEGAL",
			EN: fmt.Sprintf("late payment costs %s a year by the contract; %s asks for at least %s; open under it %s", percent(*c.LateRate), s.Name, percent(floor), money(open)),
			ZH: fmt.Sprintf("约定迟付年利率 %s，低于 %s 要求的 %s；合同项下未清 %s", percent(*c.LateRate), s.Name, percent(floor), money(open))}
		if !x.Payer.Public && s.Negotiable {
			f.Severity = 1
			f.EN = fmt.Sprintf("late payment costs %s a year by the contract; %s gives %s where nothing is agreed, and less must not be grossly unfair to us; open under it %s", percent(*c.LateRate), s.Name, percent(floor), money(open))
			f.ZH = fmt.Sprintf("约定迟付年利率 %s；无约定时 %s 为 %s，更低不得对我方重大不公；合同项下未清 %s", percent(*c.LateRate), s.Name, percent(floor), money(open))
		}
		d.say(x, c.ID, f)
	}
}

// inDays says how far ahead a day lies, in both languages.
func inDays(n int) [2]string {
	if n == 0 {
		return [2]string{"tonight", "今晚"}
	}
	return [2]string{"in " + counted(n, "day"), fmt.Sprintf("%d 天后", n)}
}

func percent(v float64) string { return fmt.Sprintf("%.2f %%", 100*v) }

// A cover is a security or an insurance of a customer.
type cover struct {
	contract, kind string
	worth          book.Money
	from, to       asof.Date
	record         bool // told by the customer's own record
	live           bool // its contract, if it has one, is in force tonight
}

// covered is what covers pay of an exposure, as the losses count it: securities first; a policy told by a contract and by the customer's
// record is not counted twice. coverage is the share of an insured loss that the insurer pays.
func covered(total book.Money, covers []cover, coverage float64) book.Money {
	var secured, insured, record book.Money
	for _, c := range covers {
		switch {
		case c.record:
			record = c.worth
		case c.kind == "insurance":
			insured = min(insured+c.worth, book.MaxMoney/2)
		default:
			secured = min(secured+c.worth, book.MaxMoney/2)
		}
	}
	secured = min(secured, total)
	return secured + share(min(max(insured, record), total-secured), coverage)
}

// covers are the customer's securities and insurances in the order of their ends: those in force on a day, and the others.
func (x *Party) covers(on asof.Date) (force, rest []cover) {
	add := func(c cover) {
		if c.from <= on && on <= c.to && c.live {
			force = append(force, c)
		} else {
			rest = append(rest, c)
		}
	}
	if x.Insured > 0 {
		add(cover{kind: "insurance", worth: x.Insured, to: x.InsuredTo, record: true, live: true})
	}
	for _, c := range x.Payer.Contracts {
		if c.Security != "" && c.Worth > 0 {
			add(cover{contract: c.ID, kind: c.Security, worth: c.Worth, from: c.From, to: min(c.SecuredTo, c.To), live: c.inForce(on)})
		}
	}
	order := func(a, b cover) int {
		return cmp.Or(cmp.Compare(a.to, b.to), strings.Compare(a.contract, b.contract))
	}
	slices.SortFunc(force, order)
	slices.SortFunc(rest, order)
	return force, rest
}

// CoveredOn is what the securities and insurances in force on a day cover of the exposure; on the night that the losses were worked out it is Covered.
func (x *Party) CoveredOn(day asof.Date, coverage float64) book.Money {
	force, _ := x.covers(day)
	return covered(x.Total, force, coverage)
}

// covers looks ahead to the end of securities and insurances, and back to those that ended without another in their place. Amounts are what of
// tonight's exposure loses its cover; covers that end one after the other share it out in that order.
func (d *contractDesk) covers(x *Party) {
	if x.Total <= 0 {
		return
	}
	force, rest := x.covers(d.on)
	report := func(code string, c cover, severity int, lost, left book.Money) {
		kind := securityWords[c.kind]
		total, uncovered := x.Total, x.Total-left
		f := ContractFinding{Code: code, Severity: severity, Amount: lost, Exposure: &total, Covered: &left, Uncovered: &uncovered, EndsOn: c.to, DueOn: max(c.to, d.on), Action: "SECURE"}
		if c.kind == "insurance" {
			f.Action = "NOTIFY-INS SECURE"
		}
		if code == "cover_expired" {
			f.EN = fmt.Sprintf("%s ended on %s; %s of the exposure of %s that it would cover is uncovered", kind[0], c.to, money(lost), money(total))
			f.ZH = fmt.Sprintf("%s已于 %s 到期；敞口 %s 中本可覆盖的 %s 无保障", kind[1], c.to, money(total), money(lost))
		} else {
			soon := inDays(c.to.Sub(d.on))
			f.EN = fmt.Sprintf("%s ends on %s, %s: %s of the exposure of %s loses its cover, %s is uncovered then", kind[0], c.to, soon[0], money(lost), money(total), money(uncovered))
			f.ZH = fmt.Sprintf("%s将于 %s 到期（%s）：敞口 %s 中 %s 失去保障，届时未覆盖 %s", kind[1], c.to, soon[1], money(total), money(lost), money(uncovered))
		}
		d.say(x, c.contract, f)
	}
	tonight := covered(x.Total, force, d.coverage)
	with, before := slices.Clone(force), tonight
	for _, c := range rest {
		// A security ended while its contract goes on, or the policy of the customer's record did.
		if c.to >= d.on || c.from > d.on || !c.live || d.on.Sub(c.to) > d.policy.Behind {
			continue
		}
		with = append(with, c)
		would := covered(x.Total, with, d.coverage)
		if lost := would - before; lost > 0 {
			report("cover_expired", c, 3, lost, tonight)
		}
		before = would
	}
	before = tonight
	for i, c := range force {
		severity := d.policy.window(c.to.Sub(d.on))
		if c.to == asof.Latest || severity == 0 {
			break
		}
		day := c.to.Add(1)
		left := slices.Clone(force[i+1:])
		for _, r := range rest { // what follows it
			if r.from > d.on && r.from <= day && day <= r.to {
				left = append(left, r)
			}
		}
		after := covered(x.Total, left, d.coverage)
		if lost := before - after; lost > 0 {
			report("cover_expires", c, severity, lost, after)
		}
		before = after
	}
}

var securityWords = map[string][2]string{
	"guarantee": {"the guarantee", "保证"}, "collateral": {"the collateral", "抵押"}, "deposit": {"the deposit", "保证金"}, "insurance": {"the insurance", "信用保险"},
}
