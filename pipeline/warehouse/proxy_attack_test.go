package warehouse_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
	"pgregory.net/rapid"

	"creditwatch/pipeline/warehouse"
)

// Answers of the proxy to a query that it keeps from the database.
const (
	notReading = "only queries that read"
	noFunction = "is not allowed here"
	unclear    = "may stand only inside quotes"
)

// attacks are what somebody with an analyst's password might try. proxy is what the proxy answers, empty if it lets the query through;
// engine is what the database answers its read-only user, who is refused without the proxy's help, too. Two of the engine's answers are
// known to be bad, and there the proxy is the only lock: it is written "yields …".
var attacks = []struct{ name, sql, proxy, engine string }{
	{"insert", "INSERT INTO creditwatch.scores_rows VALUES ('C-2', 1)", notReading, "ACCESS_DENIED"},
	{"insert through the view", "INSERT INTO creditwatch.scores VALUES ('C-2', 1)", notReading, "ACCESS_DENIED"},
	{"insert behind a comment", "/* SELECT */ INSERT INTO creditwatch.scores_rows VALUES ('C-2', 1)", notReading, "ACCESS_DENIED"},
	{"insert in brackets", "(INSERT INTO creditwatch.scores_rows VALUES ('C-2', 1))", notReading, "SYNTAX_ERROR"},
	{"insert behind WITH", "WITH 1 AS x INSERT INTO creditwatch.scores_rows SELECT 'C-2', x", "", "ACCESS_DENIED"},
	{"insert from a file", "INSERT INTO creditwatch.scores_rows FROM INFILE '/etc/passwd' FORMAT CSV", notReading, "ACCESS_DENIED"},
	{"write a file", "INSERT INTO FUNCTION file('/tmp/x', 'CSV') SELECT 1", notReading, "ACCESS_DENIED"},
	{"change rows", "ALTER TABLE creditwatch.scores_rows UPDATE pd = 0 WHERE 1", notReading, "ACCESS_DENIED"},
	{"delete rows", "ALTER TABLE creditwatch.scores_rows DELETE WHERE 1", notReading, "ACCESS_DENIED"},
	{"drop a partition", "ALTER TABLE creditwatch.scores_rows DROP PARTITION tuple()", notReading, "ACCESS_DENIED"},
	{"another query in the view", "ALTER TABLE creditwatch.scores MODIFY QUERY SELECT 1", notReading, "ACCESS_DENIED"},
	{"lightweight delete", "DELETE FROM creditwatch.scores_rows WHERE 1", notReading, "ACCESS_DENIED"},
	{"lightweight update", "UPDATE creditwatch.scores_rows SET pd = 0 WHERE 1", notReading, "ACCESS_DENIED"},
	{"drop", "DROP TABLE creditwatch.scores_rows", notReading, "ACCESS_DENIED"},
	{"drop the view", "DROP VIEW creditwatch.scores", notReading, "ACCESS_DENIED"},
	{"drop everything", "DROP DATABASE creditwatch", notReading, "ACCESS_DENIED"},
	{"undrop", "UNDROP TABLE creditwatch.x", notReading, "ACCESS_DENIED"},
	{"empty a table", "TRUNCATE TABLE creditwatch.scores_rows", notReading, "ACCESS_DENIED"},
	{"empty the database", "TRUNCATE DATABASE creditwatch", notReading, "ACCESS_DENIED"},
	{"create", "CREATE TABLE creditwatch.x (y UInt8) ENGINE = Memory", notReading, "ACCESS_DENIED"},
	{"temporary table", "CREATE TEMPORARY TABLE x (y UInt8)", notReading, "ACCESS_DENIED"},
	{"view as its owner", "CREATE VIEW creditwatch.v DEFINER = creditwatch SQL SECURITY DEFINER AS SELECT id FROM creditwatch.scores_rows", notReading, "ACCESS_DENIED"},
	{"materialized view", "CREATE MATERIALIZED VIEW creditwatch.m ENGINE = Memory AS SELECT 1", notReading, "ACCESS_DENIED"},
	{"database", "CREATE DATABASE x", notReading, "ACCESS_DENIED"},
	{"function", "CREATE FUNCTION f AS x -> x", notReading, "ACCESS_DENIED"},
	{"named collection", "CREATE NAMED COLLECTION c AS a = '1'", notReading, "ACCESS_DENIED"},
	{"dictionary", "CREATE DICTIONARY creditwatch.d (k UInt64, v String) PRIMARY KEY k SOURCE(HTTP(URL 'http://127.0.0.1/' FORMAT 'CSV')) LAYOUT(FLAT()) LIFETIME(0)", notReading, "ACCESS_DENIED"},
	{"user", "CREATE USER eve IDENTIFIED BY 'x'", notReading, "ACCESS_DENIED"},
	{"role", "CREATE ROLE r", notReading, "ACCESS_DENIED"},
	{"own password", "ALTER USER analyst IDENTIFIED BY 'x'", notReading, "ACCESS_DENIED"},
	{"more rights", "GRANT ALL ON *.* TO analyst", notReading, "ACCESS_DENIED"},
	{"fewer rights for others", "REVOKE ALL ON *.* FROM creditwatch", notReading, "ACCESS_DENIED"},
	{"as another", "EXECUTE AS creditwatch SELECT 1", notReading, "SUPPORT_IS_DISABLED"},
	{"rename", "RENAME TABLE creditwatch.scores_rows TO creditwatch.y", notReading, "ACCESS_DENIED"},
	{"exchange", "EXCHANGE TABLES creditwatch.scores_rows AND creditwatch.scores", notReading, "ACCESS_DENIED"},
	{"optimize", "OPTIMIZE TABLE creditwatch.scores_rows FINAL", notReading, "ACCESS_DENIED"},
	{"attach", "ATTACH TABLE creditwatch.x FROM '/tmp/x' (y UInt8) ENGINE = MergeTree ORDER BY y", notReading, "ACCESS_DENIED"},
	{"detach", "DETACH TABLE creditwatch.scores_rows PERMANENTLY", notReading, "ACCESS_DENIED"},
	{"backup", "BACKUP TABLE creditwatch.scores_rows TO File('/tmp/x')", notReading, "ACCESS_DENIED"},
	{"restore", "RESTORE TABLE creditwatch.scores_rows FROM File('/tmp/x')", notReading, "ACCESS_DENIED"},
	{"kill queries", "KILL QUERY WHERE user = 'creditwatch'", notReading, "ACCESS_DENIED"},
	{"kill mutations", "KILL MUTATION WHERE 1", notReading, "ACCESS_DENIED"},
	{"check", "CHECK TABLE creditwatch.scores_rows", notReading, "ACCESS_DENIED"},
	{"shut down", "SYSTEM SHUTDOWN", notReading, "ACCESS_DENIED"},
	{"kill the engine", "SYSTEM KILL", notReading, "ACCESS_DENIED"},
	{"stop listening", "SYSTEM STOP LISTEN HTTP", notReading, "ACCESS_DENIED"},
	{"listen elsewhere", "SYSTEM START LISTEN TCP", notReading, "ACCESS_DENIED"},
	{"sleep", "SYSTEM SUSPEND FOR 100 SECOND", notReading, "ACCESS_DENIED"},
	{"stop merges of a table", "SYSTEM STOP MERGES creditwatch.scores_rows", notReading, "ACCESS_DENIED"},
	{"stop merges", "SYSTEM STOP MERGES", notReading, "yields "}, // of the tables on which he has the right: of none
	{"drop caches", "SYSTEM DROP MARK CACHE", notReading, "ACCESS_DENIED"},
	{"reload users", "SYSTEM RELOAD USERS", notReading, "ACCESS_DENIED"},
	{"fail point", "SYSTEM ENABLE FAILPOINT x", notReading, "ACCESS_DENIED"},
	{"transaction", "BEGIN TRANSACTION", notReading, "NOT_IMPLEMENTED"},
	{"two statements", "SELECT 1; DROP TABLE creditwatch.scores_rows", "", "SYNTAX_ERROR"},
	{"statements side by side", "DROP TABLE creditwatch.scores_rows PARALLEL WITH DROP TABLE creditwatch.x", notReading, "ACCESS_DENIED"},

	{"set the limit", "SET max_memory_usage_for_user = 0", notReading, "READONLY"},
	{"leave readonly", "SET readonly = 0", notReading, "READONLY"},
	{"leave readonly in the query", "SELECT 1 SETTINGS readonly = 0", "", "READONLY"},
	{"raise the limit", "SELECT 1 SETTINGS max_memory_usage_for_user = 0", "", "READONLY"},
	{"raise the limit of the disk", "SELECT 1 SETTINGS max_temporary_data_on_disk_size_for_user = 0", "", "READONLY"},
	{"lift the deadline", "SELECT 1 SETTINGS max_execution_time = 100000", "", "SETTING_CONSTRAINT_VIOLATION"},
	{"no deadline", "SELECT 1 SETTINGS max_execution_time = 0", "", "SETTING_CONSTRAINT_VIOLATION"},
	{"threads", "SELECT 1 SETTINGS max_threads = 1000", "", "READONLY"},
	{"another language", "SELECT 1 SETTINGS dialect = 'kusto'", "", "READONLY"},
	{"headers of others", "SELECT 1 SETTINGS allow_get_client_http_header = 1", "", "READONLY"},
	{"artificial intelligence", "SELECT 1 SETTINGS allow_experimental_ai_functions = 1", "", "READONLY"},
	{"template of a file", "SELECT 1 FORMAT Template SETTINGS format_template_row = '/etc/passwd'", "", "READONLY"},
	{"schema of a file", "SELECT 1 FORMAT Protobuf SETTINGS format_schema = '/etc/passwd:x'", "", "READONLY"},

	{"read a file", "SELECT file('SECRET')", noFunction, "yields s3cret"},
	{"read a file, explained", "EXPLAIN SELECT file('SECRET')", noFunction, "yields Output: \\'s3cret"},
	{"read a file, spaced", "SELECT file /* */ -- \n('SECRET')", noFunction, "yields s3cret"},
	{"read a file, in quotes", "SELECT `file`('SECRET')", noFunction, "yields s3cret"},
	{"read a file, in other quotes", `SELECT "file"('SECRET')`, noFunction, "yields s3cret"},
	{"read a file, in quotes of a typographer", "SELECT “file”('SECRET')", unclear, "yields s3cret"},
	{"read a file, escaped", "SELECT `\\x66ile`('SECRET')", "with an escape", "yields s3cret"},
	{"read files of an array", "SELECT arrayMap(file, ['SECRET'])", "inside brackets", "yields ['s3cret']"},
	{"read a file in a lambda", "SELECT arrayMap(x -> file(x), ['SECRET'])", noFunction, "yields ['s3cret']"},
	{"apply to a column", "SELECT * APPLY file FROM (SELECT 'SECRET')", noFunction, "yields s3cret"},
	{"apply in brackets", "SELECT * APPLY(file) FROM (SELECT 'SECRET')", "inside brackets", "yields s3cret"},
	{"after a text that seems open", `SELECT 'it''s \' -- ', file('SECRET')`, noFunction, "yields it\\'s \\' -- \ts3cret"},
	{"after a comment that seems open", "SELECT '/*', file('SECRET'), '*/'", noFunction, "yields /*\ts3cret"},
	{"in a heredoc that is none", "SELECT $x$ ' $x$, file('SECRET')", unclear, "yields  \\' \ts3cret"},

	{"the network", "SELECT * FROM url('http://169.254.169.254/', 'RawBLOB')", "", "ACCESS_DENIED"},
	{"describe the network", "DESCRIBE TABLE url('http://169.254.169.254/', 'CSV')", "", "ACCESS_DENIED"},
	{"another server", "SELECT * FROM remote('127.0.0.1', 'system', 'one')", "", "ACCESS_DENIED"},
	{"another server, encrypted", "SELECT * FROM remoteSecure('127.0.0.1', 'system', 'one')", "", "ACCESS_DENIED"},
	{"files", "SELECT * FROM file('/etc/passwd', 'LineAsString')", noFunction, "ACCESS_DENIED"},
	{"describe a file", "DESCRIBE TABLE file('/etc/passwd', 'CSV')", noFunction, "ACCESS_DENIED"},
	{"folders", "SELECT * FROM filesystem('/etc')", "", "ACCESS_DENIED"},
	{"object store", "SELECT * FROM s3('http://169.254.169.254/bucket/x.csv', 'CSV', 'a String')", "", "ACCESS_DENIED"},
	{"object store of another", "SELECT * FROM azureBlobStorage('x', 'y', 'z')", "", "ACCESS_DENIED"},
	{"hdfs", "SELECT * FROM hdfs('hdfs://127.0.0.1/x', 'CSV', 'a String')", "", "ACCESS_DENIED"},
	{"lake", "SELECT * FROM iceberg('http://169.254.169.254/bucket/', 'a', 'b')", "", "ACCESS_DENIED"},
	{"lake in a folder", "SELECT * FROM icebergLocal('/etc')", "", "ACCESS_DENIED"},
	{"another lake in a folder", "SELECT * FROM deltaLakeLocal('/etc')", "", "ACCESS_DENIED"},
	{"programs", "SELECT * FROM executable('id', 'LineAsString', 'x String')", "", "ACCESS_DENIED"},
	{"mysql", "SELECT * FROM mysql('127.0.0.1:3306', 'a', 'b', 'c', 'd')", "", "ACCESS_DENIED"},
	{"mysql, explained", "EXPLAIN TABLE OVERRIDE mysql('127.0.0.1:3306', 'a', 'b', 'c', 'd') PARTITION BY x", "", "ACCESS_DENIED"},
	{"postgresql", "SELECT * FROM postgresql('127.0.0.1:5432', 'a', 'b', 'c', 'd')", "", "ACCESS_DENIED"},
	{"mongodb", "SELECT * FROM mongodb('127.0.0.1:27017', 'a', 'b', 'c', 'd', 'x String')", "", "ACCESS_DENIED"},
	{"redis", "SELECT * FROM redis('127.0.0.1:6379', 'a', 'a String')", "", "ACCESS_DENIED"},
	{"sqlite", "SELECT * FROM sqlite('/tmp/x', 't')", "", "ACCESS_DENIED"},
	{"odbc", "SELECT * FROM odbc('DSN=x', 'a', 'b')", "", "ACCESS_DENIED"},
	{"jdbc", "SELECT * FROM jdbc('x', 'a', 'b')", "", "ACCESS_DENIED"},
	{"input", "SELECT * FROM input('x String')", "", "Input stream is not initialized"},
	{"cluster", "SELECT * FROM cluster('default', creditwatch.scores_rows)", "", "CLUSTER_DOESNT_EXIST"},
	{"write by outfile", "SELECT 1 INTO OUTFILE '/tmp/creditwatch-proxy-test'", "", "INTO_OUTFILE_NOT_ALLOWED"},
	{"model of a library", "SELECT catboostEvaluate('/etc/passwd', 1)", noFunction, "catboost_lib_path"},
	{"a server that thinks", "SELECT aiGenerate('x', 'http://127.0.0.1:1')", noFunction, "SUPPORT_IS_DISABLED"},

	{"table under the view", "SELECT id FROM creditwatch.scores_rows", "", "ACCESS_DENIED"},
	{"table under the view, described", "DESCRIBE TABLE creditwatch.scores_rows", "", "ACCESS_DENIED"},
	{"table under the view, shown", "SHOW CREATE TABLE creditwatch.scores_rows", "", "ACCESS_DENIED"},
	{"table under the view, explained", "EXPLAIN SELECT id FROM creditwatch.scores_rows", "", "ACCESS_DENIED"},
	{"table under the view, in another", "SELECT id FROM view(SELECT id FROM creditwatch.scores_rows)", "", "ACCESS_DENIED"},
	{"table under the view, if he may", "SELECT count() FROM viewIfPermitted(SELECT id FROM creditwatch.scores_rows ELSE null('id String'))", "", "yields 0\n"},
	{"table under the view, merged", "SELECT count() FROM merge('creditwatch', '.*')", "", "yields 1\n"}, // the view alone
	{"table under the view, merged by name", "SELECT count() FROM merge('creditwatch', 'scores_rows')", "", "CANNOT_EXTRACT_TABLE_STRUCTURE"},
	{"table under the view, looped", "SELECT id FROM loop(creditwatch.scores_rows) LIMIT 1", "", "ACCESS_DENIED"},
	{"index under the view", "SELECT 1 FROM mergeTreeIndex('creditwatch', 'scores_rows')", "", "ACCESS_DENIED"},
	{"columns under the view", "SELECT hasColumnInTable('creditwatch', 'scores_rows', 'pd')", "", "ACCESS_DENIED"},
	{"quarantine", "SELECT raw FROM creditwatch.rejects", "", "ACCESS_DENIED"},
	{"quarantine's table", "SELECT raw FROM creditwatch.rejects_rows", "", "ACCESS_DENIED"},
	{"definition of the owner", "SHOW CREATE USER creditwatch", "", "ACCESS_DENIED"},
	{"rights of the owner", "SHOW GRANTS FOR creditwatch", "", "ACCESS_DENIED"},
	{"own rights", "SHOW GRANTS", "", "yields GRANT SELECT ON creditwatch.scores TO analyst\n"},
	{"tables", "SHOW TABLES FROM creditwatch", "", "yields scores\n"},
	{"dictionaries", "SHOW DICTIONARIES", "", "ACCESS_DENIED"},
	{"processes", "SELECT query FROM system.processes", "", "ACCESS_DENIED"},
	{"processes, shown", "SHOW PROCESSLIST", "", "ACCESS_DENIED"},
	{"users", "SELECT name FROM system.users", "", "ACCESS_DENIED"},
	{"users, shown", "SHOW USERS", "", "ACCESS_DENIED"},
	{"grants", "SELECT 1 FROM system.grants", "", "ACCESS_DENIED"},
	{"settings of the server", "SELECT 1 FROM system.server_settings", "", "ACCESS_DENIED"},
	{"changed settings", "SELECT 1 FROM system.settings_changes", "", "ACCESS_DENIED"},
	{"profiles", "SELECT 1 FROM system.settings_profiles", "", "ACCESS_DENIED"},
	{"parts", "SELECT 1 FROM system.parts", "", "ACCESS_DENIED"},
	{"disks", "SELECT 1 FROM system.disks", "", "ACCESS_DENIED"},
	{"named collections", "SELECT 1 FROM system.named_collections", "", "ACCESS_DENIED"},
	{"errors", "SELECT 1 FROM system.errors", "", "ACCESS_DENIED"},
	{"stacks", "SELECT 1 FROM system.stack_trace", "", "ACCESS_DENIED"},
	{"backups", "SELECT 1 FROM system.backups", "", "ACCESS_DENIED"},
	{"query cache", "SELECT 1 FROM system.query_cache", "", "ACCESS_DENIED"},
	{"query log", "SELECT query FROM system.query_log", "", "UNKNOWN_TABLE"},
	{"addresses in memory", "SELECT addressToLine(1)", "", "ACCESS_DENIED"},
	{"nothing but a hash", "SELECT 1 # x", unclear, ""},
	{"an open text", "SELECT 'x", "does not end", "SYNTAX_ERROR"},
	{"an open comment", "SELECT 1 /* x", "does not end", "SYNTAX_ERROR"},
}

