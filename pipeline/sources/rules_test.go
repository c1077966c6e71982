package sources

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"
)

// Each poison cell makes one reject, which names its column, and costs no other row.
func TestPoisonRows(t *testing.T) {
	b := newBook(t)
	type poison struct{ column, cell, want string }
	cases := []poison{
		{"amount", "abc", `the cell "abc" is not ` + wantDecimal},
		{"amount", strings.Repeat("9", 40), `the cell "` + strings.Repeat("9", 40) + `" is not ` + wantDecimal},
		{"amount", "100000000000000", "the value 100000000000000 is not small enough: its size must be below 100000000000000"},
		{"amount", "1.00001", "the value 1.00001 is not a number of at most four decimals"},
		{"amount", "1e400", `the cell "1e400" is not ` + wantDecimal},
		{"amount", "NaN", `the cell "NaN" is not ` + wantDecimal},
		{"amount", "Inf", `the cell "Inf" is not ` + wantDecimal},
		{"amount", "１２", `the cell "１２" is not ` + wantDecimal},
		{"amount", "1 000", `the cell "1 000" is not ` + wantDecimal},
		{"amount", "-1", "the value -1 is not 0 or more: the kind gives the sign"},
		{"amount", "", "is needed and empty"},
		{"occurred_on", "0000-00-00", `the cell "0000-00-00" is not ` + wantDay},
		{"occurred_on", "2026-02-30", `the cell "2026-02-30" is not ` + wantDay},
		{"occurred_on", "1960-01-01", "the value 1960-01-01 is not a day from 1970-01-02 to 2149-06-06"},
		{"occurred_on", "2149-06-07", "the value 2149-06-07 is not a day from 1970-01-02 to 2149-06-06"},
		{"occurred_on", "9999-12-31", `the cell "9999-12-31" is not ` + wantDay},
		{"occurred_on", "", "is needed and empty"},
		{"due_on", "soon", `the cell "soon" is not ` + wantDay},
		{"kind", "INVOICE", "the value INVOICE is not one of order, invoice, payment, credit_note, refund, dispute, dispute_closed, write_off, recovery"},
		{"kind", "", "is needed and empty"},
		{"currency", "eur", "the value eur is not a currency of three capital letters"},
		{"currency", "€", "the value € is not a currency of three capital letters"},
		{"customer_id", "  ", "is needed and empty"},
		{"transaction_id", "", "is needed and empty"},
		{"status", "paid", "the value paid is not one of cancelled, returned, shipped"},
		{"known_at", "2026-03-01 25:00", `the cell "2026-03-01 25:00" is not ` + wantInstant},
	}
	good := []poison{ // odd and fine
		{"amount", "1.50000000", "1.5"}, {"amount", "-0", "0"}, {"amount", " 7 ", "7"}, {"amount", "+.5", "0.5"}, {"amount", "1e+05", "100000"},
		{"amount", "99999999999999.9999", "99999999999999.9999"},
		{"occurred_on", "2149-06-06", "2149-06-06"}, {"occurred_on", "20260304", "2026-03-04"}, {"occurred_on", "2026/3/4", "2026-03-04"},
		{"occurred_on", "2026年3月4日", "2026-03-04"}, {"occurred_on", "2026-03-04 23:59:59", "2026-03-04"}, {"occurred_on", "2024-02-29", "2024-02-29"},
		{"customer_id", "'; DROP TABLE creditwatch.transactions_rows; --", "'; DROP TABLE creditwatch.transactions_rows; --"},
		{"customer_id", "<script>alert(1)</script>", "<script>alert(1)</script>"},
		{"customer_id", "=cmd|'/C calc'!A0", "=cmd|'/C calc'!A0"}, {"customer_id", "../../etc/passwd", "../../etc/passwd"},
		{"known_at", "2026-03-01T08:00:00+08:00", "2026-03-01 00:00:00Z"}, {"known_at", "2026-03-01 08:00", "2026-03-01 08:00:00Z"},
	}
	columns := []string{"transaction_id", "customer_id", "kind", "occurred_on", "due_on", "amount", "currency", "status", "known_at"}
	var file strings.Builder
	file.WriteString(strings.Join(columns, "\t") + "\n")
	row := func(n int, p poison) {
		cells := []string{fmt.Sprint("T", n), "C", "invoice", "2026-03-01", "2026-03-31", "10", "EUR", "", ""}
		for i, c := range columns {
			if c == p.column {
				cells[i] = p.cell
			}
		}
		file.WriteString(strings.Join(cells, "\t") + "\n")
	}
	for i, p := range append(cases, good...) {
		row(i, p)
	}
	file.WriteString("T\x00\tC\nunclosed \"quote\tC\n\"unclosed\tC\n\xff\xfe\tC\tinvoice\t2026-03-01\t\t1\tEUR\t\t\n")
	b.write("poison.tsv", file.String())
	s := Source{Name: "poison", Table: "transactions", Path: Paths{"poison.tsv"}, Key: []string{"transaction_id"}}
	c := b.pulled(b.night(1, "2026-03-05"), s)
	n := uint64(len(cases) + len(good) + 4)
	wantCounts(t, c[0], n, uint64(len(good)), uint64(len(cases)+4), 0, 0)
	var want []string
	for i, p := range cases {
		want = append(want, fmt.Sprint(i+2, "|", p.column, "|", p.want))
	}
	b.want(fmt.Sprint("SELECT line, column, reason FROM creditwatch.rejects WHERE line < ", len(cases)+2, " ORDER BY line"), want...)
	for i, p := range good {
		b.want(fmt.Sprint("SELECT ", p.column, " FROM creditwatch.transactions WHERE line = ", len(cases)+i+2), p.want)
	}
	at := len(cases) + len(good) + 2
	b.want(fmt.Sprint("SELECT line, reason FROM creditwatch.rejects WHERE line >= ", at, " ORDER BY line"),
		fmt.Sprint(at, "|has 2 cells, the header has 9"), fmt.Sprint(at+1, "|a quote stands inside a cell that does not begin with one"),
		fmt.Sprint(at+2, "|a quote is opened and not closed"), fmt.Sprint(at+3, "|holds bytes that are not utf-8"))
}

