package pipeline

import (
	"context"
	"fmt"
	"strings"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/decisions"
	"creditwatch/pipeline/rows"
)

type rollRow struct {
	Run          uint64     `ch:"run"`
	AsOf         asof.Date  `ch:"as_of"`
	Segment      string     `ch:"segment"`
	From         string     `ch:"from_bucket"`
	To           string     `ch:"to_bucket"`
	Months       uint16     `ch:"months"`
	Invoices     uint64     `ch:"invoices"`
	Balance      book.Money `ch:"balance_base"`
	Moved        book.Money `ch:"moved_base"`
	Rate         float64    `ch:"rate"`
	Low          float64    `ch:"rate_low"`
	High         float64    `ch:"rate_high"`
	Left         uint64     `ch:"invoices_left"`
	LifetimeLoss float64    `ch:"lifetime_loss"`
	Basis        string     `ch:"basis"`
}

type provisionRow struct {
	Run         uint64     `ch:"run"`
	AsOf        asof.Date  `ch:"as_of"`
	CustomerID  string     `ch:"customer_id"`
	Segment     string     `ch:"segment"`
	Method      string     `ch:"method"`
	Open        book.Money `ch:"open_base"`
	Matrix      book.Money `ch:"matrix_base"`
	Model       book.Money `ch:"model_base"`
	Exposure    book.Money `ch:"exposure_base"`
	Cover       book.Money `ch:"cover_base"`
	Severity    book.Money `ch:"severity_base"`
	Probability book.Money `ch:"probability_base"`
	Unscored    book.Money `ch:"unscored_base"`
	Opening     book.Money `ch:"opening_base"`
	New         book.Money `ch:"new_base"`
	Released    book.Money `ch:"released_base"`
	WrittenOff  book.Money `ch:"written_off_base"`
	FX          book.Money `ch:"fx_base"`
}

type provisionItemRow struct {
	Run           uint64     `ch:"run"`
	AsOf          asof.Date  `ch:"as_of"`
	CustomerID    string     `ch:"customer_id"`
	Segment       string     `ch:"segment"`
	Currency      string     `ch:"currency"`
	Bucket        string     `ch:"bucket"`
	Open          book.Money `ch:"open_amount"`
	OpenBase      book.Money `ch:"open_base"`
	Method        string     `ch:"method"`
	Basis         string     `ch:"basis"`
	Rate          float64    `ch:"rate"`
	Provision     book.Money `ch:"provision"`
	ProvisionBase book.Money `ch:"provision_base"`
}