// TestAttacksOfAnalysts tries every attack through the proxy, and on the engine itself as its read-only user.
func TestAttacksOfAnalysts(t *testing.T) {
	db, server := analysts(t)
	exec(t, db, "CREATE TABLE rejects_rows (raw String) ENGINE = MergeTree ORDER BY raw")
	exec(t, db, "CREATE VIEW rejects DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT raw FROM rejects_rows")
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	ep := db.Endpoint()
	direct := &http.Client{Transport: &http.Transport{DialContext: ep.Dial}}
	defer direct.CloseIdleConnections()
	for _, a := range attacks {
		sql := strings.ReplaceAll(a.sql, "SECRET", secret)
		want := a.engine
		status, body := ask(t, server, sql, nil)
		if a.proxy != "" {
			if status != http.StatusForbidden || !strings.Contains(body, a.proxy) {
				t.Errorf("%s, through the proxy: %d %q, want 403 %s", a.name, status, body, a.proxy)
			}
		} else if text, yields := strings.CutPrefix(want, "yields "); yields && (status != http.StatusOK || !strings.HasPrefix(body, text)) || !yields && (status == http.StatusOK || !strings.Contains(body, want)) {
			t.Errorf("%s, through the proxy: %d %q, want %s", a.name, status, body, want)
		}
		if strings.Contains(body, "s3cret") {
			t.Errorf("%s: the proxy let a file out", a.name)
		}
		req, err := http.NewRequest(http.MethodPost, ep.URL+"/?"+url.Values{"database": {"creditwatch"}}.Encode(), strings.NewReader(sql))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth(ep.User, ep.Password)
		resp, err := direct.Do(req)
		if err != nil {
			t.Fatalf("%s, on the engine: %v", a.name, err)
		}
		got, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if text, yields := strings.CutPrefix(want, "yields "); yields && (resp.StatusCode != http.StatusOK || !strings.HasPrefix(string(got), text)) || !yields && want != "" && (resp.StatusCode == http.StatusOK || !strings.Contains(string(got), want)) {
			t.Errorf("%s, on the engine: %d %q, want %s", a.name, resp.StatusCode, got, want)
		}
	}
	if _, err := os.Stat("/tmp/creditwatch-proxy-test"); err == nil {
		t.Error("an analyst wrote a file")
	}
	unharmed(t, db, server)
}

