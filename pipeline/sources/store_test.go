package sources

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/klauspost/compress/gzip"
	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// s3Server is gofakes3, a server of S3 in this process. It takes any key, so what it does not refuse is answered before it.
type s3Server struct {
	*httptest.Server
	t       testing.TB
	backend *s3mem.Backend
	refuse  string           // code that every request is answered with
	change  func(key string) // called when an object has been sent
	sent    []string         // keys of objects
}

func startS3(t testing.TB) *s3Server {
	s := &s3Server{t: t, backend: s3mem.New()}
	if err := s.backend.CreateBucket("erp"); err != nil {
		t.Fatal(err)
	}
	fake := gofakes3.New(s.backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.refuse != "" {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message></Error>", s.refuse)
			return
		}
		fake.ServeHTTP(w, r)
		if key, ok := strings.CutPrefix(r.URL.Path, "/erp/"); ok && r.Method == http.MethodGet && key != "" {
			s.sent = append(s.sent, key)
			if s.change != nil {
				s.change(key)
			}
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *s3Server) put(key, content string) {
	s.t.Helper()
	if _, err := s.backend.PutObject("erp", key, map[string]string{"Last-Modified": "Mon, 02 Mar 2026 10:00:00 GMT"}, strings.NewReader(content), int64(len(content)), nil); err != nil {
		s.t.Fatal(err)
	}
}

func gzipped(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(content)) //nolint:errcheck // told by Close
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestS3(t *testing.T) {
	s := startS3(t)
	t.Setenv("TEST_ACCESS", "AKIA")
	t.Setenv("TEST_SECRET", "pass word")
	src := Source{Name: "transactions", Table: "transactions", Path: Paths{"s3://erp/out/tx-*.csv*"}, Key: []string{"transaction_id"}, Dated: true,
		Store: &Store{Endpoint: s.URL, AccessKey: "env:TEST_ACCESS", SecretKey: "env:TEST_SECRET", Region: "eu-central-1"}}
	b := newBook(t)
	dead := filepath.Join(b.dir, "tmp", copiesPrefix+"dead")
	if err := os.MkdirAll(dead, 0o700); err != nil {
		t.Fatal(err)
	}
	refusedPull(t, b, 1, "2026-03-05", src, ErrData, `source transactions: file is missing: nothing matches "s3://erp/out/tx-*.csv*"`)

	s.put("out/tx-2026-03-04.csv", ledgerHeader+"1,C1,invoice,2026-03-01,2026-03-31,100.50,EUR\n2,C1,payment,2026-03-02,,x,EUR\n")
	s.put("out/tx-2026-03-05.csv.gz", gzipped(t, ledgerHeader+"3,C1,invoice,2026-03-05,,1,EUR\n"))
	s.put("out/tx-2026-03-06.csv", ledgerHeader+"4,C1,invoice,2026-03-06,,1,EUR\n")
	s.put("out/old/tx-2026-03-01.csv", "of another folder")
	s.put("out/tx-2026-03-04.csv.d/", "")
	wantCounts(t, b.readNight(1, "2026-03-05", src)[0], 3, 2, 1, 0, 0)
	b.want("SELECT transaction_id, file, line FROM creditwatch.transactions ORDER BY transaction_id", "1|s3://erp/out/tx-2026-03-04.csv|2", "3|s3://erp/out/tx-2026-03-05.csv.gz|2")
	b.want("SELECT file, column FROM creditwatch.rejects", "s3://erp/out/tx-2026-03-04.csv|amount")
	b.want("SELECT file, rows, encoding, length(sha256), etag != '' FROM creditwatch.inputs_rows ORDER BY file", "s3://erp/out/tx-2026-03-04.csv|2|utf-8|64|1", "s3://erp/out/tx-2026-03-05.csv.gz|1|utf-8|64|1")

	// What the store says is unchanged is not sent again.
	s.sent = nil
	wantCounts(t, b.readNight(2, "2026-03-06", src)[0], 4, 1, 0, 3, 0)
	if want := []string{"out/tx-2026-03-06.csv"}; !slices.Equal(s.sent, want) {
		t.Errorf("sent %q, want %q", s.sent, want)
	}
	s.put("out/tx-2026-03-06.csv", ledgerHeader+"4,C1,invoice,2026-03-06,,2,EUR\n")
	wantCounts(t, b.readNight(3, "2026-03-07", src)[0], 4, 1, 0, 3, 1)

	// An object that is replaced while it is read is not finished.
	s.put("out/tx-2026-03-08.csv", ledgerHeader+"5,C1,invoice,2026-03-08,,1,EUR\n")
	s.change = func(key string) {
		if key == "out/tx-2026-03-08.csv" {
			s.put(key, ledgerHeader)
		}
	}
	refusedPull(t, b, 4, "2026-03-08", src, ErrData, "s3://erp/out/tx-2026-03-08.csv: file changed while it was read: it is not finished")
	s.change = nil
	s.put("out/tx-2026-03-08.csv.gz", gzipped(t, ledgerHeader+strings.Repeat("x", 100))[:40])
	refusedPull(t, b, 4, "2026-03-08", src, ErrData, "s3://erp/out/tx-2026-03-08.csv.gz: file is not whole")

	other := src
	other.Path = Paths{"s3://elsewhere/tx-*.csv"}
	refusedPull(t, b, 4, "2026-03-08", other, ErrConfig, "NoSuchBucket")
	for code, kind := range map[string]error{"SignatureDoesNotMatch": ErrConfig, "AccessDenied": ErrConfig, "Strange": ErrUnreachable} {
		s.refuse = code
		refusedPull(t, b, 4, "2026-03-08", src, kind, code)
	}
	src.Store = &Store{Endpoint: fmt.Sprintf("http://127.0.0.1:%d", freePort(t)), AccessKey: "env:TEST_ACCESS", SecretKey: "env:TEST_SECRET", Region: "eu-central-1"}
	refusedPull(t, b, 4, "2026-03-08", src, ErrUnreachable, "connection refused")
	src.Store.SecretKey = "env:TEST_NO_SECRET"
	refusedPull(t, b, 4, "2026-03-08", src, ErrConfig, "store.secret_key: environment variable TEST_NO_SECRET is not set")
	if left := namesIn(t, filepath.Join(b.dir, "tmp")); !slices.Equal(left, []string{lockName}) {
		t.Errorf("copies are left: %q", left)
	}
}

// sftpServer is pkg/sftp behind golang.org/x/crypto/ssh: the user reader with a password or a key, and everything read-only.
type sftpServer struct {
	address string
	host    ssh.Signer
}

func newKey(t testing.TB) (ssh.Signer, ed25519.PrivateKey) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer, key
}

func startSFTP(t testing.TB, user ssh.PublicKey) *sftpServer {
	t.Helper()
	s := &sftpServer{}
	s.host, _ = newKey(t)
	config := &ssh.ServerConfig{
		PasswordCallback: func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if c.User() == "reader" && string(password) == "pass word" {
				return nil, nil
			}
			return nil, errors.New("no")
		},
		PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if c.User() == "reader" && bytes.Equal(key.Marshal(), user.Marshal()) {
				return nil, nil
			}
			return nil, errors.New("no")
		},
	}
	config.AddHostKey(s.host)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = l.Addr().String()
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serveSFTP(c, config)
		}
	}()
	return s
}

