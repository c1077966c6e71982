package sources

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A Database says what is read of a database: one query, or columns of one table. Everything a night reads of it is read in one
// read-only transaction, which sees one state of the database whatever others write meanwhile.
type Database struct {
	DSN       Secret        `yaml:"dsn"`       // how to connect, with user and password: env:NAME or file:PATH
	Query     string        `yaml:"query"`     // one SELECT; or
	Table     string        `yaml:"table"`     // a table or view, as sales.invoices, and
	Columns   []string      `yaml:"columns"`   // what is read of it
	Watermark string        `yaml:"watermark"` // column that grows with every change of a row; default: everything is read every night
	Overlap   string        `yaml:"overlap"`   // read again below the watermark, as 48h or, of numbers, 500; default 24h or 1000
	Deletions string        `yaml:"deletions"` // seen: of what is gone, transactions are cancelled and contracts end; default: they stay
	Timeout   time.Duration `yaml:"timeout"`   // for all that is asked; default 30m
}

const (
	databaseTime     = 30 * time.Minute
	databaseConnect  = 15 * time.Second
	overlapTime      = 24 * time.Hour
	overlapNumber    = 1000
	maxDatabaseSpool = 32 << 30 // bytes of all rows of a source
)

func (s Source) isDatabase() bool { return s.Reader == "postgres" || s.Reader == "mysql" }

// checkDatabase returns the mistakes of a database source, each with its key.
func (s Source) checkDatabase(bad func(key, format string, args ...any)) {
	d := s.Database
	if !s.isDatabase() {
		if d != nil {
			bad("database", "is for reader: postgres and mysql")
		}
		return
	}
	if d == nil {
		bad("database", "must say what is read")
		return
	}
	if len(s.Path) > 0 {
		bad("path", "is for files; database.dsn says where the database is")
	}
	if s.Format != "" || s.Encoding != "" || s.Dated {
		bad("format", "encoding and dated are for files")
	}
	if p := string(d.DSN); !strings.HasPrefix(p, "env:") && !strings.HasPrefix(p, "file:") {
		bad("database.dsn", "must be env:NAME or file:PATH, not the secret itself")
	}
	switch {
	case (d.Query == "") == (d.Table == ""):
		bad("database.query", "or table must be given, not both")
	case d.Table != "" && len(d.Columns) == 0:
		bad("database.columns", "must list what is read of the table: what is not needed stays where it is")
	case d.Query != "" && len(d.Columns) > 0:
		bad("database.columns", "is for table; the query says itself what is read")
	case d.Query != "" && !selects.MatchString(d.Query):
		bad("database.query", "must be one SELECT")
	}
	for _, c := range d.Columns {
		if c == "" {
			bad("database.columns", "must not hold an empty name")
		}
	}
	if len(d.Columns) > 0 && d.Watermark != "" && !slices.Contains(d.Columns, d.Watermark) {
		bad("database.watermark", "%s is not among columns", quoted(d.Watermark))
	}
	if d.Overlap != "" {
		if d.Watermark == "" {
			bad("database.overlap", "needs a watermark")
		}
		if n, err := strconv.ParseInt(d.Overlap, 10, 64); err != nil || n < 0 {
			if t, err := time.ParseDuration(d.Overlap); err != nil || t < 0 {
				bad("database.overlap", "must be a time as 48h or a number as 500, got %s", quoted(d.Overlap))
			}
		}
	}
	if d.Timeout < 0 || d.Timeout > 12*time.Hour {
		bad("database.timeout", "must be at most 12h, got %s", d.Timeout)
	}
	switch d.Deletions {
	case "":
	case "seen":
		if gone, ok := absences[s.Table]; !ok || !slices.Equal(s.Key, []string{gone.key}) {
			bad("database.deletions", "seen is for table: transactions with key: [transaction_id], which are cancelled, and table: contracts with key: [contract_id], which end; other tables cannot say that a record is gone")
		}
		if s.From != "" {
			bad("database.deletions", "seen cannot be used with from")
		}
	default:
		bad("database.deletions", "must be seen, got %s", quoted(d.Deletions))
	}
}

// selects holds for what begins as a query. It keeps mistakes out, not attackers: the transaction is read-only.
var selects = regexp.MustCompile(`(?is)^\s*(select|with)\b`)

func (d *Database) timeout() time.Duration {
	if d.Timeout == 0 {
		return databaseTime
	}
	return d.Timeout
}

// A watermarkKind is how the values of a watermark are written and compared.
type watermarkKind int

const (
	noWatermark watermarkKind = iota
	zonedTime                 // an instant, written in UTC
	localTime                 // a time of day of the time zone of the configuration
	calendarDay
	wholeNumber
)

// A databaseColumn is a column of what a query answers.
type databaseColumn struct {
	name string
	kind watermarkKind // if the column is one that may be a watermark
	typ  string        // as the database calls it
}

