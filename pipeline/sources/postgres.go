package sources

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A postgresSession reads in the texts of the server itself, so that numbers are exact and nothing goes through types of Go.
type postgresSession struct {
	conn *pgconn.PgConn
	at   string
}

// openPostgres connects and begins a transaction that sees one state of the database and can change nothing.
func openPostgres(ctx context.Context, dsn string, timeout time.Duration) (databaseSession, error) {
	c, err := postgresConfig(dsn)
	if err != nil {
		return nil, err
	}
	s := &postgresSession{at: "postgres://" + hostAndDatabase(c.Host, c.Port, 5432, c.Database)}
	if s.conn, err = pgconn.ConnectConfig(ctx, c); err != nil {
		return nil, fmt.Errorf("%s: %w", s.at, postgresRefusal(err, c.User))
	}
	begin := "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = " + strconv.FormatInt(timeout.Milliseconds(), 10) +
		"; SET LOCAL client_encoding = 'UTF8'; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'iso_8601'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1"
	if _, err := s.conn.Exec(ctx, begin).ReadAll(); err != nil {
		s.close()
		return nil, fmt.Errorf("%s: %w", s.at, s.fault(err))
	}
	return s, nil
}

// postgresConfig reads a data source name, of either form. Without sslmode the certificate of a server elsewhere is verified in full.
func postgresConfig(dsn string) (*pgconn.Config, error) {
	c, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return nil, ofKind(ErrConfig, "database.dsn: is no data source name of PostgreSQL as postgres://user:password@host/database?sslmode=verify-full") // what err says may hold the password
	}
	if !strings.Contains(dsn, "sslmode") && !isOwnMachine(c.Host) {
		if u, err := url.Parse(dsn); err == nil && strings.HasPrefix(u.Scheme, "postgres") {
			q := u.Query()
			q.Set("sslmode", "verify-full")
			u.RawQuery = q.Encode()
			dsn = u.String()
		} else {
			dsn += " sslmode=verify-full"
		}
		if c, err = pgconn.ParseConfig(dsn); err != nil {
			return nil, ofKind(ErrConfig, "database.dsn: sslmode=verify-full, which is the default, cannot be used")
		}
	}
	c.ConnectTimeout = databaseConnect
	c.RuntimeParams["application_name"] = "creditwatch"
	c.OnNotice = nil
	type way struct {
		host string
		tls  *tls.Config
	}
	ways := []way{{c.Host, c.TLSConfig}}
	for _, f := range c.Fallbacks {
		ways = append(ways, way{f.Host, f.TLSConfig})
	}
	for _, w := range ways {
		if w.tls == nil && !isOwnMachine(w.host) {
			return nil, ofKind(ErrConfig, "database.dsn: sslmode must be require, verify-ca or verify-full, for %s is not this machine", w.host)
		}
	}
	return c, nil
}

// hostAndDatabase names where a database is; the port only if it is not the usual one.
func hostAndDatabase(host string, port, usual uint16, database string) string {
	if strings.Contains(host, ":") || port != usual {
		host = net.JoinHostPort(host, strconv.Itoa(int(port)))
	}
	return host + "/" + database
}

func (s *postgresSession) address() string { return s.at }

func (s *postgresSession) quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

func (s *postgresSession) bind(n int) string { return "$" + strconv.Itoa(n) }

func (s *postgresSession) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	s.conn.Close(ctx) //nolint:errcheck // nothing was written; the server ends the transaction
}

// Object identifiers of the types that mean something here.
const (
	oidBool        = 16
	oidInt8        = 20
	oidInt2        = 21
	oidInt4        = 23
	oidDate        = 1082
	oidTimestamp   = 1114
	oidTimestampTZ = 1184
)

var postgresTypes = map[uint32]struct {
	kind watermarkKind
	name string
}{
	oidBool: {noWatermark, "boolean"}, oidInt8: {wholeNumber, "bigint"}, oidInt2: {wholeNumber, "smallint"}, oidInt4: {wholeNumber, "integer"},
	oidDate: {calendarDay, "date"}, oidTimestamp: {localTime, "timestamp"}, oidTimestampTZ: {zonedTime, "timestamptz"},
}

