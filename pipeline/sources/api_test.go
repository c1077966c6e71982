package sources

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// service is a source that asks a server of the test.
func service(server *httptest.Server, path string, a API) Source {
	return Source{Name: "crm", Table: "transactions", Reader: "api", Path: Paths{server.URL + path}, AllowHosts: []string{"127.0.0.1"}, Key: []string{"transaction_id"}, API: &a}
}

// asked pulls the records of a source, without an engine.
func asked(t *testing.T, s Source, newest string) (lines []string, h *harvest, err error) {
	t.Helper()
	if errs := s.Check(); len(errs) > 0 {
		t.Fatal(errors.Join(errs...))
	}
	p := &pull{}
	defer p.closeSpools()
	ctx, cancel := context.WithTimeout(context.Background(), s.API.within())
	defer cancel()
	j := &job{pull: p, source: s}
	if h, err = j.pullAPI(ctx, newest); err != nil {
		return nil, nil, err
	}
	text, err := io.ReadAll(io.NewSectionReader(h.file, 0, h.written))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"), h, nil
}

// numbers answers records 0 to n-1, of which a page begins at from.
func numbers(from, to, n int) string {
	var list []string
	for i := max(from, 0); i < min(to, n); i++ {
		list = append(list, `{"n":`+strconv.Itoa(i)+`}`)
	}
	return "[" + strings.Join(list, ",") + "]"
}