// A balance of unknown kind, or without an amount, is a reject that names file, line and column; one without a customer is the control account.
func TestPoisonBalances(t *testing.T) {
	b := newBook(t)
	b.write("balances-2026-03-01.csv", "kind,customer_id,balance_on,currency,amount,reference,status\n"+
		"general_ledger,,2026-02-28,EUR,120.50,1200,\n"+
		"confirmation,C,2026-02-28,EUR,-0.05,Q1,\n"+
		"statement,C,2026-02-28,EUR,1,Q1,\n"+
		"confirmation,C,2026-02-28,EUR,,Q1,\n"+
		"confirmation,C,,EUR,1,Q1,\n"+
		"confirmation,C,2026-02-28,,1,Q1,\n"+
		"confirmation,C,2026-02-28,EUR,1,Q1,maybe\n"+
		"confirmation,C,2026-02-28,EUR,1,Q2,unanswered\n")
	c := b.pulled(b.night(1, "2026-03-05"), Source{Name: "balances", Table: "balances", Path: Paths{"balances-*.csv"}, Dated: true, Key: []string{"kind", "customer_id", "balance_on", "currency", "reference"}})
	wantCounts(t, c[0], 8, 3, 5, 0, 0)
	b.want("SELECT file, line, column, reason FROM creditwatch.rejects ORDER BY line",
		"balances-2026-03-01.csv|4|kind|the value statement is not one of general_ledger, confirmation",
		"balances-2026-03-01.csv|5|amount|is needed and empty",
		"balances-2026-03-01.csv|6|balance_on|is needed and empty",
		"balances-2026-03-01.csv|7|currency|is needed and empty",
		"balances-2026-03-01.csv|8|status|the value maybe is not one of unanswered, withdrawn")
	b.want("SELECT kind, customer_id, amount, status FROM creditwatch.balances ORDER BY line", "general_ledger||120.5|", "confirmation|C|-0.05|", "confirmation|C|1|unanswered")
}

