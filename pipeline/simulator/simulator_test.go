package simulator

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"creditwatch/pipeline/asof"
)

// shared is a book that several tests read.
var shared = struct {
	sync.Once
	dir string
	sum Summary
	err error
}{}

func sharedBook(t *testing.T) (string, Summary) {
	t.Helper()
	shared.Do(func() {
		if shared.dir, shared.err = os.MkdirTemp("", "simulator"); shared.err == nil {
			shared.dir = filepath.Join(shared.dir, "book")
			shared.sum, shared.err = Write(context.Background(), shared.dir, Options{Customers: 2000, To: asof.MustParse("2026-06-30"), Seed: 3, Dirt: 1}, nil)
		}
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.dir, shared.sum
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.dir != "" {
		os.RemoveAll(filepath.Dir(shared.dir))
	}
	os.Exit(code)
}

// contents reads all files of a folder, by name with slashes.
func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		all[name], err = os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A line is a row of a file with its number.
type line struct {
	file  string
	n     int
	cells map[string]string
	text  string
}

// read reads the CSV files that match a glob, in order of their names.
func read(t *testing.T, dir, glob string) []line {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(glob)))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %d files, %v", glob, len(names), err)
	}
	slices.Sort(names)
	var lines []line
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		var in io.Reader = f
		if filepath.Ext(name) == ".gz" {
			if in, err = gzip.NewReader(f); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		r := csv.NewReader(in)
		rows, err := r.ReadAll()
		f.Close()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		rel, _ := filepath.Rel(dir, name)
		for i, row := range rows[1:] {
			cells := make(map[string]string, len(row))
			for j, h := range rows[0] {
				cells[h] = row[j]
			}
			lines = append(lines, line{filepath.ToSlash(rel), i + 2, cells, strings.Join(row, "\x00")})
		}
	}
	return lines
}

func small(seed uint64) Options {
	return Options{Customers: 300, From: asof.MustParse("2025-01-10"), To: asof.MustParse("2025-09-17"), Seed: seed, Dirt: 1}
}

func TestSameSeedSameBytes(t *testing.T) {
	write := func(procs int, seed uint64) map[string][]byte {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		dir := filepath.Join(t.TempDir(), "book")
		if _, err := Write(context.Background(), dir, small(seed), nil); err != nil {
			t.Fatal(err)
		}
		return contents(t, dir)
	}
	one, again, other := write(1, 7), write(4, 7), write(2, 8)
	if len(one) != len(again) {
		t.Errorf("%d files, then %d", len(one), len(again))
	}
	for name, b := range one {
		if !bytes.Equal(b, again[name]) {
			t.Errorf("%s: the same seed gives other bytes", name)
		}
	}
	if bytes.Equal(one["truth/hazard.csv.gz"], other["truth/hazard.csv.gz"]) {
		t.Error("another seed gives the same hazards")
	}
}

