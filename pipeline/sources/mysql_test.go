package sources

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"creditwatch/pipeline/asof"
)

// mysqlServer is a MariaDB of the test's own.
type mysqlServer struct {
	t    testing.TB
	port int
	db   *sql.DB
}

func startMySQL(t testing.TB) *mysqlServer {
	t.Helper()
	install := server(t, "mariadb-install-db", "mysql_install_db")
	program := server(t, "mariadbd", "/usr/sbin/mariadbd")
	dir := serverFolder(t)
	data := filepath.Join(dir, "data")
	if out, err := serverCommand(dir, install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db", "--innodb-log-file-size=8M").CombinedOutput(); err != nil {
		t.Fatalf("mariadb-install-db: %v\n%s", err, out)
	}
	s := &mysqlServer{t: t, port: freePort(t)}
	var err error
	if s.db, err = sql.Open("mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/mysql?multiStatements=true", s.port)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.db.Close() })
	serve(t, dir, s.db.Ping, program, "--no-defaults", "--datadir="+data, "--bind-address=127.0.0.1", "--port="+strconv.Itoa(s.port), "--socket="+filepath.Join(dir, "s"),
		"--pid-file="+filepath.Join(dir, "pid"), "--innodb-log-file-size=8M", "--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=0", "--sql-mode=", "--default-time-zone=+08:00")
	s.exec("CREATE DATABASE erp CHARACTER SET gbk; CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'pass word'; GRANT SELECT ON erp.* TO reader@'127.0.0.1'; USE erp")
	return s
}

func (s *mysqlServer) exec(sql string) {
	s.t.Helper()
	s.db.SetMaxOpenConns(1)
	if _, err := s.db.Exec(sql); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
}

func (s *mysqlServer) dsn(user, password, database string) string {
	return fmt.Sprintf("%s:%s@tcp(127.0.0.1:%d)/%s", user, password, s.port, database)
}

func TestMySQL(t *testing.T) {
	s := startMySQL(t)
	t.Setenv("TEST_ERP", s.dsn("reader", "pass word", "erp"))
	address := fmt.Sprintf("mysql://127.0.0.1:%d/erp", s.port)
	t.Run("incremental", func(t *testing.T) { s.incremental(t, address) })
	t.Run("values", func(t *testing.T) { s.values(t) })
	t.Run("refusals", func(t *testing.T) { s.refusals(t, address) })
}

const createOrders = "DROP TABLE IF EXISTS invoices; CREATE TABLE invoices (id bigint PRIMARY KEY, customer varchar(20), day date, amount decimal(20, 6), currency varchar(3), changed datetime(6), version bigint)"

func (s *mysqlServer) source(watermark string) Source {
	src := invoicesOf("erp.invoices")
	src.Reader = "mysql"
	src.Database.Watermark = watermark
	if watermark == "version" {
		src.Database.Overlap = "1"
		src.Database.Columns = append(src.Database.Columns, "version")
	}
	return src
}

func (s *mysqlServer) incremental(t *testing.T, address string) {
	b := newBook(t)
	s.exec(createOrders)
	s.exec(`INSERT INTO invoices VALUES
		(1, 'C1', '2026-03-01', 100.50, 'EUR', '2026-03-01 10:00:00', 9007199254740993), (2, '客户', '2026-03-02', 12345678901234.1234, 'EUR', '2026-03-02 23:30:00.123456', 9007199254740994),
		(3, 'C3', '0000-00-00', 5, 'EUR', '2026-03-03 10:00:00', 9007199254740995), (4, 'C4', '2026-03-05', 7, 'EUR', '2026-03-05 00:00:00', 9007199254740996)`)
	// A day that does not exist costs its row and no other.
	wantCounts(t, b.readNight(1, "2026-03-04", s.source("changed"))[0], 3, 2, 1, 0, 0)
	b.want("SELECT transaction_id, customer_id, occurred_on, amount, file, known_at FROM creditwatch.transactions ORDER BY transaction_id",
		"1|C1|2026-03-01|100.5|"+address+"|2026-03-01 10:00:00Z", "2|客户|2026-03-02|12345678901234.1234|"+address+"|2026-03-02 23:30:00.123Z")
	b.want("SELECT column, reason FROM creditwatch.rejects", `occurred_on|the cell "0000-00-00" is not a day as YYYY-MM-DD that exists`)
	wantCounts(t, b.readNight(2, "2026-03-05", s.source("changed"))[0], 3, 1, 0, 2, 0)

	// By number, which as a floating-point number would not be exact.
	b = newBook(t)
	wantCounts(t, b.readNight(1, "2026-03-04", s.source("version"))[0], 4, 3, 1, 0, 0)
	s.exec("INSERT INTO invoices VALUES (5, 'C5', '2026-03-05', 7, 'EUR', '2026-03-05 00:00:00', 9007199254740997)")
	wantCounts(t, b.readNight(2, "2026-03-05", s.source("version"))[0], 3, 1, 0, 2, 0)
	b.want("SELECT as_of, last_modified FROM creditwatch.inputs_rows ORDER BY as_of", "2026-03-04|9007199254740996", "2026-03-05|9007199254740997")

	// What is gone is seen here too.
	src := s.source("version")
	src.Database.Deletions = "seen"
	s.exec("DELETE FROM invoices WHERE id = 1")
	wantCounts(t, b.readNight(3, "2026-03-06", src)[0], 3, 1, 0, 2, 0)
	b.want("SELECT transaction_id, supersedes, status FROM creditwatch.transactions WHERE status != ''", "deleted:1|1|cancelled")
}