// TestErasedRows: rows of an erased customer are counted and their place is kept, what they say is not; whatever is wrong with them.
func TestErasedRows(t *testing.T) {
	b := newBook(t)
	s := Source{Name: "cash", Table: "transactions", Path: Paths{"cash-*.csv"}, Dated: true, Key: []string{"transaction_id"}, Select: map[string]string{"kind": "'payment'", "currency": "'EUR'"}}
	head := "transaction_id,customer_id,occurred_on,amount,payer\n"
	b.write("cash-2026-03-01.csv", head+"1,A,2026-03-01,5,Ana Silva\n2,A,2026-03-01,bad,Ana Silva\n3,AB,2026-03-01,7,x\n4,AB,2026-03-01,worse,x\n")
	b.exec("INSERT INTO creditwatch.erasures (kind, hash) VALUES ('customer', '559aead08264d5795d3909718cdd05abd49572e84fe55590eef31a88a08fdffd'), ('hold', 'x')") // SHA-256 of A
	c := b.pulled(b.night(1, "2026-03-01"), s)
	wantCounts(t, c[0], 4, 1, 3, 0, 0)
	if c[0].LeftOut != 2 {
		t.Errorf("%d left out, want 2", c[0].LeftOut)
	}
	b.want("SELECT customer_id, transaction_id FROM creditwatch.transactions", "AB|3")
	b.want("SELECT line, column, reason, raw FROM creditwatch.rejects ORDER BY line", "2||left out: erased on request|", "3||left out: erased on request|", `5|amount|the cell "worse" is not a decimal number of at most 16 digits before the point and 8 after it|4,AB,2026-03-01,worse,x`)
	b.write("cash-2026-03-02.csv", head+"5,A,2026-03-02,5,Ana Silva\n")
	c = b.pulled(b.night(2, "2026-03-02"), s)
	wantCounts(t, c[0], 5, 0, 1, 4, 0)
}

func TestKnownRows(t *testing.T) {
	b := newBook(t)
	keyless := Source{Name: "cash", Table: "transactions", Path: Paths{"cash-*.csv"}, Dated: true, Select: map[string]string{
		"transaction_id": "concat('c', customer_id)", "kind": "'payment'", "currency": "'EUR'",
	}}
	head := "customer_id,occurred_on,amount\n"
	b.write("cash-2026-03-01.csv", head+"A,2026-03-01,5\nA,2026-03-01,5\nB,2026-03-01,bad\n")
	b.write("cash-2026-03-02.csv", head+"A,2026-03-01,5.00\nC,2026-02-20,7\n")
	b.write("cash-2026-03-09.csv", head+"Z,2026-03-09,1\n")
	c := b.pulled(b.night(1, "2026-03-01"), keyless)
	wantCounts(t, c[0], 3, 2, 1, 0, 0) // the same row twice in a file counts twice; later files are not there yet
	c = b.pulled(b.night(2, "2026-03-02"), keyless)
	wantCounts(t, c[0], 5, 1, 0, 4, 0) // the overlap and the reject are known, the late row is new
	c = b.pulled(b.night(3, "2026-03-02"), keyless)
	wantCounts(t, c[0], 5, 1, 0, 4, 0) // a rerun of the date does the same again
	b.want("SELECT customer_id, count() FROM creditwatch.transactions GROUP BY customer_id ORDER BY customer_id", "A|2", "C|1")
	b.want("SELECT file, line FROM creditwatch.rejects", "cash-2026-03-01.csv|4")

	// The first date again, its file gone meanwhile: what it brought is carried over.
	if err := os.Remove(filepath.Join(b.dir, "cash-2026-03-01.csv")); err != nil {
		t.Fatal(err)
	}
	c = b.pulled(b.night(4, "2026-03-01"), keyless)
	wantCounts(t, c[0], 3, 2, 1, 0, 0)
	b.want("SELECT run, customer_id, count() FROM creditwatch.transactions_rows WHERE run IN (SELECT run FROM creditwatch.live_runs) GROUP BY run, customer_id ORDER BY run, customer_id", "3|C|1", "4|A|2")
	b.want("SELECT run, file, rows FROM creditwatch.inputs_rows WHERE run IN (SELECT run FROM creditwatch.live_runs) ORDER BY run, file", "3|cash-2026-03-01.csv|3", "3|cash-2026-03-02.csv|2", "4|cash-2026-03-01.csv|3")

	// A file read whole by a published night of the same configuration is not read again.
	b.exec("INSERT INTO creditwatch.runs (run, as_of, state, config_hash, code) VALUES (3, '2026-03-02', 'started', 'h', 'v'), (5, '2026-03-03', 'started', 'h', 'v'), (6, '2026-03-04', 'started', 'other', 'v')")
	c = b.pulled(b.night(5, "2026-03-03"), keyless)
	wantCounts(t, c[0], 2, 0, 0, 2, 0)
	if !strings.Contains(strings.Join(c[0].Notes, " "), "unchanged since it was read") {
		t.Errorf("notes %q", c[0].Notes)
	}
	c = b.pulled(b.night(6, "2026-03-04"), keyless)
	wantCounts(t, c[0], 2, 0, 0, 2, 0)
	if strings.Contains(strings.Join(c[0].Notes, " "), "unchanged") {
		t.Errorf("another configuration must read again: %q", c[0].Notes)
	}
}

