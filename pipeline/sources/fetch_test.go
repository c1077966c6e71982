package sources

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func TestPublicAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"93.184.216.34": true, "2606:2800:220:1::1": true, "8.8.8.8": true,
		"127.0.0.1": false, "127.8.8.8": false, "0.0.0.0": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.100.100.200": false, "224.0.0.1": false, "255.255.255.255": false, "198.18.0.1": false,
		"::1": false, "::": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "fe80::1%eth0": false, "fc00::1": false,
		"64:ff9b::7f00:1": false, "2002:7f00:1::": false, "ff02::1": false, "::127.0.0.1": false,
	} {
		if got := isPublic(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s public: %t, want %t", address, got, want)
		}
	}
}

const rss = `<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title><item><title>%s</title><link>%s</link><pubDate>%s</pubDate></item></channel></rss>`

func TestFetch(t *testing.T) {
	mux := http.NewServeMux()
	tries := 0
	mux.HandleFunc("/ok", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/rss+xml; charset=gbk")
		s, _ := simplifiedchinese.GBK.NewEncoder().String(fmt.Sprintf(rss, "破产", "https://x.example/1", "2026年11月23日 08:00"))
		fmt.Fprint(w, s)
	})
	mux.HandleFunc("/later", func(w http.ResponseWriter, r *http.Request) {
		if tries++; tries < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintf(w, rss, "third time", "https://x.example/2", "")
	})
	mux.HandleFunc("/gone", http.NotFound)
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
	})
	mux.HandleFunc("/out", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
	})
	mux.HandleFunc("/bomb", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		zeros := make([]byte, 1<<20)
		for range 64 {
			z.Write(zeros)
		}
		z.Close()
	})
	mux.HandleFunc("/cut", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, "<rss>")
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	for _, c := range []struct {
		path, want string
		allowed    bool
	}{
		{"/ok", "", true},
		{"/later", "", true},
		{"/ok", "address is not public", false},
		{"/gone", "server answers 404 Not Found", true},
		{"/loop", "more than 5 redirects", true},
		{"/file", `redirect to scheme "file"`, true},
		{"/out", "169.254.169.254:80: address is not public", true},
		{"/bomb", "answer is larger than", true},
		{"/cut", "answer is not whole", true},
	} {
		t.Run(c.path, func(t *testing.T) {
			t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
			allow := []string{"127.0.0.1"}
			if !c.allowed {
				allow = nil
			}
			got, err := fetchPage(context.Background(), server.URL+c.path, allow, validators{})
			switch {
			case c.want == "" && (err != nil || len(got.content) == 0):
				t.Errorf("%d bytes, %v", len(got.content), err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
	got, err := fetchPage(context.Background(), server.URL+"/ok", []string{"127.0.0.1"}, validators{})
	if err != nil {
		t.Fatal(err)
	}
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	var in input
	in.read(got.content, got.charset, "x", feedNight(shanghai), true)
	sound, _ := in.entries()
	if len(sound) != 1 || sound[0].cell("title") != "破产" || in.Encoding != "gb18030" {
		t.Fatalf("%d entries in %s", len(sound), in.Encoding)
	}
	// The feed claims a date after the night: taken as the cut, and said.
	if got := sound[0].cell("published"); got != "2025-03-01T15:59:59.999Z" || !strings.Contains(strings.Join(in.page.notes, " "), "dated in the future") {
		t.Errorf("published %s, notes %q", got, in.page.notes)
	}
}

// A feed that is as it was is not sent again; what it said is in the ledger. A server that sends no validators is asked without any, and one that
// says "not modified" without being asked is at fault.
func TestUnchangedFeedIsNotSentAgain(t *testing.T) {
	mux := http.NewServeMux()
	edition, asked := 1, []string{}
	mux.HandleFunc("/feed", func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("If-None-Match")+"|"+r.Header.Get("If-Modified-Since"))
		tag := fmt.Sprintf(`"e%d"`, edition)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", tag)
		w.Header().Set("Last-Modified", "Sun, 01 Mar 2026 08:00:00 GMT")
		fmt.Fprintf(w, rss, fmt.Sprint("story ", edition), fmt.Sprint("https://x.example/", edition), "")
	})
	mux.HandleFunc("/wrong", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotModified) })
	server := httptest.NewServer(mux)
	defer server.Close()
	b := newBook(t)
	s := Source{Name: "news", Table: "articles", Reader: "feed", Path: Paths{server.URL + "/feed"}, AllowHosts: []string{"127.0.0.1"}}
	night := func(run uint64, day string) Counts {
		t.Helper()
		b.exec(fmt.Sprintf("INSERT INTO creditwatch.runs (run, as_of, state, config_hash, code) VALUES (%d, '%s', 'started', 'c', 'v')", run, day))
		return b.pulled(b.night(run, day), s)[0]
	}
	if c := night(1, "2026-03-01"); c.Accepted != 1 {
		t.Errorf("first night: %+v", c)
	}
	if c := night(2, "2026-03-02"); c.Read != 0 || c.Accepted != 0 || !strings.Contains(strings.Join(c.Notes, " "), "nothing new") {
		t.Errorf("unchanged: %+v", c)
	}
	edition = 2
	if c := night(3, "2026-03-03"); c.Accepted != 1 {
		t.Errorf("changed: %+v", c)
	}
	if c := night(4, "2026-03-04"); c.Read != 0 {
		t.Errorf("unchanged again, after a night that was: %+v", c)
	}
	const modified = "Sun, 01 Mar 2026 08:00:00 GMT"
	if want := []string{"|", `"e1"|` + modified, `"e1"|` + modified, `"e2"|` + modified}; !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
	b.want("SELECT title FROM creditwatch.articles ORDER BY title", "story 1", "story 2")
	b.want("SELECT as_of, etag, rows FROM creditwatch.inputs_rows ORDER BY as_of", `2026-03-01|"e1"|1`, `2026-03-02|"e1"|0`, `2026-03-03|"e2"|1`, `2026-03-04|"e2"|0`)
	// Another program or configuration reads the feed whole.
	b.exec("INSERT INTO creditwatch.runs (run, as_of, state, config_hash, code) VALUES (5, '2026-03-05', 'started', 'other', 'v')")
	if c := b.pulled(b.night(5, "2026-03-05"), s)[0]; c.Read != 1 || c.Duplicates != 1 {
		t.Errorf("another configuration: %+v", c)
	}
	if _, err := fetchPage(context.Background(), server.URL+"/wrong", []string{"127.0.0.1"}, validators{}); err == nil || !strings.Contains(err.Error(), "304") {
		t.Errorf("unasked 304: %v", err)
	}
	var v validators
	v.of(http.Header{"Etag": {strings.Repeat("x", 600)}, "Last-Modified": {"a\r\nX-Evil: 1"}})
	if v != (validators{}) {
		t.Errorf("hostile validators are kept: %q", v)
	}
}

