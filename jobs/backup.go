package jobs

import (
	"archive/tar"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/spf13/cobra"

	"creditwatch/configs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/rows"
	"creditwatch/pipeline/warehouse"
)

// A manifest says what a backup holds. It is written last, so a folder that has one is whole.
type manifest struct {
	Format int       `json:"format"`
	MadeAt time.Time `json:"made_at"`
	Code   string    `json:"code"`   // version of the program
	Schema int       `json:"schema"` // number of the newest schema file
	Nights int       `json:"nights"` // published dates when the backup began; one published meanwhile may be in it, too
	First  string    `json:"first,omitempty"`
	Last   string    `json:"last,omitempty"`

	Audit   pipeline.Head           `json:"audit"` // end of the audit log when the backup began
	Tables  []warehouse.StoredTable `json:"tables"`
	Archive archived                `json:"archive"`
}

// An archived file is known by its bytes.
type archived struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

const (
	backupFormat = 1
	manifestName = "manifest.json"
	archiveName  = "creditwatch.tar"
)

func backupCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "backup FOLDER|s3://BUCKET/PREFIX/NAME",
		Short: "write everything that is published, and what people decided, to a new folder or an object store",
		Long: "Write a backup to FOLDER, which must not exist: creditwatch.tar with every table (published nights, journals, people's\n" +
			"decisions, models, reports) and the feature files, and manifest.json with the rows and the checksum of every table and the\n" +
			"SHA-256 of the archive. Every table is read back before the folder gets its name. A night at work meanwhile goes on; it is\n" +
			"in the next backup. The configuration is not part of it, nor are the source files.\n\n" +
			"To an object store (backup.store of the configuration says how it is reached) go the same two files, as they are made; the\n" +
			"archive is read back before manifest.json is written, which is last: what has none is no backup.\n\n" +
			"Of a ClickHouse server (warehouse.address) the server's own BACKUP makes the backup.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withWarehouse(cmd.Context(), func(db *warehouse.DB, c configs.Config) error { return a.backup(cmd.Context(), c, db, args[0]) })
		},
	}
}