func TestVersionsByKnownAt(t *testing.T) {
	b := newBook(t)
	s := Source{Name: "customers", Table: "customers", Path: Paths{"c.csv"}, Key: []string{"customer_id"}}
	head := "customer_id,name,credit_limit,known_at\n"
	back := head + "C1,N,100,2026-01-01\nC1,N,200,2026-02-01\nC1,N,100,2026-03-01\nC1,N,100,2026-03-01\n"
	b.write("c.csv", back)
	wantCounts(t, b.pulled(b.night(1, "2026-03-02"), s)[0], 4, 2, 0, 2, 1)
	s.Name, s.Key = "versions", []string{"customer_id", "known_at"}
	b.exec("TRUNCATE TABLE creditwatch.customers_rows")
	wantCounts(t, b.pulled(b.night(2, "2026-03-03"), s)[0], 4, 3, 0, 1, 0)
	wantCounts(t, b.pulled(b.night(3, "2026-03-04"), s)[0], 4, 0, 0, 4, 0)
	b.write("c.csv", "customer_id,name\nC1,N\n")
	if _, err := Pull(context.Background(), b.db, []Source{s}, b.night(4, "2026-03-05")); !errors.Is(err, ErrConfig) {
		t.Errorf("error %v, want %v", err, ErrConfig)
	}
}

func TestSeveralRowsOfALine(t *testing.T) {
	b := newBook(t)
	wide := Source{Name: "wide", Table: "transactions", Path: Paths{"wide.csv"}, Key: []string{"transaction_id"},
		From:  "ARRAY JOIN ['2026-01', '2026-02'] AS month, [jan, feb] AS paid",
		Where: "decimal(paid) != 0",
		Select: map[string]string{
			"transaction_id": "concat(id, '-', month)", "customer_id": "id", "kind": "'payment'", "currency": "'EUR'",
			"occurred_on": "day(concat(month, '-15'))", "amount": "decimal(paid)",
		}}
	b.write("wide.csv", "id,jan,feb\nA,1,2\nB,0,3\nC,0,0\nD,4,bad\nA,1,2\nE,,5\n")
	c := b.pulled(b.night(1, "2026-03-01"), wide)
	wantCounts(t, c[0], 6, 3, 2, 1, 0)
	if c[0].LeftOut != 1 {
		t.Errorf("%d left out, want 1", c[0].LeftOut)
	}
	b.want("SELECT transaction_id, amount FROM creditwatch.transactions ORDER BY transaction_id", "A-2026-01|1", "A-2026-02|2", "B-2026-02|3", "E-2026-02|5")
	b.want("SELECT line, column, reason, raw FROM creditwatch.rejects ORDER BY line", "4||left out by where|C,0,0", `5||where: the cell "bad" is not `+wantDecimal+"|D,4,bad")
}

