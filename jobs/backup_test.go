package jobs

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"creditwatch/configs"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/sources"
	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// objects is gofakes3, a server of S3 in this process, with the bucket backups.
type objects struct {
	*httptest.Server
	t       testing.TB
	backend *s3mem.Backend
	cut     func(*http.Request) bool // requests whose connection breaks in their middle
}

func startObjects(t testing.TB) *objects {
	s := &objects{t: t, backend: s3mem.New()}
	if err := s.backend.CreateBucket("backups"); err != nil {
		t.Fatal(err)
	}
	fake := gofakes3.New(s.backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.cut != nil && s.cut(r) {
			io.CopyN(io.Discard, r.Body, 1000) //nolint:errcheck // some of it
			panic(http.ErrAbortHandler)
		}
		fake.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *objects) names() (names []string) {
	s.t.Helper()
	list, err := s.backend.ListBucket("backups", nil, gofakes3.ListBucketPage{})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, o := range list.Contents {
		names = append(names, o.Key)
	}
	return names
}

func (s *objects) get(key string) []byte {
	s.t.Helper()
	o, err := s.backend.GetObject("backups", key, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer o.Contents.Close()
	content, err := io.ReadAll(o.Contents)
	if err != nil {
		s.t.Fatal(err)
	}
	return content
}

func (s *objects) put(key string, content []byte) {
	s.t.Helper()
	if _, err := s.backend.PutObject("backups", key, map[string]string{"Last-Modified": "Tue, 31 Mar 2026 10:00:00 GMT"}, bytes.NewReader(content), int64(len(content)), nil); err != nil {
		s.t.Fatal(err)
	}
}

func (s *objects) remove(key string) {
	s.t.Helper()
	if _, err := s.backend.DeleteObject("backups", key); err != nil {
		s.t.Fatal(err)
	}
}

// TestBackupInAnObjectStore: a backup goes to S3 and comes back whole; what broke off, lacks a part or was changed is none, and leaves
// neither a data directory nor a whole-looking backup.
func TestBackupInAnObjectStore(t *testing.T) {
	const secret = "s3cret-canary"
	s := startObjects(t)
	t.Setenv("TEST_ACCESS", "AKIA")
	t.Setenv("TEST_SECRET", secret)
	var c configs.Config
	c.Backup.Store = sources.ObjectStore{Endpoint: s.URL, AccessKey: "env:TEST_ACCESS", SecretKey: "env:TEST_SECRET", Region: "eu-central-1"}
	ctx := t.Context()
	noise := make([]byte, 9<<20)             // more than one part
	rand.NewChaCha8([32]byte{1}).Read(noise) //nolint:errcheck // never fails
	var out bytes.Buffer
	a := &app{out: &out, errOut: &out, clock: time.Now, log: "json", quiet: true}
	into := filepath.Join(t.TempDir(), "restored")
	restore := func(name string) error {
		t.Helper()
		elsewhere := *a
		elsewhere.data = into
		return elsewhere.restore(ctx, c, name)
	}
	refused := func(err error, code int, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) || a.exitCode(err, nil) != code {
			t.Fatalf("got %v (exit code %d), want %q and %d", err, a.exitCode(err, nil), want, code)
		}
		if strings.Contains(err.Error(), secret) || strings.Contains(out.String(), secret) {
			t.Errorf("says the secret: %v %s", err, &out)
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(into), "*")); len(left) > 0 {
			t.Errorf("%v left %q", err, left)
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(into), ".*restoring*")); len(left) > 0 {
			t.Errorf("%v left %q", err, left)
		}
	}

	// The connection breaks, of a warehouse that has some tables alone: in the second part, when the parts are put together, at the manifest, in what is read back.
	const name = "s3://backups/erp/2026-03-31"
	first := fstest.MapFS{}
	for _, file := range []string{"0001_runs.sql", "0002_stage_runs.sql", "0003_publications.sql", "0004_live_runs.sql", "0009_customers_rows.sql", "0320_audit_rows.sql"} {
		text, err := fs.ReadFile(warehouse.Schema, file)
		if err != nil {
			t.Fatal(err)
		}
		first[file] = &fstest.MapFile{Data: text}
	}
	small := t.TempDir()
	a.data = small
	few := warehousetest.OpenAt(t, small)
	if err := few.Migrate(ctx, first); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"INSERT INTO creditwatch.publications (as_of, run, published_at) SELECT '2026-03-31', 7, '2026-04-01 02:00:00'",
		"INSERT INTO creditwatch.customers_rows (run, customer_id) SELECT 7, toString(number) FROM numbers(1000)",
		"INSERT INTO creditwatch.customers_rows (run, customer_id) SELECT 8, 'of a night that is not published'",
	} {
		if err := few.Exec(ctx, sql, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.MkdirAll(filepath.Join(small, "features"), 0o700), os.WriteFile(filepath.Join(small, "features", "features-2026-03-31.arrow"), noise, 0o600)); err != nil {
		t.Fatal(err)
	}
	backup := func(name string) error {
		t.Helper()
		err := a.backup(ctx, c, few, name)
		if left, _ := filepath.Glob(filepath.Join(small, "backups", "stage*")); len(left) > 0 {
			t.Errorf("%q are left", left)
		}
		return err
	}
	tar, manifest := "erp/2026-03-31/"+archiveName, "erp/2026-03-31/"+manifestName
	for broken, cut := range map[string]func(*http.Request) bool{
		"second part": func(r *http.Request) bool { return r.URL.Query().Get("partNumber") == "2" },
		"last word": func(r *http.Request) bool {
			return r.Method == http.MethodPost && r.URL.Query().Has("uploadId") && strings.HasSuffix(r.URL.Path, archiveName)
		},
		"manifest": func(r *http.Request) bool {
			return r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, manifestName)
		},
		"read back": func(r *http.Request) bool {
			return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, archiveName)
		},
	} {
		s.cut = cut
		refused(backup(name), exitUnreachable, "backup: ")
		if s.cut = nil; len(s.names()) > 0 {
			t.Errorf("broken at the %s: %q are left", broken, s.names())
		}
	}
	// … and for good, so that nothing can be removed.
	var gone atomic.Bool
	s.cut = func(r *http.Request) bool {
		if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, manifestName) || r.URL.Query().Has("uploadId") && strings.Contains(r.URL.Path, manifestName) {
			gone.Store(true)
		}
		return gone.Load()
	}
	refused(backup(name), exitUnreachable, "it is no backup")
	s.cut = nil
	if want := []string{tar}; !slices.Equal(s.names(), want) {
		t.Fatalf("%q are there, want %q", s.names(), want)
	}
	refused(backup(name), exitUsage, "no backup, or one that broke off")
	refused(restore(name), exitUsage, "no backup: "+name+"/manifest.json")
	s.remove(tar)

	// The whole way.
	if err := backup(name + "/"); err != nil {
		t.Fatal(err)
	}
	if want := []string{tar, manifest}; !slices.Equal(s.names(), want) || !strings.Contains(out.String(), name+": 1 nights up to 2026-03-31") {
		t.Fatalf("%q are there, want %q\n%s", s.names(), want, &out)
	}
	refused(backup(name), exitUsage, name+" is there already")

	// Damaged in one way each.
	whole, said := s.get(tar), s.get(manifest)
	for _, at := range []int{200, len(whole) / 2, len(whole) - 1} {
		changed := slices.Clone(whole)
		changed[at] ^= 1
		s.put(tar, changed)
		refused(restore(name), exitFailed, "the backup is damaged")
	}
	s.put(tar, whole[:len(whole)-512])
	refused(restore(name), exitFailed, "the backup is damaged")
	s.remove(tar)
	refused(restore(name), exitFailed, archiveName)
	s.put(tar, whole)
	s.cut = func(r *http.Request) bool {
		return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, archiveName)
	}
	refused(restore(name), exitUnreachable, "restore: ")
	s.cut = nil
	s.put(manifest, said[:len(said)/2])
	refused(restore(name), exitUsage, manifestName)
	s.put(manifest, said)

	// As a folder is restored, and its schema brought up to date.
	if err := restore(name); err != nil {
		t.Fatal(err)
	}
	other := warehousetest.OpenAt(t, into)
	var got []string
	mustEach(t, other, "SELECT toString(run) AS run, toString(count()) AS n, toString(uniqExact(customer_id)) AS ids FROM creditwatch.customers_rows GROUP BY run", func(r *rows.Row) {
		got = append(got, r.Text("run")+" "+r.Text("n")+" "+r.Text("ids"))
	})
	if want := []string{"7 1000 1000"}; !slices.Equal(got, want) {
		t.Errorf("restored %q, want %q", got, want)
	}
	if back, err := os.ReadFile(filepath.Join(into, "features", "features-2026-03-31.arrow")); err != nil || !bytes.Equal(back, noise) {
		t.Errorf("the feature file is not what it was: %v", err)
	}

	for _, c := range []struct{ name, want string }{
		{"s3://backups", "must name a bucket"}, {"s3://backups/../x", "want a plain name"}, {"s3://backups/a*", "want a plain name"}, {"sftp://h/x", "want s3://"}, {"s3://other/x", "NoSuchBucket"},
	} {
		if err := backup(c.name); err == nil || !strings.Contains(err.Error(), c.want) || a.exitCode(err, nil) != exitUsage {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	c.Backup.Store = sources.ObjectStore{}
	if err := backup("s3://backups/x"); err == nil || !strings.Contains(err.Error(), "backup.store: must say how s3://backups/x is reached") {
		t.Errorf("without a store: %v", err)
	}
}
