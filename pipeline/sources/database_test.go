package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// server is a program of the machine; a test without it is skipped, but not in CI.
func server(t testing.TB, names ...string) string {
	t.Helper()
	for _, n := range names {
		if at, err := exec.LookPath(n); err == nil {
			return at
		}
		if at, _ := filepath.Glob(n); len(at) > 0 {
			return at[len(at)-1]
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("none of %s is there: .ci/run installs it", names)
	}
	t.Skipf("none of %s is there", names)
	return ""
}

// nobody is whom servers run as that refuse to run as root.
const nobody = 65534

// serverFolder is a folder of such a server, which the temporary folder of a test of root is not.
func serverFolder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "creditwatch-server-*")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if os.Getuid() == 0 {
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func serverCommand(dir, program string, args ...string) *exec.Cmd {
	c := exec.Command(program, args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "HOME="+dir, "LC_ALL=C")
	if os.Getuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return c
}

// serve starts a server that ends with the test, and waits until it answers.
func serve(t testing.TB, dir string, answers func() error, program string, args ...string) {
	t.Helper()
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	c := serverCommand(dir, program, args...)
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	t.Cleanup(func() {
		c.Process.Signal(syscall.SIGQUIT) //nolint:errcheck // it has ended already
		select {
		case <-ended:
		case <-time.After(3 * time.Second):
			c.Process.Kill() //nolint:errcheck // the same
			<-ended
		}
	})
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		err := answers()
		if err == nil {
			return
		}
		select {
		case end := <-ended:
			ended <- end
			began = time.Time{}
		default:
		}
		if time.Since(began) > 30*time.Second {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("%s does not answer: %v\n%s", program, err, text)
		}
	}
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// readNight pulls a night that has the configuration of the others, so that it goes on where they ended.
func (b *book) readNight(run uint64, day string, s ...Source) []Counts {
	b.t.Helper()
	b.exec(fmt.Sprintf("INSERT INTO creditwatch.runs (run, as_of, state, config_hash, code) VALUES (%d, '%s', 'started', 'c', 'v')", run, day))
	return b.pulled(b.night(run, day), s...)
}

func refusedPull(t *testing.T, b *book, run uint64, day string, s Source, kind error, want string) {
	t.Helper()
	_, err := Pull(context.Background(), b.db, []Source{s}, b.night(run, day))
	if err == nil || !errors.Is(err, kind) || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one of kind %v with %q", err, kind, want)
	}
	if err != nil && (strings.Contains(err.Error(), "pass word") || strings.Contains(err.Error(), "pass%20word")) {
		t.Errorf("error %v shows the password", err)
	}
}

