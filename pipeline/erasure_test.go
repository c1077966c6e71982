package pipeline

import (
	"testing"
	"time"

	"creditwatch/pipeline/rows"
)

func TestErasure(t *testing.T) {
	a := openAging(t)
	forgetWithin = 15 * time.Second
	a.exec("INSERT INTO creditwatch.customers_rows (run, as_of, customer_id, name, aliases) VALUES (99, '2026-03-30', 'K-771', '<Öhlmann & Töchter \"Süd\">', ['Oehlmann Toechter'])", nil)
	a.exec("INSERT INTO creditwatch.stress_rows (run, as_of, text_en) VALUES (99, '2026-03-30', 'largest: <Öhlmann & Töchter \"Süd\">')", nil)
	out, err := a.r.Erase(t.Context(), Erasure{Customer: "K-771", Reason: "asked", By: "me"})
	t.Log(out, err)
	rows.Each(t.Context(), a.db, "parts", "SELECT table, name, removal_state, toString(remove_time) AS at, toString(now()) AS n, refcount, rows FROM system.parts WHERE database='creditwatch' AND NOT active", nil, func(r *rows.Row) error {
		t.Log(r.Text("table"), r.Text("name"), r.Text("removal_state"), r.Text("at"), r.Text("n"), r.Whole("refcount"), r.Whole("rows"))
		return nil
	})
	rows.Each(t.Context(), a.db, "parts", "SELECT name, value FROM system.merge_tree_settings WHERE name LIKE '%old_parts%' OR name like '%cleanup%'", nil, func(r *rows.Row) error {
		t.Log(r.Text("name"), r.Text("value"))
		return nil
	})
}
