package report

import "context"

// A Mover is a customer whose expected loss or PD moved much since the night before.
type Mover struct {
	CustomerID, Name        string
	GradeBefore, GradeAfter string
	PDBefore, PDAfter       *float64
	Exposure                Money
	ELBefore, ELAfter       Money
	Parts                   []MovedPart // of the change of the score, the largest first
}

// A MovedPart is a part of what moved a score. The points of all parts add up to the change.
type MovedPart struct {
	Points float64 // positive: riskier
	EN, ZH string
}

func gatherMovers(ctx context.Context, q asker, d *Data) error {
	if d.Night.IsFirst() {
		return nil
	}
	return q.tonight(ctx, "movers", func(r *row) {
		id := r.text("customer_id")
		if n := len(d.Movers); n == 0 || d.Movers[n-1].CustomerID != id {
			d.Movers = append(d.Movers, Mover{
				CustomerID: id, Name: r.text("name"), GradeBefore: r.text("grade_before"), GradeAfter: r.text("grade_after"),
				PDBefore: r.float("pd_before"), PDAfter: r.float("pd_after"), Exposure: r.money("exposure"),
				ELBefore: r.money("el_before"), ELAfter: r.money("el_after"),
			})
		}
		if r.number("rank") > 0 {
			m := &d.Movers[len(d.Movers)-1]
			m.Parts = append(m.Parts, MovedPart{r.must("points"), r.text("text_en"), r.text("text_zh")})
		}
	})
}

// worse reports whether the customer became riskier: by PD, or by expected loss where the PD stood still.
func (m Mover) worse() bool {
	if m.PDBefore != nil && m.PDAfter != nil && *m.PDBefore != *m.PDAfter {
		return *m.PDAfter > *m.PDBefore
	}
	return m.ELAfter > m.ELBefore
}

// partsShown is how many parts of a change the page shows.
const partsShown = 3

// why says what moved a customer whose score no part explains.
func (m Mover) why() Text {
	switch {
	case m.PDBefore == nil || m.PDAfter == nil:
		return Text{"no PD on one of the nights", "其中一晚没有违约概率"}
	case *m.PDBefore == *m.PDAfter:
		return Text{"exposure, cover or loss rate; the PD stood still", "敞口、覆盖或损失率变动；违约概率未变"}
	}
	return Text{"no part of the change is kept", "没有变动明细"}
}

func viewMovers(d Data, p printer) any {
	type part struct {
		MovedPart
		Signed string
	}
	type line struct {
		Mover
		Change Money
		Top    []part
		More   int // parts not shown
		Rest   string
		Why    string
		Worse  bool
	}
	v := struct {
		printer
		First        bool
		PreviousAsOf string
		Movers       []line
	}{printer: p, First: d.Night.IsFirst(), PreviousAsOf: d.Night.PreviousAsOf.String()}
	signed := func(points float64) string {
		s := fixed(points, 1)
		if points > 0 && s != "0.0" {
			return "+" + s
		}
		return s
	}
	for _, m := range d.Movers {
		l := line{Mover: m, Change: m.ELAfter - m.ELBefore, Why: m.why().In(p.lang), Worse: m.worse()}
		rest := 0.0
		for i, x := range m.Parts {
			if i < partsShown {
				l.Top = append(l.Top, part{x, signed(x.Points)})
				continue
			}
			l.More++
			rest += x.Points
		}
		l.Rest = signed(rest)
		v.Movers = append(v.Movers, l)
	}
	return v
}
