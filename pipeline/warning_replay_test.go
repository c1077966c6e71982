package pipeline

import (
	"context"
	"strings"
	"testing"
	"time"

	"creditwatch/pipeline/asof"
)

// TestReplayOfANightWithoutInvoices: a night of before the book kept invoices is refused with what to do, rather than judged as if nobody owed
// anything; one that had no invoices at all is judged.
func TestReplayOfANightWithoutInvoices(t *testing.T) {
	s := openShelf(t)
	ctx := context.Background()
	day := asof.On(2026, 3, 31)
	exec := func(sql string) {
		t.Helper()
		if err := s.db.Exec(ctx, sql, nil); err != nil {
			t.Fatal(err)
		}
	}
	exec("INSERT INTO creditwatch.publications (as_of, run) VALUES ('2026-03-31', 7)")
	set := Settings{Zone: time.UTC, Currency: "CNY"}
	if _, err := ReplayWarnings(ctx, s.db, set, day); err == nil || strings.Contains(err.Error(), "kept no invoices") {
		t.Errorf("a night without documents: %v, want another complaint", err) // it has no policy
	}
	exec("INSERT INTO creditwatch.documents_rows (run, as_of, customer_id, document_id, kind) VALUES (7, '2026-03-31', 'A', 'I1', 'invoice')")
	if _, err := ReplayWarnings(ctx, s.db, set, day); err == nil || !strings.Contains(err.Error(), "run 7 kept no invoices") || !strings.Contains(err.Error(), "creditwatch run --date 2026-03-31") {
		t.Errorf("%v, want that the run kept no invoices, and what to do", err)
	}
}