func TestDirtLeavesTheTruth(t *testing.T) {
	var books [2]map[string][]byte
	for i := range books {
		dir, o := filepath.Join(t.TempDir(), "book"), small(7)
		o.Dirt = float64(i * 3)
		s, err := Write(context.Background(), dir, o, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []string{badCell, duplicate, correction, cancellation, lateRow} {
			if n := s.Dirt[kind]; (n > 0) != (i > 0) {
				t.Errorf("dirt %v: %d pieces of %s", o.Dirt, n, kind)
			}
		}
		books[i] = contents(t, dir)
	}
	for _, name := range []string{"truth/hazard.csv.gz", "truth/defaults.csv"} {
		if !bytes.Equal(books[0][name], books[1][name]) {
			t.Errorf("%s depends on the dirt", name)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "accounts.csv"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(ctx, dir, small(1), nil); !errors.Is(err, ErrNotOurs) {
		t.Errorf("a folder of someone else's: %v", err)
	}
	for name, o := range map[string]Options{
		"no last day":          {},
		"outside the calendar": {To: asof.MustParse("2031-01-01")},
		"a week":               {From: asof.MustParse("2025-01-01"), To: asof.MustParse("2025-01-08")},
		"negative dirt":        {To: asof.MustParse("2025-01-01"), Dirt: -1},
		"negative customers":   {To: asof.MustParse("2025-01-01"), Customers: -1},
	} {
		at := filepath.Join(t.TempDir(), "book")
		if _, err := Write(ctx, at, o, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := os.Stat(at); err == nil {
			t.Errorf("%s: something was written", name)
		}
	}
	stopped, cancel := context.WithCancel(ctx)
	at := filepath.Join(t.TempDir(), "book")
	_, err := Write(stopped, at, Options{Customers: 5000, To: asof.MustParse("2025-12-31")}, func(done, total int) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for _, left := range []string{at, at + ".partial"} {
		if _, err := os.Stat(left); err == nil {
			t.Errorf("cancelled: %s is left", filepath.Base(left))
		}
	}
}

func TestWriteReplacesItsOwn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "book")
	for seed := range uint64(2) {
		if _, err := Write(context.Background(), dir, small(seed), nil); err != nil {
			t.Fatal(err)
		}
	}
	if b := contents(t, dir)[mark]; !strings.Contains(string(b), `"seed": 1`) {
		t.Errorf("%s: %s", mark, b)
	}
}

// TestPlanted holds truth/dirt.csv against the files: every piece is where it is said to be, and nothing else is dirty.
func TestPlanted(t *testing.T) {
	dir, sum := sharedBook(t)
	type place struct {
		file string
		n    int
	}
	said := map[place]line{}
	for _, p := range read(t, dir, "truth/dirt.csv") {
		n, err := strconv.Atoi(p.cells["line"])
		if err != nil {
			t.Fatalf("dirt.csv: %v", err)
		}
		said[place{p.cells["file"], n}] = p
	}
	found := map[string]int{}
	for table, key := range map[string]string{"transactions": "transaction_id", "customers": "", "contracts": "", "interactions": "", "external_ratings": "", "outcomes": "outcome_id"} {
		seen, ids, superseded := map[string]bool{}, map[string]bool{}, map[string]line{}
		for _, l := range read(t, dir, table+"-*") {
			p, planted := said[place{l.file, l.n}]
			kind := p.cells["kind"]
			if planted {
				found[kind]++
			}
			if fault := badCellOf(l.cells); (fault != "") != (kind == badCell) || fault != "" && fault != p.cells["column"] {
				t.Errorf("%s:%d: %q is bad, dirt.csv says %q %q", l.file, l.n, fault, kind, p.cells["column"])
			}
			if kind == badCell {
				continue
			}
			if seen[l.text] != (kind == duplicate) {
				t.Errorf("%s:%d: stands there before: %v, dirt.csv says %q", l.file, l.n, seen[l.text], kind)
			}
			if id := l.cells[key]; key != "" && kind != duplicate {
				if again := ids[id]; again != (kind == correction && strings.HasPrefix(p.cells["note"], "same transaction_id")) {
					t.Errorf("%s:%d: %s came before: %v, dirt.csv says %q", l.file, l.n, id, again, kind)
				}
				ids[id] = true
			}
			if by := l.cells["supersedes"]; by != "" {
				superseded[by] = l // the return of a late payment may come before it
			}
			if (l.cells["supersedes"] != "") != (kind == cancellation || kind == bounced || kind == correction && strings.HasPrefix(p.cells["note"], "supersedes")) && kind != duplicate {
				t.Errorf("%s:%d: supersedes %q, dirt.csv says %q", l.file, l.n, l.cells["supersedes"], kind)
			}
			seen[l.text] = true
		}
		for id, l := range superseded {
			if !ids[id] {
				t.Errorf("%s:%d: supersedes %s, which never came", l.file, l.n, id)
			}
		}
	}
	for kind, n := range sum.Dirt {
		if found[kind] != n || n == 0 {
			t.Errorf("%s: %d pieces planted, %d found", kind, n, found[kind])
		}
	}
}

// badCellOf returns the column whose cell cannot be read.
func badCellOf(cells map[string]string) string {
	for _, c := range []string{"occurred_on", "due_on", "known_at", "limit_valid_to", "onboarded_on", "insured_until", "valid_from", "valid_to", "guarantee_until", "promised_on", "closed_on", "rated_on"} {
		if v := cells[c]; v != "" {
			if _, err := asof.Parse(v[:10]); err != nil {
				return c
			}
		}
	}
	for _, c := range []string{"amount", "credit_limit", "insured_limit", "guarantee_amount", "promised_amount", "pd", "score", "recommended_limit", "late_rate", "sentiment"} {
		if v := cells[c]; v != "" {
			if x, err := strconv.ParseFloat(v, 64); err != nil || x > 1e14 {
				return c
			}
		}
	}
	if cells["customer_id"] == "" {
		return "customer_id"
	}
	if cells["kind"] == "invioce" {
		return "kind"
	}
	return ""
}

func TestDeliveries(t *testing.T) {
	dir, _ := sharedBook(t)
	dup := map[string]bool{}
	for _, p := range read(t, dir, "truth/dirt.csv") {
		if p.cells["kind"] == duplicate {
			dup[p.cells["file"]+":"+p.cells["line"]] = true
		}
	}
	w := newWorld(Options{From: asof.MustParse("2023-07-01"), To: asof.MustParse("2026-06-30"), Seed: 3})
	monthly := 0
	for i, d := range w.deliveries {
		if i > 0 && d.Sub(w.deliveries[i-1]) > 1 {
			monthly++
		}
	}
	if last := w.deliveries[len(w.deliveries)-1]; last != w.to || monthly != 33 {
		t.Errorf("last delivery %s, %d monthly ones after the first", last, monthly)
	}
	for _, table := range []string{"transactions", "customers", "contracts", "interactions", "external_ratings", "outcomes"} {
		for _, l := range read(t, dir, table+"-*") {
			day := strings.SplitN(strings.TrimPrefix(path.Base(l.file), table+"-"), ".", 2)[0]
			i := slices.Index(w.deliveries, asof.MustParse(day))
			var s, h, m int
			if _, err := fmt.Sscanf(l.cells["known_at"][10:], " %d:%d:%d", &h, &m, &s); err != nil {
				t.Fatalf("%s:%d: known_at %q", l.file, l.n, l.cells["known_at"])
			}
			known := instant(int64(asof.MustParse(l.cells["known_at"][:10]))*86400 + int64(3600*h+60*m+s)).date()
			if !dup[fmt.Sprintf("%s:%d", l.file, l.n)] && w.delivery(max(known, w.from)) != i {
				t.Errorf("%s:%d: learnt on %s", l.file, l.n, known)
			}
			if on := l.cells["occurred_on"]; on != "" && on < "2026-13" && on > "0001" && asof.MustParse(on) > known {
				t.Errorf("%s:%d: learnt on %s, before it happened on %s", l.file, l.n, known, on)
			}
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	const n = 10_000
	b.Run(fmt.Sprintf("customers=%d", n), func(b *testing.B) {
		b.ReportAllocs()
		rows := 0
		for b.Loop() {
			s, err := Write(context.Background(), filepath.Join(b.TempDir(), "book"), Options{Customers: n, To: asof.MustParse("2026-06-30"), Dirt: 1}, nil)
			if err != nil || s.Customers != n {
				b.Fatalf("wrote %d customers: %v", s.Customers, err)
			}
			rows = s.Rows[transactions]
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "transactions/s")
		b.ReportMetric(float64(m.Sys)/(1<<20), "MB-from-system")
	})
}