// TestProxyLetsReadingThrough: what stands in the way of attacks must not stand in the way of work.
func TestProxyLetsReadingThrough(t *testing.T) {
	db, server := analysts(t)
	exec(t, db, "CREATE OR REPLACE VIEW scores DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT 'a.csv' AS file, id, pd FROM scores_rows")
	for sql, want := range map[string]string{
		"SELECT id FROM scores -- the file (of today)":                         "C-1\n",
		"-- whose?\nSELECT id FROM scores":                                     "C-1\n",
		"(SELECT id FROM scores)":                                              "C-1\n",
		"FROM scores SELECT id":                                                "C-1\n",
		"with x as (select id from scores) select * from x":                    "C-1\n",
		"SELECT '客户 file(''x'') \\' `' AS `客户 $1 #2`":                          "客户 file(\\'x\\') \\' `\n",
		"SELECT id, file FROM scores WHERE file = 'a.csv' ORDER BY file":       "C-1\ta.csv\n",
		"SELECT count(s.file), max(s.`file`) FROM creditwatch.scores AS s":     "1\ta.csv\n",
		`SELECT "s"."file" FROM (SELECT * FROM "creditwatch"."scores") AS "s"`: "a.csv\n",
		"SELECT * EXCEPT (pd) FROM scores":                                     "a.csv\tC-1\n",
		"SELECT filesystemAvailable() > 0, length('file')":                     "1\t4\n",
		"SHOW TABLES":                     "scores\n",
		"EXISTS TABLE creditwatch.scores": "1\n",
		"SELECT 1 SETTINGS max_execution_time = 30, join_use_nulls = 1": "1\n",
		"SELECT 1 FORMAT JSONEachRow":                                   "{\"1\":1}\n",
		"SELECT pd * 100 % 7, -pd, [1, 2][1], map('a', 1)['a'], {x:String}, id || '!', pd BETWEEN 0 AND 1, x::String FROM (SELECT pd, id, 5 AS x FROM scores)": "4\t-0.25\t1\t1\ta file(b)\tC-1!\t1\t5\n",
	} {
		status, body := ask(t, server, sql, func(r *http.Request) { r.URL.RawQuery = "param_x=a+file(b)" })
		if status != http.StatusOK || body != want {
			t.Errorf("%s: %d %q, want %q", sql, status, body, want)
		}
	}
}