func TestPaging(t *testing.T) {
	mux := http.NewServeMux()
	number := func(r *http.Request, name string) int { n, _ := strconv.Atoi(r.FormValue(name)); return n }
	const all = 7
	mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		p := number(r, "page")
		fmt.Fprintf(w, `{"list":%s}`, numbers((p-1)*3, p*3, all))
	})
	mux.HandleFunc("/more", func(w http.ResponseWriter, r *http.Request) { // a short page in the middle, as filters make them
		p := number(r, "page")
		fmt.Fprintf(w, `{"list":%s,"info":{"more_records":%t}}`, []string{"", numbers(0, 3, all), numbers(3, 4, all), numbers(4, 7, all)}[p], p < 3)
	})
	mux.HandleFunc("/offset", func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Offset, Limit int }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || r.Method != http.MethodPost {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		limit := min(body.Limit, 2) // fewer than asked for
		fmt.Fprintf(w, `{"list":%s}`, numbers(body.Offset, body.Offset+limit, all))
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		from, next := 0, ""
		if t := r.FormValue("token"); t != "" {
			from, _ = strconv.Atoi(strings.TrimPrefix(t, "after+/="))
		}
		if from+3 < all {
			next = "after+/=" + strconv.Itoa(from+3)
		}
		fmt.Fprintf(w, `{"list":%s,"next":%q}`, numbers(from, from+3, all), next)
	})
	mux.HandleFunc("/after", func(w http.ResponseWriter, r *http.Request) {
		from := 0
		if r.FormValue("after") != "" {
			from = number(r, "after") + 1
		}
		fmt.Fprint(w, numbers(from, from+3, all))
	})
	mux.HandleFunc("/link", func(w http.ResponseWriter, r *http.Request) {
		from := number(r, "from")
		if from+3 < all {
			w.Header().Set("Link", fmt.Sprintf(`</link>; rel="first", </link?from=%d&size=3&fields=a,b>; rel="next"`, from+3))
		}
		fmt.Fprint(w, numbers(from, from+3, all))
	})
	mux.HandleFunc("/linked", func(w http.ResponseWriter, r *http.Request) {
		from, next := number(r, "from"), "null"
		if from+3 < all {
			next = fmt.Sprintf(`"http://%s/linked?from=%d"`, r.Host, from+3)
		}
		fmt.Fprintf(w, `{"list":%s,"next":%s}`, numbers(from, from+3, all), next)
	})
	mux.HandleFunc("/elsewhere", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"list":[{"n":0}],"next":"http://169.254.169.254/latest"}`)
	})
	mux.HandleFunc("/deaf", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, `{"list":%s}`, numbers(0, 3, all)) })
	mux.HandleFunc("/torn", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"list":[{"n":0}],"info":{"more_records":true}}`)
	})
	mux.HandleFunc("/shallow", func(w http.ResponseWriter, r *http.Request) { // says nothing of what lies beyond the fourth
		from := number(r, "offset")
		fmt.Fprintf(w, `{"total":"7","list":%s}`, numbers(from, from+2, 4))
	})
	mux.HandleFunc("/204", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	server := httptest.NewServer(mux)
	defer server.Close()
	byPage := map[string]string{"page": "${page}"}
	post := API{Method: "POST", Body: `{"offset": ${offset}, "limit": ${size}}`, Records: "list", Paging: Paging{Kind: "offset", Size: 5}}
	two := 2
	for _, c := range []struct {
		name, path string
		api        API
		from, to   int
		err        string
	}{
		{"numbered until a page is short", "/page", API{Records: "list", Query: byPage, Paging: Paging{Kind: "page"}}, 0, all, ""},
		{"numbered from another first page", "/page", API{Records: "list", Query: byPage, Paging: Paging{Kind: "page", First: &two}}, 3, all, ""},
		{"until there are no more, over a short page", "/more", API{Records: "list", Query: byPage, Paging: Paging{Kind: "page", More: "info.more_records"}}, 0, all, ""},
		{"offset in a body, of a service that gives less than asked", "/offset", post, 0, all, ""},
		{"token", "/token", API{Records: "list", Query: map[string]string{"token": "${token}"}, Paging: Paging{Kind: "token", Next: "next"}}, 0, all, ""},
		{"after the last record", "/after", API{Query: map[string]string{"after": "${token}"}, Paging: Paging{Kind: "after", Next: "n"}}, 0, all, ""},
		{"after a record without a name", "/after", API{Query: map[string]string{"after": "${token}"}, Paging: Paging{Kind: "after", Next: "id"}}, 0, 0, `page 1: the last record has no new value at "id"`},
		{"header Link", "/link", API{Query: map[string]string{"size": "${size}"}, Paging: Paging{Kind: "link", Size: 3}}, 0, all, ""},
		{"address in the answer", "/linked", API{Records: "list", Paging: Paging{Kind: "link", Next: "next"}}, 0, all, ""},
		{"one page", "/page?page=1", API{Records: "list"}, 0, 3, ""},
		{"no content", "/204", API{Records: "list"}, 0, 0, ""},
		{"address of another host", "/elsewhere", API{Records: "list", Paging: Paging{Kind: "link", Next: "next"}}, 0, 0, "page 1: the address of the next page is not of the same host"},
		{"the same page for ever", "/deaf", API{Records: "list", Query: byPage, Paging: Paging{Kind: "page"}}, 0, 0, "page 2: the page says what the page before it said"},
		{"too many pages", "/page", API{Records: "list", Query: byPage, Paging: Paging{Kind: "page", MaxPages: 2}}, 0, 0, "more than 2 pages"},
		{"fewer than there are", "/shallow", API{Records: "list", Query: map[string]string{"offset": "${offset}"}, Paging: Paging{Kind: "offset", Total: "total"}}, 0, 0, "page 3: the service says that it has 7 records, and gave 4"},
		{"no word on more", "/page", API{Records: "list", Query: byPage, Paging: Paging{Kind: "page", More: "info.more"}}, 0, 0, `"info.more" must be true or false`},
		{"since of a field that is not there", "/page", API{Records: "list", Query: map[string]string{"page": "${page}", "s": "${since}"}, Paging: Paging{Kind: "page"}, Since: Since{Field: "modified"}}, 0, 0, `api.since.field "modified" must be ISO 8601`},
		{"more without a token", "/torn", API{Records: "list", Query: map[string]string{"t": "${token}"}, Paging: Paging{Kind: "token", Next: "info.next", More: "info.more_records"}}, 0, 0, `gives no token at "info.next"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, err := asked(t, service(server, c.path, c.api), "")
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want %s", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for i := c.from; i < c.to; i++ {
				want = append(want, `{"n":`+strconv.Itoa(i)+`}`)
			}
			if want == nil {
				want = []string{""}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestPagesLoseNothing: whatever the number of records, the pages asked for and the pages given, each record comes once, in order.
func TestPagesLoseNothing(t *testing.T) {
	var all, cap int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		size, _ := strconv.Atoi(r.FormValue("size"))
		size = min(size, cap)
		from, _ := strconv.Atoi(r.FormValue("offset"))
		if p, err := strconv.Atoi(r.FormValue("page")); err == nil {
			from = (p - 1) * size
		}
		if token := r.FormValue("token"); token != "" {
			from, _ = strconv.Atoi(token)
		}
		if after, err := strconv.Atoi(r.FormValue("after")); err == nil {
			from = after + 1
		}
		next := "null"
		if from+size < all {
			next = strconv.Itoa(from + size)
		}
		fmt.Fprintf(w, `{"next":%s,"more":%t,"list":%s}`, next, from+size < all, numbers(from, from+size, all))
	}))
	defer server.Close()
	rapid.Check(t, func(t2 *rapid.T) {
		all, cap = rapid.IntRange(0, 20).Draw(t2, "records"), rapid.IntRange(1, 9).Draw(t2, "given")
		kind := rapid.SampledFrom([]string{"page", "offset", "token", "after"}).Draw(t2, "kind")
		name := map[string]string{"after": "token"}[kind]
		if name == "" {
			name = kind
		}
		a := API{Records: "list", Query: map[string]string{kind: "${" + name + "}", "size": "${size}"}, Paging: Paging{Kind: kind, Size: rapid.IntRange(1, 9).Draw(t2, "asked")}}
		if kind == "token" {
			a.Paging.Next = "next"
		}
		if kind == "after" {
			a.Paging.Next = "n"
		}
		if rapid.Bool().Draw(t2, "more") {
			a.Paging.More = "more"
		}
		lines, h, err := asked(t, service(server, "/", a), "")
		if err != nil || h.records != all {
			t2.Fatalf("%d records of %d, %v", len(lines), all, err)
		}
		for i := range all {
			if lines[i] != `{"n":`+strconv.Itoa(i)+`}` {
				t2.Fatalf("record %d is %s", i, lines[i])
			}
		}
	})
}

func TestAnswersThatAreRefused(t *testing.T) {
	tries := map[string]int{}
	mux := http.NewServeMux()
	says := func(path, answer string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, answer) })
	}
	says("/html", "\n<!DOCTYPE html><html>Sign in</html>")
	says("/half", `{"list":[{"n":1},{"n"`)
	says("/object", `{"list":{"n":1}}`)
	says("/nolist", `{"data":[]}`)
	says("/deep", `{"list":[`+strings.Repeat("[", 100)+strings.Repeat("]", 100)+`]}`)
	says("/code", `{"errorCode":20017,"errorMessage":"corpId 未找到"}`)
	says("/good", `{"errorCode":0,"list":[]}`)
	says("/null", `{"errorCode":0,"list":null}`)
	mux.HandleFunc("/403", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"errorCode":"NO_PERMISSION","errorMessage":"permission denied"}`)
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/good", http.StatusFound) })
	mux.HandleFunc("/cut", func(w http.ResponseWriter, r *http.Request) {
		if tries["cut"]++; tries["cut"] == 1 {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"list":[`)
			return
		}
		fmt.Fprint(w, `{"list":[{"n":1}]}`)
	})
	mux.HandleFunc("/busy", func(w http.ResponseWriter, r *http.Request) {
		if tries["busy"]++; tries["busy"] == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		fmt.Fprint(w, `{"list":[{"n":1}]}`)
	})
	mux.HandleFunc("/code429", func(w http.ResponseWriter, r *http.Request) {
		if tries["code429"]++; tries["code429"] == 1 {
			fmt.Fprint(w, `{"errorCode":429,"errorMessage":"too many calls"}`)
			return
		}
		fmt.Fprint(w, `{"errorCode":0,"list":[{"n":1}]}`)
	})
	mux.HandleFunc("/patience", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	mux.HandleFunc("/down", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) { // a byte now and then
		for range 100 {
			if _, err := io.WriteString(w, " "); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	for _, c := range []struct {
		path, want string
		kind       error
	}{
		{"/html", "a page of HTML or XML, not JSON", ErrData},
		{"/half", "no whole JSON", ErrData},
		{"/object", `"list" must be a list of records, got an object`, ErrData},
		{"/nolist", `no list at "list"`, ErrData},
		{"/deep", "nested deeper than 64 levels", ErrData},
		{"/code", `the answer says errorCode "20017", "corpId 未找到"`, ErrData},
		{"/good", "", nil},
		{"/null", "", nil},
		{"/403", `server answers 403 Forbidden: "NO_PERMISSION", "permission denied"`, ErrUnreachable},
		{"/404", "server answers 404 Not Found", ErrUnreachable},
		{"/moved", "302 Found: redirects are not followed", ErrUnreachable},
		{"/cut", "", nil},
		{"/busy", "", nil},
		{"/code429", "", nil},
		{"/patience", "503 Service Unavailable, and asks for 3600 s of patience", ErrUnreachable},
		{"/down", "no whole answer within 200ms (api.within); before: server answers 502 Bad Gateway", ErrUnreachable},
		{"/slow", "no whole answer within 200ms (api.within)", ErrUnreachable},
	} {
		t.Run(c.path, func(t *testing.T) {
			a := API{Records: "list", Errors: Errors{Code: "errorCode", Good: []string{"0"}, Busy: []string{"429"}, Message: "errorMessage"}}
			if c.path == "/slow" || c.path == "/down" {
				a.Within = 200 * time.Millisecond
			}
			_, _, err := asked(t, service(server, c.path, a), "")
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want %s", err, c.want)
			}
			if kind := kindOf(err); kind != c.kind {
				t.Errorf("%v is of kind %v, want %v", err, kind, c.kind)
			}
		})
	}
	if tries["cut"] != 2 || tries["busy"] != 2 || tries["code429"] != 2 {
		t.Errorf("tries %v, want 2 of each", tries)
	}
	secure := httptest.NewTLSServer(mux)
	defer secure.Close()
	if _, _, err := asked(t, service(secure, "/good", API{Records: "list"}), ""); err == nil || kindOf(err) != ErrUnreachable || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("error %v of a certificate that nobody has signed", err)
	}
	stopped, stop := context.WithCancel(context.Background())
	stop()
	j := &job{pull: &pull{}, source: service(server, "/good", API{Records: "list"})}
	if err := j.call(stopped); !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnreachable) {
		t.Errorf("error %v of a pull that was stopped", err)
	}
	j.closeSpools()
	private := service(server, "/good", API{Records: "list"})
	private.Path, private.AllowHosts = Paths{strings.Replace(server.URL, "http:", "https:", 1) + "/good"}, nil
	if _, _, err := asked(t, private, ""); err == nil || !strings.Contains(err.Error(), "address is not public") {
		t.Errorf("error %v of an address that is not public", err)
	}
}

// kindOf is the kind under which the night reports an error of a pull.
func kindOf(err error) error {
	for _, kind := range []error{ErrUnreachable, ErrConfig} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	return ErrData
}

func TestSince(t *testing.T) {
	for _, c := range []struct{ value, format, want string }{
		{`"2026-03-05T10:00:00+08:00"`, "", "2026-03-05T01:00:00Z"},
		{`"2026-03-05T10:00:00.250+0530"`, "", "2026-03-05T03:30:00Z"},
		{`"2026-03-05 10:00:00Z"`, "", "2026-03-05T09:00:00Z"},
		{`1772500003001`, "millis", "1772496403001"},
		{`"1772500003001"`, "millis", "1772496403001"},
		{`"2026-03-05T10:00:00Z"`, "millis", "1772701200000"},
		{`null`, "", "first"}, {`0`, "", "first"}, {`"yesterday"`, "", "first"}, {`"2026-03-05T10:00:00"`, "", "first"}, // which zone?
	} {
		h := &harvest{seen: map[string]bool{}, since: "at.time", w: bufio.NewWriter(io.Discard)}
		h.until = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
		for _, one := range []string{`{"at":{"time":"1999-01-01"}}`, `{"at":{"time":"2999-01-01T00:00:00Z"}}`, `{"at":{"time":` + c.value + `}}`, `{"at":null}`} { // the newest, wherever it stands
			if err := h.add([]byte(one)); err != nil {
				t.Fatal(err)
			}
		}
		a := API{Since: Since{Field: "at.time", Format: c.format, First: "first"}}
		if got := a.sinceText(h.newest); got != c.want {
			t.Errorf("%s as %q: since %s, want %s", c.value, c.format, got, c.want)
		}
	}
}

func TestRecordsBecomeFlat(t *testing.T) {
	for _, c := range []struct{ name, record, want string }{
		{"members of objects", `{"id":"1","Account_Name":{"name":"A","id":"7","x":{"y":[1,{"z":2}]}}}`, `{"id":"1","Account_Name.name":"A","Account_Name.id":"7","Account_Name.x.y":[1,{"z":2}]}`},
		{"numbers as written", `{"a": 12345678901234567890.10, "b": 1e2 ,"c":null,"d":true}`, `{"a":12345678901234567890.10,"b":1e2,"c":null,"d":true}`},
		{"an empty object has no column", `{"a":{},"b":1}`, `{"b":1}`},
		{"an object first", `{"a":{"b":1},"c":2}`, `{"a.b":1,"c":2}`},
		{"no object", ` [1, 2] `, `[1,2]`},
		{"eight levels", `{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"b":1}}}}}}}}}`, `{"a.a.a.a.a.a.a.a":{"b":1}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := flat([]byte(c.record), func(string, []byte) {})
			if err != nil || string(got) != c.want {
				t.Errorf("%s, %v, want %s", got, err, c.want)
			}
		})
	}
}

