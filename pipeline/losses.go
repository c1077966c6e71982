package pipeline

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"creditwatch/features/book"
	"creditwatch/models/loss"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
)

// Loss is how exposure turns into loss.
type Loss struct {
	LGD               float64   `yaml:"lgd"`                // loss given default of uncovered exposure where own defaults tell nothing, share
	OrderConversion   float64   `yaml:"order_conversion"`   // share of open orders that will be delivered before a default is seen
	InsuranceCoverage float64   `yaml:"insurance_coverage"` // share of an insured loss that the insurer pays
	Haircuts          Haircuts  `yaml:"haircuts"`
	DiscountRate      float64   `yaml:"discount_rate"`  // a year, of what comes back after a default
	WorkoutMonths     int       `yaml:"workout_months"` // after so many months what has not come back is lost
	Credibility       float64   `yaml:"credibility"`    // own defaults at which they weigh as much as lgd
	SizeBounds        []float64 `yaml:"size_bounds"`    // exposures from which the next size class begins, reporting currency
	Correlation       float64   `yaml:"correlation"`    // of the customers' fortunes with the one factor of the economy
	Stress            Stress    `yaml:"stress"`
	Cap               float64   `yaml:"cap"`          // expected loss per customer above which W1-07 warns, reporting currency
	GrossMargin       float64   `yaml:"gross_margin"` // margin on sales; 5 % of a year's margin raises the cap, and the reverse stress asks what eats it
}

// Haircuts are the shares of a security's amount that do not count.
type Haircuts struct {
	Guarantee  float64 `yaml:"guarantee"`
	Collateral float64 `yaml:"collateral"`
	Deposit    float64 `yaml:"deposit"`
}

// Stress are the scenarios of every night.
type Stress struct {
	IndustryFactor float64 `yaml:"industry_factor"` // by which the PDs of the worst industry are multiplied
	MacroShift     float64 `yaml:"macro_shift"`     // standard deviations by which the economy falls
	Top            []int   `yaml:"top"`             // how many of the largest exposures fail
}

func (l Loss) terms() loss.Terms {
	return loss.Terms{
		Prior: l.LGD, OrderConversion: l.OrderConversion, InsuranceCoverage: l.InsuranceCoverage, DiscountRate: l.DiscountRate,
		WorkoutMonths: l.WorkoutMonths, Credibility: l.Credibility, Sizes: l.SizeBounds, Correlation: l.Correlation,
	}
}

// lossLevels are the years of loss_quantiles: one in 20, one in 100, one in 1 000. The parts of the last are kept per customer.
var lossLevels = []float64{0.95, 0.99, 0.999}

type lossRow struct {
	Run           uint64     `ch:"run"`
	AsOf          asof.Date  `ch:"as_of"`
	CustomerID    string     `ch:"customer_id"`
	GroupID       string     `ch:"group_id"`
	Industry      string     `ch:"industry"`
	Open          book.Money `ch:"open_base"`
	Shipped       book.Money `ch:"shipped_base"`
	Orders        book.Money `ch:"orders_base"`
	Ordered       book.Money `ch:"ordered_base"`
	Unapplied     book.Money `ch:"unapplied_base"`
	Total         book.Money `ch:"total_base"`
	Secured       book.Money `ch:"secured_base"`
	Insured       book.Money `ch:"insured_base"`
	CoverUntil    *asof.Date `ch:"cover_until"`
	Covered       book.Money `ch:"covered_base"`
	EAD           book.Money `ch:"ead"`
	Retained      book.Money `ch:"retained_base"`
	Uninsured     book.Money `ch:"uninsured_base"`
	PD            *float64   `ch:"pd_12m"`
	LGDUninsured  float64    `ch:"lgd_uninsured"`
	LGDPrudent    float64    `ch:"lgd_prudent"`
	LGDSegment    string     `ch:"lgd_segment"`
	LGDEvents     uint32     `ch:"lgd_events"`
	LGDWeight     float64    `ch:"lgd_weight"`
	LGD           float64    `ch:"lgd"`
	ExpectedLoss  book.Money `ch:"expected_loss"`
	UninsuredLoss book.Money `ch:"uninsured_loss"`
	PrudentLoss   book.Money `ch:"prudent_loss"`
	TailLoss      book.Money `ch:"tail_loss"`
}

