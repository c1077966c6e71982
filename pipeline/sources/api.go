package sources

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An API says how a web service that answers in JSON is asked: `path` is its address, everything else stands here.
//
// The values of headers and query, and the body, may name what changes from one request to the next: ${page}, ${offset}, ${size},
// ${token} and ${since}, ${trace}, which is a new UUID every time, and of the login ${access}, ${corp} and ${user}. In the body they
// are written as JSON has them inside a text, so "offset": ${offset} is a number and "token": "${token}" a text.
// A header or a parameter that comes out empty is not sent.
type API struct {
	Method    string            `yaml:"method"`     // GET (default) or POST
	Headers   map[string]string `yaml:"headers"`    // of every request
	Query     map[string]string `yaml:"query"`      // parameters of every request
	Body      string            `yaml:"body"`       // of a POST: JSON
	Records   string            `yaml:"records"`    // where the list is in an answer, as data.list; empty: the answer is the list
	Optional  []string          `yaml:"optional"`   // columns that all records may lack, for services that leave empty fields out
	Paging    Paging            `yaml:"paging"`     // default: one page
	Errors    Errors            `yaml:"errors"`     // of services that answer 200 to what they refuse
	Since     Since             `yaml:"since"`      // asks only for what is new; default: everything every night
	Login     Login             `yaml:"login"`      // default: none
	PerMinute int               `yaml:"per_minute"` // requests at most; 0: no limit
	Within    time.Duration     `yaml:"within"`     // for all pages, with every wait; default 30m
}

// Errors names what an answer says of itself. An answer without the code is taken for a good one.
type Errors struct {
	Code    string   `yaml:"code"`    // where the code is, as errorCode
	Good    []string `yaml:"good"`    // codes of a good answer; any other refuses the source
	Expired []string `yaml:"expired"` // codes by which it says that the login is no longer good
	Busy    []string `yaml:"busy"`    // codes by which it asks for patience: tried again
	Message string   `yaml:"message"` // where the reason is
}

// Since asks for the records that were modified after those that published nights before this one have read, with this
// configuration and program. After a change of either everything is read again.
type Since struct {
	Field   string        `yaml:"field"`   // of a record, that says when it was modified: ISO 8601 with its zone, or milliseconds since 1970
	Format  string        `yaml:"format"`  // of ${since}: rfc3339 (default) or millis
	First   string        `yaml:"first"`   // ${since} of the first night; default: empty, so that what consists of it alone is not sent
	Overlap time.Duration `yaml:"overlap"` // asked for again, for records modified while others were read; default 1h, not below `within`
}

const (
	apiTime     = 30 * time.Minute
	apiOverlap  = time.Hour
	apiMaxPages = 10_000
	maxAnswer   = 32 << 20 // bytes of an answer, unpacked
	maxPulled   = 4 << 30  // bytes of all records of a source
)

func (s Source) isAPI() bool { return s.Reader == "api" }

// spooled are the records of a web service as JSON lines, in a file that has no name any more: nothing is left of it when the
// process ends, however it ends.
type spooled struct {
	file *os.File
	size int64
}

func (p *pull) closeSpools() {
	if p.shelf.file != nil {
		p.shelf.file.Close()
	}
	for _, f := range p.spools {
		f.Close()
	}
}

func (s *spooled) rows(header []string) rows {
	return newJSON(io.NewSectionReader(s.file, 0, s.size), decoderOf("utf-8"), header)
}

