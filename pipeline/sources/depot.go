package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/minio/minio-go/v7"
)

// A Depot is what lies below a prefix of a bucket, as s3://bucket/backups/2026-03-31: a folder to write files to and read them from. Its
// errors are of a kind of this package; a file that is not there is fs.ErrNotExist.
type Depot struct {
	bucket *bucket
	prefix string
}

// IsDepot reports whether an address is one of a depot, and no folder.
func IsDepot(address string) bool { return isStored(address) }

// An ObjectStore says how depots are reached, as a [Store] says it of the files of a source.
type ObjectStore struct {
	Endpoint  string `yaml:"endpoint"`
	Region    string `yaml:"region"`
	AccessKey Secret `yaml:"access_key"`
	SecretKey Secret `yaml:"secret_key"`
}

func (o ObjectStore) store() *Store {
	return &Store{Endpoint: o.Endpoint, Region: o.Region, AccessKey: o.AccessKey, SecretKey: o.SecretKey}
}

// Check returns the mistakes, each with its key. A store that says nothing is good.
func (o ObjectStore) Check(bad func(key, format string, args ...any)) {
	if o == (ObjectStore{}) {
		return
	}
	st := o.store()
	st.checkS3(bad)
	st.checkSecrets(bad)
}

// OpenDepot opens a depot by its address; nothing is asked of the service yet.
func (o ObjectStore) OpenDepot(address string) (*Depot, error) {
	if !strings.HasPrefix(address, "s3://") {
		return nil, ofKind(ErrConfig, "%s: want s3://bucket/prefix/name", quoted(address))
	}
	host, prefix, err := storedPath(address)
	if err != nil {
		return nil, &kinded{ErrConfig, err}
	}
	prefix = strings.TrimSuffix(prefix, "/")
	if path.Clean(prefix) != prefix || path.IsAbs(prefix) || strings.HasPrefix(prefix, "..") || strings.ContainsAny(prefix, `*?[\`) {
		return nil, ofKind(ErrConfig, "%s: want a plain name after the bucket, without // .. * ? [ and \\", quoted(address))
	}
	if o == (ObjectStore{}) {
		return nil, ofKind(ErrConfig, "backup.store: must say how %s is reached: endpoint, access_key and secret_key", address)
	}
	b, err := o.store().openS3(host)
	if err != nil {
		return nil, err
	}
	return &Depot{b, prefix}, nil
}

// Address is the address of a file.
func (d *Depot) Address(name string) string {
	return "s3://" + d.bucket.name + "/" + d.prefix + "/" + name
}

// Close ends the connections.
func (d *Depot) Close() { d.bucket.close() }

// Names returns up to eight names of what is in the depot.
func (d *Depot) Names(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithCancel(ctx) // ends the listing where it is left early
	defer cancel()
	var names []string
	for o := range d.bucket.client.ListObjects(ctx, d.bucket.name, minio.ListObjectsOptions{Prefix: d.prefix + "/", Recursive: true}) {
		if o.Err != nil {
			return nil, s3Fault(o.Err)
		}
		if names = append(names, strings.TrimPrefix(o.Key, d.prefix+"/")); len(names) == 8 {
			break
		}
	}
	return names, nil
}

// An object of S3 has up to 10 000 parts; each is held in memory while it is sent.
const (
	leastPart = 8 << 20
	mostParts = 9_000
)

// Put writes a file, up to about `most` bytes, as they come. It is there when all of it has been sent, and not before; where the content
// or the connection fails there is none.
func (d *Depot) Put(ctx context.Context, name string, content io.Reader, most int64) error {
	read := &failing{in: content}
	part := max(leastPart, uint64(most)/mostParts)
	_, err := d.bucket.client.PutObject(ctx, d.bucket.name, d.prefix+"/"+name, read, -1, minio.PutObjectOptions{
		PartSize: part, ContentType: "application/octet-stream",
		DisableContentSha256: true, // every byte is hashed by who reads it back
	})
	switch {
	case read.err != nil:
		return read.err
	case err != nil:
		return s3Fault(err)
	}
	return nil
}

// Get opens a file.
func (d *Depot) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	from, err := d.bucket.client.GetObject(ctx, d.bucket.name, d.prefix+"/"+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, s3Fault(err)
	}
	if _, err := from.Stat(); err != nil {
		from.Close()
		if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
			return nil, fmt.Errorf("%s: %w", d.Address(name), fs.ErrNotExist)
		}
		return nil, s3Fault(err)
	}
	return &fetched{from}, nil
}

// Remove removes a file, and what was sent of it by a Put that never came to its end.
func (d *Depot) Remove(ctx context.Context, name string) error {
	c := d.bucket.client
	err := c.RemoveObject(ctx, d.bucket.name, d.prefix+"/"+name, minio.RemoveObjectOptions{})
	if err := errors.Join(err, c.RemoveIncompleteUpload(ctx, d.bucket.name, d.prefix+"/"+name)); err != nil {
		return s3Fault(err)
	}
	return nil
}

// failing remembers what ended its content, which is no fault of the service.
type failing struct {
	in  io.Reader
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.in.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

// fetched is an object that is read; its errors are of a kind of this package.
type fetched struct{ *minio.Object }

func (f *fetched) Read(p []byte) (int, error) {
	n, err := f.Object.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = s3Fault(err)
	}
	return n, err
}
