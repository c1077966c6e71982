package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// A Store says how the files of paths as s3://bucket/folder/*.csv and sftp://host/folder/*.csv are reached.
type Store struct {
	Endpoint   string `yaml:"endpoint"`    // of s3: address of the service, as https://s3.eu-central-1.amazonaws.com
	Region     string `yaml:"region"`      // of s3; default: asked for
	AccessKey  Secret `yaml:"access_key"`  // of s3
	SecretKey  Secret `yaml:"secret_key"`  // of s3
	User       string `yaml:"user"`        // of sftp
	Password   Secret `yaml:"password"`    // of sftp; or
	Key        Secret `yaml:"key"`         // of sftp: a private key as OpenSSH writes it
	Passphrase Secret `yaml:"passphrase"`  // of that key, if it has one
	KnownHosts string `yaml:"known_hosts"` // of sftp: file of the host keys that are trusted
}

const (
	storeTime  = 2 * time.Hour // for all files of a source
	maxObjects = 10_000
	maxCopied  = 64 << 30 // bytes of all files of a source, as stored
)

// isStored reports whether a path is in a store.
func isStored(p string) bool {
	return strings.HasPrefix(p, "s3://") || strings.HasPrefix(p, "sftp://")
}

func (s Source) hasStored() bool { return slices.ContainsFunc(s.Path, isStored) }

// checkStore returns the mistakes of the store of a source, each with its key.
func (s Source) checkStore(bad func(key, format string, args ...any)) {
	if !s.hasStored() {
		if s.Store != nil {
			bad("store", "is for paths that begin with s3:// or sftp://")
		}
		return
	}
	if s.Reader != "" && s.Reader != "file" {
		bad("path", "in a store is for reader: file")
	}
	st := s.Store
	if st == nil {
		bad("store", "must say how %s is reached", listed(s.Path))
		return
	}
	for _, p := range s.Path {
		if strings.HasPrefix(p, "s3://") {
			st.checkS3(bad)
			break
		}
	}
	for _, p := range s.Path {
		if strings.HasPrefix(p, "sftp://") {
			st.checkSFTP(bad)
			break
		}
	}
	st.checkSecrets(bad)
}

// checkSecrets returns the secrets that stand in the configuration themselves.
func (st *Store) checkSecrets(bad func(key, format string, args ...any)) {
	for key, secret := range map[string]Secret{"access_key": st.AccessKey, "secret_key": st.SecretKey, "password": st.Password, "key": st.Key, "passphrase": st.Passphrase} {
		if p := string(secret); p != "" && !strings.HasPrefix(p, "env:") && !strings.HasPrefix(p, "file:") {
			bad("store."+key, "must be env:NAME or file:PATH, not the secret itself")
		}
	}
}

// storedPath takes a path of a store apart: bucket or host, and the glob of the object or file. It is no URL, in which ? and # would
// mean something.
func storedPath(p string) (host, glob string, err error) {
	_, rest, _ := strings.Cut(p, "://")
	host, glob, _ = strings.Cut(rest, "/")
	switch {
	case host == "" || glob == "":
		return "", "", fmt.Errorf("%s must name a bucket or host, and a file or glob", quoted(p))
	case strings.ContainsAny(host, "@*? "):
		return "", "", fmt.Errorf("%s must have a plain bucket or host; user and password go into store", quoted(p))
	}
	if _, err := path.Match(glob, "x"); err != nil {
		return "", "", fmt.Errorf("%s is no valid glob", quoted(p))
	}
	return host, glob, nil
}

// An object is a file of a store as it was listed.
type object struct {
	name string // within its bucket or host
	size int64
	tag  string // changes with the content: the ETag of S3; empty where the store has none
	time time.Time
}

// A storage lists and copies the files of one bucket or host. Its errors are of a kind of this package.
type storage interface {
	list(ctx context.Context, glob string) ([]object, error)
	// copy writes the content of an object and fails if it is not what was listed.
	copy(ctx context.Context, o object, to io.Writer) error
	close()
}

// take copies the files of the stores into a folder of its own, where they are looked at as any others. Those without their control file are left.
func (j *job) take(ctx context.Context) (unready []error, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	for _, p := range j.source.Path {
		if !isStored(p) {
			continue
		}
		more, err := j.takePath(ctx, p)
		unready = append(unready, more...)
		if err != nil {
			if err := j.failed(ctx, err); err != nil {
				return nil, err
			}
		}
	}
	return unready, nil
}

