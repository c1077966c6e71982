package sources

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/google/uuid"
)

const (
	maxAPITries   = 6               // of one page
	longestWait   = 5 * time.Minute // that a service may ask for in Retry-After
	apiTryTime    = time.Minute     // for one answer
	apiHeaderTime = 45 * time.Second
)

// kinded gives an error its kind without showing it.
type kinded struct{ kind, err error }

func (k *kinded) Error() string   { return k.err.Error() }
func (k *kinded) Unwrap() []error { return []error{k.kind, k.err} }

// A reply is a good answer of a service.
type reply struct {
	body []byte
	link string    // address of the next page, of the header Link
	none bool      // there are no records, or none that is new
	now  time.Time // by the service's clock; zero if it does not say
}

// A caller asks one service.
type caller struct {
	source  Source
	client  *http.Client
	session *session
	since   string
	asked   bool
}

func newCaller(p *pull, s Source, since string) (*caller, error) {
	c := &caller{source: s, since: since, client: feedClient(s.AllowHosts)}
	c.client.Timeout = apiTryTime
	c.client.Transport.(*http.Transport).ResponseHeaderTimeout = apiHeaderTime
	c.client.Transport.(*http.Transport).DisableKeepAlives = false
	// A redirect would take the secrets of header and body along: it is an answer like any other.
	c.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	var err error
	c.session, err = p.session(s.API.Login, c.client)
	return c, err
}

// ask gets one page. What may pass is tried again for as long as there is time; what it says of an error shows no secret.
func (c *caller) ask(ctx context.Context, t turn) (reply, error) {
	if err := c.pause(ctx); err != nil {
		return reply{}, err
	}
	wait := backoff.NewExponentialBackOff() // with jitter
	wait.InitialInterval = 300 * time.Millisecond
	var last error // before time was up
	got, err := backoff.Retry(ctx, func() (reply, error) {
		for again := false; ; again = true {
			got, err := c.try(ctx, t)
			var over errExpired
			if !errors.As(err, &over) {
				if err != nil && ctx.Err() == nil {
					last = err
				}
				return got, err
			}
			if again || !c.session.renewable() {
				return reply{}, backoff.Permanent(&kinded{ErrUnreachable, errLogin(over)})
			}
			c.session.forget()
		}
	}, backoff.WithBackOff(wait), backoff.WithMaxTries(maxAPITries), backoff.WithMaxElapsedTime(0))
	if err == nil {
		return got, nil
	}
	kind := ErrUnreachable
	for _, k := range []error{ErrData, ErrConfig, context.Canceled} {
		if errors.Is(err, k) {
			kind = k
		}
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("no whole answer within %s (api.within)", c.source.API.within())
		if last != nil {
			err = fmt.Errorf("%w; before: %w", err, last)
		}
	}
	return reply{}, &kinded{kind, errors.New(c.session.clean(err.Error()))}
}

// pause keeps requests below per_minute.
func (c *caller) pause(ctx context.Context) error {
	if !c.asked || c.source.API.PerMinute == 0 {
		c.asked = true
		return nil
	}
	timer := time.NewTimer(time.Minute / time.Duration(c.source.API.PerMinute))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return &kinded{ErrUnreachable, ctx.Err()}
	}
}

// errExpired is an answer that says that the login is not, or no longer, good.
type errExpired struct{ why string }

func (e errExpired) Error() string { return e.why }