func TestEncodingsOfAFile(t *testing.T) {
	b := newBook(t)
	text := "customer_id,name,aliases,external_keys,listed,onboarded_on\nC1,杭州某某股份有限公司,某某;某某股份,uscc=91330000X;ticker=600000,是,1955-10-01\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	b.write("gb.csv", gb)
	b.write("latin.csv", "customer_id,name\nC2,Caf\xe9 Espa\xf1a\n")
	s := Source{Name: "gb", Table: "customers", Path: Paths{"gb.csv"}, Key: []string{"customer_id"}}
	l := Source{Name: "latin", Table: "customers", Path: Paths{"latin.csv"}, Encoding: "latin-1"}
	c := b.pulled(b.night(1, "2026-03-01"), s, l)
	wantCounts(t, c[0], 1, 1, 0, 0, 0)
	if len(c[0].Notes) != 1 || c[0].Notes[0] != "gb.csv: read as gb18030, by its bytes" {
		t.Errorf("notes %q", c[0].Notes)
	}
	b.want("SELECT name, aliases, external_keys['uscc'], listed, onboarded_on FROM creditwatch.customers ORDER BY customer_id",
		"杭州某某股份有限公司|[\"某某\",\"某某股份\"]|91330000X|true|1955-10-01", "Café España|[]|||")
	b.want("SELECT source, encoding FROM creditwatch.inputs ORDER BY source", "gb|gb18030", "latin|latin-1")
}