// decideProvisions measures the roll rates of the past months and provides for what is open, by the matrix they make and by the
// scores. What does not foot stops the night.
func decideProvisions(ctx context.Context, n *Night, h *handed) error {
	moves, err := h.moves()
	if err != nil {
		return err
	}
	rolls, chains, err := decisions.Rolls(moves, n.Decisions.Rolls)
	if err != nil {
		return err
	}
	var rollTable []rollRow
	for _, r := range rolls {
		rollTable = append(rollTable, rollRow{n.Run, n.AsOf, r.Segment, r.From, r.To, uint16(r.Months), uint64(r.Invoices), r.Balance, r.Moved, r.Rate, r.Low, r.High, uint64(r.Left), r.Lifetime, r.Basis})
	}
	if err := n.keep(ctx, "roll_rates", rows.Of(rollTable)); err != nil {
		return err
	}

	var balances []decisions.Balance
	err = rows.Each(ctx, n, "balances", sqlOf("provision_balances"), n.params(map[string]any{"segment_by": n.Decisions.Rolls.SegmentBy}), func(r *rows.Row) error {
		balances = append(balances, decisions.Balance{CustomerID: r.Text("customer_id"), Segment: r.Text("segment"), Currency: r.Text("currency"), Bucket: r.Text("bucket"), Open: r.Money("open"), OpenBase: r.Money("open_base")})
		return nil
	})
	if err != nil {
		return err
	}
	debtors := map[string]decisions.Debtor{}
	err = rows.Each(ctx, n, "losses", sqlOf("provision_debtors"), n.params(map[string]any{"in_default": inDefault, "last_night": n.lastNight()}), func(r *rows.Row) error {
		d := decisions.Debtor{CustomerID: r.Text("customer_id"), InDefault: r.Is("in_default"), PD: r.Float("pd_12m"), LGD: *r.Float("lgd"), Total: r.Money("total"), EAD: r.Money("ead"),
			ExpectedLoss: r.Money("expected_loss"), WrittenOff: r.Money("written_off")}
		debtors[d.CustomerID] = d
		return nil
	})
	if err != nil {
		return err
	}
	var before []decisions.ProvisionBefore
	err = rows.Each(ctx, n, "last provisions", sqlOf("provision_before"), n.params(nil), func(r *rows.Row) error {
		before = append(before, decisions.ProvisionBefore{CustomerID: r.Text("customer_id"), Currency: r.Text("currency"), ProvisionBase: r.Money("provision_base"), Rate: *r.Float("rate")})
		return nil
	})
	if err != nil {
		return err
	}
	rates, err := n.rates(ctx)
	if err != nil {
		return err
	}
	items, provisions, err := decisions.Provisions(balances, debtors, chains, before, rates, n.Decisions.Provisions)
	if err != nil {
		return err
	}
	itemTable := make([]provisionItemRow, 0, len(items))
	for _, i := range items {
		itemTable = append(itemTable, provisionItemRow{n.Run, n.AsOf, i.CustomerID, i.Segment, i.Currency, i.Bucket, i.Open, i.OpenBase, i.Method, i.Basis, i.Rate, i.Provision, i.ProvisionBase})
	}
	if err := n.keep(ctx, "provision_items", rows.Of(itemTable)); err != nil {
		return err
	}
	table := make([]provisionRow, 0, len(provisions))
	for _, p := range provisions {
		table = append(table, provisionRow{n.Run, n.AsOf, p.CustomerID, p.Segment, p.Method, p.Open, p.Matrix, p.Model, p.Exposure, p.Cover, p.Severity, p.Probability, p.Unscored,
			p.Opening, p.New, p.Released, p.WrittenOff, p.FX})
	}
	if err := n.keep(ctx, "provisions", rows.Of(table)); err != nil {
		return err
	}
	return n.foots(ctx, "provisions", "provision_footing", nil)
}

// moves reads where open amounts went, month to month.
func (n *Night) moves(ctx context.Context) (moves []decisions.Move, err error) {
	err = rows.Each(ctx, n, "roll rates", sqlOf("rolls_input"), n.params(map[string]any{
		"months": int64(n.Decisions.Rolls.Months), "segment_by": n.Decisions.Rolls.SegmentBy,
	}), func(r *rows.Row) error {
		moves = append(moves, decisions.Move{
			Month: r.Date("month"), Segment: r.Text("segment"), From: r.Text("from_bucket"), To: r.Text("to_bucket"), Contacted: r.Is("contacted"),
			Invoices: r.Whole("invoices"), Amount: r.Money("amount"),
		})
		return nil
	})
	return moves, err
}

// lastNight is the date of the last published night before this one; the day before where there is none.
func (n *Night) lastNight() asof.Date {
	if n.Previous.Run == 0 {
		return n.AsOf.Add(-1)
	}
	return n.Previous.AsOf
}

// foots asks a statement for disagreements. Any stops the night and is named.
func (n *Night) foots(ctx context.Context, what, sql string, more map[string]any) error {
	var faults []string
	err := rows.Each(ctx, n, what, sqlOf(sql), n.params(more), func(r *rows.Row) error {
		faults = append(faults, fmt.Sprintf("%s %s: %s against %s", r.Text("what"), r.Text("name"), r.Text("left"), r.Text("right")))
		return nil
	})
	if err == nil && len(faults) > 0 {
		err = fmt.Errorf("%s do not foot: %s: %w", what, strings.Join(faults, "; "), ErrGate)
	}
	return err
}