// wantRows compares the rows of an input, cells between bars.
func wantRows(t *testing.T, in input, want ...string) {
	t.Helper()
	r, _, err := in.open(nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for {
		var row Row
		err := r.Next(&row)
		if err == io.EOF {
			break
		}
		if err != nil || row.Fault != "" {
			t.Fatal(err, row.Fault)
		}
		var cells []string
		for _, c := range row.Cells {
			if c.Null {
				c.Text = "NULL"
			}
			cells = append(cells, c.Text)
		}
		got = append(got, strings.Join(cells, "|"))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestDatabaseSourcesAreChecked(t *testing.T) {
	good := func() Source {
		return Source{Name: "invoices", Table: "transactions", Reader: "postgres", Key: []string{"transaction_id"},
			Database: &Database{DSN: "env:ERP", Query: "SELECT id FROM invoices", Watermark: "changed", Deletions: "seen"}}
	}
	if errs := good().Check(); len(errs) > 0 {
		t.Fatal(errs)
	}
	for _, c := range []struct {
		change func(s *Source)
		want   string
	}{
		{func(s *Source) { s.Database = nil }, "database: must say what is read"},
		{func(s *Source) { s.Reader = "file"; s.Path = Paths{"a.csv"} }, "database: is for reader: postgres and mysql"},
		{func(s *Source) { s.Database.DSN = "postgres://u:p@h/d" }, "database.dsn: must be env:NAME or file:PATH"},
		{func(s *Source) { s.Database.Table = "x" }, "database.query: or table must be given, not both"},
		{func(s *Source) { s.Database.Query, s.Database.Table = "", "x" }, "database.columns: must list what is read"},
		{func(s *Source) { s.Database.Query = "DELETE FROM x" }, "database.query: must be one SELECT"},
		{func(s *Source) {
			s.Database.Query, s.Database.Table, s.Database.Columns = "", "x", []string{"id"}
		}, `database.watermark: "changed" is not among columns`},
		{func(s *Source) { s.Database.Overlap = "yesterday" }, "database.overlap: must be a time as 48h or a number as 500"},
		{func(s *Source) { s.Database.Overlap = "-1h" }, "database.overlap: must be a time"},
		{func(s *Source) { s.Database.Deletions = "all" }, "database.deletions: must be seen"},
		{func(s *Source) { s.Table = "customers"; s.Key = []string{"customer_id"} }, "database.deletions: seen is for table: transactions"},
		{func(s *Source) { s.Table = "contracts" }, "and table: contracts with key: [contract_id]"},
		{func(s *Source) { s.Database.Timeout = -1 }, "database.timeout: must be at most 12h"},
		{func(s *Source) { s.Path = Paths{"a.csv"} }, "path: is for files"},
	} {
		s := good()
		c.change(&s)
		if err := errors.Join(s.Check()...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Check = %v, want %q", err, c.want)
		}
	}
}

func TestDatabaseConnectionsAreEncrypted(t *testing.T) {
	t.Setenv("PGSSLMODE", "")
	for dsn, want := range map[string]string{
		"postgres://u:pass word@127.0.0.1/erp":                          "is no data source name",
		"postgres://u:p@127.0.0.1/erp":                                  "",
		"postgres://u:p@[::1]/erp?sslmode=disable":                      "",
		"host=/run/postgresql dbname=erp":                               "",
		"postgres://u:p@db.example.com/erp":                             "",
		"host=db.example.com dbname=erp user=u":                         "",
		"postgres://u:p@db.example.com/erp?sslmode=disable":             "sslmode must be require, verify-ca or verify-full, for db.example.com is not this machine",
		"postgres://u:p@db.example.com/erp?sslmode=prefer":              "sslmode must be",
		"postgres://u:p@127.0.0.1,db.example.com/erp?sslmode=disable":   "for db.example.com is not this machine",
		"postgres://u:p@db.example.com/erp?sslmode=require":             "",
		"postgres://u:p@db.example.com/erp?sslmode=verify-full&nono=%z": "is no data source name",
	} {
		c, err := postgresConfig(dsn)
		switch {
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, ErrConfig)):
			t.Errorf("%s: error %v, want %q", dsn, err, want)
		case want == "" && err != nil:
			t.Errorf("%s: %v", dsn, err)
		case want == "" && c.Host == "db.example.com" && (c.TLSConfig == nil || !strings.Contains(dsn, "require") && c.TLSConfig.ServerName != c.Host):
			t.Errorf("%s: is not verified", dsn)
		}
	}
	for dsn, want := range map[string]string{
		"u:p@tcp(127.0.0.1:3306)/erp":                       "",
		"u:p@unix(/run/mysqld/mysqld.sock)/erp":             "",
		"u:p@tcp(db.example.com:3306)/erp":                  "true",
		"u:p@tcp(db.example.com:3306)/erp?tls=skip-verify":  "skip-verify",
		"u:p@tcp(db.example.com:3306)/erp?tls=false":        "tls must be true or skip-verify",
		"u:p@tcp(db.example.com:3306)/erp?tls=preferred":    "tls must be true or skip-verify",
		"u:p@tcp(db.example.com:3306)/":                     "names no database",
		"u:p@tcp(127.0.0.1:3306)/erp?allowAllFiles=true":    "",
		"mysql://u:p@127.0.0.1/erp":                         "",
		"u:p@pipe(x)/erp":                                   "the network must be tcp or unix",
		"u:p@tcp(127.0.0.1:3306)/erp?multiStatements=true ": "is no data source name",
	} {
		c, _, err := mysqlConfig(dsn, time.Minute)
		if strings.HasPrefix(dsn, "mysql://") {
			want = "MySQL as user:password@tcp(host:3306)/database"
		}
		switch {
		case strings.Contains(want, " ") && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: error %v, want %q", dsn, err, want)
		case !strings.Contains(want, " ") && (err != nil || c.TLSConfig != want || c.AllowAllFiles || c.MultiStatements):
			t.Errorf("%s: %+v, %v, want tls %q", dsn, c, err, want)
		}
	}
}

// The position less the overlap is a bound of the same kind, and never above the position.
func TestOverlapProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		high := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "high"), rapid.Int64Range(0, 999_999).Draw(t, "micros")*1000).UTC()
		overlap := time.Duration(rapid.Int64Range(0, 1e6).Draw(t, "seconds")) * time.Second
		d := &Database{Overlap: overlap.String()}
		for kind, layout := range map[watermarkKind]string{zonedTime: "2006-01-02 15:04:05.999999Z07:00", localTime: "2006-01-02 15:04:05.999999", calendarDay: time.DateOnly} {
			from, err := d.from(kind, high.Format(layout))
			if err != nil {
				t.Fatal(err)
			}
			at, err := time.Parse(layout, from)
			written, _ := time.Parse(layout, high.Format(layout))
			if err != nil || at.After(written.Add(-overlap)) || at.Before(written.Add(-overlap-24*time.Hour)) || kind != calendarDay && !at.Equal(written.Add(-overlap)) {
				t.Fatalf("from %s of %s less %s: %v", from, high.Format(layout), overlap, err)
			}
		}
		n := rapid.Int64Range(0, 1<<60).Draw(t, "n")
		from, err := (&Database{}).from(wholeNumber, fmt.Sprint(n))
		if err != nil || from != fmt.Sprint(n-1000) {
			t.Fatalf("from %s of %d: %v", from, n, err)
		}
	})
	for _, c := range []struct {
		d    Database
		kind watermarkKind
	}{{Database{Overlap: "1h"}, wholeNumber}, {Database{Overlap: "7"}, localTime}} {
		if _, err := c.d.from(c.kind, ""); !errors.Is(err, ErrConfig) {
			t.Errorf("%+v: error %v, want one of the configuration", c, err)
		}
	}
}
