package report

import "context"

// A Grade is one line of the master scale.
type Grade struct {
	Grade                  string // empty = not rated
	Customers              int
	Exposure, ExpectedLoss Money
	PD                     *float64 // average over customers
	PDByExposure           *float64 // average weighted by exposure
}

// A Bridge leads the expected loss of the night before over to tonight's.
type Bridge struct {
	New, Left                              int // customers
	Opening                                Money
	ByNew, ByLeft, ByExposure, ByLGD, ByPD Money
	Closing                                Money
}

// A cause is one step of the bridge.
type cause struct {
	Name   Text
	Amount Money
}

func (b Bridge) causes() []cause {
	return []cause{
		{Text{"changed PD", "违约概率变动"}, b.ByPD},
		{Text{"changed exposure", "敞口变动"}, b.ByExposure},
		{Text{"changed loss given default", "违约损失率变动"}, b.ByLGD},
		{Text{"new customers", "新增客户"}, b.ByNew},
		{Text{"customers gone", "退出客户"}, b.ByLeft},
	}
}

func gatherGrades(ctx context.Context, q asker, d *Data) error {
	err := q.tonight(ctx, "grades", func(r *row) {
		d.Grades = append(d.Grades, Grade{
			Grade: r.text("grade"), Customers: r.number("customers"), Exposure: r.money("exposure"), ExpectedLoss: r.money("expected_loss"),
			PD: r.float("pd_average"), PDByExposure: r.float("pd_by_exposure"),
		})
	})
	if err != nil || d.Night.IsFirst() {
		return err
	}
	return q.tonight(ctx, "bridge", func(r *row) {
		d.Bridge = &Bridge{
			New: r.number("customers_new"), Left: r.number("customers_left"),
			Opening: r.money("opening"), ByNew: r.money("by_new"), ByLeft: r.money("by_left"), ByExposure: r.money("by_exposure"),
			ByLGD: r.money("by_lgd"), ByPD: r.money("by_pd"), Closing: r.money("closing"),
		}
	})
}

func viewGrades(d Data, p printer) any {
	v := struct {
		printer
		Grades       []Grade
		Total        Grade
		ShareOf      func(part, whole Money) string
		Chart        *chart
		Bridge       *Bridge
		Causes       []cause
		BridgeChart  *chart
		PreviousAsOf string
	}{printer: p, Grades: d.Grades, Bridge: d.Bridge, PreviousAsOf: d.Night.PreviousAsOf.String()}
	v.ShareOf = func(part, whole Money) string { return p.Share(share(part, whole)) }
	var rows []pairBar
	for _, g := range d.Grades {
		v.Total.Customers += g.Customers
		v.Total.Exposure += g.Exposure
		v.Total.ExpectedLoss += g.ExpectedLoss
		rows = append(rows, pairBar{p.Grade(g.Grade), g.Exposure, g.ExpectedLoss})
	}
	if len(rows) > 0 {
		v.Chart = pairBars(p, p.T("Exposure", "敞口"), p.T("Expected loss", "预期损失"), rows)
	}
	if d.Bridge != nil {
		v.Causes = d.Bridge.causes()
		v.BridgeChart = waterfall(p, *d.Bridge, d.Night)
	}
	return v
}