func serveSFTP(c net.Conn, config *ssh.ServerConfig) {
	defer c.Close()
	_, channels, requests, err := ssh.NewServerConn(c, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for offered := range channels {
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range requests {
				r.Reply(r.Type == "subsystem" && string(r.Payload[4:]) == "sftp", nil) //nolint:errcheck // the client ends
			}
		}()
		if s, err := sftp.NewServer(channel, sftp.ReadOnly()); err == nil {
			s.Serve() //nolint:errcheck // until the client ends
		}
	}
}

func TestSFTP(t *testing.T) {
	user, private := newKey(t)
	s := startSFTP(t, user.PublicKey())
	other, _ := newKey(t)
	dir := t.TempDir()
	put := func(name, content string) string {
		t.Helper()
		at := filepath.Join(dir, name)
		if err := os.WriteFile(at, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return at
	}
	locked, err := ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte("pass word"))
	if err != nil {
		t.Fatal(err)
	}
	key := put("id", string(pem.EncodeToMemory(locked)))
	known := put("known", knownhosts.Line([]string{s.address}, s.host.PublicKey())+"\n")
	changed := put("changed", knownhosts.Line([]string{s.address}, other.PublicKey())+"\n")
	unknown := put("unknown", knownhosts.Line([]string{"example.com"}, s.host.PublicKey())+"\n")
	t.Setenv("TEST_PASS", "pass word")

	b := newBook(t)
	put("tx1.csv", ledgerHeader+"1,C1,invoice,2026-03-01,2026-03-31,100.50,EUR\n")
	if err := os.Symlink(key, filepath.Join(dir, "tx2.csv")); err != nil {
		t.Fatal(err)
	}
	src := Source{Name: "transactions", Table: "transactions", Path: Paths{"sftp://" + s.address + dir + "/tx*.csv"}, Key: []string{"transaction_id"},
		Store: &Store{User: "reader", Password: "env:TEST_PASS", KnownHosts: known}}
	wantCounts(t, b.readNight(1, "2026-03-05", src)[0], 1, 1, 0, 0, 0)
	b.want("SELECT transaction_id, file, line FROM creditwatch.transactions", "1|sftp://"+s.address+dir+"/tx1.csv|2")

	src.Store = &Store{User: "reader", Key: Secret("file:" + key), Passphrase: "env:TEST_PASS", KnownHosts: known}
	put("tx3.csv", ledgerHeader+"2,C1,invoice,2026-03-01,2026-03-31,100.50,EUR\n")
	wantCounts(t, b.readNight(2, "2026-03-06", src)[0], 2, 1, 0, 1, 0)

	// A file that has rested is copied once more, with its time, and no more until that or the size changes: what is put in its place with the same of both
	// is not seen. One that was written within the hour is copied every night.
	written := time.Date(2026, 3, 7, 1, 0, 0, 0, time.UTC)
	tx1, tx3 := filepath.Join(dir, "tx1.csv"), filepath.Join(dir, "tx3.csv")
	at := func(run uint64, day string, clock time.Time, read, accepted, duplicates, corrections uint64) {
		t.Helper()
		n := b.night(run, day)
		n.Clock = func() time.Time { return clock }
		b.exec(fmt.Sprintf("INSERT INTO creditwatch.runs (run, as_of, state, config_hash, code) SELECT %d, '%s', 'running', 'c', 'v'", run, day))
		wantCounts(t, b.pulled(n, src)[0], read, accepted, 0, duplicates, corrections)
	}
	touch := func(path, amount string, to time.Time) {
		t.Helper()
		id := map[string]string{tx1: "1", tx3: "2"}[path]
		put(filepath.Base(path), ledgerHeader+id+",C1,invoice,2026-03-01,2026-03-31,"+amount+",EUR\n")
		if err := os.Chtimes(path, to, to); err != nil {
			t.Fatal(err)
		}
	}
	touch(tx1, "100.50", written)
	touch(tx3, "100.50", written)
	at(3, "2026-03-07", written.Add(settled-time.Second), 2, 0, 2, 0)
	touch(tx3, "200.50", written) // not rested when it was read: seen
	at(4, "2026-03-08", written.Add(24*time.Hour), 2, 1, 1, 1)
	touch(tx3, "300.50", written) // rested: not seen
	at(5, "2026-03-09", written.Add(48*time.Hour), 2, 0, 2, 0)
	b.want("SELECT DISTINCT etag FROM creditwatch.inputs_rows WHERE run = 5", "modified 2026-03-07T01:00:00Z")
	touch(tx3, "300.50", written.Add(time.Second))
	at(6, "2026-03-10", written.Add(72*time.Hour), 2, 1, 1, 1)
	touch(tx3, "1300.50", written.Add(time.Second))
	at(7, "2026-03-11", written.Add(96*time.Hour), 2, 1, 1, 1)

	for _, c := range []struct {
		change func(*Source)
		kind   error
		want   string
	}{
		{func(s *Source) { s.Store.KnownHosts = changed }, ErrConfig, "is not the one that store.known_hosts has"},
		{func(s *Source) { s.Store.KnownHosts = unknown }, ErrConfig, "store.known_hosts: has no key of " + s.address},
		{func(s *Source) { s.Store.KnownHosts = filepath.Join(dir, "none") }, ErrConfig, "store.known_hosts: open"},
		{func(s *Source) { s.Store.User = "root" }, ErrConfig, `the server refuses user "root"`},
		{func(s *Source) { s.Store.Passphrase = "" }, ErrConfig, "store.key: is no private key"},
		{func(s *Source) {
			s.Path = Paths{"sftp://" + s.Path[0][7:strings.Index(s.Path[0], dir)] + dir + "/nothing*"}
		}, ErrData, "file is missing: nothing matches"},
	} {
		changed := src
		store := *src.Store
		changed.Store = &store
		c.change(&changed)
		refusedPull(t, b, 8, "2026-03-12", changed, c.kind, c.want)
	}
	port := freePort(t)
	store := *src.Store
	store.KnownHosts = put("known2", knownhosts.Line([]string{fmt.Sprintf("127.0.0.1:%d", port)}, s.host.PublicKey())+"\n")
	src.Store, src.Path = &store, Paths{fmt.Sprintf("sftp://127.0.0.1:%d/x.csv", port)}
	refusedPull(t, b, 8, "2026-03-12", src, ErrUnreachable, "connection refused")
}