func (a *app) backup(ctx context.Context, c configs.Config, db *warehouse.DB, name string) (err error) {
	to, err := backupPlace(c, name)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer to.close()
	if err := to.free(ctx); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	data, err := filepath.Abs(a.data)
	if err != nil {
		return err
	}
	work := warehouse.Backups(data)
	if err := os.MkdirAll(work, 0o700); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(work, "lock"), flock.SetPermissions(0o600))
	switch got, err := lock.TryLock(); {
	case err != nil:
		return err
	case !got:
		return fmt.Errorf("backup: another backup of %s is being made: %w", a.data, pipeline.ErrHeld)
	}
	defer lock.Unlock() //nolint:errcheck // closing the file frees it
	stage := filepath.Join(work, "stage")
	if err := os.RemoveAll(stage); err != nil { // of a backup that was killed
		return err
	}
	defer os.RemoveAll(stage)
	if err := to.begin(ctx); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	whole := false
	defer func() {
		if !whole {
			err = errors.Join(err, to.drop(ctx))
		}
	}()
	m := manifest{Format: backupFormat, MadeAt: a.clock().UTC().Truncate(time.Second), Code: version()}
	if m.Schema, err = db.AppliedSchema(ctx); err != nil {
		return err
	}
	err = rows.Each(ctx, db, "publications", "SELECT toString(as_of) AS as_of FROM creditwatch.live_runs ORDER BY as_of", nil, func(r *rows.Row) error {
		if m.Nights++; m.First == "" {
			m.First = r.Text("as_of")
		}
		m.Last = r.Text("as_of")
		return nil
	})
	if err != nil {
		return err
	}
	if m.Audit, err = pipeline.Audit(ctx, db); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	m.Tables, err = db.Backup(ctx, stage, "publications")
	if errors.Is(err, warehouse.ErrServer) {
		return usage("backup: %w; back it up with the BACKUP statement of ClickHouse", err)
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	folders := map[string]string{"warehouse": stage, "features": filepath.Join(data, "features")}
	most, err := roomFor(folders)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	hash := newHashed()
	if err := to.write(ctx, archiveName, most, func(w io.Writer) error { return archive(ctx, io.MultiWriter(w, hash), folders) }); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	m.Archive = hash.sum(archiveName)
	switch read, err := sumOf(ctx, to, archiveName); {
	case err != nil:
		return fmt.Errorf("backup: read back: %w", err)
	case read != m.Archive:
		return fmt.Errorf("backup: %s has %d bytes with SHA-256 %s, written were %d with %s", to.address(archiveName), read.Bytes, read.SHA256, m.Archive.Bytes, m.Archive.SHA256)
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := to.finish(ctx, append(text, '\n')); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	whole = true
	if _, err := pipeline.Audit(ctx, db, pipeline.Act{At: a.clock(), What: pipeline.ActBackup, Object: to.address(""), Details: map[string]string{"archive": m.Archive.SHA256}}); err != nil {
		return fmt.Errorf("backup: %s is whole, but: %w", to.address(""), err)
	}
	if a.json {
		return json.NewEncoder(a.out).Encode(m)
	}
	_, err = fmt.Fprintf(a.out, "%s: %d nights up to %s, %d tables, %.1f MB\n", to.address(""), m.Nights, cmp.Or(m.Last, "none"), len(m.Tables), float64(m.Archive.Bytes)/1e6)
	return err
}

// archive writes folders as a tar file, in the order of names. A folder that is not there is empty.
func archive(ctx context.Context, to io.Writer, folders map[string]string) error {
	w := tar.NewWriter(to)
	var prefixes []string
	for prefix := range folders {
		prefixes = append(prefixes, prefix)
	}
	slices.Sort(prefixes)
	for _, prefix := range prefixes {
		err := eachFile(folders[prefix], func(path string) error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			rel, err := filepath.Rel(folders[prefix], path)
			if err != nil {
				return err
			}
			return addFile(w, path, prefix+"/"+filepath.ToSlash(rel))
		})
		if err != nil {
			return err
		}
	}
	return w.Close()
}

// eachFile calls do for the files below a folder that are whole.
func eachFile(folder string, do func(path string) error) error {
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && path == folder:
			return nil
		case err != nil:
			return err
		case !d.Type().IsRegular() || strings.HasPrefix(d.Name(), ".new-"):
			return nil
		}
		return do(path)
	})
}

// roomFor is about what the archive of the folders will take.
func roomFor(folders map[string]string) (bytes int64, err error) {
	const heads = 2048 // of each file, with its long name and its padding
	for _, folder := range folders {
		err := eachFile(folder, func(path string) error {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			bytes += info.Size() + heads
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	return bytes, nil
}

func addFile(w *tar.Writer, path, name string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), ModTime: info.ModTime(), Format: tar.FormatPAX}); err != nil {
		return err
	}
	_, err = io.Copy(w, f) // a file that grows or shrinks meanwhile is an error of the writer
	return err
}

// A hashed counts and hashes what is written to it.
type hashed struct {
	hash.Hash
	bytes int64
}

func newHashed() *hashed { return &hashed{Hash: sha256.New()} }

func (h *hashed) Write(p []byte) (int, error) {
	h.bytes += int64(len(p))
	return h.Hash.Write(p)
}

func (h *hashed) sum(name string) archived {
	return archived{Name: name, Bytes: h.bytes, SHA256: hex.EncodeToString(h.Sum(nil))}
}

func sumOf(ctx context.Context, p place, name string) (archived, error) {
	f, err := p.open(ctx, name)
	if err != nil {
		return archived{}, err
	}
	defer f.Close()
	h := newHashed()
	_, err = io.Copy(h, reader{ctx, f})
	return h.sum(name), err
}