// A databaseSession is a read-only transaction of a database. Its errors are faults of a kind of this package, without the data source name.
type databaseSession interface {
	// address names host and database without user and password.
	address() string
	// quote writes a name as the dialect quotes it.
	quote(name string) string
	// bind is the placeholder of the n-th parameter, from 1.
	bind(n int) string
	// columns asks what a query answers.
	columns(ctx context.Context, sql string) ([]databaseColumn, error)
	// read streams the rows of a query as texts; nil is null. The texts are good until the next row.
	read(ctx context.Context, sql string, args []string, columns []databaseColumn, take func([][]byte) error) error
	close()
}

func (s Source) openDatabase(ctx context.Context) (databaseSession, error) {
	dsn, err := s.Database.DSN.Reveal()
	if err != nil {
		return nil, ofKind(ErrConfig, "database.dsn: %w", err)
	}
	if strings.TrimSpace(dsn) == "" {
		return nil, ofKind(ErrConfig, "database.dsn: is empty")
	}
	if s.Reader == "mysql" {
		return openMySQL(ctx, dsn, s.Database.timeout())
	}
	return openPostgres(ctx, dsn, s.Database.timeout())
}

func ofKind(kind error, format string, args ...any) error {
	return &kinded{kind, fmt.Errorf(format, args...)}
}

// isOwnMachine reports whether a host is reached without leaving the machine, so that a connection to it needs no TLS.
func isOwnMachine(host string) bool {
	ip := net.ParseIP(host)
	return strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" || ip != nil && ip.IsLoopback()
}

// base is the query that the source reads of, as a table in parentheses or by name.
func (d *Database) base(db databaseSession) string {
	if d.Table == "" {
		return "(" + strings.TrimRight(strings.TrimSpace(d.Query), "; \t\r\n") + "\n) AS q" // the line break ends a comment
	}
	parts := strings.Split(d.Table, ".")
	for i := range parts {
		parts[i] = db.quote(parts[i])
	}
	return strings.Join(parts, ".") + " AS q"
}

func listOf(db databaseSession, columns []string) string {
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = "q." + db.quote(c)
	}
	return strings.Join(quoted, ", ")
}

// query reads the rows of the source: those whose watermark is at least `from` and before the knowledge cut, and those without one.
func (d *Database) query(db databaseSession, columns []string, mark databaseColumn, from string, cut string) (string, []string) {
	sql := "SELECT " + listOf(db, columns) + " FROM " + d.base(db)
	if mark.kind == noWatermark {
		return sql, nil
	}
	name := "q." + db.quote(mark.name)
	var holds, args []string
	for _, bound := range []struct{ op, value string }{{">=", from}, {"<", cut}} {
		if bound.value != "" {
			args = append(args, bound.value)
			holds = append(holds, name+" "+bound.op+" "+db.bind(len(args)))
		}
	}
	if len(holds) > 0 {
		sql += " WHERE " + strings.Join(holds, " AND ") + " OR " + name + " IS NULL"
	}
	return sql + " ORDER BY " + name, args
}

// watermarkLayouts are how databases write times and days.
var watermarkLayouts = []string{"2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999", time.DateOnly}

// from is the lowest watermark that is read when the highest one read before is known; empty: everything.
func (d *Database) from(kind watermarkKind, highest string) (string, error) {
	n, numErr := strconv.ParseInt(d.Overlap, 10, 64)
	t, timeErr := time.ParseDuration(d.Overlap)
	switch {
	case d.Overlap == "":
		n, t = overlapNumber, overlapTime
	case kind == wholeNumber && numErr != nil:
		return "", ofKind(ErrConfig, "database.overlap: the watermark %s is a number, so a number as 500 is wanted, got %s", quoted(d.Watermark), quoted(d.Overlap))
	case kind != wholeNumber && timeErr != nil:
		return "", ofKind(ErrConfig, "database.overlap: the watermark %s is a time, so a time as 48h is wanted, got %s", quoted(d.Watermark), quoted(d.Overlap))
	}
	if kind == wholeNumber {
		if high, err := strconv.ParseInt(highest, 10, 64); err == nil {
			return strconv.FormatInt(high-n, 10), nil
		}
		return "", nil
	}
	for _, layout := range watermarkLayouts {
		if high, err := time.Parse(layout, highest); err == nil {
			return kind.written(high.Add(-t)), nil
		}
	}
	return "", nil
}

// written is a time as a bound of the kind. Of a time without zone it is the wall clock of t.
func (k watermarkKind) written(t time.Time) string {
	switch k {
	case zonedTime:
		return t.UTC().Format("2006-01-02 15:04:05.999999Z07:00")
	case localTime:
		return t.Format("2006-01-02 15:04:05.999999")
	case calendarDay:
		return t.Format(time.DateOnly)
	}
	return ""
}

// ask reads the database into a file, which then is an input as any other.
func (j *job) ask(ctx context.Context) error {
	s := j.source
	ctx, cancel := context.WithTimeout(ctx, s.Database.timeout()+databaseConnect)
	defer cancel()
	in, err := j.readDatabase(ctx)
	if err == nil {
		j.inputs = append(j.inputs, in)
		return nil
	}
	return j.failed(ctx, err)
}