// checkAPI returns the mistakes of an API, each with its key.
func (s Source) checkAPI(bad func(key, format string, args ...any)) {
	a := s.API
	if !s.isAPI() {
		if a != nil {
			bad("api", "is for reader: api")
		}
		return
	}
	if a == nil {
		bad("api", "must say how the service is asked")
		return
	}
	if len(s.Path) > 1 {
		bad("path", "must be one address, got %d", len(s.Path))
	}
	for _, p := range s.Path {
		u, err := url.Parse(p)
		if !isAddressPath(p) || err != nil {
			bad("path", "must be an https address, got %s", quoted(p))
		} else if shown, err := url.Parse(shownAddress(p)); err != nil || shown.Query().Encode() != u.Query().Encode() {
			bad("path", "must hold no secret: give it as api.login")
		} else if !s.mayCall(u) {
			bad("path", "must be an https address, or its host be in allow_hosts, got %s", quoted(shownAddress(p)))
		}
	}
	if s.Format != "" || s.Encoding != "" {
		bad("format", "and encoding are for files; a web service answers JSON in UTF-8")
	}
	if s.Dated {
		bad("dated", "is for files")
	}
	if !slices.Contains([]string{"", "GET", "POST"}, a.Method) {
		bad("api.method", "must be GET or POST, got %s", quoted(a.Method))
	}
	if a.Body != "" && a.Method != "POST" {
		bad("api.body", "needs method: POST")
	}
	if a.PerMinute < 0 || a.PerMinute > 6000 {
		bad("api.per_minute", "must be from 0 to 6000, got %d", a.PerMinute)
	}
	if a.Within < 0 || a.Within > 12*time.Hour {
		bad("api.within", "must be at most 12h, got %s", a.Within)
	}
	a.Paging.check(bad)
	if a.Since.Field == "" && (a.Since.Format != "" || a.Since.First != "" || a.Since.Overlap != 0) {
		bad("api.since.field", "must name the field that says when a record was modified")
	}
	if !slices.Contains([]string{"", "rfc3339", "millis"}, a.Since.Format) {
		bad("api.since.format", "must be rfc3339 or millis, got %s", quoted(a.Since.Format))
	}
	if o := a.overlap(); o < a.within() {
		bad("api.since.overlap", "must be %s (api.within) or more, for a record may be modified while others are read; got %s", a.within(), o)
	}
	if a.Errors.Code == "" && len(a.Errors.Good)+len(a.Errors.Expired)+len(a.Errors.Busy) > 0 {
		bad("api.errors.code", "must say where the code is")
	}
	a.Login.check(s, bad)
	known := append([]string{"page", "offset", "size", "token", "since", "trace"}, a.Login.gives()...)
	for _, k := range slices.Sorted(maps.Keys(a.Headers)) {
		if slices.Contains([]string{"authorization", "cookie", "x-api-key", "api-key", "x-auth-token"}, strings.ToLower(k)) && !strings.Contains(a.Headers[k], "${") {
			bad("api.headers."+k, "must hold no secret: give it as api.login and write ${access}")
		}
	}
	for _, k := range slices.Sorted(maps.Keys(a.Query)) {
		if slices.Contains([]string{"api_key", "apikey", "access_token", "token", "password", "secret"}, strings.ToLower(k)) && !strings.Contains(a.Query[k], "${") {
			bad("api.query."+k, "must hold no secret: give it as api.login and write ${access}")
		}
	}
	texts := map[string]string{"api.body": a.Body}
	for k, v := range a.Headers {
		texts["api.headers."+k] = v
	}
	for k, v := range a.Query {
		texts["api.query."+k] = v
	}
	used := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		_, err := fill(texts[key], func(name string) (string, bool) {
			used[name] = true
			return "0", slices.Contains(known, name)
		})
		if err != nil {
			bad(key, "%s; known here are %s", err, strings.Join(known, ", "))
		}
	}
	if a.Body != "" {
		b, err := fill(a.Body, func(string) (string, bool) { return "0", true })
		if err == nil && !isJSON([]byte(b)) {
			bad("api.body", "must be JSON once ${…} are filled in")
		}
	}
	if want := a.Paging.needs(); want != "" && !used[want] {
		bad("api.paging.kind", "%s needs ${%s} in query, headers or body", a.Paging.Kind, want)
	}
	if used["size"] && a.Paging.Size == 0 {
		bad("api.paging.size", "must be given, for ${size} is asked for")
	}
	if used["since"] != (a.Since.Field != "") {
		bad("api.since", "needs both: `field`, and ${since} in query, headers or body")
	}
	for _, g := range a.Login.gives() {
		if g == "access" && !used[g] {
			bad("api.login", "needs ${access} in headers, query or body")
		}
	}
}

// mayCall reports whether an address may be asked with secrets: over TLS, or in the company's own network.
func (s Source) mayCall(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && slices.ContainsFunc(s.AllowHosts, func(h string) bool { return strings.EqualFold(h, u.Hostname()) })
}

func (a *API) within() time.Duration {
	if a.Within == 0 {
		return apiTime
	}
	return a.Within
}

func (a *API) overlap() time.Duration {
	if a.Since.Overlap == 0 {
		return max(apiOverlap, a.within())
	}
	return a.Since.Overlap
}

// fill replaces every ${name} by its value.
func fill(text string, value func(name string) (string, bool)) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", errors.New("a ${ is not closed")
		}
		v, ok := value(name)
		if !ok {
			return "", fmt.Errorf("${%s} is not known", name)
		}
		out.WriteString(v)
		text = after
	}
}

// call asks a web service for its records, all pages of them or none.
func (j *job) call(ctx context.Context) error {
	s := j.source
	in := input{File: shownAddress(s.Path[0]), format: "api", Encoding: "utf-8"}
	before := j.validators[[2]string{s.Name, in.File}]
	ctx, cancel := context.WithTimeout(ctx, s.API.within())
	defer cancel()
	p, err := j.pullAPI(ctx, before.modified)
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("source %s: %s: %w", s.Name, in.File, err)
	}
	if err != nil {
		f := &fault{ErrData, s.Name, fmt.Errorf("%s: %w", in.File, err)}
		for _, kind := range []error{ErrUnreachable, ErrConfig} {
			if errors.Is(err, kind) {
				f.kind = kind
			}
		}
		if f.kind == ErrUnreachable && !s.needed() {
			j.note("%s: %s", in.File, err)
			return nil
		}
		return f
	}
	in.Size, in.SHA256, in.Header = p.written, hex.EncodeToString(p.sum.Sum(nil)), p.header
	in.seen.modified = before.modified
	if p.newest != "" {
		in.seen.modified = p.newest
	}
	for _, o := range s.API.Optional {
		if !slices.Contains(in.Header, o) {
			in.Header = append(in.Header, o)
		}
	}
	if err := checkHeader(in.Header); err != nil {
		return &fault{ErrData, s.Name, fmt.Errorf("%s: %w", in.File, err)}
	}
	in.spool = &spooled{p.file, p.written}
	in.empty = p.records == 0
	for _, k := range j.known[[2]string{s.Name, in.File}] {
		if k.sha256 == in.SHA256 && !in.empty {
			in.known, in.skip = k.rows, true
		}
	}
	j.inputs = append(j.inputs, in)
	return nil
}

