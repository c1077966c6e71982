package sources

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// A mysqlSession reads in the texts of the server itself: the driver fills parameters in and asks in the text protocol, so that
// decimals are exact and the day 0000-00-00 is a cell that does not convert and no error of the query.
type mysqlSession struct {
	db *sql.DB
	tx *sql.Tx
	at string
}

// openMySQL connects and begins a transaction that sees one state of the database and can change nothing.
func openMySQL(ctx context.Context, dsn string, timeout time.Duration) (databaseSession, error) {
	c, at, err := mysqlConfig(dsn, timeout)
	if err != nil {
		return nil, err
	}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, ofKind(ErrConfig, "database.dsn: cannot be used as it is")
	}
	s := &mysqlSession{db: sql.OpenDB(connector), at: at}
	s.db.SetMaxOpenConns(1)
	fail := func(err error) (databaseSession, error) {
		s.close()
		return nil, fmt.Errorf("%s: %w", at, s.fault(err))
	}
	connecting, cancel := context.WithTimeout(ctx, databaseConnect)
	defer cancel()
	if err := s.db.PingContext(connecting); err != nil {
		return fail(err)
	}
	var version string
	if err := s.db.QueryRowContext(ctx, "SELECT VERSION()").Scan(&version); err != nil {
		return fail(err)
	}
	limit := "SET SESSION max_execution_time = " + strconv.FormatInt(timeout.Milliseconds(), 10)
	if strings.Contains(strings.ToLower(version), "mariadb") {
		limit = "SET SESSION max_statement_time = " + strconv.FormatFloat(timeout.Seconds(), 'f', 3, 64)
	}
	if _, err := s.db.ExecContext(ctx, limit); err != nil {
		return fail(err)
	}
	if s.tx, err = s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}); err != nil {
		return fail(err)
	}
	return s, nil
}

// mysqlConfig reads a data source name of the driver. Without tls the certificate of a server elsewhere is verified in full.
func mysqlConfig(dsn string, timeout time.Duration) (c *mysql.Config, at string, err error) {
	if c, err = mysql.ParseDSN(dsn); err != nil {
		return nil, "", ofKind(ErrConfig, "database.dsn: is no data source name of MySQL as user:password@tcp(host:3306)/database?tls=true") // what err says may hold the password
	}
	host, port := c.Addr, uint16(3306)
	if c.Net == "tcp" {
		h, p, err := net.SplitHostPort(c.Addr)
		if err != nil {
			return nil, "", ofKind(ErrConfig, "database.dsn: the address must be host:port")
		}
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return nil, "", ofKind(ErrConfig, "database.dsn: the port must be a number")
		}
		host, port = h, uint16(n)
	} else if c.Net != "unix" {
		return nil, "", ofKind(ErrConfig, "database.dsn: the network must be tcp or unix, got %s", quoted(c.Net))
	}
	if c.Net != "unix" && !isOwnMachine(host) {
		switch c.TLSConfig {
		case "":
			c.TLSConfig = "true"
		case "true", "skip-verify":
		default:
			return nil, "", ofKind(ErrConfig, "database.dsn: tls must be true or skip-verify, for %s is not this machine", host)
		}
	}
	if c.DBName == "" {
		return nil, "", ofKind(ErrConfig, "database.dsn: names no database")
	}
	c.ParseTime, c.InterpolateParams, c.MultiStatements = false, true, false
	c.AllowAllFiles, c.AllowCleartextPasswords, c.AllowOldPasswords, c.AllowFallbackToPlaintext = false, false, false, false
	c.Timeout, c.WriteTimeout = databaseConnect, databaseConnect
	c.ReadTimeout = timeout + databaseConnect
	c.Collation = "utf8mb4_general_ci"
	c.Params = map[string]string{"time_zone": "'+00:00'", "sql_mode": "''"}
	c.Logger = silent{}
	return c, "mysql://" + hostAndDatabase(host, port, 3306, c.DBName), nil
}

// silent keeps the driver from writing to the standard error what fault says better.
type silent struct{}

func (silent) Print(...any) {}

func (s *mysqlSession) address() string { return s.at }

func (s *mysqlSession) quote(name string) string {
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}

func (s *mysqlSession) bind(int) string { return "?" }

func (s *mysqlSession) close() {
	if s.tx != nil {
		s.tx.Rollback() //nolint:errcheck // nothing was written
	}
	s.db.Close()
}

func (s *mysqlSession) columns(ctx context.Context, query string) ([]databaseColumn, error) {
	rows, err := s.tx.QueryContext(ctx, query+" LIMIT 0")
	if err != nil {
		return nil, s.fault(err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, s.fault(err)
	}
	columns := make([]databaseColumn, len(types))
	for i, t := range types {
		c := databaseColumn{name: t.Name(), typ: strings.ToLower(t.DatabaseTypeName())}
		switch strings.TrimPrefix(c.typ, "unsigned ") {
		case "timestamp":
			c.kind = zonedTime
		case "datetime":
			c.kind = localTime
		case "date":
			c.kind = calendarDay
		case "bigint", "int", "mediumint", "smallint", "tinyint":
			c.kind = wholeNumber
		}
		columns[i] = c
	}
	return columns, rows.Err()
}

func (s *mysqlSession) read(ctx context.Context, query string, args []string, columns []databaseColumn, take func([][]byte) error) error {
	params := make([]any, len(args))
	for i, a := range args {
		if n, err := strconv.ParseInt(a, 10, 64); err == nil { // a number compared with a text is compared inexactly
			params[i] = n
		} else {
			params[i] = strings.TrimSuffix(a, "Z") // the session is in UTC
		}
	}
	rows, err := s.tx.QueryContext(ctx, query, params...)
	if err != nil {
		return s.fault(err)
	}
	defer rows.Close()
	cells := make([]sql.RawBytes, len(columns))
	values := make([][]byte, len(columns))
	into := make([]any, len(columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return s.fault(err)
		}
		for i, c := range cells {
			values[i] = c
			if c == nil {
				continue
			}
			switch columns[i].typ {
			case "timestamp":
				values[i] = append(append([]byte(nil), c...), 'Z')
			case "bit":
				n := uint64(0)
				for _, b := range c {
					n = n<<8 | uint64(b)
				}
				values[i] = strconv.AppendUint(nil, n, 10)
			}
		}
		if err := take(values); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return s.fault(err)
	}
	return nil
}

// fault says what an error means. Numbers are those of the server, which MySQL and MariaDB share but for the timeout.
func (s *mysqlSession) fault(err error) error {
	var m *mysql.MySQLError
	if !errors.As(err, &m) {
		var op *net.OpError
		var verify *tls.CertificateVerificationError
		if errors.As(err, &op) || errors.As(err, &verify) {
			return lost(err, networkReason(err))
		}
		if errors.Is(err, mysql.ErrNoTLS) {
			return ofKind(ErrConfig, "the server offers no TLS, and it is not this machine")
		}
		return lost(err, "the connection was lost")
	}
	switch m.Number {
	case 1045, 1044, 1698, 1049: // user, password, database
		return ofKind(ErrConfig, "%s", m.Message)
	case 1969, 3024:
		return ofKind(ErrUnreachable, "the query did not end within database.timeout")
	case 1040, 1053, 1129, 1130, 1205, 1213, 1226, 1317:
		return ofKind(ErrUnreachable, "%s", m.Message)
	case 1054, 1146: // the database has another layout
		return fmt.Errorf("database.query: %s", m.Message)
	}
	return ofKind(ErrConfig, "database.query: %s", m.Message)
}