// FuzzAnswer holds that no answer of a service makes the reader fail in another way than by saying so, and that what it takes is
// one line of JSON a record.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		`{"data":[{"id":"1","a":{"b":1.50}}],"info":{"more_records":true}}`, `{"data":null}`, `{"data":[1,"x",null,[]]}`, `{"data":[{"a":1,"a":2}]}`, `{"data":{}}`,
		`<html>`, ``, `{"data":[{"\u0000":"\ud800"}]}`, "{\"data\":[{\"a\":\"\xff\"}]}", `{"data":[{"a":"line\nbreak"}]}`, `{"data":[{"":{"":1}}]}`, `[[[[`, `{"data":[{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":{"i":1}}}}}}}}}}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if checkAnswer(body) != nil {
			return
		}
		list, err := recordsOf(body, "data")
		if err != nil {
			return
		}
		for _, r := range list {
			columns := map[string]bool{}
			line, err := flat(r, func(name string, _ []byte) { columns[name] = true })
			if err != nil {
				t.Fatalf("%s: %v", r, err)
			}
			if !json.Valid(line) || slices.Contains(line, '\n') {
				t.Fatalf("%q of %q is no line of JSON", line, r)
			}
			names, _, why := members(string(line))
			if why == "" && len(names) != len(columns) {
				t.Fatalf("%q has the names %q and the columns %v", line, names, columns)
			}
		}
		dig(body, "info.more_records")
	})
}

// A crm is a service with records that change, which answers what was modified at or after `since`, two on a page.
type crm struct {
	*httptest.Server
	records []string // JSON objects with a member `modified`
	asked   []string // values of since
}

func newCRM(t *testing.T) *crm {
	c := &crm{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.FormValue("page"))
		since := r.FormValue("since")
		if page == 1 {
			c.asked = append(c.asked, since)
		}
		var list []string
		for _, one := range c.records {
			var m struct{ Modified string }
			json.Unmarshal([]byte(one), &m) //nolint:errcheck // the test wrote it
			if m.Modified >= since || m.Modified == "" {
				list = append(list, one)
			}
		}
		from, to := min(2*page-2, len(list)), min(2*page, len(list))
		fmt.Fprintf(w, `{"data":[%s],"more":%t}`, strings.Join(list[from:to], ","), to < len(list))
	}))
	t.Cleanup(c.Close)
	return c
}

func TestPullOfAService(t *testing.T) {
	b := newBook(t)
	web := newCRM(t)
	invoice := func(id, customer, amount, modified string) string {
		return fmt.Sprintf(`{"id":%q,"account":{"id":%q},"date":"2026-03-01","total":%s,"modified":%q}`, id, customer, amount, modified)
	}
	s := service(web.Server, "/invoices", API{
		Query:    map[string]string{"page": "${page}", "since": "${since}"},
		Records:  "data",
		Optional: []string{"due"},
		Paging:   Paging{Kind: "page", More: "more"},
		Since:    Since{Field: "modified"},
	})
	s.Select = map[string]string{
		"transaction_id": "id", "customer_id": "`account.id`", "kind": "'invoice'", "occurred_on": "day(date)", "due_on": "day(due)",
		"amount": "decimal(total)", "currency": "'EUR'", "known_at": "instant(modified)",
	}
	// Nights of one configuration and program know what those before them have read.
	night := func(run uint64, day string) Night {
		n := b.night(run, day)
		b.exec(fmt.Sprintf("INSERT INTO creditwatch.runs (run, as_of, config_hash, code, state, at) SELECT %d, '%s', 'c', 'p', 'published', toDateTime64('2026-03-09 00:00:00', 3)", run, day))
		return n
	}
	const kept = "SELECT transaction_id, customer_id, amount, known_at FROM creditwatch.transactions ORDER BY transaction_id, known_at"

	web.records = []string{
		invoice("1", "A", "100.10", "2026-03-02T10:00:00Z"), invoice("2", "A", `"12,5"`, "2026-03-03T10:00:00Z"),
		invoice("3", "B", "7", "2026-03-04T12:00:00Z"), `"broken"`,
	}
	c := b.pulled(night(1, "2026-03-04"), s)[0]
	wantCounts(t, c, 4, 2, 2, 0, 0)
	b.want(kept, "1|A|100.1|2026-03-02 10:00:00Z", "3|B|7|2026-03-04 12:00:00Z")
	b.want("SELECT line, column, reason FROM creditwatch.rejects ORDER BY line", `2|amount|the cell "12,5" is not a decimal number of at most 16 digits before the point and 8 after it`, "4||is not a JSON object")
	b.want("SELECT file = '"+web.URL+"/invoices', rows, encoding, size > 0, length(sha256) FROM creditwatch.inputs", "1|4|utf-8|1|64")

	// The next night asks from an hour before the newest record of the last: one comes again, one is corrected, one is new.
	web.records = append(web.records[:3], invoice("1", "A", "90", "2026-03-05T08:00:00Z"), invoice("4", "C", "1", "2026-03-05T09:00:00Z"))
	c = b.pulled(night(2, "2026-03-05"), s)[0]
	wantCounts(t, c, 3, 2, 0, 1, 1)

	// The second night again, after the invoices have gone on: what it held stays, also what the service no longer gives.
	web.records = []string{invoice("1", "A", "80", "2026-03-06T08:00:00Z"), `"broken too"`, invoice("4", "C", `"x"`, "2026-03-06T09:00:00Z")}
	c = b.pulled(night(3, "2026-03-05"), s)[0]
	wantCounts(t, c, 6, 3, 2, 1, 1)
	if want := []string{"", "2026-03-04T11:00:00Z", "2026-03-04T11:00:00Z"}; !slices.Equal(web.asked, want) {
		t.Errorf("asked since %q, want %q", web.asked, want)
	}
	b.want(kept, "1|A|100.1|2026-03-02 10:00:00Z", "1|A|90|2026-03-05 08:00:00Z", "1|A|80|2026-03-06 08:00:00Z", "3|B|7|2026-03-04 12:00:00Z", "4|C|1|2026-03-05 09:00:00Z")

	// And once more unchanged: what is refused is refused once.
	c = b.pulled(night(4, "2026-03-05"), s)[0]
	wantCounts(t, c, 9, 3, 2, 4, 0)
	b.want("SELECT count() FROM creditwatch.rejects", "4")

	// Who sets a clock wrong does not hide what comes before it.
	web.records = []string{invoice("5", "C", "1", "2999-01-01T00:00:00Z")}
	c = b.pulled(night(8, "2026-03-05"), s)[0]
	if notes := strings.Join(c.Notes, "\n"); !strings.Contains(notes, "1 records say that they were modified in the future") {
		t.Errorf("notes %s", notes)
	}

	// A day on which nothing is new keeps the watermark; then only what is missing altogether is told from what is empty.
	web.records = nil
	c = b.pulled(night(5, "2026-03-06"), s)[0]
	wantCounts(t, c, 0, 0, 0, 0, 0)
	web.records = []string{`{"id":"9","account":null,"date":"2026-03-07","modified":"2026-03-07T00:00:00Z"}`}
	_, err := Pull(context.Background(), b.db, []Source{s}, night(6, "2026-03-07"))
	if err == nil || !errors.Is(err, ErrData) || !strings.Contains(err.Error(), `column "account.id", which select.customer_id reads, is missing`) {
		t.Errorf("error %v of a record without the columns", err)
	}
	if last := web.asked[len(web.asked)-1]; last != "2026-03-06T08:00:00Z" {
		t.Errorf("asked since %s after a day without records", last)
	}
	web.Close()
	s.API.Within = time.Second
	if _, err := Pull(context.Background(), b.db, []Source{s}, night(7, "2026-03-08")); !errors.Is(err, ErrUnreachable) {
		t.Errorf("error %v of a service that does not answer", err)
	}
}