// previewAPI says what is wrong before anything is asked: a secret that is not there.
func (s Source) previewAPI() error {
	if _, err := (&pull{}).session(s.API.Login, nil); err != nil {
		return &fault{ErrConfig, s.Name, err}
	}
	return nil
}

// A harvest is what the pages of a service have come to so far.
type harvest struct {
	file    *os.File
	w       *bufio.Writer
	sum     hash.Hash
	written int64
	records int
	header  []string
	seen    map[string]bool
	since   string // field of the watermark
	newest  string // latest instant in it, RFC 3339 in UTC
	latest  time.Time
	until   time.Time // by the service's clock; what was modified later is no watermark, for it would hide all that comes before it
	future  int       // records of that kind
}

// add keeps a record, with the members of its objects under names with dots.
func (h *harvest) add(record []byte) error {
	line, err := flat(record, func(name string, value []byte) {
		if !h.seen[name] {
			h.seen[name] = true
			h.header = append(h.header, name)
		}
		if name == h.since && h.since != "" {
			t, ok := instantOf(value)
			switch {
			case ok && !h.until.IsZero() && t.After(h.until):
				h.future++
			case ok && t.After(h.latest):
				h.latest, h.newest = t, t.UTC().Format(sinceLayout)
			}
		}
	})
	if err != nil {
		return err
	}
	if len(h.header) > maxColumns {
		return checkHeader(h.header)
	}
	h.records++
	h.written += int64(len(line)) + 1
	if h.written > maxPulled {
		return fmt.Errorf("the records are larger than %d bytes", int64(maxPulled))
	}
	h.w.Write(line) //nolint:errcheck // told by Flush
	return h.w.WriteByte('\n')
}

const sinceLayout = "2006-01-02T15:04:05.000Z07:00"

// instantOf reads when a record was modified: a text with its zone, or milliseconds since 1970.
func instantOf(value []byte) (time.Time, bool) {
	text := strings.Trim(string(value), `"`)
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMilli(ms), ms > 0
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// sinceText is ${since}: what has been read reaches up to `newest`.
func (a *API) sinceText(newest string) string {
	t, err := time.Parse(sinceLayout, newest)
	if err != nil {
		return a.Since.First
	}
	t = t.Add(-a.overlap())
	if a.Since.Format == "millis" {
		return strconv.FormatInt(t.UnixMilli(), 10)
	}
	return t.UTC().Format(time.RFC3339)
}

// pullAPI reads all pages into a file.
func (j *job) pullAPI(ctx context.Context, newest string) (*harvest, error) {
	a := j.source.API
	f, err := j.newSpool()
	if err != nil {
		return nil, err
	}
	j.spools = append(j.spools, f)
	h := &harvest{file: f, sum: sha256.New(), seen: map[string]bool{}, since: a.Since.Field}
	h.w = bufio.NewWriterSize(io.MultiWriter(f, h.sum), 256<<10)
	c, err := newCaller(j.pull, j.source, a.sinceText(newest))
	if err != nil {
		return nil, err
	}
	defer c.client.CloseIdleConnections()
	defer func() {
		if c.session.replaced {
			j.note("%s: has given another refresh token for the one of api.login, which may not be good for another night", shownAddress(j.source.API.Login.URL))
		}
	}()
	pages := pager{Paging: a.Paging}
	for next := pages.first(j.source.Path[0]); next != nil; {
		page := pages.read + 1
		got, err := c.ask(ctx, *next)
		if err == nil {
			next, err = pages.take(got, a, h)
		}
		if err != nil {
			return nil, fmt.Errorf("page %d: %w", page, err)
		}
	}
	if h.future > 0 {
		j.note("%s: %d records say that they were modified in the future; the next night does not ask from there", shownAddress(j.source.Path[0]), h.future)
	}
	if a.Since.Field != "" && h.records > h.future && h.newest == "" {
		return nil, fmt.Errorf("no record says when it was modified: api.since.field %s must be ISO 8601 with its zone, or milliseconds since 1970", quoted(a.Since.Field))
	}
	return h, h.w.Flush()
}
