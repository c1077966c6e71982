package sources

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"creditwatch/pipeline/asof"

	"github.com/goccy/go-yaml"
	"github.com/jackc/pgx/v5/pgconn"
)

// postgresServer is a PostgreSQL of the test's own.
type postgresServer struct {
	t    testing.TB
	port int
	conn *pgconn.PgConn
}

func startPostgres(t testing.TB) *postgresServer {
	t.Helper()
	initdb := server(t, "/usr/lib/postgresql/*/bin/initdb", "initdb")
	program := server(t, "/usr/lib/postgresql/*/bin/postgres", "postgres")
	dir := serverFolder(t)
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte("pass word\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	if out, err := serverCommand(dir, initdb, "-D", data, "-U", "owner", "--auth=scram-sha-256", "--pwfile", password, "--encoding=LATIN1", "--locale=C", "--no-sync").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	certificate, key := selfSigned(t)
	for name, text := range map[string][]byte{"server.crt": certificate, "server.key": key} {
		at := filepath.Join(data, name)
		if err := os.WriteFile(at, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if os.Getuid() == 0 {
			if err := os.Chown(at, nobody, nobody); err != nil {
				t.Fatal(err)
			}
		}
	}
	s := &postgresServer{t: t, port: freePort(t)}
	serve(t, dir, func() (err error) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		s.conn, err = pgconn.Connect(ctx, s.dsn("owner", "pass%20word", "postgres"))
		return err
	}, program, "-D", data, "-p", strconv.Itoa(s.port), "-c", "listen_addresses=127.0.0.1", "-k", dir, "-c", "fsync=off", "-c", "ssl=on", "-c", "shared_buffers=16MB", "-c", "max_connections=10")
	t.Cleanup(func() { s.conn.Close(context.Background()) })
	return s
}

// selfSigned is a certificate that nobody vouches for.
func selfSigned(t testing.TB) (certificate, key []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
}

func (s *postgresServer) dsn(user, password, database string) string {
	return fmt.Sprintf("postgres://%s:%s@127.0.0.1:%d/%s", user, password, s.port, database)
}

func (s *postgresServer) exec(sql string) {
	s.t.Helper()
	if _, err := s.conn.Exec(context.Background(), sql).ReadAll(); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
}

func TestPostgres(t *testing.T) {
	s := startPostgres(t)
	t.Setenv("TEST_ERP", s.dsn("owner", "pass%20word", "postgres"))
	address := fmt.Sprintf("postgres://127.0.0.1:%d/postgres", s.port)
	t.Run("incremental", func(t *testing.T) { s.incremental(t, address) })
	t.Run("deletions", func(t *testing.T) { s.deletions(t) })
	t.Run("deletions of contracts", func(t *testing.T) { s.contractDeletions(t) })
	t.Run("values", func(t *testing.T) { s.values(t) })
	t.Run("odoo", func(t *testing.T) { s.odoo(t) })
	t.Run("refusals", func(t *testing.T) { s.refusals(t, address) })
}

const createInvoices = `CREATE TABLE invoices (id bigint PRIMARY KEY, customer text, day date, amount numeric(20, 6), currency text, changed timestamptz)`

func invoicesOf(table string) Source {
	return Source{
		Name: "invoices", Table: "transactions", Reader: "postgres", Key: []string{"transaction_id"},
		Database: &Database{DSN: "env:TEST_ERP", Table: table, Columns: []string{"id", "customer", "day", "amount", "currency", "changed"}, Watermark: "changed", Overlap: "24h"},
		Select:   map[string]string{"transaction_id": "id", "customer_id": "customer", "kind": "'invoice'", "occurred_on": "day(day)", "amount": "decimal(amount)", "known_at": "instant(changed)"},
	}
}

func (s *postgresServer) incremental(t *testing.T, address string) {
	b := newBook(t)
	s.exec("DROP TABLE IF EXISTS invoices; " + createInvoices)
	s.exec(`INSERT INTO invoices VALUES
		(1, 'C1', '2026-03-01', 100.50, 'EUR', '2026-03-01 10:00+01'), (2, 'C2', '2026-03-02', 12345678901234.1234, 'EUR', '2026-03-02 23:30:00.123456+00'),
		(3, 'C3', '2026-03-03', -5, 'EUR', '2026-03-03 10:00+00'), (4, 'C4', '2026-03-05', 7, 'EUR', '2026-03-05 00:00+00'), (5, 'C5', '2026-03-01', 8, 'EUR', NULL)`)
	src := invoicesOf("public.invoices")
	// The night of the 4th ends before the change of invoice 4. A row without a watermark is read every night.
	wantCounts(t, b.readNight(1, "2026-03-04", src)[0], 4, 3, 1, 0, 0)
	b.want("SELECT transaction_id, customer_id, occurred_on, amount, file, known_at FROM creditwatch.transactions ORDER BY transaction_id",
		"1|C1|2026-03-01|100.5|"+address+"|2026-03-01 09:00:00Z", "2|C2|2026-03-02|12345678901234.1234|"+address+"|2026-03-02 23:30:00.123Z", "5|C5|2026-03-01|8|"+address+"|2026-03-04 23:59:59.999Z")
	b.want("SELECT file, column, raw FROM creditwatch.rejects", address+`|amount|{"id":"3","customer":"C3","day":"2026-03-03","amount":"-5.000000","currency":"EUR","changed":"2026-03-03 10:00:00Z"}`)
	b.want("SELECT last_modified FROM creditwatch.inputs_rows", "2026-03-03 10:00:00Z")

	// A night that fails moves nothing.
	b.exec("INSERT INTO creditwatch.runs (run, as_of, state, config_hash, code) VALUES (2, '2026-03-05', 'started', 'c', 'v')")
	if _, err := Pull(context.Background(), b.db, []Source{src}, b.night(2, "2026-03-05")); err != nil {
		t.Fatal(err)
	}
	// The next one reads from 24 hours before the highest watermark: 2 (changed since) and 3 (refused, and known to be), 4, 5.
	s.exec("UPDATE invoices SET amount = 9, changed = '2026-03-05 12:00+00' WHERE id = 2; INSERT INTO invoices VALUES (6, 'C6', '2026-03-03', 1, 'EUR', '2026-03-02 10:00:00+00')")
	s.exec("INSERT INTO invoices VALUES (7, 'C7', '2026-03-02', 1, 'EUR', '2026-03-02 09:59:59+00')") // older than the overlap
	wantCounts(t, b.readNight(3, "2026-03-05", src)[0], 5, 3, 0, 2, 1)
	b.want("SELECT transaction_id, amount FROM creditwatch.transactions_rows WHERE run = 3 ORDER BY transaction_id", "2|9", "4|7", "6|1")

	// The first date once more, after the database has moved on: what it held is carried over, nothing of later nights is in it.
	c := b.readNight(4, "2026-03-04", src)
	b.want("SELECT transaction_id, amount FROM creditwatch.transactions_rows WHERE run = 4 ORDER BY transaction_id", "1|100.5", "2|12345678901234.1234", "5|8", "7|1")
	if c := c[0]; c.Read != c.Accepted+c.Rejected+c.Duplicates || c.Rejected != 1 {
		t.Errorf("counts of the date read again: %+v", c)
	}
	// A night in which nothing changed.
	wantCounts(t, b.readNight(5, "2026-03-06", src)[0], 3, 0, 0, 3, 0)
	// Another configuration reads everything again, and knows it.
	b.exec("INSERT INTO creditwatch.runs (run, as_of, state, config_hash, code) VALUES (6, '2026-03-07', 'started', 'other', 'v')")
	wantCounts(t, b.pulled(b.night(6, "2026-03-07"), src)[0], 7, 0, 0, 7, 0)
}

func (s *postgresServer) deletions(t *testing.T) {
	b := newBook(t)
	s.exec("DROP TABLE IF EXISTS invoices; " + createInvoices)
	s.exec("INSERT INTO invoices SELECT n, 'C' || n, '2026-03-01', n, 'EUR', '2026-03-01 10:00+00' FROM generate_series(1, 30) AS n")
	src := invoicesOf("invoices")
	src.Database.Deletions = "seen"
	src.Select["transaction_id"] = "concat('I', id)"
	wantCounts(t, b.readNight(1, "2026-03-01", src)[0], 30, 30, 0, 0, 0)

	s.exec("DELETE FROM invoices WHERE id IN (3, 7)")
	c := b.readNight(2, "2026-03-02", src)[0]
	wantCounts(t, c, 30, 2, 0, 28, 0)
	gone := "SELECT transaction_id, supersedes, customer_id, amount, status, reason, known_at FROM creditwatch.transactions_rows WHERE run = %d AND supersedes != '' ORDER BY transaction_id"
	b.want(fmt.Sprintf(gone, 2), "deleted:I3|I3|C3|3|cancelled|is gone from its source|2026-03-02 23:59:59.999Z", "deleted:I7|I7|C7|7|cancelled|is gone from its source|2026-03-02 23:59:59.999Z")
	if !slices.Contains(c.Notes, "2 records are gone from the database and cancelled, 0 are back") {
		t.Errorf("notes %q", c.Notes)
	}
	// Seen once; the same night again comes to the same.
	wantCounts(t, b.readNight(3, "2026-03-03", src)[0], 28, 0, 0, 28, 0)
	b.want(fmt.Sprintf(gone, 3))
	b.readNight(4, "2026-03-02", src)
	b.want(fmt.Sprintf(gone, 4), "deleted:I3|I3|C3|3|cancelled|is gone from its source|2026-03-02 23:59:59.999Z", "deleted:I7|I7|C7|7|cancelled|is gone from its source|2026-03-02 23:59:59.999Z")

	// One comes back as it was, and is changed a night later.
	s.exec("INSERT INTO invoices VALUES (3, 'C3', '2026-03-01', 3, 'EUR', '2026-03-04 10:00+00')")
	b.readNight(5, "2026-03-04", src)
	b.want(fmt.Sprintf(gone, 5), "deleted:I3|I3|C3|3|||2026-03-04 23:59:59.999Z")
	s.exec("UPDATE invoices SET amount = 33, changed = '2026-03-05 10:00+00' WHERE id = 3")
	b.readNight(6, "2026-03-05", src)
	b.want(fmt.Sprintf(gone, 6), "deleted:I3|I3|C3|33|||2026-03-05 23:59:59.999Z")

	// A database that has lost most of what it held is not believed.
	s.exec("DELETE FROM invoices WHERE id > 10")
	refusedPull(t, b, 7, "2026-03-06", src, ErrData, "20 of 30 known records are gone from the database: is it the right one, and whole?")
}

func (s *postgresServer) contractDeletions(t *testing.T) {
	b := newBook(t)
	s.exec("DROP TABLE IF EXISTS contracts; CREATE TABLE contracts (id int PRIMARY KEY, customer text, begins date, ends date, days int, changed timestamptz)")
	s.exec(`INSERT INTO contracts VALUES (1, 'C1', '2026-01-01', NULL, 30, '2026-03-01 10:00+00'), (2, 'C2', '2026-01-01', '2026-12-31', 30, '2026-03-01 10:00+00'),
		(3, 'C3', '2025-01-01', '2025-12-31', 30, '2026-03-01 10:00+00'), (4, 'C4', '2026-01-01', NULL, 30, '2026-03-01 10:00+00')`)
	src := Source{
		Name: "agreements", Table: "contracts", Reader: "postgres", Key: []string{"contract_id"},
		Database: &Database{DSN: "env:TEST_ERP", Table: "contracts", Columns: []string{"id", "customer", "begins", "ends", "days", "changed"}, Watermark: "changed", Deletions: "seen"},
		Select:   map[string]string{"contract_id": "concat('K', id)", "customer_id": "customer", "valid_from": "day(begins)", "valid_to": "day(ends)", "terms_days": "whole(days)", "known_at": "instant(changed)"},
	}
	wantCounts(t, b.readNight(1, "2026-03-01", src)[0], 4, 4, 0, 0, 0)

	// Gone are one without an end, one with an end to come and one that had ended already.
	s.exec("DELETE FROM contracts WHERE id < 4")
	c := b.readNight(2, "2026-03-10", src)[0]
	wantCounts(t, c, 4, 3, 0, 1, 0)
	if !slices.Contains(c.Notes, "3 records are gone from the database and ended, 0 are back") {
		t.Errorf("notes %q", c.Notes)
	}
	of := "SELECT contract_id, customer_id, valid_from, valid_to, terms_days, known_at FROM creditwatch.contracts_rows WHERE run = %d ORDER BY contract_id"
	b.want(fmt.Sprintf(of, 2), "K1|C1|2026-01-01|2026-03-09|30|2026-03-10 23:59:59.999Z", "K2|C2|2026-01-01|2026-03-09|30|2026-03-10 23:59:59.999Z", "K3|C3|2025-01-01|2025-12-31|30|2026-03-10 23:59:59.999Z")
	// Seen once; the same night again, which is not the newest now, keeps what it saw.
	wantCounts(t, b.readNight(3, "2026-03-11", src)[0], 1, 0, 0, 1, 0)
	b.readNight(4, "2026-03-10", src)
	b.want(fmt.Sprintf(of, 4), "K1|C1|2026-01-01|2026-03-09|30|2026-03-10 23:59:59.999Z", "K2|C2|2026-01-01|2026-03-09|30|2026-03-10 23:59:59.999Z", "K3|C3|2025-01-01|2025-12-31|30|2026-03-10 23:59:59.999Z")

	// One comes back as it was, is changed a night later, and goes again.
	newest := "SELECT contract_id, valid_to, terms_days FROM (SELECT contract_id, valid_to, terms_days FROM creditwatch.contracts_rows WHERE run IN (SELECT run FROM creditwatch.live_runs) ORDER BY known_at DESC, run DESC, line DESC LIMIT 1 BY contract_id) ORDER BY contract_id"
	s.exec("INSERT INTO contracts VALUES (1, 'C1', '2026-01-01', NULL, 30, '2026-03-12 10:00+00')")
	b.readNight(5, "2026-03-12", src)
	b.want(newest, "K1||30", "K2|2026-03-09|30", "K3|2025-12-31|30", "K4||30")
	s.exec("UPDATE contracts SET days = 45, changed = '2026-03-13 10:00+00' WHERE id = 1")
	b.readNight(6, "2026-03-13", src)
	b.want(newest, "K1||45", "K2|2026-03-09|30", "K3|2025-12-31|30", "K4||30")
	s.exec("DELETE FROM contracts WHERE id = 1")
	b.readNight(7, "2026-03-14", src)
	b.want(newest, "K1|2026-03-13|45", "K2|2026-03-09|30", "K3|2025-12-31|30", "K4||30")
}

func (s *postgresServer) values(t *testing.T) {
	// The database is of another encoding; texts arrive in UTF-8 all the same.
	s.exec("DROP TABLE IF EXISTS facts; CREATE TABLE facts (id int, name text, flag boolean, at timestamp, zoned timestamptz, day date, n numeric, f float8, raw bytea, j jsonb, many int[], void text)")
	s.exec(`INSERT INTO facts VALUES (1, E'Caf\xe9 <&> "x"' || chr(10) || 'y', true, '2026-03-01 01:02:03.5', '2026-03-01 01:02:03+08', '2026-03-01', 0.10, 0.1, '\x00ff', '{"a": 1}', '{1,2}', NULL), (2, '', false, 'infinity', '-infinity', '0044-03-15 BC', 'NaN', 'NaN', '', 'null', '{}', '')`)
	src := Source{Name: "facts", Table: "transactions", Reader: "postgres", Database: &Database{DSN: "env:TEST_ERP", Query: "SELECT * FROM facts ORDER BY id -- all"}}
	j := &job{pull: &pull{night: Night{AsOf: asof.MustParse("2026-03-05"), Zone: time.UTC}}, source: src}
	t.Cleanup(j.closeSpools)
	in, err := j.readDatabase(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	wantRows(t, in,
		`1|Café <&> "x"`+"\ny"+`|true|2026-03-01 01:02:03.5|2026-02-28 17:02:03Z|2026-03-01|0.10|0.1|\x00ff|{"a": 1}|{1,2}|NULL`,
		`2||false|infinity|-infinity|0044-03-15 BC|NaN|NaN|\x|null|{}|`)
}

func (s *postgresServer) refusals(t *testing.T, address string) {
	b := newBook(t)
	s.exec("DROP TABLE IF EXISTS invoices; " + createInvoices + "; DROP SEQUENCE IF EXISTS counter; CREATE SEQUENCE counter")
	query := func(sql string) Source {
		src := invoicesOf("")
		src.Database.Table, src.Database.Columns, src.Database.Query, src.Database.Watermark, src.Database.Overlap = "", nil, sql, "", ""
		return src
	}
	day := "2026-03-05"
	src := invoicesOf("invoices")
	src.Database.Columns = append(src.Database.Columns, "colour")
	refusedPull(t, b, 1, day, src, ErrData, `source invoices: `+address+`: database.query: column q.colour does not exist`)
	refusedPull(t, b, 1, day, invoicesOf("nothing"), ErrData, `relation "nothing" does not exist`)
	refusedPull(t, b, 1, day, query("SELECT id FROM invoices WHERE"), ErrConfig, "database.query: syntax error")
	refusedPull(t, b, 1, day, query("SELECT 1 AS id; DELETE FROM invoices"), ErrConfig, "database.query: syntax error")
	refusedPull(t, b, 1, day, query("SELECT nextval('counter') AS id"), ErrConfig, "cannot execute nextval() in a read-only transaction")
	refusedPull(t, b, 1, day, query("SELECT id, id FROM invoices"), ErrData, `header: columns 1 and 2 are both named "id"`)
	slow := query("SELECT id, pg_sleep(20) FROM (VALUES (1)) AS v(id)")
	slow.Database.Timeout = 100 * time.Millisecond
	refusedPull(t, b, 1, day, slow, ErrUnreachable, "the query did not end within database.timeout")
	// A night that is stopped is no server that does not answer.
	slow.Database.Timeout = 0
	ctx, stop := context.WithCancel(context.Background())
	time.AfterFunc(300*time.Millisecond, stop)
	if _, err := Pull(ctx, b.db, []Source{slow}, b.night(1, day)); !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnreachable) {
		t.Errorf("error of a stopped night: %v", err)
	}
	// Nor is one that ends the session in the middle taken for the end of the rows.
	slow = query("SELECT g AS id, CASE WHEN g = 50000 THEN pg_sleep(20) END AS nap FROM generate_series(1, 100000) AS g")
	asked, done := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for asked.Err() == nil { // until the query is there and sleeps, which on a busy machine may take its time
			s.conn.Exec(context.Background(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'creditwatch' AND wait_event = 'PgSleep'").ReadAll() //nolint:errcheck // the error that follows tells
			time.Sleep(20 * time.Millisecond)
		}
	}()
	refusedPull(t, b, 1, day, slow, ErrUnreachable, "terminating connection due to administrator command")
	done()
	<-ended
	src = invoicesOf("invoices")
	src.Database.Watermark = "customer"
	refusedPull(t, b, 1, day, src, ErrConfig, `the watermark "customer" must be a time, a day or a whole number`)
	src = query("SELECT id FROM invoices")
	src.Database.Watermark = "changed"
	refusedPull(t, b, 1, day, src, ErrData, `the watermark "changed" is no column of the query, which has "id"`)

	for dsn, c := range map[string]struct {
		kind error
		want string
	}{
		s.dsn("owner", "pass%20word%20not", "postgres"):                            {ErrConfig, `the database refuses user "owner": password authentication failed`},
		s.dsn("owner", "pass%20word", "elsewhere"):                                 {ErrConfig, `database "elsewhere" does not exist`},
		s.dsn("owner", "pass%20word", "postgres?sslmode=verify-full"):              {ErrUnreachable, "its certificate is not trusted"},
		fmt.Sprintf("postgres://owner:pass%%20word@127.0.0.1:%d/erp", freePort(t)): {ErrUnreachable, "connection refused"},
		"":                  {ErrConfig, "database.dsn: is empty"},
		"postgres://a b@c/": {ErrConfig, "database.dsn: is no data source name of PostgreSQL"},
	} {
		t.Setenv("TEST_ERP", dsn)
		refusedPull(t, b, 1, day, invoicesOf("invoices"), c.kind, c.want)
	}
	os.Unsetenv("TEST_ERP")
	refusedPull(t, b, 1, day, invoicesOf("invoices"), ErrConfig, "database.dsn: environment variable TEST_ERP is not set")
	// A source that is not required is done without.
	t.Setenv("TEST_ERP", fmt.Sprintf("postgres://owner@127.0.0.1:%d/erp", freePort(t)))
	src, needed := invoicesOf("invoices"), false
	src.Required = &needed
	if c := b.pulled(b.night(1, day), src)[0]; c.Read != 0 || !strings.Contains(strings.Join(c.Notes, "; "), "connection refused") {
		t.Errorf("counts %+v", c)
	}
}

// odoo pulls the example over tables as Odoo has them, with the columns that it reads.
func (s *postgresServer) odoo(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "configs", "examples", "odoo.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Sources []Source `yaml:"sources"`
	}
	if err := yaml.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ODOO_DSN", os.Getenv("TEST_ERP"))
	s.exec(`CREATE TABLE res_country (id int, code varchar); CREATE TABLE res_currency (id int, name varchar);
		CREATE TABLE res_partner (id int, name varchar, ref varchar, vat varchar, parent_id int, country_id int, customer_rank int, create_date timestamp, write_date timestamp);
		CREATE TABLE account_move (id int, name varchar, move_type varchar, state varchar, commercial_partner_id int, invoice_date date, invoice_date_due date, date date, amount_total numeric, currency_id int, write_date timestamp);
		CREATE TABLE account_move_line (id int, move_id int);
		CREATE TABLE account_partial_reconcile (id int, debit_move_id int, credit_move_id int, debit_amount_currency numeric, debit_currency_id int, write_date timestamp);
		INSERT INTO res_country VALUES (1, 'DE'); INSERT INTO res_currency VALUES (1, 'EUR');
		INSERT INTO res_partner VALUES (7, 'Alpha GmbH', 'K7', 'DE123', NULL, 1, 1, '2025-01-01 08:00', '2026-03-01 08:00'), (8, 'A supplier', NULL, NULL, NULL, NULL, 0, '2025-01-01', '2026-03-01');
		INSERT INTO account_move VALUES (1, 'INV/1', 'out_invoice', 'posted', 7, '2026-03-01', '2026-03-31', '2026-03-01', 119.00, 1, '2026-03-01 09:00'), (2, 'RINV/1', 'out_refund', 'posted', 7, '2026-03-02', NULL, '2026-03-02', 19, 1, '2026-03-02 09:00'),
			(3, 'BNK/1', 'entry', 'posted', 7, NULL, NULL, '2026-03-03', 100, 1, '2026-03-03 09:00');
		INSERT INTO account_move_line VALUES (11, 1), (12, 2), (13, 3);
		INSERT INTO account_partial_reconcile VALUES (21, 11, 12, 19, 1, '2026-03-02 10:00'), (22, 11, 13, 100, 1, '2026-03-03 10:00')`)
	b := newBook(t)
	n := bySource(b.readNight(1, "2026-03-05", c.Sources...))
	wantCounts(t, n["customers"], 1, 1, 0, 0, 0)
	wantCounts(t, n["invoices"], 2, 2, 0, 0, 0)
	wantCounts(t, n["payments"], 1, 1, 0, 0, 0)
	b.want("SELECT customer_id, name, aliases, external_keys, country, onboarded_on FROM creditwatch.customers", `7|Alpha GmbH|["K7"]|[{"key":"vat","value":"DE123"}]|DE|2025-01-01`)
	s.exec("DELETE FROM account_partial_reconcile WHERE id = 22; UPDATE account_move SET state = 'cancel', write_date = '2026-03-06 10:00' WHERE id = 2")
	b.readNight(2, "2026-03-06", c.Sources...)
	b.want("SELECT transaction_id, kind, amount, applies_to, supersedes, status FROM creditwatch.transactions ORDER BY transaction_id, known_at",
		"M1|invoice|119|||", "M2|credit_note|19|||", "M2|credit_note|19|||cancelled", "R22|payment|100|M1||", "deleted:R22|payment|100|M1|R22|cancelled")
}