// A reader ends with its context.
type reader struct {
	ctx context.Context
	in  io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.in.Read(p)
}

func writeWhole(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func restoreCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "restore FOLDER|s3://BUCKET/PREFIX/NAME",
		Short: "make the data directory anew of a backup",
		Long: "Make the data directory (--data) of the backup in FOLDER, or in an object store. The directory must be empty or not be there. Archive and tables are\n" +
			"held against the manifest; a schema older than this program's is brought up to date; the directory gets its name when all of\n" +
			"it is good. The next night then gives what it would have given on the machine of the backup.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.load()
			if err != nil {
				return err
			}
			return a.restore(cmd.Context(), c, args[0])
		},
	}
}

func (a *app) restore(ctx context.Context, c configs.Config, name string) (err error) {
	if c.Warehouse.Address != "" {
		return usage("restore: %w; restore it with the RESTORE statement of ClickHouse", warehouse.ErrServer)
	}
	from, err := backupPlace(c, name)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer from.close()
	m, err := readManifest(ctx, from)
	if err != nil {
		return err
	}
	data, err := filepath.Abs(a.data)
	if err != nil {
		return err
	}
	in, err := os.ReadDir(data)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return usage("restore: %w", err)
	}
	there := err == nil
	in = slices.DeleteFunc(in, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), restoring) }) // of a restore that was killed
	if len(in) > 0 {
		var names []string
		for _, e := range in[:min(len(in), 8)] {
			names = append(names, e.Name())
		}
		return usage("restore: %s is not empty (%s); name another with --data, or move that away", data, strings.Join(names, ", "))
	}
	packed, err := from.open(ctx, archiveName)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("restore: the backup is damaged: %w", err)
	}
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer packed.Close()
	if err := os.MkdirAll(filepath.Dir(data), 0o700); err != nil {
		return usage("restore: %w", err)
	}
	work := filepath.Join(filepath.Dir(data), "."+filepath.Base(data)+restoring)
	if there { // it may be a mount, which nothing can be renamed to
		work = filepath.Join(data, restoring)
	}
	lock := flock.New(work+".lock", flock.SetPermissions(0o600))
	switch got, err := lock.TryLock(); {
	case err != nil:
		return err
	case !got:
		return fmt.Errorf("restore: %s is being restored: %w", data, pipeline.ErrHeld)
	}
	defer func() {
		os.Remove(lock.Path())
		lock.Unlock() //nolint:errcheck // closing the file frees it
	}()
	if err := os.RemoveAll(work); err != nil { // of a restore that was killed
		return err
	}
	defer os.RemoveAll(work)
	folder := filepath.Join(warehouse.Backups(work), "stage")
	err = unpackWhole(ctx, from.address(archiveName), packed, m.Archive, map[string]string{"warehouse": folder, "features": filepath.Join(work, "features")})
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := a.restoreTables(ctx, c, work, folder, m); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := moveIn(work, data, there); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	_, err = fmt.Fprintf(a.out, "%s: %d nights up to %s, %d tables, as of %s\n", data, m.Nights, cmp.Or(m.Last, "none"), len(m.Tables), m.MadeAt.Format(time.RFC3339))
	return err
}

// restoring ends the name of a data directory that is not whole yet.
const restoring = ".restoring"

// moveIn gives a restored directory its name. In a directory that is there already its parts are moved one by one, the database last:
// without it there is no data directory.
func moveIn(work, data string, there bool) error {
	if !there {
		return errors.Join(os.Rename(work, data), syncFolder(filepath.Dir(data)))
	}
	parts, err := os.ReadDir(work)
	if err != nil {
		return err
	}
	const database = "engine"
	for _, p := range parts {
		if p.Name() == database {
			continue
		}
		if err := os.Rename(filepath.Join(work, p.Name()), filepath.Join(data, p.Name())); err != nil {
			return err
		}
	}
	return errors.Join(os.Rename(filepath.Join(work, database), filepath.Join(data, database)), syncFolder(data))
}