// failed gives the error of a database or store its kind. One that does not answer a source that is not required is a note; a night
// that is stopped is neither.
func (j *job) failed(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("source %s: %w", j.source.Name, ctx.Err())
	}
	f := &fault{ErrData, j.source.Name, err}
	for _, kind := range []error{ErrUnreachable, ErrConfig} {
		if errors.Is(err, kind) {
			f.kind = kind
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		f.kind = ErrUnreachable
	}
	if f.kind == ErrUnreachable && !j.source.needed() {
		j.note("%s", err)
		return nil
	}
	return f
}

func (j *job) readDatabase(ctx context.Context) (input, error) {
	s, d := j.source, j.source.Database
	in := input{format: s.Reader, Encoding: "utf-8"}
	db, err := s.openDatabase(ctx)
	if err != nil {
		return in, err
	}
	defer db.close()
	in.File = db.address()
	at := func(err error) error { return fmt.Errorf("%s: %w", in.File, err) }
	probe := "SELECT q.* FROM " + d.base(db)
	if d.Table != "" {
		probe = "SELECT " + listOf(db, d.Columns) + " FROM " + d.base(db)
	}
	columns, err := db.columns(ctx, probe)
	if err != nil {
		return in, at(err)
	}
	for _, c := range columns {
		in.Header = append(in.Header, c.name)
	}
	if err := checkHeader(in.Header); err != nil {
		return in, at(err)
	}
	before := j.validators[[2]string{s.Name, in.File}].modified
	mark, from, cut := databaseColumn{}, "", ""
	if d.Watermark != "" {
		i := slices.IndexFunc(columns, func(c databaseColumn) bool { return c.name == d.Watermark })
		if i < 0 {
			return in, at(fmt.Errorf("the watermark %s is no column of the query, which has %s", quoted(d.Watermark), listed(in.Header)))
		}
		if mark = columns[i]; mark.kind == noWatermark {
			return in, at(ofKind(ErrConfig, "the watermark %s must be a time, a day or a whole number, but is %s", quoted(mark.name), mark.typ))
		}
		if from, err = d.from(mark.kind, before); err != nil {
			return in, err
		}
		if mark.kind != wholeNumber {
			cut = mark.kind.written(j.night.Cut.In(j.night.Zone))
		}
	}
	sql, args := d.query(db, in.Header, mark, from, cut)
	got, err := j.spoolRows(ctx, db, sql, args, columns, mark.name)
	if err != nil {
		return in, at(err)
	}
	in.Size, in.SHA256, in.spool = got.size, got.sha256, &spooled{got.file, got.size}
	if in.seen.modified = got.highest; in.seen.modified == "" {
		in.seen.modified = before
	}
	if d.Deletions == "" {
		for _, k := range j.known[[2]string{s.Name, in.File}] {
			if k.sha256 == in.SHA256 && got.rows > 0 {
				in.known, in.skip = k.rows, true
			}
		}
		return in, nil
	}
	return in, j.listRecords(ctx, db, in, columns)
}

// A spooling is what was written of a query.
type spooling struct {
	spooled
	sha256  string
	rows    uint64
	highest string // watermark of the last row that has one, for they come in its order
}

// spoolRows writes the rows of a query as JSON lines into a file without name.
func (j *job) spoolRows(ctx context.Context, db databaseSession, sql string, args []string, columns []databaseColumn, watermark string) (got spooling, err error) {
	if got.file, err = j.newSpool(); err != nil {
		return got, err
	}
	j.spools = append(j.spools, got.file)
	sum := sha256.New()
	w := bufio.NewWriterSize(io.MultiWriter(got.file, sum), 256<<10)
	labels := make([][]byte, len(columns))
	mark := -1
	for i, c := range columns {
		label, err := json.Marshal(c.name)
		if err != nil {
			return got, err
		}
		labels[i] = append(label, ':')
		if c.name == watermark {
			mark = i
		}
	}
	var line bytes.Buffer
	text := json.NewEncoder(&line)
	text.SetEscapeHTML(false)
	err = db.read(ctx, sql, args, columns, func(values [][]byte) error {
		line.Reset()
		line.WriteByte('{')
		for i, v := range values {
			if i > 0 {
				line.WriteByte(',')
			}
			line.Write(labels[i])
			if v == nil {
				line.WriteString("null")
				continue
			}
			if i == mark {
				got.highest = string(v)
			}
			if utf8.Valid(v) && bytes.IndexByte(v, 0) < 0 {
				err = text.Encode(string(v))
			} else {
				err = text.Encode(printable(v))
			}
			if err != nil {
				return err
			}
			line.Truncate(line.Len() - 1) // the encoder ends with a line break
		}
		line.WriteString("}\n")
		got.rows++
		if got.size += int64(line.Len()); got.size > maxDatabaseSpool {
			return fmt.Errorf("the rows are larger than %d bytes: read them by a watermark, or less of them", int64(maxDatabaseSpool))
		}
		_, err := w.Write(line.Bytes())
		return err
	})
	if err != nil {
		return got, err
	}
	if err := w.Flush(); err != nil {
		return got, err
	}
	got.sha256 = hex.EncodeToString(sum.Sum(nil))
	return got, nil
}
