package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	fetchTime     = 60 * time.Second // for a feed, with all tries and redirects
	tryTime       = 20 * time.Second
	maxRedirects  = 5
	maxFetchTries = 3
)

// errPrivate refuses an address that is not of the public internet: a feed, or a redirect of it, must not reach into
// the company's own network unless allow_hosts lists the host.
var errPrivate = errors.New("address is not public and its host is not in allow_hosts")

// notPublic are ranges that the net package does not name.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("::/96"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/32"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

func isPublic(ip netip.Addr) bool {
	ip = ip.WithZone("").Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false
	}
	return !slices.ContainsFunc(notPublic, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// guard judges an address after its name was resolved, when the connection is made.
func guard(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(at.Addr()) {
		return fmt.Errorf("%s: %w", address, errPrivate)
	}
	if at.Port() != 80 && at.Port() != 443 {
		return fmt.Errorf("%s: port must be 80 or 443, or the host in allow_hosts", address)
	}
	return nil
}

// feedClient is a client of its own: no proxy of the environment, which would go around the guard.
func feedClient(allowHosts []string) *http.Client {
	guarded := &net.Dialer{Timeout: 10 * time.Second, Control: guard}
	free := &net.Dialer{Timeout: 10 * time.Second}
	return &http.Client{
		Timeout: tryTime,
		Transport: &http.Transport{
			Proxy: nil,
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				host, _, err := net.SplitHostPort(address)
				if err != nil {
					return nil, err
				}
				if slices.ContainsFunc(allowHosts, func(h string) bool { return strings.EqualFold(h, host) }) {
					return free.DialContext(ctx, network, address)
				}
				return guarded.DialContext(ctx, network, address)
			},
			TLSHandshakeTimeout:    10 * time.Second,
			ResponseHeaderTimeout:  15 * time.Second,
			MaxResponseHeaderBytes: 1 << 20,
			DisableKeepAlives:      true,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("more than %d redirects", maxRedirects)
			}
			if r.URL.Scheme != "http" && r.URL.Scheme != "https" {
				return fmt.Errorf("redirect to scheme %s", quoted(r.URL.Scheme))
			}
			return nil
		},
	}
}

// validators are what a server said of an answer, so that it may say later that there is no other.
type validators struct {
	etag     string
	modified string // Last-Modified, as sent
}

const longestValidator = 500

// of reads the validators of an answer; what is too long, or would not be a header, is none.
func (v *validators) of(h http.Header) {
	for _, one := range []struct {
		name string
		into *string
	}{{"ETag", &v.etag}, {"Last-Modified", &v.modified}} {
		if s := strings.TrimSpace(h.Get(one.name)); len(s) <= longestValidator && strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0 {
			*one.into = s
		}
	}
}

// An answer is what a server had to say about a feed.
type answer struct {
	content   []byte
	charset   string
	seen      validators
	unchanged bool // since before: there is no content
}

// fetchPage gets a feed, unless it is as it was before. What may pass (no answer, 429, 5xx) is tried again within fetchTime.
func fetchPage(ctx context.Context, address string, allowHosts []string, before validators) (got answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	client := feedClient(allowHosts)
	defer client.CloseIdleConnections()
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval = 200 * time.Millisecond
	got.content, err = backoff.Retry(ctx, func() ([]byte, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return nil, backoff.Permanent(withoutAddress(err))
		}
		request.Header.Set("User-Agent", "creditwatch")
		request.Header.Set("Accept", "application/rss+xml, application/atom+xml, application/rdf+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5")
		if before.etag != "" {
			request.Header.Set("If-None-Match", before.etag)
		}
		if before.modified != "" {
			request.Header.Set("If-Modified-Since", before.modified)
		}
		response, err := client.Do(request)
		if err != nil {
			err = withoutAddress(err)
			if errors.Is(err, errPrivate) || strings.Contains(err.Error(), "redirect") {
				return nil, backoff.Permanent(err)
			}
			return nil, err
		}
		defer response.Body.Close()
		if response.StatusCode == http.StatusNotModified && before != (validators{}) {
			got.unchanged, got.seen = true, before
			got.seen.of(response.Header)
			if got.seen.etag == "" {
				got.seen.etag = before.etag
			}
			if got.seen.modified == "" {
				got.seen.modified = before.modified
			}
			return nil, nil
		}
		if response.StatusCode != http.StatusOK {
			err := fmt.Errorf("server answers %d %s", response.StatusCode, http.StatusText(response.StatusCode))
			if response.StatusCode == http.StatusTooManyRequests || response.StatusCode >= 500 {
				if s, convErr := strconv.Atoi(response.Header.Get("Retry-After")); convErr == nil && s >= 0 && s < 30 {
					return nil, errors.Join(err, backoff.RetryAfter(s))
				}
				return nil, err
			}
			return nil, backoff.Permanent(err)
		}
		if _, params, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err == nil {
			got.charset = params["charset"]
		}
		body, err := io.ReadAll(io.LimitReader(response.Body, maxPage+1))
		if err != nil {
			return nil, fmt.Errorf("answer is not whole: %w", err)
		}
		if len(body) > maxPage {
			return nil, backoff.Permanent(fmt.Errorf("answer is larger than %d bytes", maxPage))
		}
		got.seen.of(response.Header)
		return body, nil
	}, backoff.WithBackOff(wait), backoff.WithMaxTries(maxFetchTries))
	return got, err
}

// withoutAddress takes the address out of an error: it may carry a secret.
func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// shownAddress is an address as it is recorded: what looks like a secret in its query is hidden.
func shownAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	q := u.Query()
	hidden := false
	for k := range q {
		lower := strings.ToLower(k)
		for _, secret := range []string{"token", "key", "secret", "pass", "auth", "sig"} {
			if strings.Contains(lower, secret) {
				q.Set(k, "hidden")
				hidden = true
			}
		}
	}
	if hidden {
		u.RawQuery = q.Encode()
	}
	return u.String()
}