// try sends one request. An error that is not permanent may pass.
func (c *caller) try(ctx context.Context, t turn) (reply, error) {
	permanent := func(kind error, format string, args ...any) (reply, error) {
		return reply{}, backoff.Permanent(&kinded{kind, fmt.Errorf(format, args...)})
	}
	if err := c.session.open(ctx); err != nil {
		var refused errLogin
		if errors.As(err, &refused) || hopeless(err) {
			return permanent(ErrUnreachable, "%w", err)
		}
		return reply{}, err
	}
	request, err := c.request(ctx, t)
	if err != nil {
		return permanent(ErrConfig, "%w", err)
	}
	response, err := c.client.Do(request)
	if err != nil {
		if err = withoutAddress(err); hopeless(err) {
			return permanent(ErrUnreachable, "%w", err)
		}
		return reply{}, err
	}
	defer response.Body.Close()
	a := c.source.API
	switch status := response.StatusCode; {
	case status == http.StatusNoContent, status == http.StatusNotModified && a.Since.Field != "":
		return reply{none: true}, nil
	case status == http.StatusUnauthorized:
		return reply{}, errExpired{"server answers 401 Unauthorized" + c.reason(response.Body)}
	case passes(status):
		err := fmt.Errorf("server answers %d %s", status, http.StatusText(status))
		seconds, asked := retryAfter(response.Header)
		if asked && time.Duration(seconds)*time.Second > longestWait {
			return permanent(ErrUnreachable, "%w, and asks for %d s of patience", err, seconds)
		}
		if asked {
			return reply{}, &kinded{backoff.RetryAfter(seconds), err}
		}
		return reply{}, err
	case status >= 300 && status < 400:
		return permanent(ErrUnreachable, "server answers %d %s: redirects are not followed, give the address that they lead to", status, http.StatusText(status))
	case status != http.StatusOK:
		return permanent(ErrUnreachable, "server answers %d %s%s", status, http.StatusText(status), c.reason(response.Body))
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return reply{}, fmt.Errorf("answer is not whole: %w", withoutAddress(err))
	}
	if len(body) > maxAnswer {
		return permanent(ErrData, "the answer is larger than %d bytes: ask for smaller pages", maxAnswer)
	}
	body = bytes.TrimPrefix(body, utf8BOM)
	if err := checkAnswer(body); err != nil {
		return permanent(ErrData, "%w", err)
	}
	if e := a.Errors; e.Code != "" {
		if v, found := dig(body, e.Code); found && string(v) != "null" {
			code := scalar(v)
			if code == "" {
				code = string(v)
			}
			switch {
			case slices.Contains(e.Good, code):
			case slices.Contains(e.Expired, code):
				return reply{}, errExpired{"the answer says " + e.Code + " " + quoted(code)}
			default:
				message := ""
				if v, ok := dig(body, e.Message); ok {
					message = ", " + quoted(scalar(v))
				}
				if slices.Contains(e.Busy, code) {
					return reply{}, fmt.Errorf("the answer says %s %s%s", e.Code, quoted(code), message)
				}
				return permanent(ErrData, "the answer says %s %s%s", e.Code, quoted(code), message)
			}
		}
	}
	now, _ := http.ParseTime(response.Header.Get("Date"))
	return reply{body: body, link: nextLink(response.Header.Values("Link")), now: now}, nil
}

// reason is what an answer that is no good one says of itself, if it is short JSON of the form that `errors` names.
func (c *caller) reason(body io.Reader) string {
	e := c.source.API.Errors
	b, err := io.ReadAll(io.LimitReader(body, 64<<10))
	if err != nil || checkAnswer(b) != nil {
		return ""
	}
	var parts []string
	for _, path := range []string{e.Code, e.Message} {
		if path == "" {
			continue
		}
		if v, ok := dig(b, path); ok && scalar(v) != "" {
			parts = append(parts, quoted(scalar(v)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

// request writes the request for a page.
func (c *caller) request(ctx context.Context, t turn) (*http.Request, error) {
	a := c.source.API
	value := func(name string) (string, bool) {
		switch name {
		case "since":
			return c.since, true
		case "trace":
			return uuid.NewString(), true
		case "user":
			return c.session.secret["user"], true
		}
		if v, ok := t.says(name, a.Paging.Size); ok {
			return v, true
		}
		v, ok := c.session.gave[name]
		return v, ok
	}
	u, err := url.Parse(t.address)
	if err != nil {
		return nil, withoutAddress(err)
	}
	q := u.Query()
	for _, k := range slices.Sorted(maps.Keys(a.Query)) {
		v, err := fill(a.Query[k], value)
		if err != nil {
			return nil, fmt.Errorf("api.query.%s: %w", k, err)
		}
		if v != "" && !(t.linked && q.Has(k)) {
			q.Set(k, v)
		}
	}
	u.RawQuery = q.Encode()
	body, err := fill(a.Body, func(name string) (string, bool) { v, ok := value(name); return insideText(v), ok })
	if err != nil {
		return nil, fmt.Errorf("api.body: %w", err)
	}
	method := a.Method
	if method == "" {
		method = http.MethodGet
	}
	request, err := http.NewRequestWithContext(ctx, method, u.String(), strings.NewReader(body))
	if err != nil {
		return nil, withoutAddress(err)
	}
	request.Header.Set("User-Agent", "creditwatch")
	request.Header.Set("Accept", "application/json")
	if a.Body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for k, text := range a.Headers {
		v, err := fill(text, value)
		if err != nil {
			return nil, fmt.Errorf("api.headers.%s: %w", k, err)
		}
		if v != "" {
			request.Header.Set(k, v)
		}
	}
	return request, nil
}

// passes reports whether a status may be another one a little later.
func passes(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500
}

// hopeless reports whether an error stays, however often the request is sent.
func hopeless(err error) bool {
	var certificate *tls.CertificateVerificationError
	return errors.Is(err, errPrivate) || errors.As(err, &certificate) || strings.Contains(err.Error(), "port must be")
}

// isTransport reports whether an error is of the connection and not of what was said over it.
func isTransport(err error) bool {
	var u *url.Error
	var n net.Error
	return errors.As(err, &u) || errors.As(err, &n) || errors.Is(err, io.ErrUnexpectedEOF)
}

// retryAfter is how many seconds a server asks to be left alone: a number, or a time, which is held against the server's own clock.
func retryAfter(h http.Header) (int, bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.Atoi(text); err == nil && s >= 0 {
		return s, true
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil || until.Before(now) {
		return 0, false
	}
	return int(until.Sub(now) / time.Second), true
}
