package warehouse_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"creditwatch/features"
	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// persons are what a night may know of people, and what of it an analyst without names sees.
var persons = []struct{ name, masked string }{
	{"张三", "张**"}, {"张", "张**"}, {"Ana Silva", "A**"}, {"ana.silva@b.cn", "a***@b.cn"}, {"王@b.cn", "王***@b.cn"}, {"+86 138 0013 8000", "****8000"}, {"13800138000", "****8000"},
	{"@", "@**"}, {"@b", "@**"}, {"<script>alert(1)</script>", "<**"}, {"'; DROP TABLE x; --", "'**"}, {"e\u0301va", "e**"}, {"\u202eanA", "\u202e**"}, {"", ""}, {"123456", "1**"},
}

func TestPersonsAreMasked(t *testing.T) {
	ctx := context.Background()
	db := warehousetest.Migrated(t)
	for _, statement := range features.Schema() {
		exec(t, db, statement)
	}
	type column struct {
		View string `ch:"view"`
		Name string `ch:"name"`
	}
	columns, err := warehouse.Select[column](ctx, db, "SELECT table AS view, name FROM system.columns WHERE database = 'creditwatch' AND has({views:Array(String)}, table) AND position(type, 'String') > 0",
		map[string]any{"views": warehouse.ReaderViews()})
	if err != nil {
		t.Fatal(err)
	}
	marks := map[string]bool{}
	for _, c := range columns {
		if _, known := warehouse.MarkOf(c.View, c.Name); !known {
			t.Errorf("%s.%s has no mark: say in personal.go whether it is about persons", c.View, c.Name)
		}
		marks[c.Name], marks[c.View+"."+c.Name] = true, true
	}
	for name := range warehouse.Personal {
		if !marks[name] {
			t.Errorf("%s is marked as personal and is in no view", name)
		}
		if slices.Contains(warehouse.Impersonal, name) {
			t.Errorf("%s is marked as both", name)
		}
	}
	for _, name := range warehouse.Impersonal {
		if !marks[name] {
			t.Errorf("%s is marked as about nobody and is in no view", name)
		}
	}

	exec(t, db, "INSERT INTO creditwatch.publications (as_of, run, fence) VALUES ('2026-03-31', 1, 1)")
	for i, p := range persons {
		params := map[string]any{"id": "C" + string(rune('A'+i)), "name": p.name}
		for _, sql := range []string{
			"INSERT INTO creditwatch.customers_rows (customer_id, name, aliases, external_keys, owner, run, as_of, known_at) SELECT {id:String}, {name:String}, [{name:String}, 'x'], map('USCC', '91310000MA1FL5XX0Q', 'DUNS', '12'), {name:String}, 1, '2026-03-31', '2026-03-31 00:00:00'",
			"INSERT INTO creditwatch.rejects_rows (run, as_of, raw) SELECT 1, '2026-03-31', {name:String}",
			"INSERT INTO creditwatch.reports_rows (run, as_of, file, content) SELECT 1, '2026-03-31', {id:String}, {name:String}",
			"INSERT INTO creditwatch.entries (entry_id, customer_id, entered_by, reason) SELECT {id:String}, {id:String}, {name:String}, {name:String}",
			"INSERT INTO creditwatch.transactions_rows (customer_id, transaction_id, payer, payer_account, run, as_of, known_at) SELECT {id:String}, {id:String}, {name:String}, 'DE89370400440532013000', 1, '2026-03-31', '2026-03-31 00:00:00'",
		} {
			if err := db.Exec(ctx, sql, params); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := db.Mask(ctx); err != nil {
		t.Fatal(err)
	}
	made := func() []string {
		list, err := warehouse.Select[string](ctx, db, "SELECT concat(name, ' ', toString(metadata_modification_time)) AS made FROM system.tables WHERE database = 'creditwatch_masked' ORDER BY name", nil)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	first := made()
	if want := len(warehouse.ReaderViews()) - len(warehouse.Withheld); len(first) != want {
		t.Errorf("%d masked views, want %d", len(first), want)
	}
	time.Sleep(1100 * time.Millisecond) // the engine's times are of seconds
	exec(t, db, "CREATE VIEW creditwatch_masked.rejects AS SELECT raw FROM creditwatch.rejects_rows")
	exec(t, db, "CREATE OR REPLACE VIEW creditwatch_masked.customers AS SELECT name FROM creditwatch.customers_rows COMMENT 'of an earlier version'")
	if err := db.Mask(ctx); err != nil {
		t.Fatal(err)
	}
	var changed []string
	for _, m := range made() {
		if !slices.Contains(first, m) {
			changed = append(changed, strings.Fields(m)[0])
		}
	}
	if !slices.Equal(changed, []string{"customers"}) {
		t.Errorf("made anew: %v, want customers", changed)
	}

	hash, err := bcrypt.GenerateFromPassword([]byte("correct horse"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := warehouse.NewProxy(db, []warehouse.ProxyUser{{Name: "wang", Hash: string(hash)}, {Name: "boss", Hash: string(hash), Full: true}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	boss := func(r *http.Request) { r.SetBasicAuth("boss", "correct horse") }
	for i, p := range persons {
		id := "C" + string(rune('A'+i))
		alias := p.masked
		for _, c := range []struct{ sql, want, full string }{
			{"SELECT name, owner, aliases[1], external_keys['USCC'], external_keys['DUNS'], customer_id FROM customers WHERE customer_id = '" + id + "'",
				p.masked + "|" + p.masked + "|" + alias + "|****XX0Q|****|" + id, p.name + "|" + p.name + "|" + p.name + "|91310000MA1FL5XX0Q|12|" + id},
			{"SELECT payer, payer_account FROM transactions WHERE customer_id = '" + id + "'", p.masked + "|****3000", p.name + "|DE89370400440532013000"},
			{"SELECT entered_by, reason FROM entries WHERE customer_id = '" + id + "'", p.masked + "|" + map[bool]string{true: "", false: "***"}[p.name == ""], p.name + "|" + p.name},
		} {
			sql := strings.Replace(c.sql, "SELECT ", "SELECT concat(", 1)
			sql = strings.ReplaceAll(strings.Replace(sql, " FROM", ") FROM", 1), ", ", ", '|', ") + " FORMAT RawBLOB"
			if status, got := ask(t, server, sql, nil); status != http.StatusOK || got != c.want {
				t.Errorf("%q: %d %q, want %q", p.name, status, got, c.want)
			}
			if status, got := ask(t, server, sql, boss); status != http.StatusOK || got != c.full {
				t.Errorf("%q, to who may see names: %d %q, want %q", p.name, status, got, c.full)
			}
		}
	}
	for _, c := range []struct{ name, sql, want string }{
		{"by the full name of the view", "SELECT name FROM creditwatch.customers", "ACCESS_DENIED"},
		{"of the table", "SELECT name FROM creditwatch.customers_rows", "ACCESS_DENIED"},
		{"in a filter", "SELECT count() FROM customers WHERE name = '张三'", "0\n"},
		{"in a condition on the view beneath", "SELECT count() FROM customers WHERE customer_id IN (SELECT customer_id FROM creditwatch.customers WHERE name = '张三')", "ACCESS_DENIED"},
		{"merged", "SELECT name FROM merge('creditwatch', '.*')", "CANNOT_EXTRACT_TABLE_STRUCTURE"},
		{"refused rows", "SELECT raw FROM rejects", "UNKNOWN_TABLE"},
		{"refused rows by their full name", "SELECT raw FROM creditwatch.rejects", "ACCESS_DENIED"},
		{"reports", "SELECT content FROM creditwatch.reports", "ACCESS_DENIED"},
		{"who did what", "SELECT actor FROM creditwatch.audit", "ACCESS_DENIED"},
		{"the file of a customer", "SELECT value FROM creditwatch.credit_file", "ACCESS_DENIED"},
		{"an error that shows a row", "SELECT throwIf(name = '张三', name) FROM customers", "Code: "},
		{"rights", "SHOW GRANTS", "GRANT SELECT ON creditwatch_masked.* TO masked\n"},
	} {
		if _, got := ask(t, server, c.sql, nil); !strings.Contains(got, c.want) || strings.Contains(strings.ReplaceAll(got, c.sql, ""), "Ana Silva") {
			t.Errorf("%s: %q, want %s", c.name, got, c.want)
		}
	}
	if status, got := ask(t, server, "SELECT count() FROM customers", func(r *http.Request) { r.URL.RawQuery = "database=creditwatch" }); status != http.StatusOK {
		t.Errorf("with the database named: %d %q", status, got)
	}
	page := proxy.GuardNames(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "张三") }))
	for name, want := range map[string]int{"wang": http.StatusForbidden, "boss": http.StatusOK, "nobody": http.StatusUnauthorized} {
		r := httptest.NewRequest(http.MethodGet, "http://localhost/reports/", nil)
		r.SetBasicAuth(name, "correct horse")
		w := httptest.NewRecorder()
		page.ServeHTTP(w, r)
		if w.Code != want || w.Code != http.StatusOK && strings.Contains(w.Body.String(), "张三") {
			t.Errorf("a page with names, to %s: %d %s", name, w.Code, w.Body)
		}
	}
	if _, err := warehouse.NewProxy(warehouse.At(warehouse.Endpoint{URL: "http://h:8123", User: "reader"}), []warehouse.ProxyUser{{Name: "wang", Hash: string(hash)}}); err == nil || !strings.Contains(err.Error(), "warehouse.masked_reader") {
		t.Errorf("a server without a masked reader: %v", err)
	}
}
