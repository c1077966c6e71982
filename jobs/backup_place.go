package jobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"creditwatch/configs"
	"creditwatch/pipeline/sources"
)

// A place is where a backup is: a folder, or what lies below a prefix of an object store. A backup that is written goes the way free,
// begin, write, finish; nothing is one before finish.
type place interface {
	free(ctx context.Context) error // fails if something is there already
	begin(ctx context.Context) error
	// write makes a file of about so many bytes of what content gives.
	write(ctx context.Context, name string, most int64, content func(io.Writer) error) error
	open(ctx context.Context, name string) (io.ReadCloser, error)
	finish(ctx context.Context, manifest []byte) error
	drop(ctx context.Context) error // removes what was written of a backup that did not come to its end
	address(name string) string     // of a file, or with "" of the place
	close()
}

// backupPlace finds the place of a name.
func backupPlace(c configs.Config, name string) (place, error) {
	if sources.IsDepot(name) {
		d, err := c.Backup.Store.OpenDepot(name)
		if err != nil {
			return nil, err
		}
		return &depot{d}, nil
	}
	at, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	return &folder{at: at, final: at}, nil
}

// A folder gets its name when it is whole; until then it has another.
type folder struct{ at, final string }

func (f *folder) free(context.Context) error {
	if _, err := os.Lstat(f.final); err == nil {
		return usage("%s is there already; name a new folder", f.final)
	}
	if info, err := os.Stat(filepath.Dir(f.final)); err != nil || !info.IsDir() {
		return usage("there is no folder %s", filepath.Dir(f.final))
	}
	return nil
}

func (f *folder) begin(context.Context) error {
	f.at = filepath.Join(filepath.Dir(f.final), "."+filepath.Base(f.final)+".new")
	if err := os.RemoveAll(f.at); err != nil { // of a backup that was killed
		return err
	}
	return os.Mkdir(f.at, 0o700)
}

func (f *folder) write(_ context.Context, name string, _ int64, content func(io.Writer) error) error {
	to, err := os.OpenFile(filepath.Join(f.at, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err = content(to); err == nil {
		err = to.Sync()
	}
	return errors.Join(err, to.Close())
}

func (f *folder) open(_ context.Context, name string) (io.ReadCloser, error) {
	return os.Open(filepath.Join(f.at, name))
}

func (f *folder) finish(_ context.Context, manifest []byte) error {
	if err := writeWhole(filepath.Join(f.at, manifestName), manifest); err != nil {
		return err
	}
	if err := os.Rename(f.at, f.final); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(f.final))
}

func (f *folder) drop(context.Context) error { return os.RemoveAll(f.at) }

func (f *folder) address(name string) string { return filepath.Join(f.final, name) }

func (f *folder) close() {}

// dropTime is for the removal of what is no backup.
const dropTime = 30 * time.Second

// A depot is a backup when its manifest is there.
type depot struct{ d *sources.Depot }

func (d *depot) free(ctx context.Context) error {
	names, err := d.d.Names(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", d.address(""), err)
	case slices.Contains(names, manifestName):
		return usage("%s is there already; give a new name", d.address(""))
	case len(names) > 0:
		return usage("%s has %s and no %s: no backup, or one that broke off; remove that, or give a new name", d.address(""), strings.Join(names, ", "), manifestName)
	}
	return nil
}

func (d *depot) begin(context.Context) error { return nil }

func (d *depot) write(ctx context.Context, name string, most int64, content func(io.Writer) error) error {
	out, in := io.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		in.CloseWithError(content(in))
	}()
	err := d.d.Put(ctx, name, out, most)
	out.CloseWithError(errors.Join(err, io.ErrClosedPipe)) // content ends if it has not
	<-written
	if err != nil {
		return fmt.Errorf("%s: %w", d.address(name), err)
	}
	return nil
}

func (d *depot) open(ctx context.Context, name string) (io.ReadCloser, error) {
	return d.d.Get(ctx, name)
}

func (d *depot) finish(ctx context.Context, manifest []byte) error {
	if err := d.d.Put(ctx, manifestName, bytes.NewReader(manifest), int64(len(manifest))); err != nil {
		return fmt.Errorf("%s: %w", d.address(manifestName), err)
	}
	read, err := sumOf(ctx, d, manifestName)
	if err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	h := newHashed()
	h.Write(manifest) //nolint:errcheck // memory
	if read != h.sum(manifestName) {
		return fmt.Errorf("%s does not read back as it was written", d.address(manifestName))
	}
	return nil
}

// drop removes the manifest first: an archive without one is no backup.
func (d *depot) drop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dropTime)
	defer cancel()
	for _, name := range []string{manifestName, archiveName} {
		if err := d.d.Remove(ctx, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("what was sent to %s could not be removed; without %s it is no backup", d.address(""), manifestName)
		}
	}
	return nil
}

func (d *depot) address(name string) string { return strings.TrimSuffix(d.d.Address(name), "/") }

func (d *depot) close() { d.d.Close() }
