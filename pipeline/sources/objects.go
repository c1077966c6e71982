package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

func (st *Store) checkS3(bad func(key, format string, args ...any)) {
	if _, err := isEndpoint(st.Endpoint); err != nil {
		bad("store.endpoint", "%s, got %s", err, quoted(st.Endpoint))
	}
	if st.AccessKey == "" || st.SecretKey == "" {
		bad("store.access_key", "and secret_key must be given")
	}
}

// A bucket is one of a service that speaks as S3 does.
type bucket struct {
	client    *minio.Client
	transport *http.Transport
	name      string
}

func (st *Store) openS3(name string) (*bucket, error) {
	u, err := isEndpoint(st.Endpoint)
	if err != nil {
		return nil, ofKind(ErrConfig, "store.endpoint: %w", err)
	}
	access, err := st.AccessKey.Reveal()
	if err != nil {
		return nil, ofKind(ErrConfig, "store.access_key: %w", err)
	}
	secret, err := st.SecretKey.Reveal()
	if err != nil {
		return nil, ofKind(ErrConfig, "store.secret_key: %w", err)
	}
	b := &bucket{name: name}
	if b.transport, err = minio.DefaultTransport(u.Scheme == "https"); err != nil {
		return nil, err
	}
	b.client, err = minio.New(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(access, secret, ""), Secure: u.Scheme == "https", Region: st.Region, Transport: b.transport, MaxRetries: maxFetchTries,
	})
	if err != nil {
		return nil, ofKind(ErrConfig, "store.endpoint: %w", err)
	}
	return b, nil
}

func (b *bucket) close() { b.transport.CloseIdleConnections() }

func (b *bucket) list(ctx context.Context, glob string) ([]object, error) {
	ctx, cancel := context.WithCancel(ctx) // ends the listing where it is left early
	defer cancel()
	prefix := glob
	if i := strings.IndexAny(glob, `*?[\`); i >= 0 {
		prefix = glob[:i]
	}
	var found []object
	for o := range b.client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if o.Err != nil {
			return nil, s3Fault(o.Err)
		}
		if ok, _ := path.Match(glob, o.Key); !ok || strings.HasSuffix(o.Key, "/") {
			continue
		}
		if found = append(found, object{o.Key, o.Size, o.ETag, o.LastModified}); len(found) > maxObjects {
			return nil, fmt.Errorf("more than %d files match", maxObjects)
		}
	}
	return found, nil
}

func (b *bucket) copy(ctx context.Context, o object, to io.Writer) error {
	var options minio.GetObjectOptions
	if o.tag != "" {
		if err := options.SetMatchETag(o.tag); err != nil {
			return err
		}
	}
	from, err := b.client.GetObject(ctx, b.name, o.name, options)
	if err != nil {
		return s3Fault(err)
	}
	defer from.Close()
	if _, err := io.Copy(to, from); err != nil {
		return s3Fault(err)
	}
	now, err := b.client.StatObject(ctx, b.name, o.name, minio.StatObjectOptions{})
	if err != nil {
		return s3Fault(err)
	}
	if now.Size != o.size || now.ETag != o.tag {
		return errChanged
	}
	return nil
}

// s3Fault says what an error of the service means.
func s3Fault(err error) error {
	if errors.Is(err, errChanged) {
		return err
	}
	r := minio.ToErrorResponse(err)
	switch {
	case r.Code == "PreconditionFailed", r.Code == "NoSuchKey":
		return errChanged
	case r.Code == "NoSuchBucket", r.Code == "AccessDenied", r.Code == "InvalidAccessKeyId", r.Code == "SignatureDoesNotMatch", r.Code == "InvalidBucketName",
		r.Code == "AuthorizationHeaderMalformed", r.Code == "RequestTimeTooSkewed":
		return ofKind(ErrConfig, "%s: %s", r.Code, r.Message)
	case r.StatusCode != 0:
		return ofKind(ErrUnreachable, "the service answers %d %s: %s", r.StatusCode, r.Code, r.Message)
	}
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, context.Canceled) {
		return lost(err, networkReason(err))
	}
	return ofKind(ErrUnreachable, "%w", err)
}
