package jobs

import (
	"path/filepath"
	"slices"
	"testing"

	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// TestDisturbedUpkeep kills what people and the schedule do between nights, the removal of old rows, an erasure, an entry, at each of its
// fault points: the same command again brings it to its end, and what is stored is then what it is of one that nobody disturbed.
func TestDisturbedUpkeep(t *testing.T) {
	if !*sweepAll {
		t.Skip("minutes long; asked for by -sweep. TestRetention, TestErasure and TestAudit of package pipeline end the same steps by a dying store")
	}
	n := newBook(t, 60)
	// Five nights are old enough to lose their detail, and to be packed; the seven newest are not.
	for _, back := range []int{56, 54, 53, 52, 50, 6, 5, 4, 3, 2, 1, 0} {
		n.call(t, n.base, nil, secondNight.Add(-back)).want(t, 0)
	}
	customer := ""
	db := warehousetest.OpenAt(t, n.base)
	mustEach(t, db, "SELECT min(customer_id) AS customer FROM creditwatch.scores_rows WHERE as_of = '"+secondNight.String()+"'", func(r *rows.Row) { customer = r.Text("customer") })
	db.Close()

	for _, c := range []struct {
		name, point string
		args        []string
	}{
		{name: "retention", point: "retention.pack.exchange.after#3", args: []string{"--set", "retention.detail=35", "--set", "retention.reports=35", "retention"}},
		{name: "erase", point: "erasure.rows.after#2", args: []string{"erase", "--customer", customer, "--by", "Ana", "--reason", "asked for it"}},
		{name: "entry", point: "entry.after#1", args: []string{"actions", "take", "--customer", customer, "--action", "HOLD", "--by", "Ana", "--reason", "promised payment"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			on := func(data string, env ...string) *call {
				return program(t, env, slices.Concat(n.args, []string{"--data", data}, c.args)...)
			}
			calm, trace := n.copy(t), filepath.Join(t.TempDir(), "trace")
			on(calm, "CREDITWATCH_FAULT_TRACE="+trace).want(t, 0)
			want := photograph(t, calm)
			points := pointsOf(t, trace)
			if !slices.Contains(points, c.point) {
				t.Fatalf("%s is none of its points: %q", c.point, points)
			}
			for _, point := range thinned(points) {
				data := n.copy(t)
				dying := on(data, "CREDITWATCH_FAULT="+point+"=kill")
				if code := dying.run(t); code != -1 {
					t.Fatalf("%s: exit code %d, want a death\n%s", point, code, &dying.err)
				}
				on(data).want(t, 0)
				compare(t, want, photograph(t, data))
				program(t, nil, slices.Concat(n.args, []string{"--data", data, "verify"})...).want(t, 0)
				if t.Failed() {
					t.Fatalf("above: %s", point)
				}
				t.Log(point)
			}
		})
	}
}
