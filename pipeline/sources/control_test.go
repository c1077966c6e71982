package sources

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

var controlled = Source{Name: "transactions", Table: "transactions", Path: Paths{"tx*.csv"}, Key: []string{"transaction_id"}, Select: map[string]string{"amount": "abs(decimal(amount))"},
	Where: "currency != 'XXX'", Control: &Control{File: "{stem}.ctl", Rows: "Rows", Totals: map[string]string{"Total": "amount", "invoices": "if(kind = 'invoice', decimal(amount), 0)"}}}

// A file that is not what its control file says stops the night; rows count whatever becomes of them, sums are of the file as it came.
func TestControl(t *testing.T) {
	const rows = ledgerHeader +
		"1,C1,invoice,2026-03-01,,100.50,EUR\n" +
		"2,C1,payment,2026-03-02,,-0.25,EUR\n" + // of which the mapping makes 0.25
		"3,C2,invoice,2026-02-30,,1,EUR\n" + // refused
		"4,C2,invoice,2026-03-01,,10,XXX\n" // left out
	b := newBook(t)
	for i, c := range []struct{ shows, file, control, want string }{
		{"as told", rows, "rows=4\ntotal = 111.25\r\n# a remark\nINVOICES\t111.50\nchecksum; whatever\n", ""},
		{"cut short", strings.TrimSuffix(rows, "4,C2,invoice,2026-03-01,,10,XXX\n"), "rows=4\ntotal:111.25\ninvoices,111.5",
			`source transactions: tx1.csv: control file "tx1.ctl": Rows says 4 rows, the file has 3; the file is cut short, or another one` + "\n" +
				`source transactions: tx1.csv: control file "tx1.ctl": Total: the file has a sum that is off by -8.989 %; the file is cut short, or another one` + "\n" +
				`source transactions: tx1.csv: control file "tx1.ctl": invoices: the file has a sum that is off by -8.969 %; the file is cut short, or another one`},
		{"by a cent", rows, "rows=4\ntotal=111.26\ninvoices=111.5", `Total: the file has a sum that is off by -0.008988 %; the`},
		{"a cell that is no number", strings.Replace(rows, "100.50", "1oo", 1), "rows=4\ntotal=111.25\ninvoices=11", `Total: the file has a sum that is off by -90.34 % (1 rows have no number there); the`},
		{"a line cut off counts as a row", rows + "5,C1", "rows=5\ntotal=111.25\ninvoices=111.5", ""},
		{"nothing was told to come", ledgerHeader, "rows=0\ntotal=0\ninvoices=0", ""},
		{"nothing came", ledgerHeader, "rows=2\ntotal=0.00\ninvoices=-1", `Rows says 2 rows, the file has 0; the file is cut short, or another one` + "\n" + `source transactions: tx1.csv: control file "tx1.ctl": invoices: the file has a sum that is off by -100 %`},
		{"something came", rows, "rows=4\ntotal=0\ninvoices=111.5", `Total: the file has another sum; the`},
		{"a control file without a line", rows, "rows=4\ninvoices=111.5", `source transactions: tx1.csv: control file "tx1.ctl": has no line "Total"`},
	} {
		t.Run(c.shows, func(t *testing.T) {
			b.write("tx1.csv", c.file)
			b.write("tx1.ctl", c.control)
			run := uint64(i + 1) // which nobody publishes
			counts, err := Pull(context.Background(), b.db, []Source{controlled}, b.night(run, "2026-03-05"))
			switch {
			case c.want == "" && (err != nil || len(counts[0].Notes) == 0 || !strings.Contains(strings.Join(counts[0].Notes, "\n"), "control files of 1 files agree")):
				t.Errorf("%v, %+v, want no error and a note", err, counts)
			case c.want != "" && (!errors.Is(err, ErrData) || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v\nwant %s", err, c.want)
			}
			if c.want != "" {
				b.want(fmt.Sprintf("SELECT count() FROM creditwatch.transactions_rows WHERE run = %d", run), "0")
			}
			b.want("SELECT count() FROM system.tables WHERE database = 'creditwatch' AND match(name, '_[0-9]+$')", "0")
		})
	}
}

// A file whose control file is not there is not whole: it waits for a later night, which reads it; a known one needs none any more.
func TestControlComesLate(t *testing.T) {
	b := newBook(t)
	src := controlled
	src.Control = &Control{File: "{name}.ok", Rows: "rows"}
	b.write("tx1.csv", ledgerHeader+"1,C1,invoice,2026-03-01,,1,EUR\n")
	const alone = `source transactions: no file is whole: tx1.csv: its control file is not there: "tx1.csv.ok"`
	if _, err := Pull(context.Background(), b.db, []Source{src}, b.night(1, "2026-03-05")); !errors.Is(err, ErrData) || err.Error() != alone {
		t.Errorf("got %v, want %s", err, alone)
	}
	b.write("tx1.csv.ok", "rows=1")
	b.write("tx2.csv", ledgerHeader+"2,C1,invoice,2026-03-01,,1,EUR\n3,C1,invoice,2026-03-01,,1,EUR\n")
	c := b.pulled(b.night(2, "2026-03-06"), src)
	wantCounts(t, c[0], 1, 1, 0, 0, 0)
	if want := `tx2.csv: its control file is not there: "tx2.csv.ok"`; !slices.Equal(c[0].Waiting, []string{want}) {
		t.Errorf("waiting %q, want %s", c[0].Waiting, want)
	}
	b.write("tx2.csv.ok", "rows=2")
	b.write("tx1.csv.ok", "what becomes of it later is nobody's concern")
	b.exec("INSERT INTO creditwatch.runs (run, as_of, state, at, code, config_hash) SELECT number, '2026-03-06', 'published', now64(), 'c', 'h' FROM numbers(2, 2)")
	wantCounts(t, b.pulled(b.night(3, "2026-03-07"), src)[0], 3, 2, 0, 1, 0)
}

func TestControlInAStore(t *testing.T) {
	s := startS3(t)
	t.Setenv("TEST_ACCESS", "AKIA")
	t.Setenv("TEST_SECRET", "pass word")
	src := controlled
	src.Path = Paths{"s3://erp/out/tx*.csv"}
	src.Store = &Store{Endpoint: s.URL, AccessKey: "env:TEST_ACCESS", SecretKey: "env:TEST_SECRET", Region: "eu-central-1"}
	b := newBook(t)
	s.put("out/tx[1]*.csv", ledgerHeader+"1,C1,invoice,2026-03-01,,1,EUR\n")
	const alone = `source transactions: no file is whole: s3://erp/out/tx[1]*.csv: its control file is not there: "out/tx[1]*.ctl"`
	if _, err := Pull(context.Background(), b.db, []Source{src}, b.night(1, "2026-03-05")); !errors.Is(err, ErrData) || err.Error() != alone {
		t.Errorf("got %v, want %s", err, alone)
	}
	s.put("out/tx[1]*.ctl", "rows=1\ntotal=1\ninvoices=1.00")
	s.put("out/tx2.csv", ledgerHeader+"2,C1,invoice,2026-03-01,,1,EUR\n")
	wantCounts(t, b.pulled(b.night(2, "2026-03-06"), src)[0], 1, 1, 0, 0, 0)
	s.put("out/tx2.ctl", "rows=2\ntotal=1\ninvoices=1.00")
	if _, err := Pull(context.Background(), b.db, []Source{src}, b.night(3, "2026-03-07")); !errors.Is(err, ErrData) || !strings.Contains(err.Error(), `s3://erp/out/tx2.csv: control file "out/tx2.ctl": Rows says 2 rows, the file has 1`) {
		t.Errorf("got %v", err)
	}
	s.put("out/tx2.ctl", strings.Repeat("x", maxControl+1))
	if _, err := Pull(context.Background(), b.db, []Source{src}, b.night(4, "2026-03-07")); !errors.Is(err, ErrData) || !strings.Contains(err.Error(), `control file "out/tx2.ctl": is larger than 65536 bytes`) {
		t.Errorf("got %v", err)
	}
}

func TestControlMistakes(t *testing.T) {
	for _, c := range []struct{ control, want string }{
		{`{file: "{name}.ctl", rows: rows}`, ""},
		{`{file: "{stem}.ctl", totals: {total: "decimal(amount) * 2"}}`, ""},
		{`{file: "{name}.ctl"}`, "control.rows: or totals must name a line"},
		{`{rows: rows}`, "control.file: must name a file beside each file"},
		{`{file: "control.txt", rows: rows}`, `control.file: must name a file beside each file by its {name} or {stem}, as "{name}.ctl", got "control.txt"`},
		{`{file: "{name}", rows: rows}`, "control.file: must name"},
		{`{file: "../{name}.ctl", rows: rows}`, "control.file: must name"},
		{`{file: "{nam}.ctl", rows: rows}`, "control.file: must name"},
		{`{file: "{name}.ctl", totals: {total: "amount; DROP TABLE x"}}`, "control.totals.total:"},
	} {
		var s Source
		if err := yaml.UnmarshalWithOptions([]byte("{name: a, table: transactions, path: a.csv, control: "+c.control+"}"), &s, yaml.Strict()); err != nil {
			t.Fatalf("%s: %v", c.control, err)
		}
		errs := s.Check()
		if c.want == "" && len(errs) > 0 || c.want != "" && (len(errs) != 1 || !strings.Contains(errs[0].Error(), c.want)) {
			t.Errorf("%s: %v, want %s", c.control, errs, c.want)
		}
	}
	s := Source{Name: "a", Table: "articles", Reader: "feed", Path: Paths{"a.xml"}, Control: &Control{File: "{name}.ctl", Rows: "rows"}}
	if errs := s.Check(); len(errs) != 1 || !strings.Contains(errs[0].Error(), "control: is for reader: file") {
		t.Errorf("%v", errs)
	}
	for text, want := range map[string]string{
		"rows\n":                   `control file "x": line 1: want a name and a number`,
		"\n=1":                     "line 2: want a name",
		"rows=1\nROWS=1":           `line 2: "rows" is told twice`,
		"rows=-1\ntotal=1":         `Rows: "-1" is no number of rows`,
		"rows=1.0\ntotal=1":        `Rows: "1.0" is no number of rows`,
		"rows=\ntotal=1":           `Rows: "" is no number of rows`,
		"rows=1\ntotal=1,5":        "Total: want a plain number",
		"rows=1\ntotal=1e5":        "Total: want a plain number",
		"rows=1\ntotal=":           "Total: want a plain number",
		"rows=1\ntotal=\xff":       "holds bytes that are not utf-8",
		"total=1":                  `has no line "Rows"`,
		strings.Repeat("#\n", 4e4): "is larger than 65536 bytes",
	} {
		if _, err := (&Control{Rows: "Rows", Totals: map[string]string{"Total": "amount"}}).parse("x", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %s", text, err, want)
		}
	}
}

// FuzzControl: whatever the bytes, a control file comes to all that was asked for, or to an error.
func FuzzControl(f *testing.F) {
	f.Add("rows=4\ntotal = 111.25\r\n# a remark\n")
	f.Add("\ufeffRows:1\nTOTAL;-0.00000001")
	f.Add("rows\t18446744073709551615\ntotal,1e9\n=\n")
	c := &Control{Rows: "rows", Totals: map[string]string{"Total": "amount"}}
	f.Fuzz(func(t *testing.T, text string) {
		told, err := c.parse("x", strings.NewReader(text))
		if err == nil && (told.rows == nil || told.totals["Total"] == nil) {
			t.Fatalf("%+v", told)
		}
		if err == nil && told.totals["Total"].Cmp(new(big.Rat).SetFrac64(1e18, 1)) > 0 && len(text) < 18 {
			t.Fatalf("%s from %q", told.totals["Total"], text)
		}
	})
}
