package sources

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestMain(m *testing.M) { warehousetest.Main(m) }

// A book is an engine with the ledger's tables and an input folder.
type book struct {
	*pull
	t   testing.TB
	db  *warehouse.DB
	dir string
}

func newBook(t testing.TB) *book {
	t.Helper()
	b := &book{t: t, db: warehousetest.Emptied(t), dir: t.TempDir()}
	b.pull = &pull{engine: b.db}
	return b
}

func (b *book) exec(sql string) {
	b.t.Helper()
	if err := b.db.Exec(context.Background(), sql, nil); err != nil {
		b.t.Fatalf("%s: %v", sql, err)
	}
}

func (b *book) write(file, content string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, file), []byte(content), 0o666); err != nil {
		b.t.Fatal(err)
	}
}

func (b *book) night(run uint64, day string) Night {
	d := asof.MustParse(day)
	return Night{Run: run, AsOf: d, Cut: d.Cut(time.UTC), Zone: time.UTC, Input: b.dir, Scratch: filepath.Join(b.dir, "tmp"), Token: warehouse.WithToken}
}

// pulled runs a pull that must succeed and publishes its run.
func (b *book) pulled(n Night, sources ...Source) []Counts {
	b.t.Helper()
	counts, err := Pull(context.Background(), b.db, sources, n)
	if err != nil {
		b.t.Fatal(err)
	}
	b.publish(n)
	return counts
}

func (b *book) publish(n Night) {
	b.t.Helper()
	err := b.db.Exec(context.Background(), "INSERT INTO creditwatch.publications (as_of, run, fence) SELECT {as_of:Date}, {run:UInt64}, 1", map[string]any{"as_of": n.AsOf, "run": n.Run})
	if err != nil {
		b.t.Fatal(err)
	}
}

// table is the answer to a query, columns between bars.
func (b *book) table(sql string) []string {
	b.t.Helper()
	lines, err := b.lines(context.Background(), sql, nil)
	if err != nil {
		b.t.Fatalf("%s: %v", sql, err)
	}
	var out []string
	for _, l := range lines {
		out = append(out, strings.Join(l, "|"))
	}
	return out
}

func (b *book) want(sql string, want ...string) {
	b.t.Helper()
	if diff := cmp.Diff(want, b.table(sql), cmpopts.EquateEmpty()); diff != "" {
		b.t.Errorf("%s (-want +got):\n%s", sql, diff)
	}
}

// wantCounts compares read, accepted, rejected, duplicates, corrections.
func wantCounts(t *testing.T, c Counts, read, accepted, rejected, duplicates, corrections uint64) {
	t.Helper()
	got := []uint64{c.Read, c.Accepted, c.Rejected, c.Duplicates, c.Corrections}
	if want := []uint64{read, accepted, rejected, duplicates, corrections}; !slices.Equal(got, want) {
		t.Errorf("%s: read, accepted, rejected, duplicates, corrections = %d, want %d; notes %q", c.Source, got, want, c.Notes)
	}
}

var ledgerFile = Source{Name: "transactions", Table: "transactions", Path: Paths{"tx*.csv"}, Key: []string{"transaction_id"}}

const ledgerHeader = "transaction_id,customer_id,kind,occurred_on,due_on,amount,currency\n"

func TestPullKeepsRefusesAndKnows(t *testing.T) {
	b := newBook(t)
	b.write("tx1.csv", ledgerHeader+
		"1,C1,invoice,2026-03-01,2026-03-31,100.50,EUR\n"+
		"2,C1,payment,2026-03-02,,100.5000,EUR\n"+
		"3,C2,invoice,2026-02-30,,1,EUR\n"+
		"1,C1,invoice,2026-03-01,2026-03-31,100.5,EUR\n")
	c := b.pulled(b.night(1, "2026-03-05"), ledgerFile)
	wantCounts(t, c[0], 4, 2, 1, 1, 0)
	b.want("SELECT transaction_id, kind, occurred_on, due_on, amount, file, line, known_at FROM creditwatch.transactions ORDER BY transaction_id",
		"1|invoice|2026-03-01|2026-03-31|100.5|tx1.csv|2|2026-03-05 23:59:59.999Z", "2|payment|2026-03-02||100.5|tx1.csv|3|2026-03-05 23:59:59.999Z")
	b.want("SELECT file, line, column, reason, raw FROM creditwatch.rejects",
		`tx1.csv|4|occurred_on|the cell "2026-02-30" is not a day as YYYY-MM-DD that exists|3,C2,invoice,2026-02-30,,1,EUR`)
	b.want("SELECT read, accepted, rejected, duplicates, corrections, files, newest FROM creditwatch.source_counts", "4|2|1|1|0|1|2026-03-02")

	b.write("tx2.csv", ledgerHeader+
		"2,C1,payment,2026-03-02,,100.50,EUR\n"+
		"1,C1,invoice,2026-03-01,2026-04-30,100.50,EUR\n"+
		"4,C3,invoice,2026-03-06,,7,EUR\n")
	c = b.pulled(b.night(2, "2026-03-06"), ledgerFile)
	wantCounts(t, c[0], 7, 2, 0, 5, 1)
	b.want("SELECT count() FROM system.tables WHERE database = 'creditwatch' AND match(name, '_[0-9]+$')", "0")
}