// restoreTables fills the warehouse of a new data directory and writes its report files.
func (a *app) restoreTables(ctx context.Context, c configs.Config, dir, folder string, m manifest) (err error) {
	elsewhere := *a
	elsewhere.data = dir
	db, err := elsewhere.connect(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Restore(ctx, folder, m.Tables); err != nil {
		return err
	}
	if err := prepare(ctx, db); err != nil {
		return err
	}
	restored := pipeline.Act{At: a.clock(), What: pipeline.ActRestore, Object: "backup of " + m.MadeAt.Format(time.RFC3339), Details: map[string]string{"archive": m.Archive.SHA256, "code": m.Code}}
	if _, err := pipeline.Audit(ctx, db, restored); err != nil {
		return err
	}
	return pipeline.RestoreReports(ctx, db, filepath.Join(dir, "reports"))
}

func readManifest(ctx context.Context, from place) (m manifest, err error) {
	path := from.address(manifestName)
	f, err := from.open(ctx, manifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return m, usage("restore: no backup: %w; it is written last, so what has none never came to its end", err)
	}
	if err != nil {
		return m, fmt.Errorf("restore: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(reader{ctx, io.LimitReader(f, 64<<20)})
	if err != nil {
		return m, fmt.Errorf("restore: %s: %w", path, err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, usage("restore: %s: %w", path, err)
	}
	switch {
	case m.Format != backupFormat:
		return m, usage("restore: %s: format %d, this program reads %d", path, m.Format, backupFormat)
	case m.Schema > warehouse.LatestSchema():
		return m, usage("restore: %s: schema %04d is newer than this program's %04d; use version %s or newer", path, m.Schema, warehouse.LatestSchema(), m.Code)
	case len(m.Tables) == 0 || m.Archive.Name != archiveName:
		return m, usage("restore: %s: names no tables or no archive", path)
	}
	return m, nil
}

// unpackWhole writes the files of an archive and fails if it is not the one that is wanted, to its last byte.
func unpackWhole(ctx context.Context, path string, packed io.Reader, want archived, folders map[string]string) error {
	h := newHashed()
	in := &remembering{in: io.TeeReader(reader{ctx, packed}, h)}
	err := unpack(in, folders)
	var file *fs.PathError
	if errors.As(err, &file) { // there is no room for it, say
		return fmt.Errorf("%s: %w", path, err)
	}
	if in.err == nil {
		io.Copy(io.Discard, in) //nolint:errcheck // remembered
	}
	if in.err != nil {
		return fmt.Errorf("%s: %w", path, in.err)
	}
	if sum := h.sum(want.Name); sum != want {
		return fmt.Errorf("%s has %d bytes with SHA-256 %s, the manifest says %d with %s: the backup is damaged", path, sum.Bytes, sum.SHA256, want.Bytes, want.SHA256)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// remembering knows what its reader failed of.
type remembering struct {
	in  io.Reader
	err error
}

func (r *remembering) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// unpack writes the files of an archive below the folder of their prefix.
func unpack(packed io.Reader, folders map[string]string) error {
	roots := map[string]*os.Root{}
	for prefix, folder := range folders {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
		root, err := os.OpenRoot(folder)
		if err != nil {
			return err
		}
		defer root.Close()
		roots[prefix] = root
	}
	for r := tar.NewReader(packed); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		prefix, name, _ := strings.Cut(h.Name, "/")
		root := roots[prefix]
		if root == nil || h.Typeflag != tar.TypeReg {
			return fmt.Errorf("%q is none of ours", h.Name)
		}
		if err := unpackFile(root, filepath.FromSlash(name), r); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
}

// unpackFile writes one file; a root lets no name out of its folder.
func unpackFile(root *os.Root, name string, r io.Reader) error {
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}