// A name that resolves to a private address is refused when the connection is made, whatever it resolved to before: the guard sees the
// address that is dialled, so a second answer of the name server changes nothing.
func TestNamesOfPrivateAddressesAreRefused(t *testing.T) {
	for _, address := range []string{"http://localhost:80/feed", "http://localhost/feed", "http://[::1]/feed", "http://0x7f000001/feed", "http://2130706433/feed"} {
		if _, err := fetchPage(context.Background(), address, nil, validators{}); err == nil {
			t.Errorf("%s: fetched", address)
		}
	}
	for at, want := range map[string]bool{"127.0.0.1:443": false, "[::1]:443": false, "8.8.8.8:22": false, "8.8.8.8:443": true, "8.8.8.8:80": true, "localhost:80": false} {
		if err := guard("tcp", at, nil); (err == nil) != want {
			t.Errorf("guard(%s) = %v", at, err)
		}
	}
}

func TestFeedDates(t *testing.T) {
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"2016-10-26 16:53:42":             "2016-10-26T08:53:42.000Z",
		"2026年11月23日":                     "2026-11-22T16:00:00.000Z",
		"2026年11月23日 08:30":               "2026-11-23T00:30:00.000Z",
		"2026/3/4 5:06":                   "2026-03-03T21:06:00.000Z",
		"Seg, 24 Set 2018 19:42:40 -0300": "2018-09-24T22:42:40.000Z",
		"Wed, 26 Oct 2016 16:53:42 +0800": "2016-10-26T08:53:42.000Z",
		"Fri, 24 Jan 2025 17:08:44 EST":   "2025-01-24T22:08:44.000Z",
		"Fri, 24 Jan 2025 17:08:44 CST":   "2025-01-24T09:08:44.000Z", // in Shanghai
		"2025-01-24T17:08:44Z":            "2025-01-24T17:08:44.000Z",
		"2025-01-24T17:08:44.123+01:00":   "2025-01-24T16:08:44.000Z",
		"24. März 2025 08:00":             "2025-03-24T00:00:00.000Z",
		"lundi 3 février 2025":            "2025-02-02T16:00:00.000Z",
		"January 2, 2025":                 "2025-01-01T16:00:00.000Z",
		"Mon Jan 2 15:04:05 2023":         "2023-01-02T07:04:05.000Z",
		"1518478934":                      "2018-02-12T23:42:14.000Z",
		"Thu, 01 Jan 1970 08:00:00 +0800": "",
		"2026-02-30":                      "",
		"0000-00-00":                      "",
		"soon":                            "",
		"":                                "",
	} {
		if got := timeOrEmpty(readTime(in, shanghai)); got != want {
			t.Errorf("%q = %s, want %s", in, got, want)
		}
	}
}