type lgdRow struct {
	Run         uint64     `ch:"run"`
	AsOf        asof.Date  `ch:"as_of"`
	CustomerID  string     `ch:"customer_id"`
	DefaultedOn asof.Date  `ch:"defaulted_on"`
	CuredOn     *asof.Date `ch:"cured_on"`
	State       string     `ch:"state"`
	Days        uint32     `ch:"days"`
	Claim       book.Money `ch:"claim"`
	NetClaim    book.Money `ch:"net_claim"`
	CameBack    book.Money `ch:"came_back"`
	WrittenOff  book.Money `ch:"written_off"`
	Owed        book.Money `ch:"owed"`
	LGD         float64    `ch:"lgd"`
	Low         float64    `ch:"lgd_low"`
	High        float64    `ch:"lgd_high"`
	Weight      float64    `ch:"weight"`
	Covered     bool       `ch:"covered"`
	SizeClass   uint8      `ch:"size_class"`
	Industry    string     `ch:"industry"`
}

type quantileRow struct {
	Run          uint64      `ch:"run"`
	AsOf         asof.Date   `ch:"as_of"`
	Scope        string      `ch:"scope"`
	Industry     string      `ch:"industry"`
	Level        float64     `ch:"level"`
	Correlation  float64     `ch:"correlation"`
	Smooth       book.Money  `ch:"smooth_loss"`
	Adjusted     *book.Money `ch:"adjusted_loss"`
	Loss         book.Money  `ch:"loss"`
	TopLoss      book.Money  `ch:"top_loss"`
	TopNames     []string    `ch:"top_names"`
	Customers    uint32      `ch:"customers"`
	Unscored     uint32      `ch:"unscored"`
	EAD          book.Money  `ch:"ead"`
	ExpectedLoss book.Money  `ch:"expected_loss"`
	Herfindahl   *float64    `ch:"herfindahl"`
	Effective    *float64    `ch:"effective_names"`
}

type stressRow struct {
	Run       uint64     `ch:"run"`
	AsOf      asof.Date  `ch:"as_of"`
	Position  uint8      `ch:"position"`
	Scenario  string     `ch:"scenario"`
	Parameter float64    `ch:"parameter"`
	Result    *float64   `ch:"result"`
	Loss      book.Money `ch:"loss"`
	Extra     book.Money `ch:"extra_loss"`
	Customers uint32     `ch:"customers"`
	Names     []string   `ch:"names"`
	EN        string     `ch:"text_en"`
	ZH        string     `ch:"text_zh"`
}

// A lossBook is what the night's losses are made of: the exposures, and the loss rates of own workouts.
type lossBook struct {
	night     *Night
	terms     loss.Terms
	exposures map[string]lossRow // the parts alone
	workouts  []loss.Workout
	rates     *loss.Rates
	since     *loss.Development
	days      map[string]int // in default, by customer
	kept      []lossRow
	years     loss.Distribution // of the whole book
}