func TestStoresAreChecked(t *testing.T) {
	s3 := Store{Endpoint: "https://s3.example.com", AccessKey: "env:A", SecretKey: "env:B"}
	host := Store{User: "u", Password: "env:P", KnownHosts: "known_hosts"}
	source := func(p string, st *Store) Source {
		return Source{Name: "x", Table: "transactions", Path: Paths{p}, Store: st}
	}
	for _, s := range []Source{source("s3://b/x*.csv", &s3), source("sftp://h/x?.csv", &host), source("sftp://[::1]:22/x.csv", &host)} {
		if errs := s.Check(); len(errs) > 0 {
			t.Error(errs)
		}
	}
	change := func(st Store, by func(*Store)) *Store { by(&st); return &st }
	feed := source("s3://b/x", &s3)
	feed.Reader = "feed"
	for _, c := range []struct {
		s    Source
		want string
	}{
		{source("s3://b/x.csv", nil), "store: must say how"},
		{source("x.csv", &s3), "store: is for paths that begin with"},
		{feed, "path: in a store is for reader: file"},
		{source("s3://b", &s3), "must name a bucket or host, and a file or glob"},
		{source("sftp://u:p@h/x.csv", &host), "user and password go into store"},
		{source("s3://b/[", &s3), "is no valid glob"},
		{source("s3://b/x.csv", change(s3, func(s *Store) { s.Endpoint = "http://s3.example.com" })), "store.endpoint: must begin with https://"},
		{source("s3://b/x.csv", change(s3, func(s *Store) { s.Endpoint = "s3.example.com" })), "store.endpoint: must be an address"},
		{source("s3://b/x.csv", change(s3, func(s *Store) { s.SecretKey = "" })), "store.access_key: and secret_key must be given"},
		{source("s3://b/x.csv", change(s3, func(s *Store) { s.SecretKey = "abc" })), "store.secret_key: must be env:NAME or file:PATH"},
		{source("sftp://h/x.csv", change(host, func(s *Store) { s.KnownHosts = "" })), "store.known_hosts: must name the file"},
		{source("sftp://h/x.csv", change(host, func(s *Store) { s.Key = "file:k" })), "store.password: or key must be given, not both"},
		{source("sftp://h/x.csv", change(host, func(s *Store) { s.User = "" })), "store.user: must be given"},
	} {
		if err := errors.Join(c.s.Check()...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Check of %q = %v, want %q", c.s.Path, err, c.want)
		}
	}
	if _, err := (&Store{}).openSFTP(context.Background(), "h"); err == nil {
		t.Error("a host without trusted keys is connected to")
	}
}