func TestFeedsInOtherEncodings(t *testing.T) {
	plain, err := os.ReadFile(filepath.Join(shared(t, "news-feeds"), "36kr-zh.rss"))
	if err != nil {
		t.Fatal(err)
	}
	gbk, err := simplifiedchinese.GB18030.NewEncoder().Bytes(plain)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, declared, want string }{
		{"declared as GBK", `encoding="gb2312"`, "gb18030"},
		{"declared as UTF-8, wrongly", `encoding="UTF-8"`, "gb18030"},
		{"declared as nothing", ``, "gb18030"},
		{"declared as nonsense", `encoding="bogus"`, "gb18030"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := strings.Replace(string(gbk), `encoding="UTF-8"`, c.declared, 1)
			var in input
			in.read([]byte(body), "", "x", feedNight(time.UTC), false)
			sound, broken := in.entries()
			if in.Encoding != c.want || len(sound) != 100 || len(broken) != 0 {
				t.Fatalf("%d entries, %d broken, read as %s", len(sound), len(broken), in.Encoding)
			}
			if got := sound[0].cell("title"); !strings.HasPrefix(got, "被美团收购") {
				t.Errorf("title %q", got)
			}
		})
	}
	latin, err := charmap.Windows1252.NewEncoder().String(fmt.Sprintf(rss, "Café – liquidação", "javascript:alert(1)", ""))
	if err != nil {
		t.Fatal(err)
	}
	var in input
	in.read([]byte(latin), "", "x", feedNight(time.UTC), false)
	if sound, _ := in.entries(); len(sound) != 1 || sound[0].cell("title") != "Café – liquidação" || sound[0].cell("url") != "" {
		t.Errorf("entries %v", sound)
	}
}