// What cannot be taken is an error that names file and cause, and nothing of it is kept.
func TestRefusedFiles(t *testing.T) {
	b := newBook(t)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprint(z, ledgerHeader, strings.Repeat("1,C1,invoice,2026-03-01,,1,EUR\n", 5000))
	z.Close()
	b.write("half.csv.gz", packed.String()[:packed.Len()/2])
	b.write("none.csv.gz", "")
	b.write("empty.csv", "")
	b.write("header.csv", ledgerHeader)
	b.write("renamed.csv", strings.Replace(ledgerHeader, "amount", "Betrag", 1)+"1,C1,invoice,2026-03-01,,1,EUR\n")
	b.write("twice.csv", "customer_id,customer_id\n")
	b.write("latin.csv", "transaction_id\nEspa\xf1a\n")
	b.write("utf16.csv", "\xff\xfea\x00,\x00")
	b.write("undated.csv", ledgerHeader)
	b.write("what.xyz", "x")
	if err := os.Symlink(filepath.Join(b.dir, "header.csv"), filepath.Join(b.dir, "link.csv")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(b.dir, "folder.csv"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(b.dir, "pipe.csv"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		more func(*Source)
		kind error
		want string
	}{
		{"half.csv.gz", nil, ErrData, "half.csv.gz: file is not whole"},
		{"none.csv.gz", nil, ErrData, "none.csv.gz: file is not whole"},
		{"empty.csv", nil, ErrData, "empty.csv: file is empty: not even a header"},
		{"nowhere*.csv", nil, ErrData, `file is missing: nothing below the input folder matches "nowhere*.csv"`},
		{"renamed.csv", nil, ErrData, `renamed.csv: column "amount", which transactions needs, is missing and select does not give it; the header has "transaction_id", "customer_id", "kind", "occurred_on", "due_on", "Betrag", "currency"`},
		{"renamed.csv", func(s *Source) { s.Select = map[string]string{"amount": "decimal(`amount`)"} }, ErrData, `renamed.csv: column "amount", which select.amount reads, is missing`},
		{"renamed.csv", func(s *Source) { s.Select = map[string]string{"amount": "decimal(amount)"} }, ErrData, "select.amount: Unknown expression or function identifier `amount`; renamed.csv has"},
		{"header.csv", func(s *Source) { s.Select = map[string]string{"amount": "nosuch(amount)"} }, ErrConfig, "select.amount: "},
		{"header.csv", func(s *Source) { s.Select = map[string]string{"amount": "toFloat64(1)"} }, ErrConfig, "select.amount: the expression gives Float64, which cannot be kept as Decimal(18, 4); money is decimal: use decimal(x)"},
		{"header.csv", func(s *Source) { s.Select = map[string]string{"amount": "decimal(amount"} }, ErrConfig, "select.amount: "},
		{"header.csv", func(s *Source) { s.Where = "amount +" }, ErrConfig, "where"},
		{"twice.csv", nil, ErrData, `columns 1 and 2 are both named "customer_id"`},
		{"latin.csv", nil, ErrData, "latin.csv: " + errEncoding.Error()},
		{"utf16.csv", nil, ErrData, "utf16.csv: encoding is UTF-16"},
		{"undated.csv", func(s *Source) { s.Dated = true }, ErrData, "undated.csv: the source is `dated`, but its name holds no date"},
		{"what.xyz", nil, ErrData, "what.xyz: the name tells no format"},
		{"link.csv", nil, ErrData, "link.csv: is not a plain file but a link"},
		{"folder.csv", nil, ErrData, "folder.csv: is not a plain file but a folder"},
		{"pipe.csv", nil, ErrData, "pipe.csv: is not a plain file but a pipe"},
		{"../x.csv", nil, ErrConfig, `path: "../x.csv" must stay below the input folder`},
	} {
		s := Source{Name: "bad", Table: "transactions", Path: Paths{c.path}}
		if c.more != nil {
			c.more(&s)
		}
		_, err := Pull(context.Background(), b.db, []Source{s}, b.night(1, "2026-03-05"))
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "version 2") || strings.Contains(err.Error(), "Stack") {
			t.Errorf("%s: error %v\nwant %v: %s", c.path, err, c.kind, c.want)
		}
	}
	b.want("SELECT count() FROM creditwatch.transactions_rows", "0")
	b.want("SELECT count() FROM system.tables WHERE database = 'creditwatch' AND match(name, '_[0-9]+$')", "0")

	no := false
	c, err := Pull(context.Background(), b.db, []Source{
		{Name: "header", Table: "transactions", Path: Paths{"header.csv"}},
		{Name: "missing", Table: "transactions", Path: Paths{"nowhere*.csv"}, Required: &no},
	}, b.night(1, "2026-03-05"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"header.csv: has a header and no row", `no file matches "nowhere*.csv"; the source is not required`} {
		wantCounts(t, c[i], 0, 0, 0, 0, 0)
		if len(c[i].Notes) != 1 || c[i].Notes[0] != want {
			t.Errorf("notes %q, want %q", c[i].Notes, want)
		}
	}
}

func TestColumnsThatComeAndGo(t *testing.T) {
	b := newBook(t)
	b.write("tx1.csv", ledgerHeader+"1,C1,invoice,2026-03-01,,1,EUR\n")
	b.write("tx2.csv", "colour,currency,amount,due_on,occurred_on,kind,customer_id,transaction_id\nred,EUR,2,,2026-03-02,invoice,C2,2\n")
	c := b.pulled(b.night(1, "2026-03-05"), ledgerFile)
	wantCounts(t, c[0], 2, 2, 0, 0, 0)
	if len(c[0].Notes) != 1 || c[0].Notes[0] != `columns that no expression reads: "colour"` {
		t.Errorf("notes %q", c[0].Notes)
	}
	b.want("SELECT customer_id, amount FROM creditwatch.transactions ORDER BY customer_id", "C1|1", "C2|2")
	b.write("tx3.csv", strings.Replace(ledgerHeader, ",due_on", "", 1)+"3,C1,invoice,2026-03-01,1,EUR\n")
	_, err := Pull(context.Background(), b.db, []Source{ledgerFile}, b.night(2, "2026-03-06"))
	if want := `tx3.csv: column "due_on", which select.due_on reads, is missing`; !errors.Is(err, ErrData) || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
}

// What becomes of a source whose files change their columns from one night to the next. A file of the second night replaces that of the
// first; the mapping gives nothing but the names.
func TestSchemaDrift(t *testing.T) {
	b := newBook(t)
	const header, row = "transaction_id,customer_id,kind,occurred_on,due_on,amount,currency", "1,C1,invoice,2026-03-01,2026-03-31,5,EUR"
	s := Source{Name: "drift", Table: "transactions", Path: Paths{"drift.csv"}, Encoding: "utf-8"}
	b.write("drift.csv", header+"\n"+row+"\n")
	b.pulled(b.night(1, "2026-03-05"), s)
	for i, c := range []struct {
		shows, header, row string
		mapping            map[string]string
		accepted, rejected uint64
		want               string // error, or first reason of a reject
	}{
		{"as it was", header, row, nil, 0, 0, ""},
		{"new", header + ",colour", row + ",red", nil, 0, 0, ""},
		{"in another order", "currency,amount,due_on,occurred_on,kind,customer_id,transaction_id", "EUR,5,2026-03-31,2026-03-01,invoice,C1,1", nil, 0, 0, ""},
		{"missing, needed", strings.Replace(header, ",amount", "", 1), "1,C1,invoice,2026-03-01,2026-03-31,EUR", nil, 0, 0, `column "amount", which transactions needs, is missing and select does not give it`},
		{"missing, not needed", strings.Replace(header, ",due_on", "", 1), "2,C1,invoice,2026-03-01,5,EUR", nil, 0, 0, `drift.csv: column "due_on", which this source had the night before, is missing`},
		{"missing, for good", strings.Replace(header, ",due_on", "", 1), "2,C1,invoice,2026-03-01,5,EUR", map[string]string{"due_on": "NULL"}, 1, 0, ""},
		{"missing, read by an expression", strings.Replace(header, ",due_on", "", 1), "2,C1,invoice,2026-03-01,5,EUR", map[string]string{"due_on": "day(due_on)"}, 0, 0, "due_on"},
		{"renamed", strings.Replace(header, "due_on", "payable_on", 1), "2,C1,invoice,2026-03-01,2026-03-31,5,EUR", nil, 0, 0, `column "due_on", which this source had the night before, is missing; the header has "transaction_id"`},
		{"in capitals", strings.Replace(header, "due_on", "Due On", 1), row, nil, 0, 0, `"Due On" is written otherwise: was it renamed?`},
		{"needed, in capitals", strings.ToUpper(header), row, nil, 0, 0, `"AMOUNT" is written otherwise: was it renamed?`},
		{"with blanks around", strings.ReplaceAll(header, ",", " , "), row, nil, 0, 0, ""},
		{"of another type", header, "2,C1,invoice,2026-03-01,2026-03-31,five,EUR", nil, 0, 1, "amount"},
		{"of another way to write days", header, "2,C1,invoice,01/03/26,2026-03-31,5,EUR", nil, 0, 1, "occurred_on"},
		{"without a name", strings.Replace(header, "due_on", "", 1), row, nil, 0, 0, `drift.csv: header: column 5 has no name`},
		{"twice", header + ",amount", row + ",5", nil, 0, 0, `columns 6 and 8 are both named "amount"`},
	} {
		run := uint64(i + 2)
		b.write("drift.csv", c.header+"\n"+c.row+"\n")
		s.Select = c.mapping
		got, err := Pull(context.Background(), b.db, []Source{s}, b.night(run, "2026-03-06"))
		if err != nil {
			if !errors.Is(err, ErrData) || c.want == "" || !strings.Contains(err.Error(), "source drift") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %v, want %q", c.shows, err, c.want)
			}
			continue
		}
		if got[0].Accepted != c.accepted || got[0].Rejected != c.rejected || got[0].Duplicates != 1-c.accepted-c.rejected {
			t.Errorf("%s: %+v", c.shows, got[0])
		}
		if c.rejected > 0 {
			b.want(fmt.Sprint("SELECT column FROM creditwatch.rejects_rows WHERE run = ", run), c.want)
		} else if c.want != "" {
			t.Errorf("%s: taken, want error %q", c.shows, c.want)
		}
		var columns []string
		for _, h := range strings.Split(c.header, ",") {
			columns = append(columns, "'"+strings.TrimSpace(h)+"'")
		}
		b.want(fmt.Sprint("SELECT toString(columns) FROM creditwatch.inputs_rows WHERE run = ", run), "["+strings.Join(columns, ",")+"]")
	}
}

// A file that grows while it is read is refused when its end is reached.
func TestFileThatChanges(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.csv")
	if err := os.WriteFile(path, []byte("a\n1\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	in, err := look(root, Source{}, "x.csv", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("a\n1\n2\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	r, done, err := in.open(root)
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, r)
	if err := done(); !errors.Is(err, errChanged) {
		t.Errorf("error %v, want %v", err, errChanged)
	}
}

// Whatever dirt a file holds, its rows add up; Pull itself fails if they do not.
func TestRowsAddUp(t *testing.T) {
	b := newBook(t)
	cell := rapid.SampledFrom([]string{"1", "C1", "invoice", "payment", "2026-03-01", "", "12.5", "EUR", "\"", "a\"b", "\"q\"", "\"x,\ny\"", "\x00", "\xff", "客户", "0000-00-00"})
	good := rapid.SampledFrom([]string{"1,C1,invoice,2026-03-01,,1,EUR", "2,C1,payment,2026-03-01,,1,EUR", "1,C1,invoice,2026-03-01,,2,EUR"})
	dirty := rapid.Map(rapid.SliceOfN(cell, 0, 9), func(c []string) string { return strings.Join(c, ",") })
	files := rapid.Map(rapid.SliceOfN(rapid.OneOf(good, dirty), 0, 60), func(l []string) string { return strings.Join(l, "\n") })
	for seed := range 10 { // a pull takes too long for a hundred of them
		b.write("dirty.csv", ledgerHeader+files.Example(seed))
		s := Source{Name: "dirty", Table: "transactions", Path: Paths{"dirty.csv"}, Encoding: "utf-8"}
		if seed%2 == 0 {
			s.Key = []string{"transaction_id"}
		}
		n := b.night(uint64(seed+1), "2026-03-05")
		var first Counts
		for try := range 2 { // the same run again does its work anew
			c, err := Pull(context.Background(), b.db, []Source{s}, n)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			got := c[0]
			if got.Read != got.Accepted+got.Rejected+got.Duplicates || got.Corrections > got.Accepted {
				t.Errorf("seed %d: %+v", seed, got)
			}
			if try == 1 && (got.Read != first.Read || got.Accepted != first.Accepted || got.Rejected != first.Rejected) {
				t.Errorf("seed %d: the same run again: %+v, before: %+v", seed, got, first)
			}
			first = got
		}
		b.want(fmt.Sprint("SELECT count() FROM creditwatch.rejects_rows WHERE run = ", seed+1), fmt.Sprint(first.Rejected))
		b.want(fmt.Sprint("SELECT count() FROM creditwatch.transactions_rows WHERE run = ", seed+1), fmt.Sprint(first.Accepted))
	}
}

// The same rows under two names, and one of the files again a night later under a third, count once, with a key and without one.
func TestSameFileTwice(t *testing.T) {
	b := newBook(t)
	rows := ledgerHeader + "1,C1,invoice,2026-03-01,2026-03-31,100,EUR\n2,C1,payment,2026-03-02,,40,EUR\n3,C2,payment,2026-02-30,,1,EUR\n"
	b.write("tx1.csv", rows)
	b.write("tx2.csv", rows)
	keyless := ledgerFile
	keyless.Name, keyless.Key = "keyless", nil
	for _, c := range b.pulled(b.night(1, "2026-03-05"), ledgerFile, keyless) {
		if c.Read != 6 || c.Accepted != 2 || c.Rejected+c.Duplicates != 4 || c.Rejected == 0 || c.Corrections != 0 {
			t.Errorf("%+v", c)
		}
	}
	b.write("tx3.csv", rows)
	for _, c := range b.pulled(b.night(2, "2026-03-06"), ledgerFile, keyless) {
		if c.Read != 9 || c.Accepted != 0 || c.Read != c.Rejected+c.Duplicates || c.Corrections != 0 {
			t.Errorf("%+v", c)
		}
	}
	b.want("SELECT source, count(), sum(amount) FROM creditwatch.transactions GROUP BY source ORDER BY source", "keyless|2|140", "transactions|2|140")
}
