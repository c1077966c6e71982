package pipeline

import (
	"context"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/decisions"
	"creditwatch/pipeline/rows"
)

type groupRow struct {
	Run             uint64      `ch:"run"`
	AsOf            asof.Date   `ch:"as_of"`
	GroupID         string      `ch:"group_id"`
	Members         []string    `ch:"members"`
	Depth           uint8       `ch:"depth"`
	Cycle           []string    `ch:"cycle"`
	Cut             []string    `ch:"cut"`
	ExposureBase    book.Money  `ch:"exposure_base"`
	InForceBase     *book.Money `ch:"in_force_base"`
	Utilisation     *float64    `ch:"utilisation"`
	RecommendedBase *book.Money `ch:"recommended_base"`
	WithoutLimit    []string    `ch:"without_limit"`
	EAD             book.Money  `ch:"ead"`
	ExpectedLoss    book.Money  `ch:"expected_loss"`
	Fallen          []string    `ch:"fallen"`
	Dragged         []string    `ch:"dragged"`
	DraggedBase     book.Money  `ch:"dragged_base"`
	DraggedLoss     book.Money  `ch:"dragged_loss"`
	EN              string      `ch:"text_en"`
	ZH              string      `ch:"text_zh"`
}

type concentrationRow struct {
	Run            uint64      `ch:"run"`
	AsOf           asof.Date   `ch:"as_of"`
	Dimension      string      `ch:"dimension"`
	Rank           uint32      `ch:"rank"`
	Name           string      `ch:"name"`
	Customers      uint32      `ch:"customers"`
	ExposureBase   book.Money  `ch:"exposure_base"`
	ExpectedLoss   *book.Money `ch:"expected_loss"`
	OpenAmount     *book.Money `ch:"open_amount"`
	Share          float64     `ch:"share"`
	MaxShare       *float64    `ch:"max_share"`
	IsBreach       bool        `ch:"is_breach"`
	HHI            *float64    `ch:"hhi"`
	EffectiveNames *float64    `ch:"effective_names"`
	EN             string      `ch:"text_en"`
	ZH             string      `ch:"text_zh"`
}

// decideGroups puts customers of one owner together and measures how the book is spread.
func decideGroups(ctx context.Context, n *Night, h *handed) error {
	groups, of := decisions.Groups(h.limits, n.Decisions.Groups)
	h.groupOf = of
	var table []groupRow
	for _, g := range groups {
		table = append(table, groupRow{
			Run: n.Run, AsOf: n.AsOf, GroupID: g.ID, Members: g.Members, Depth: uint8(g.Depth), Cycle: g.Cycle, Cut: g.Cut, ExposureBase: g.Exposure, InForceBase: g.InForce, Utilisation: g.Utilisation,
			RecommendedBase: g.Recommended, WithoutLimit: g.Unlimited, EAD: g.EAD, ExpectedLoss: g.ExpectedLoss, Fallen: g.Fallen, Dragged: g.Dragged, DraggedBase: g.AtStake, DraggedLoss: g.LossAtStake, EN: g.EN, ZH: g.ZH,
		})
	}
	if err := n.keep(ctx, "group_exposure", rows.Of(table)); err != nil {
		return err
	}
	var spread []concentrationRow
	for _, c := range decisions.Concentrations(h.limits, groups, n.Decisions.Limits.Exposure, n.Decisions.Groups) {
		spread = append(spread, concentrationRow{
			Run: n.Run, AsOf: n.AsOf, Dimension: c.Dimension, Rank: uint32(c.Rank), Name: c.Name, Customers: uint32(c.Customers), ExposureBase: c.Exposure, ExpectedLoss: c.ExpectedLoss, OpenAmount: c.OpenAmount,
			Share: c.Share, MaxShare: c.Max, IsBreach: c.Breach, HHI: c.HHI, EffectiveNames: c.Effective, EN: c.EN, ZH: c.ZH,
		})
	}
	return n.keep(ctx, "concentration", rows.Of(spread))
}