func (s *postgresSession) columns(ctx context.Context, sql string) ([]databaseColumn, error) {
	d, err := s.conn.Prepare(ctx, "", sql, nil)
	if err != nil {
		return nil, s.fault(err)
	}
	columns := make([]databaseColumn, len(d.Fields))
	for i, f := range d.Fields {
		t, ok := postgresTypes[f.DataTypeOID]
		if !ok {
			t.name = "of type " + strconv.Itoa(int(f.DataTypeOID))
		}
		columns[i] = databaseColumn{f.Name, t.kind, t.name}
	}
	return columns, nil
}

func (s *postgresSession) read(ctx context.Context, sql string, args []string, columns []databaseColumn, take func([][]byte) error) error {
	params := make([][]byte, len(args))
	for i, a := range args {
		params[i] = []byte(a)
	}
	r := s.conn.ExecParams(ctx, sql, params, nil, nil, nil)
	values := make([][]byte, len(columns))
	for r.NextRow() {
		for i, v := range r.Values() {
			values[i] = v
			if v == nil {
				continue
			}
			switch columns[i].typ {
			case "timestamptz": // the session is in UTC
				if t, ok := strings.CutSuffix(string(v), "+00"); ok {
					values[i] = []byte(t + "Z")
				}
			case "boolean":
				values[i] = []byte(strconv.FormatBool(string(v) == "t"))
			}
		}
		if err := take(values); err != nil {
			r.Close() //nolint:errcheck // the reason is err
			return err
		}
	}
	if _, err := r.Close(); err != nil {
		return s.fault(err)
	}
	return nil
}

// fault says what an error after the connection was made means, and where it is a mistake, where.
func (s *postgresSession) fault(err error) error {
	var p *pgconn.PgError
	if !errors.As(err, &p) {
		return lost(err, "the connection was lost")
	}
	text := p.Message
	if p.Hint != "" {
		text += " (" + p.Hint + ")"
	}
	switch {
	case p.Code == "57014":
		return ofKind(ErrUnreachable, "the query did not end within database.timeout")
	case strings.HasPrefix(p.Code, "57"), strings.HasPrefix(p.Code, "08"), strings.HasPrefix(p.Code, "53"), strings.HasPrefix(p.Code, "40"):
		return ofKind(ErrUnreachable, "%s", text)
	case p.Code == "42703", p.Code == "42P01", p.Code == "3F000": // the database has another layout
		return fmt.Errorf("database.query: %s", text)
	}
	return ofKind(ErrConfig, "database.query: %s", text)
}

// lost is an error of the network; of err it keeps only that time was over, for the rest may name users.
func lost(err error, reason string) error {
	if errors.Is(err, context.DeadlineExceeded) {
		reason += ", for it took too long"
	}
	return ofKind(ErrUnreachable, "%s", reason)
}

// postgresRefusal says why no connection was made, without the data source name.
func postgresRefusal(err error, user string) error {
	var p *pgconn.PgError
	if errors.As(err, &p) {
		switch {
		case p.Code == "28P01", p.Code == "28000":
			return ofKind(ErrConfig, "the database refuses user %s: %s", quoted(user), p.Message)
		case p.Code == "3D000":
			return ofKind(ErrConfig, "%s", p.Message)
		}
		return ofKind(ErrUnreachable, "%s", p.Message)
	}
	return lost(err, networkReason(err))
}

// networkReason is the innermost cause of a failed connection, as "connection refused".
func networkReason(err error) string {
	var verify *tls.CertificateVerificationError
	if errors.As(err, &verify) {
		return "its certificate is not trusted: " + verify.Err.Error()
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return "its host is not known"
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err.Error()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "it does not answer"
	}
	return "it cannot be connected to"
}