func TestBrokenFeeds(t *testing.T) {
	item := func(title string) string {
		return "<item><title>" + title + "</title><link>https://x.example/" + title + "</link></item>"
	}
	head := `<rss version="2.0"><channel><title>Wire</title>`
	for _, c := range []struct {
		name, in      string
		sound, broken int
		first         string
	}{
		{"control bytes and bare ampersands", head + item("A & B\x01\x02 &nbsp;C &eacute;") + "</channel></rss>", 1, 0, "A & B C é"},
		{"cut within an item", head + item("one") + "<item><title>tw", 1, 1, "one"},
		{"tags that do not match", head + item("one") + "<item><title>two</b></item>" + item("three") + "</channel></rss>", 3, 0, "one"},
		{"text before it", "Warning: mysql\n" + head + item("one") + "</channel></rss>", 1, 0, "one"},
		{"markup and script in a title", head + item("&lt;b&gt;bold&lt;/b&gt;&lt;script&gt;alert(1)&lt;/script&gt;") + "</channel></rss>", 1, 0, "bold"},
		{"a million nested tags", strings.Repeat("<a>", 1_000_000), 0, 1, ""},
		{"entities are not expanded", `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>` + head + item("&a;&b;") + "</channel></rss>", 1, 0, "&a;&b;"},
		{"JSON feed", `{"version":"https://jsonfeed.org/version/1.1","title":"J","items":[{"id":"1","title":"one","url":"https://x.example/1","date_published":"2025-01-01T00:00:00Z"}]}`, 1, 0, "one"},
		{"nothing", "", 0, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var in input
			in.read([]byte(c.in), "", "x", feedNight(time.UTC), false)
			sound, broken := in.entries()
			if len(sound) != c.sound || len(broken) != c.broken {
				t.Fatalf("%d entries and %d broken, want %d and %d; %q", len(sound), len(broken), c.sound, c.broken, in.page.notes)
			}
			if len(sound) > 0 && sound[0].cell("title") != c.first {
				t.Errorf("title %q, want %q", sound[0].cell("title"), c.first)
			}
		})
	}
}

func TestUnreachableFeedIsTheSourcesError(t *testing.T) {
	b := newBook(t)
	s := Source{Name: "news", Table: "articles", Reader: "feed", Path: Paths{"http://127.0.0.1:1/feed?token=canary"}, AllowHosts: []string{"127.0.0.1"}}
	_, err := Pull(context.Background(), b.db, []Source{s}, b.night(1, "2026-03-01"))
	if !errors.Is(err, ErrUnreachable) || strings.Contains(err.Error(), "canary") {
		t.Errorf("error %v, want ErrUnreachable without the token", err)
	}
	no := false
	s.Required = &no
	c, err := Pull(context.Background(), b.db, []Source{s}, b.night(1, "2026-03-01"))
	if err != nil || c[0].Read != 0 || len(c[0].Notes) == 0 {
		t.Errorf("%+v, %v: a feed that is not required is left out, and said", c, err)
	}
}