func (j *job) takePath(ctx context.Context, p string) (unready []error, err error) {
	host, glob, err := storedPath(p)
	if err != nil {
		return nil, &kinded{ErrConfig, err}
	}
	scheme := p[:strings.Index(p, "://")]
	address := scheme + "://" + host + "/"
	var from storage
	if scheme == "s3" {
		from, err = j.source.Store.openS3(host)
	} else {
		from, err = j.source.Store.openSFTP(ctx, host)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	defer from.close()
	list, err := from.list(ctx, glob)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p, err)
	}
	slices.SortFunc(list, func(a, b object) int { return strings.Compare(a.name, b.name) })
	var bytes int64
	for _, o := range list {
		file := address + o.name
		if j.source.Dated {
			if day, ok := dateIn(path.Base(o.name)); !ok {
				return unready, fmt.Errorf("%s: the source is `dated`, but its name holds no date as YYYY-MM-DD", file)
			} else if day > j.night.AsOf {
				continue
			}
		}
		if slices.ContainsFunc(j.inputs, func(in input) bool { return in.File == file }) {
			continue
		}
		if bytes += o.size; bytes > maxCopied {
			return unready, fmt.Errorf("%s: the files are larger than %d bytes", p, int64(maxCopied))
		}
		in, err := j.takeObject(ctx, from, o, file)
		if errors.Is(err, errUnready) {
			unready = append(unready, fmt.Errorf("%s: %w", file, err))
			continue
		}
		if err != nil {
			return unready, fmt.Errorf("%s: %w", file, err)
		}
		j.inputs = append(j.inputs, in)
	}
	return unready, nil
}

// takeObject copies a file, unless the store says that it is as it was when a published night read it.
func (j *job) takeObject(ctx context.Context, from storage, o object, file string) (input, error) {
	before := j.known[[2]string{j.source.Name, file}]
	tag := j.tagOf(o)
	seen := validators{etag: tag}
	for _, k := range before {
		if tag != "" && k.tag == tag && k.size == o.size {
			in := input{File: file, Size: o.size, SHA256: k.sha256, Encoding: k.encoding, modified: o.time, seen: seen, known: k.rows, skip: true}
			var err error
			in.format, err = formatOf(j.source, o.name)
			return in, err
		}
	}
	var told *told
	if j.source.Control != nil {
		var err error
		if told, err = j.source.Control.take(ctx, from, o); err != nil {
			return input{}, err
		}
	}
	if j.copies == nil {
		if err := j.makeCopies(); err != nil {
			return input{}, err
		}
	}
	j.copied++
	local := fmt.Sprintf("%06d-%s", j.copied, nameFor(o.name))
	if err := j.copyTo(ctx, from, o, local); err != nil {
		return input{}, err
	}
	in, err := look(j.copies, j.source, local, before)
	if err != nil {
		var failed *os.PathError
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return input{}, err
	}
	in.File, in.stored, in.modified, in.seen, in.told = file, &storedCopy{j.copies, local}, o.time, seen, told
	return in, nil
}

// settled is how long nothing has been written to a file whose time then stands for its content: it counts seconds, and its clock is not ours.
const settled = time.Hour

// tagOf changes with the content of an object. Where the store has no such tag the time does, as rsync takes it, once the file has
// rested: what was written just now may be written again in the same second.
func (j *job) tagOf(o object) string {
	if o.tag != "" || o.time.IsZero() {
		return o.tag
	}
	if now := j.night.now(); now.IsZero() || now.Sub(o.time) < settled {
		return ""
	}
	return "modified " + o.time.UTC().Format(time.RFC3339)
}

// nameFor is the end of a name that is no longer than file systems take, with what tells the format.
func nameFor(name string) string {
	base := path.Base(name)
	if len(base) > 100 {
		base = base[len(base)-100:]
	}
	return strings.ToValidUTF8(base, "_")
}

func (j *job) copyTo(ctx context.Context, from storage, o object, local string) error {
	f, err := j.copies.Create(local)
	if err != nil {
		return err
	}
	counted := &counter{w: f, left: o.size}
	err = from.copy(ctx, o, counted)
	if err == nil && counted.left != 0 {
		err = errChanged
	}
	return errors.Join(err, f.Close())
}

// A counter refuses more than was announced.
type counter struct {
	w    io.Writer
	left int64
}

func (c *counter) Write(p []byte) (int, error) {
	if c.left -= int64(len(p)); c.left < 0 {
		return 0, errChanged
	}
	return c.w.Write(p)
}

// isEndpoint says what an address of a service must be: https, or http on this machine.
func isEndpoint(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Path != "" && u.Path != "/":
		return nil, errors.New("must be an address as https://s3.eu-central-1.amazonaws.com")
	case u.Scheme != "https" && !(u.Scheme == "http" && isOwnMachine(u.Hostname())):
		return nil, errors.New("must begin with https:// for what is not this machine")
	}
	return u, nil
}

// A storedCopy is where the copy of a file is.
type storedCopy struct {
	root *os.Root
	name string
}
