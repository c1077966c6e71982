package sources

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Paging says how one page follows another.
//
// With `more`, pages go on for as long as it is true. Without, page, offset and after end at an empty page or one that is shorter than another
// before it; that the first is shorter than `size` does not end them, for a service may give fewer than it is asked for.
// token and link end where no other is given.
type Paging struct {
	Kind     string `yaml:"kind"`      // none (default), page, offset, token, after, link
	Size     int    `yaml:"size"`      // ${size}, records of a page
	First    *int   `yaml:"first"`     // number of the first page (default 1) or its offset (default 0)
	Next     string `yaml:"next"`      // where the next token or address is in an answer, of after in a record; of a link empty: in the header Link
	More     string `yaml:"more"`      // where an answer says, true or false, whether there are more
	Total    string `yaml:"total"`     // where an answer says how many there are in all, if it does: fewer that come are an error
	MaxPages int    `yaml:"max_pages"` // more are an error; default 10000
}

func (p Paging) check(bad func(key, format string, args ...any)) {
	if !slices.Contains([]string{"", "none", "page", "offset", "token", "after", "link"}, p.Kind) {
		bad("api.paging.kind", "must be none, page, offset, token, after or link, got %s", quoted(p.Kind))
	}
	if p.Size < 0 || p.Size > 100_000 {
		bad("api.paging.size", "must be from 0 to 100000, got %d", p.Size)
	}
	if p.First != nil && *p.First < 0 {
		bad("api.paging.first", "must be 0 or more, got %d", *p.First)
	}
	if p.MaxPages < 0 {
		bad("api.paging.max_pages", "must be 0 or more, got %d", p.MaxPages)
	}
	if (p.Kind == "token" || p.Kind == "after") && p.Next == "" {
		bad("api.paging.next", "must say where an answer has the next token, or a record what the next page comes after")
	}
	if p.Next != "" && p.Kind != "token" && p.Kind != "after" && p.Kind != "link" {
		bad("api.paging.next", "is for token, after and link")
	}
}

// needs is what the requests must name so that pages differ.
func (p Paging) needs() string {
	if p.Kind == "page" || p.Kind == "offset" || p.Kind == "token" {
		return p.Kind
	}
	if p.Kind == "after" {
		return "token"
	}
	return ""
}

// A turn is what differs from one request to the next.
type turn struct {
	address      string
	linked       bool // the address came with the answer before and is complete
	page, offset int
	token        string
}

// A pager knows which page comes next.
type pager struct {
	Paging
	at      turn
	read    int      // pages
	longest int      // records of a page so far
	last    [32]byte // hash of the records of the page before
}

func (p *pager) first(address string) *turn {
	p.at = turn{address: address, page: 1}
	if p.First != nil {
		p.at.page, p.at.offset = *p.First, *p.First
	}
	return &p.at
}

var errRepeats = errors.New("the page says what the page before it said: the service does not heed the paging it is asked for")

// take keeps the records of an answer and returns what to ask next, nil after the last page.
func (p *pager) take(got reply, a *API, h *harvest) (*turn, error) {
	if got.none {
		return nil, nil
	}
	list, err := recordsOf(got.body, a.Records)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(bytes.Join(list, []byte{'\n'})); len(list) > 0 {
		if p.read > 0 && sum == p.last {
			return nil, errRepeats
		}
		p.last = sum
	}
	if !got.now.IsZero() {
		h.until = got.now.Add(24 * time.Hour)
	}
	for _, r := range list {
		if err := h.add(r); err != nil {
			return nil, err
		}
	}
	p.read++
	next, err := p.turn(got, list)
	if err == nil && next == nil {
		err = p.checkTotal(got, h.records)
	}
	most := p.MaxPages
	if most == 0 {
		most = apiMaxPages
	}
	if err == nil && next != nil && p.read >= most {
		return nil, fmt.Errorf("there are more than %d pages (api.paging.max_pages)", most)
	}
	return next, err
}

// checkTotal holds what has come against what the last answer says: some services give nothing beyond a depth, without a word.
func (p *pager) checkTotal(got reply, records int) error {
	if p.Total == "" {
		return nil
	}
	v, _ := dig(got.body, p.Total)
	if total, err := strconv.Atoi(scalar(v)); err == nil && records < total {
		return fmt.Errorf("the service says that it has %d records, and gave %d", total, records)
	}
	return nil
}

func (p *pager) turn(got reply, list [][]byte) (*turn, error) {
	records := len(list)
	if p.Kind == "" || p.Kind == "none" {
		return nil, nil
	}
	more, said := false, false
	if p.More != "" {
		v, found := dig(got.body, p.More)
		text := strings.ToLower(strings.Trim(string(v), `"`))
		switch {
		case found && (text == "true" || text == "1"):
			more, said = true, true
		case found && (text == "false" || text == "0" || text == "null"):
			return nil, nil
		default:
			return nil, fmt.Errorf("the answer does not say whether there are more: %s must be true or false, got %s", quoted(p.More), quoted(string(v)))
		}
	}
	before := p.at
	switch p.Kind {
	case "page", "offset", "after":
		if records == 0 && more {
			return nil, errors.New("the answer has no record and says that there are more")
		}
		if records == 0 || !said && records < p.longest {
			return nil, nil
		}
		p.longest = max(p.longest, records)
		p.at.page++
		p.at.offset += records
		if p.Kind == "after" {
			v, _ := dig(list[records-1], p.Next)
			if p.at.token = scalar(v); p.at.token == "" || p.at.token == before.token {
				return nil, fmt.Errorf("the last record has no new value at %s, after which to go on", quoted(p.Next))
			}
		}
		return &p.at, nil
	case "token":
		v, _ := dig(got.body, p.Next)
		p.at.token = scalar(v)
		if p.at.token == "" && more {
			return nil, fmt.Errorf("the answer says that there are more, and gives no token at %s", quoted(p.Next))
		}
		if p.at.token == "" {
			return nil, nil
		}
		if p.at.token == before.token {
			return nil, errRepeats
		}
		return &p.at, nil
	}
	link := got.link
	if p.Next != "" {
		v, _ := dig(got.body, p.Next)
		link = scalar(v)
	}
	if link == "" && more {
		return nil, errors.New("the answer says that there are more, and gives no address of the next page")
	}
	if link == "" {
		return nil, nil
	}
	from, err := url.Parse(before.address)
	if err != nil {
		return nil, withoutAddress(err)
	}
	to, err := from.Parse(link)
	if err != nil || to.Scheme != from.Scheme || to.Host != from.Host || to.User != nil {
		return nil, errors.New("the address of the next page is not of the same host")
	}
	if to.String() == before.address {
		return nil, errRepeats
	}
	p.at.address, p.at.linked = to.String(), true
	return &p.at, nil
}

var linkPart = regexp.MustCompile(`<([^>]*)>([^<]*)`) // an address may hold commas

// nextLink is the address that a header Link names as the next.
func nextLink(headers []string) string {
	for _, h := range headers {
		for _, m := range linkPart.FindAllStringSubmatch(h, -1) {
			params := strings.ToLower(strings.ReplaceAll(m[2], " ", ""))
			if strings.Contains(params, `rel="next"`) || strings.Contains(params, "rel=next") {
				return m[1]
			}
		}
	}
	return ""
}

// says is the value of ${name} that the paging gives.
func (t turn) says(name string, size int) (string, bool) {
	switch name {
	case "page":
		return strconv.Itoa(t.page), true
	case "offset":
		return strconv.Itoa(t.offset), true
	case "size":
		return strconv.Itoa(size), true
	case "token":
		return t.token, true
	}
	return "", false
}