// TestProxyNeverLetsAFileOut puts queries together at random from what is known to open, hide or end something.
func TestProxyNeverLetsAFileOut(t *testing.T) {
	_, server := analysts(t)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	pieces := []string{
		"file", "file(", "file('SECRET')", "'SECRET'", "`file`", `"file"`, "(", ")", "[", "]", ",", ".", "'", "''", "`", `"`, `\`, "--", "\n", "/*", "*/", "#", "# ", "#!", "$", "$$", "$a$", "\x00", "\u00a0", "\u2019", "“", "”",
		" ", "AS x", "x", "APPLY", "arrayMap", "x ->", "SELECT", "FROM", "UNION ALL SELECT", "1", "1.", "*", ";", "{", "}", "{x:String}", "FORMAT TSV", "EXPLAIN", "WITH", "::String", "-", "/", "@", `\'`, "E'", "0x", "\r", "\f",
	}
	rapid.Check(t, func(rt *rapid.T) {
		sql := "SELECT " + strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 12).Draw(rt, "pieces"), rapid.SampledFrom([]string{"", " "}).Draw(rt, "between"))
		if _, body := ask(t, server, strings.ReplaceAll(sql, "SECRET", secret), nil); strings.Contains(body, "s3cret") {
			rt.Fatalf("%q reads a file: %q", sql, body)
		}
	})
}

