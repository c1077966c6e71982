package pipeline

import (
	"context"

	"creditwatch/features/book"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/decisions"
	"creditwatch/pipeline/rows"
)

type holdRow struct {
	Run           uint64      `ch:"run"`
	AsOf          asof.Date   `ch:"as_of"`
	CustomerID    string      `ch:"customer_id"`
	Recommend     string      `ch:"recommend"`
	Reasons       []string    `ch:"reasons"`
	Exclusion     string      `ch:"exclusion"`
	Since         asof.Date   `ch:"since"`
	ExposureBase  book.Money  `ch:"exposure_base"`
	InForceBase   *book.Money `ch:"in_force_base"`
	OverrunBase   book.Money  `ch:"overrun_base"`
	Approver      string      `ch:"approver"`
	ApproverZH    string      `ch:"approver_zh"`
	BlockedBase   book.Money  `ch:"blocked_base"`
	LossAvoided   *book.Money `ch:"loss_avoided"`
	MarginLost    *book.Money `ch:"margin_lost"`
	EvidenceGrade string      `ch:"evidence_grade"`
	Bypass        string      `ch:"bypass"`
	EN            string      `ch:"text_en"`
	ZH            string      `ch:"text_zh"`
	PolicyHash    string      `ch:"policy_hash"`
}

// decideHolds recommends where deliveries are better stopped, and where they may go on.
func decideHolds(ctx context.Context, n *Night, h *handed) error {
	var table []holdRow
	for _, x := range decisions.Holds(n.AsOf, h.limits, h.groupOf, n.Loss.GrossMargin, n.Decisions.Holds) {
		table = append(table, holdRow{
			Run: n.Run, AsOf: n.AsOf, CustomerID: x.CustomerID, Recommend: x.Recommend, Reasons: x.Reasons, Exclusion: x.Exclusion, Since: x.Since, ExposureBase: x.Exposure, InForceBase: x.InForce,
			OverrunBase: x.Overrun, Approver: x.Approver.Who, ApproverZH: x.Approver.ZH, BlockedBase: x.Blocked, LossAvoided: x.LossAvoided, MarginLost: x.MarginLost, EvidenceGrade: x.Evidence,
			Bypass: x.Bypass, EN: x.EN, ZH: x.ZH, PolicyHash: n.PolicyHash,
		})
	}
	return n.keep(ctx, "holds", rows.Of(table))
}