// However slowly a server answers, the client gives up: the time is for the whole answer, header and body.
func TestSlowFeeds(t *testing.T) {
	drip := func(w http.ResponseWriter, r *http.Request, bytes string) {
		conn, buffer, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		buffer.WriteString("HTTP/1.1 200 OK\r\n")
		for range 400 {
			buffer.WriteString(bytes)
			if buffer.Flush() != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/header", func(w http.ResponseWriter, r *http.Request) { drip(w, r, "X-More: 1\r\n") })
	mux.HandleFunc("/large-header", func(w http.ResponseWriter, r *http.Request) {
		drip(w, r, "X-More: "+strings.Repeat("x", 64<<10)+"\r\n")
	})
	mux.HandleFunc("/body", func(w http.ResponseWriter, r *http.Request) { drip(w, r, "\r\n<rss>") })
	mux.HandleFunc("/nothing", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	server := httptest.NewServer(mux)
	defer server.Close()
	client := feedClient([]string{"127.0.0.1"})
	if client.Timeout != tryTime || tryTime <= 0 || fetchTime <= 0 {
		t.Fatalf("a try may take %s, all of them %s", client.Timeout, fetchTime)
	}
	client.Timeout = 150 * time.Millisecond
	for path, want := range map[string]string{"/header": "deadline", "/large-header": "exceeded", "/body": "deadline", "/nothing": "deadline"} {
		for name, get := range map[string]func() error{
			"client": func() error {
				response, err := client.Get(server.URL + path)
				if err == nil {
					_, err = io.ReadAll(response.Body)
					response.Body.Close()
				}
				return err
			},
			"all tries": func() error {
				ctx, stop := context.WithTimeout(t.Context(), 150*time.Millisecond)
				defer stop()
				_, err := fetchPage(ctx, server.URL+path, []string{"127.0.0.1"}, validators{})
				return err
			},
		} {
			began := time.Now()
			err := get()
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("%s, %s: took %s", path, name, took)
			}
			if err == nil || !strings.Contains(err.Error(), want) && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s, %s: error %v, want %s", path, name, err, want)
			}
		}
	}
}

// What a server says instead of a feed: tried again where that may help, and the source's error where it does not.
func TestFeedAnswers(t *testing.T) {
	tries := map[string]int{}
	mux := http.NewServeMux()
	says := func(path string, statuses ...int) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			status := statuses[min(tries[path], len(statuses)-1)]
			tries[path]++
			if status == http.StatusTooManyRequests {
				w.Header().Set("Retry-After", "0")
			}
			w.WriteHeader(status)
			fmt.Fprintf(w, rss, "story", "https://x.example/1", "")
		})
	}
	says("/busy", 429, 200)
	says("/always-busy", 429)
	says("/fails", 500)
	says("/forbidden", 403)
	says("/empty", 204)
	server := httptest.NewServer(mux)
	defer server.Close()
	secure := httptest.NewTLSServer(mux)
	defer secure.Close()
	for _, c := range []struct {
		address, want string
		path          string
		tries         int
	}{
		{server.URL + "/busy", "", "/busy", 2},
		{server.URL + "/always-busy", "server answers 429 Too Many Requests", "/always-busy", maxFetchTries},
		{server.URL + "/fails", "server answers 500 Internal Server Error", "/fails", maxFetchTries},
		{server.URL + "/forbidden", "server answers 403 Forbidden", "/forbidden", 1},
		{server.URL + "/empty", "server answers 204 No Content", "/empty", 1},
		{secure.URL + "/busy", "certificate", "/busy", 2},
		{"http://nobody.invalid/feed", "nobody.invalid", "", 0},
	} {
		_, err := fetchPage(t.Context(), c.address, []string{"127.0.0.1", "nobody.invalid"}, validators{})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.address, err, c.want)
		}
		if tries[c.path] != c.tries {
			t.Errorf("%s: asked %d times, want %d", c.address, tries[c.path], c.tries)
		}
	}
}

// A page of HTML that a server sends instead of a feed is no quiet day: it is kept as a reject, and its validators do not keep the feed away.
func TestPageInsteadOfAFeed(t *testing.T) {
	page := "<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>Please sign in</p></body></html>"
	down := true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `"one"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"one"`)
		if down {
			fmt.Fprint(w, page)
			return
		}
		fmt.Fprintf(w, rss, "story", "https://x.example/1", "")
	}))
	defer server.Close()
	b := newBook(t)
	s := Source{Name: "news", Table: "articles", Reader: "feed", Path: Paths{server.URL + "/feed"}, AllowHosts: []string{"127.0.0.1"}}
	night := func(run uint64, day string) Counts {
		b.exec(fmt.Sprintf("INSERT INTO creditwatch.runs (run, as_of, state, config_hash, code) VALUES (%d, '%s', 'started', 'c', 'v')", run, day))
		return b.pulled(b.night(run, day), s)[0]
	}
	wantCounts(t, night(1, "2026-03-01"), 1, 0, 1, 0, 0)
	b.want("SELECT line, startsWith(reason, 'no entry can be read'), position(raw, 'Please sign in') > 0 FROM creditwatch.rejects", "1|1|1")
	down = false
	wantCounts(t, night(2, "2026-03-02"), 1, 1, 0, 0, 0)
}