// lossBook reads the exposures of the night and follows the defaults of the past.
func (n *Night) lossBook(ctx context.Context) (*lossBook, error) {
	b := &lossBook{night: n, terms: n.Loss.terms(), exposures: map[string]lossRow{}, days: map[string]int{}}
	err := rows.Each(ctx, n, "exposures", sqlOf("exposures"), n.params(map[string]any{
		"guarantee_haircut": n.Loss.Haircuts.Guarantee, "collateral_haircut": n.Loss.Haircuts.Collateral, "deposit_haircut": n.Loss.Haircuts.Deposit,
	}), func(r *rows.Row) error {
		row := lossRow{
			Run: n.Run, AsOf: n.AsOf, CustomerID: r.Text("customer_id"), GroupID: r.Text("group_id"), Industry: r.Text("industry"),
			Open: r.Money("open"), Shipped: r.Money("shipped"), Orders: r.Money("ordered"), Unapplied: r.Money("unapplied"), Secured: r.Money("secured"), Insured: r.Money("insured"),
		}
		if until := r.Date("cover_until"); until < asof.Latest {
			row.CoverUntil = &until
		}
		b.exposures[row.CustomerID] = row
		return nil
	})
	if err != nil {
		return nil, err
	}
	var defaults []loss.Default
	err = rows.Each(ctx, n, "workouts", sqlOf("workouts"), n.params(map[string]any{
		"from_ledger": n.Default.FromLedger, "from_outcomes": strings.Join(n.Default.FromOutcomes, ","), "workout_months": int64(n.Loss.WorkoutMonths),
	}), func(r *rows.Row) error {
		id, on := r.Text("customer_id"), r.Date("defaulted_on")
		if k := len(defaults); k == 0 || defaults[k-1].CustomerID != id || defaults[k-1].On != on {
			defaults = append(defaults, loss.Default{CustomerID: id, On: on, Cured: r.Date("cured_on"), Industry: r.Text("industry"), Covered: r.Is("is_covered")})
		}
		d := &defaults[len(defaults)-1]
		if kind := r.Text("kind"); kind == "claim" {
			d.Claim = r.Money("amount")
		} else {
			d.Flows = append(d.Flows, loss.Flow{On: r.Date("flow_on"), Kind: loss.Kind(kind), Amount: r.Money("amount")})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if b.workouts, b.since, err = loss.Workouts(defaults, n.AsOf, b.terms); err != nil {
		return nil, err
	}
	b.rates = loss.Fit(b.workouts, b.terms)
	for _, w := range b.workouts {
		if w.State != loss.Cured {
			b.days[w.CustomerID] = w.Days
		}
	}
	return b, nil
}

// of works out a customer's loss and remembers it. What a customer in default still owes is lost at the rate of those that
// have been in default for as long.
func (b *lossBook) of(customer string, pd *float64, inDefault bool) (lossRow, error) {
	row, ok := b.exposures[customer]
	if !ok {
		return row, fmt.Errorf("customer %s: scored, but without a row of exposures", customer)
	}
	e, err := b.terms.Expose(loss.Parts{Open: row.Open, Shipped: row.Shipped, Orders: row.Orders, Unapplied: row.Unapplied, Secured: row.Secured, Insured: row.Insured})
	if err != nil {
		return row, fmt.Errorf("customer %s: %w", customer, err)
	}
	rate := b.rates.For(e.Total, e.IsCovered(), row.Industry)
	if days, ok := b.days[customer]; ok && inDefault {
		rate = b.since.Rate(days)
	}
	x, err := loss.Expect(pd, e, rate)
	if err != nil {
		return row, fmt.Errorf("customer %s: expected loss: %w", customer, err)
	}
	row.Ordered, row.Total, row.Covered, row.EAD, row.Retained, row.Uninsured = e.Ordered, e.Total, e.Covered, e.EAD, e.Retained, e.Uninsured
	row.PD, row.LGDUninsured, row.LGDPrudent, row.LGDSegment, row.LGDEvents, row.LGDWeight = pd, rate.Point, rate.Prudent, rate.Segment, uint32(rate.Events), rate.Weight
	row.LGD, row.ExpectedLoss, row.UninsuredLoss, row.PrudentLoss = x.LGD, x.Loss, x.Uninsured, x.Prudent
	b.kept = append(b.kept, row)
	return row, nil
}

// keep stores the losses of all customers, what the defaults of the past came to, the loss of bad years and the stress set,
// and holds them against the scores. A disagreement stops the night.
func (b *lossBook) keep(ctx context.Context) error {
	n := b.night
	slices.SortFunc(b.kept, func(x, y lossRow) int { return strings.Compare(x.CustomerID, y.CustomerID) })
	names := make([]loss.Name, len(b.kept))
	for i, row := range b.kept {
		names[i] = loss.Name{CustomerID: row.CustomerID, Industry: row.Industry, LGD: row.LGD, EAD: row.EAD.Float(), Loss: row.ExpectedLoss.Float()}
		if row.PD != nil {
			names[i].PD = *row.PD
		}
	}
	all := loss.NewBook(names) // in the same order
	quantiles := b.quantiles("book", "", all, b.kept)
	for _, industry := range all.Industries() {
		var own []lossRow
		for _, row := range b.kept {
			if row.Industry == industry {
				own = append(own, row)
			}
		}
		quantiles = append(quantiles, b.quantiles("industry", industry, all.Of(industry), own)...)
	}
	if err := n.keep(ctx, "losses", rows.Of(b.kept)); err != nil {
		return err
	}
	if err := n.keep(ctx, "lgd_events", rows.Of(b.events())); err != nil {
		return err
	}
	if err := n.keep(ctx, "loss_quantiles", rows.Of(quantiles)); err != nil {
		return err
	}
	stress, err := b.stress(ctx, all)
	if err != nil {
		return err
	}
	if err := n.keep(ctx, "stress", rows.Of(stress)); err != nil {
		return err
	}
	var faults []string
	err = rows.Each(ctx, n, "losses", sqlOf("loss_footing"), n.params(nil), func(r *rows.Row) error {
		faults = append(faults, fmt.Sprintf("%s %s: %s against %s", r.Text("what"), r.Text("name"), r.Text("left"), r.Text("right")))
		return nil
	})
	if err == nil && len(faults) > 0 {
		err = fmt.Errorf("losses do not foot: %s: %w", strings.Join(faults, "; "), ErrGate)
	}
	return err
}

// events are the workouts as rows.
func (b *lossBook) events() []lgdRow {
	var table []lgdRow
	for _, w := range b.workouts {
		row := lgdRow{
			Run: b.night.Run, AsOf: b.night.AsOf, CustomerID: w.CustomerID, DefaultedOn: w.On, State: w.State, Days: uint32(w.Days),
			Claim: w.Claim, NetClaim: w.Net, CameBack: w.Back, WrittenOff: w.GivenUp, Owed: w.Owed,
			LGD: w.LGD, Low: w.Low, High: w.High, Weight: w.Weight, Covered: w.Covered, SizeClass: uint8(w.Segment.Class + 1), Industry: w.Industry,
		}
		if !w.Cured.IsZero() {
			row.CuredOn = &w.Cured
		}
		table = append(table, row)
	}
	return table
}

// quantiles are the loss quantiles of a part of the book. The parts of the whole book's last level go to its customers.
func (b *lossBook) quantiles(scope, industry string, names loss.Book, own []lossRow) []quantileRow {
	row := quantileRow{Run: b.night.Run, AsOf: b.night.AsOf, Scope: scope, Industry: industry, Correlation: b.terms.Correlation, Customers: uint32(len(own))}
	for _, x := range own {
		row.EAD += x.EAD
		row.ExpectedLoss += x.ExpectedLoss
		if x.PD == nil && x.EAD > 0 {
			row.Unscored++
		}
	}
	if h, n, ok := names.Concentration(); ok {
		row.Herfindahl, row.Effective = &h, &n
	}
	var table []quantileRow
	years := names.Distribution(b.terms.Correlation)
	for _, level := range lossLevels {
		q := names.Quantile(level, b.terms.Correlation)
		row.Level, row.Smooth, row.Loss = level, money(q.Smooth), money(years.Quantile(level))
		row.Adjusted, row.TopNames = nil, nil
		if q.Adjusted != nil {
			adjusted := money(*q.Adjusted)
			row.Adjusted = &adjusted
		}
		top := 0.0
		for _, i := range loss.Largest(q.Shares, 10) {
			if q.Shares[i] > 0 {
				top += q.Shares[i]
				row.TopNames = append(row.TopNames, names[i].CustomerID)
			}
		}
		row.TopLoss = money(min(top, 1) * row.Loss.Float())
		table = append(table, row)
		if scope == "book" && level == lossLevels[len(lossLevels)-1] {
			// What is rounded away of one customer goes to the next, so that the parts add up to the cent.
			sum, given := 0.0, book.Money(0)
			for i := range own {
				sum += q.Shares[i]
				upto := money(sum * row.Loss.Float())
				if i == len(own)-1 {
					upto = row.Loss
				}
				own[i].TailLoss, given = upto-given, upto
			}
		}
	}
	if scope == "book" {
		b.years = years
	}
	return table
}

// stress are the scenarios as rows. The margin of the reverse stress is that of the sales of a year.
func (b *lossBook) stress(ctx context.Context, names loss.Book) ([]stressRow, error) {
	n := b.night
	s := loss.Stresses{IndustryFactor: n.Loss.Stress.IndustryFactor, MacroShift: n.Loss.Stress.MacroShift, Top: n.Loss.Stress.Top}
	err := rows.Each(ctx, n, "margin", sqlOf("margin"), n.params(nil), func(r *rows.Row) error {
		if sales := r.Float("sales"); sales != nil {
			s.Margin = n.Loss.GrossMargin * *sales
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var expected book.Money
	for _, row := range b.kept {
		expected += row.ExpectedLoss
	}
	var table []stressRow
	for i, c := range names.Stress(s, b.terms.Correlation, b.years) {
		extra := money(c.Extra)
		table = append(table, stressRow{
			Run: n.Run, AsOf: n.AsOf, Position: uint8(i + 1), Scenario: c.Name, Parameter: c.Parameter, Result: c.Result,
			Loss: expected + extra, Extra: extra, Customers: uint32(c.Customers), Names: c.Names, EN: c.EN, ZH: c.ZH,
		})
	}
	return table, nil
}

// money rounds an amount of currency units.
func money(v float64) book.Money {
	return book.Money(math.Round(min(max(v*book.Scale, -float64(book.MaxMoney)), float64(book.MaxMoney))))
}