func (s *mysqlServer) values(t *testing.T) {
	s.exec("DROP TABLE IF EXISTS facts; CREATE TABLE facts (id int, name varchar(40), flag boolean, bits bit(10), at datetime, zoned timestamp NULL, n decimal(10, 2), f double, bin varbinary(8), many enum('a', 'b'), void text)")
	// The clock of the server stands in Shanghai; an instant is written in UTC.
	s.exec(`SET NAMES utf8mb4; INSERT INTO facts VALUES (1, '客户 <&> "x"\n', true, b'1000000001', '2026-03-01 01:02:03', '2026-03-01 01:02:03', 0.10, 0.1, x'00ff', 'b', NULL), (2, '', false, b'0', '0000-00-00', '0000-00-00', -1, 1e300, '', 'a', '')`)
	src := Source{Name: "facts", Table: "transactions", Reader: "mysql", Database: &Database{DSN: "env:TEST_ERP", Query: "SELECT * FROM facts ORDER BY id -- all"}}
	j := &job{pull: &pull{night: Night{AsOf: asof.MustParse("2026-03-05"), Zone: time.UTC}}, source: src}
	t.Cleanup(j.closeSpools)
	in, err := j.readDatabase(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	wantRows(t, in,
		`1|客户 <&> "x"`+"\n"+`|1|513|2026-03-01 01:02:03|2026-02-28 17:02:03Z|0.10|0.1|\x00\xff|b|NULL`,
		`2||0|0|0000-00-00 00:00:00|0000-00-00 00:00:00Z|-1.00|1e+300||a|`)
}

func (s *mysqlServer) refusals(t *testing.T, address string) {
	b := newBook(t)
	s.exec(createOrders)
	day := "2026-03-05"
	query := func(sql string) Source {
		src := s.source("")
		src.Database = &Database{DSN: "env:TEST_ERP", Query: sql}
		return src
	}
	src := s.source("")
	src.Database.Overlap, src.Database.Columns = "", append(src.Database.Columns, "colour")
	refusedPull(t, b, 1, day, src, ErrData, `source invoices: `+address+`: database.query: Unknown column 'q.colour' in `)
	refusedPull(t, b, 1, day, query("SELECT id FROM nothing"), ErrData, `Table 'erp.nothing' doesn't exist`)
	refusedPull(t, b, 1, day, query("SELECT id FROM invoices WHERE"), ErrConfig, "database.query: You have an error in your SQL syntax")
	refusedPull(t, b, 1, day, query("SELECT 1 AS id; DELETE FROM invoices"), ErrConfig, "database.query: You have an error in your SQL syntax")
	refusedPull(t, b, 1, day, query("SELECT LOAD_FILE('/etc/passwd') AS id FROM mysql.user"), ErrConfig, "SELECT command denied to user 'reader'")
	slow := query("SELECT SLEEP(20) AS id")
	slow.Database.Timeout = 300 * time.Millisecond
	refusedPull(t, b, 1, day, slow, ErrUnreachable, "the query did not end within database.timeout")
	for dsn, c := range map[string]struct {
		kind error
		want string
	}{
		s.dsn("reader", "pass word not", "erp"):                            {ErrConfig, "Access denied for user 'reader'"},
		s.dsn("root", "", "elsewhere"):                                     {ErrConfig, "Unknown database 'elsewhere'"},
		s.dsn("reader", "pass word", "erp?tls=true"):                       {ErrConfig, "the server offers no TLS"},
		fmt.Sprintf("reader:pass word@tcp(127.0.0.1:%d)/erp", freePort(t)): {ErrUnreachable, "connection refused"},
		"reader:pass word/erp":                                             {ErrConfig, "database.dsn: is no data source name of MySQL"},
	} {
		t.Setenv("TEST_ERP", dsn)
		src := s.source("changed")
		refusedPull(t, b, 1, day, src, c.kind, c.want)
	}
}