// TestProxyStopsHunger: queries that want all memory, all disk or all places end alone, and the engine answers others afterwards.
func TestProxyStopsHunger(t *testing.T) {
	dir := t.TempDir()
	db, err := warehouse.Open(context.Background(), warehouse.Options{Dir: dir, MemoryBytes: 1 << 30, Readable: []string{"scores"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	server := proxyTo(t, db)
	for name, sql := range map[string]string{
		"one value":  "SELECT repeat('x', 1000000000)",
		"one array":  "SELECT groupArray(number) FROM numbers(2000000000)",
		"many texts": "SELECT arrayMap(x -> repeat('x', 1000000), range(10000)) FORMAT Null",
		"a sort":     "SELECT number FROM numbers(200000000) ORDER BY rand() FORMAT Null",
		"no limit":   "SELECT groupArray(number) FROM numbers(2000000000) SETTINGS max_memory_usage = 0",
	} {
		if status, body := ask(t, server, sql, nil); status == http.StatusOK || !strings.Contains(body, "MEMORY_LIMIT_EXCEEDED") && !strings.Contains(body, "TOO_MANY_ROWS_OR_BYTES") {
			t.Errorf("%s: %d %q", name, status, body)
		}
		if status, body := ask(t, server, "SELECT 1", nil); status != http.StatusOK || body != "1\n" {
			t.Errorf("after %s: %d %q", name, status, body)
		}
	}
	if status, body := ask(t, server, "SELECT count() FROM numbers(100000) AS a, numbers(10000000) AS b WHERE a.number + b.number = 1 SETTINGS max_execution_time = 1", nil); status == http.StatusOK || !strings.Contains(body, "TIMEOUT_EXCEEDED") {
		t.Errorf("a long query: %d %q", status, body)
	}
	answers := make(chan int)
	for range 10 {
		go func() {
			resp, err := server.Client().Do(func() *http.Request {
				r, _ := http.NewRequest(http.MethodPost, server.URL, strings.NewReader("SELECT sleep(1) FORMAT Null"))
				r.SetBasicAuth("wang", "correct horse")
				return r
			}())
			if err != nil {
				answers <- 0
				return
			}
			resp.Body.Close()
			answers <- resp.StatusCode
		}()
	}
	got := map[int]int{}
	for range 10 {
		got[<-answers]++
	}
	if got[http.StatusOK] != 8 || got[http.StatusTooManyRequests] != 2 {
		t.Errorf("ten queries at once: %v, want 8 to run and 2 refused", got)
	}
	if n := db.Restarts(); n != 0 {
		t.Errorf("hunger killed the engine %d times", n)
	}
}

// TestProxyStopsAThousandGuesses: who guesses learns nothing of names from the time of an answer, nor much from a thousand guesses.
func TestProxyStopsAThousandGuesses(t *testing.T) {
	db := warehouse.At(warehouse.Endpoint{URL: "http://127.0.0.1:1", User: "reader"})
	hash, err := bcrypt.GenerateFromPassword([]byte("correct horse"), 9)
	if err != nil {
		t.Fatal(err)
	}
	proxy, err := warehouse.NewProxy(db, []warehouse.ProxyUser{{Name: "wang", Hash: string(hash), Full: true}})
	if err != nil {
		t.Fatal(err)
	}
	page := proxy.Guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "in") }))
	try := func(from, name, password string) (int, time.Duration) {
		r, _ := http.NewRequest(http.MethodGet, "http://localhost/", nil)
		r.RemoteAddr = from
		r.SetBasicAuth(name, password)
		w := &statusOnly{header: http.Header{}}
		at := time.Now()
		page.ServeHTTP(w, r)
		return w.status, time.Since(at)
	}
	var known, unknown time.Duration
	for range 5 {
		_, took := try("10.0.0.9:1", "wang", "x")
		known += took
		_, took = try("10.0.0.9:1", "nobody", "x")
		unknown += took
	}
	if known > 3*unknown || unknown > 3*known {
		t.Errorf("a wrong password of a known name takes %s, of an unknown one %s", known/5, unknown/5)
	}
	judged := 0
	at := time.Now()
	for range 1000 {
		if status, _ := try("10.0.0.1:1", "wang", "guess"); status == http.StatusUnauthorized {
			judged++
		}
	}
	if judged > 40 || time.Since(at) > 10*time.Second { // 20 a minute, and the minute may turn once
		t.Errorf("%d of 1000 guesses were judged, in %s", judged, time.Since(at))
	}
	judged = 0
	for i := range 100 { // of a network of one household
		if status, _ := try(fmt.Sprintf("[2001:db8:0:7::%x]:1", i), "wang", "guess"); status == http.StatusUnauthorized {
			judged++
		}
	}
	if judged > 40 {
		t.Errorf("%d guesses of one IPv6 network were judged", judged)
	}
	if status, _ := try("10.0.0.2:1", "wang", "correct horse"); status != http.StatusOK {
		t.Errorf("another client with the right password: %d", status)
	}
}

type statusOnly struct {
	header http.Header
	status int
}

func (w *statusOnly) Header() http.Header { return w.header }
func (w *statusOnly) WriteHeader(s int)   { w.status = s }
func (w *statusOnly) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return len(p), nil
}
