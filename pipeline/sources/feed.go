package sources

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/klauspost/compress/gzip"
	"github.com/microcosm-cc/bluemonday"
	"github.com/mmcdole/gofeed"
	"golang.org/x/text/unicode/norm"
)

const (
	maxPage = 20 << 20 // bytes of a feed, unpacked
	maxText = 200_000  // characters of an entry's text that are kept
)

// feedColumns are the columns of a feed's entries, for `select`. Instants are ISO 8601 in UTC, texts are plain.
var feedColumns = []string{"id", "title", "body", "url", "guid", "published", "updated", "author", "categories", "feed_title", "feed_url", "fetched_at", "language"}

// articleSelect fills articles from a feed where the configuration says nothing else. An entry of a file that is dated after
// the night's cut is not known yet; it will be by the night of that date.
var articleSelect = map[string]string{
	"article_id":   "id",
	"publisher":    "feed_title",
	"source_class": "'press'",
	"url":          "url",
	"published_at": "instant(published)",
	"fetched_at":   "instant(fetched_at)",
	"language":     "language",
	"title":        "title",
	"body":         "body",
	"known_at":     "greatest(instant(fetched_at), ifNull(instant(published), instant(fetched_at)))",
}

// A page is a feed as found: its entries as rows, and what could not be read of it as rows with a fault.
type page struct {
	list    []Row
	notes   []string
	shelved *io.SectionReader // the rows, once they are no longer in the list
}

func (p *page) rows() rows {
	if p.shelved == nil {
		return &pageRows{}
	}
	return &pageRows{gob.NewDecoder(bufio.NewReader(io.NewSectionReader(p.shelved, 0, p.shelved.Size())))} // anew each time
}

// pageRows are the rows of a page from its shelf; nil: none.
type pageRows struct{ left *gob.Decoder }

func (r *pageRows) Header() []string { return feedColumns }

func (r *pageRows) Next(row *Row) error {
	if r.left == nil {
		return io.EOF
	}
	*row = Row{} // of which gob fills only what is not empty
	return r.left.Decode(row)
}

// A shelf keeps the rows of pages in a file without name until they are staged: all feeds of a night are looked at before the first is taken,
// and parsed they are ten times their size. For the same reason one page is read and parsed at a time.
type shelf struct {
	one  sync.Mutex // held by who reads a page
	file *os.File
	end  int64
}

// put moves the rows of a page onto the shelf.
func (s *shelf) put(p *page) error {
	out := io.NewOffsetWriter(s.file, s.end)
	w := bufio.NewWriter(out)
	rows := gob.NewEncoder(w)
	for _, r := range p.list {
		if err := rows.Encode(r); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	size, err := out.Seek(0, io.SeekCurrent) // from where it began
	if err != nil {
		return err
	}
	p.list, p.shelved = nil, io.NewSectionReader(s.file, s.end, size)
	s.end += size
	return nil
}

// errShelf reports that rows of feeds could not be kept for a while: the disk, not the feed, is at fault.
var errShelf = errors.New("temporary files")

// readPage makes a page of a feed's bytes, one at a time; use sees it while its rows are at hand.
func (p *pull) readPage(in *input, content []byte, charset string, live bool, use func(*page)) error {
	if p.shelf.file == nil {
		var err error
		if p.shelf.file, err = p.newSpool(); err != nil {
			return fmt.Errorf("%w: %w", errShelf, err)
		}
	}
	in.read(content, charset, in.File, p.night, live)
	if use != nil {
		use(in.page)
	}
	if err := p.shelf.put(in.page); err != nil {
		return fmt.Errorf("%w: %w", errShelf, err)
	}
	return nil
}

// lookPage reads a feed from a file.
func (p *pull) lookPage(file string) (input, error) {
	p.shelf.one.Lock()
	defer p.shelf.one.Unlock()
	in := input{File: file, format: "feed"}
	o, err := open(p.root, file)
	if err != nil {
		return in, err
	}
	defer o.Close()
	content := bytes.NewBuffer(make([]byte, 0, min(o.info.Size(), maxPage)+bytes.MinRead)) // of a packed file more comes
	if _, err := content.ReadFrom(io.LimitReader(o, maxPage+1)); err != nil {
		return in, err
	}
	if err := o.settle(); err != nil {
		return in, err
	}
	in.Size, in.modified, in.SHA256 = o.info.Size(), o.info.ModTime(), o.sha256()
	return in, p.readPage(&in, content.Bytes(), "", false, nil)
}

// read makes a page of a feed's bytes. live says that it comes from its publisher, now.
func (in *input) read(content []byte, charset, address string, night Night, live bool) {
	in.Header = feedColumns
	in.page = &page{}
	if len(content) > 1 && content[0] == 0x1f && content[1] == 0x8b { // packed as sent
		unpacked, err := unpack(content)
		if err != nil {
			in.page.fault(content, err.Error())
			return
		}
		content = unpacked
	}
	if len(content) > maxPage {
		in.page.fault(content, fmt.Sprintf("the feed is larger than %d bytes", maxPage))
		return
	}
	text, encoding, note := feedText(content, charset)
	in.Encoding = encoding
	if note != "" {
		in.page.notes = append(in.page.notes, note)
	}
	in.page.parse(text, address, night, live)
}

func unpack(content []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, notWhole(err)
	}
	out, err := io.ReadAll(io.LimitReader(z, maxPage+1))
	if err != nil {
		return nil, notWhole(err)
	}
	return out, nil
}

// fault adds a row for something that cannot be read.
func (p *page) fault(raw []byte, why string) {
	kept := raw[:min(len(raw), maxRow)]
	p.list = append(p.list, Row{Line: uint64(len(p.list) + 1), Raw: strings.ToValidUTF8(printable(kept), ""), Fault: why})
}

// parse reads the feed whole, or what can be read of it entry by entry.
func (p *page) parse(text, address string, night Night, live bool) {
	if strings.TrimSpace(text) == "" {
		p.notes = append(p.notes, "is empty")
		return
	}
	clean, empty, err := cleanXML(text)
	if err != nil {
		p.fault([]byte(text), err.Error())
		return
	}
	feed, err := parseFeed(clean)
	var broken []brokenEntry
	if starts := len(outside(clean, entryStart)); err == nil && starts > len(feed.Items) {
		err = fmt.Errorf("%d entries begin and %d end well", starts, len(feed.Items))
	}
	if err != nil {
		feed, broken = salvage(clean)
		if len(feed.Items) == 0 && len(broken) == 0 {
			p.fault([]byte(text), "no entry can be read: "+strings.TrimPrefix(err.Error(), "gofeed: "))
			return
		}
		p.notes = append(p.notes, fmt.Sprintf("is broken (%s); %d entries could be read, %d not", err, len(feed.Items), len(broken)))
	}
	late, undated := 0, 0
	for _, item := range feed.Items {
		row, published, err := entry(feed, item, address, night)
		row.Line = uint64(len(p.list) + 1)
		if err != nil {
			row.Fault = err.Error()
		}
		if published.IsZero() {
			undated++
		}
		if live && published.After(night.known()) {
			late++
			row.set("published", instantText(night.known()))
		}
		row.finish(feedColumns)
		p.list = append(p.list, row)
	}
	for _, b := range broken {
		p.fault([]byte(b.raw), b.why)
	}
	for _, e := range empty {
		p.fault([]byte(e), "the entry is empty")
	}
	if late > 0 {
		p.notes = append(p.notes, fmt.Sprintf("%d entries are dated in the future; they count as published at the cut", late))
	}
	if undated > 0 {
		p.notes = append(p.notes, fmt.Sprintf("%d entries have no date that can be read", undated))
	}
	if len(p.list) == 0 {
		p.notes = append(p.notes, "has no entry")
	}
}

func (row *Row) set(column, text string) {
	row.Cells[slices.Index(feedColumns, column)] = Cell{Text: text}
}

// parseFeed is gofeed over a cleaned feed; a panic of it is an error of the feed.
func parseFeed(clean string) (feed *gofeed.Feed, err error) {
	defer notReadable(&err)
	return gofeed.NewParser().ParseString(clean)
}

// entry makes a row of an entry.
func entry(feed *gofeed.Feed, item *gofeed.Item, address string, night Night) (Row, time.Time, error) {
	row := Row{Cells: make([]Cell, len(feedColumns))}
	body := plainText(item.Content)
	if d := plainText(item.Description); len(d) > len(body) {
		body = d
	}
	title := plainText(item.Title)
	if title == "" {
		title = firstWords(body)
	}
	link := webAddress(item.Link)
	if link == "" {
		link = webAddress(item.GUID)
	}
	published := readTime(item.Published, night.Zone)
	updated := readTime(item.Updated, night.Zone)
	if published.IsZero() {
		published = updated
	}
	author := ""
	if len(item.Authors) > 0 && item.Authors[0] != nil {
		author = plainText(item.Authors[0].Name)
		if author == "" {
			author = plainText(item.Authors[0].Email)
		}
	}
	var categories []string
	for _, c := range item.Categories {
		if c = plainText(c); c != "" && !slices.Contains(categories, c) {
			categories = append(categories, c)
		}
	}
	row.set("id", articleID(link, title, item.GUID))
	row.set("title", title)
	row.set("body", body)
	row.set("url", link)
	row.set("guid", plainText(item.GUID))
	row.set("published", timeOrEmpty(published))
	row.set("updated", timeOrEmpty(updated))
	row.set("author", author)
	row.set("categories", strings.Join(categories, ","))
	row.set("feed_title", plainText(feed.Title))
	row.set("feed_url", address)
	row.set("fetched_at", instantText(night.known()))
	row.set("language", languageOf(feed.Language, title+" "+body))
	if title == "" {
		return row, published, errors.New("the entry has neither a title nor a text")
	}
	return row, published, nil
}

func timeOrEmpty(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return instantText(t)
}

// articleID is the identity of an article over feeds and days: its address without what trackers add, and its title in
// one spelling; without an address, the publisher's own number.
func articleID(link, title, guid string) string {
	where := trackers.ReplaceAllString(link, "")
	where, _, _ = strings.Cut(where, "#")
	where = strings.TrimRight(where, "?&/")
	if where == "" {
		where = guid
	}
	what := strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(title)), " "))
	sum := sha256.Sum256([]byte(where + "\x00" + what))
	return hex.EncodeToString(sum[:12])
}

var trackers = regexp.MustCompile(`(?i)\b(utm_[a-z]+|fbclid|gclid|spm|cmpid)=[^&#]*&?`)

var stripHTML = sync.OnceValue(func() *bluemonday.Policy {
	return bluemonday.StrictPolicy().AddSpaceWhenStrippingTag(true)
})

// plainText takes the HTML out of a text: no tag, no script, no entity, no control character, single spaces.
func plainText(s string) string {
	if s == "" {
		return ""
	}
	s = html.UnescapeString(stripHTML().Sanitize(s))
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxText {
		if r := []rune(s); len(r) > maxText {
			s = string(r[:maxText])
		}
	}
	return s
}

func firstWords(s string) string {
	if r := []rune(s); len(r) > 100 {
		return strings.TrimSpace(string(r[:100])) + "…"
	}
	return s
}

// webAddress is the address if it is an http or https one, else empty: no script, no file, no other scheme.
func webAddress(s string) string {
	s = strings.TrimSpace(s)
	lower := strings.ToLower(s)
	if !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") || strings.ContainsAny(s, " \t\r\n<>\"") {
		return ""
	}
	return s
}

// languageOf is the language as stated, without its region, or as the letters tell.
func languageOf(stated, text string) string {
	stated = strings.ToLower(strings.TrimSpace(stated))
	if code, _, _ := strings.Cut(strings.ReplaceAll(stated, "_", "-"), "-"); len(code) == 2 || len(code) == 3 {
		return code
	}
	var letters, han, kana, cyrillic int
	for _, r := range text {
		switch {
		case !unicode.IsLetter(r):
			continue
		case unicode.Is(unicode.Han, r):
			han++
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			kana++
		case unicode.Is(unicode.Cyrillic, r):
			cyrillic++
		}
		letters++
	}
	switch {
	case kana*10 > letters:
		return "ja"
	case han*5 > letters:
		return "zh"
	case cyrillic*2 > letters:
		return "ru"
	}
	return ""
}

// fetch gets the feeds of a source that are addresses. One that does not answer is said and left out; if none of a
// required source answers, that is the source's error.
func (j *job) fetch(ctx context.Context) error {
	var errs []error
	asked := 0
	for _, address := range j.source.Path {
		if !isAddressPath(address) {
			continue
		}
		asked++
		in := input{File: shownAddress(address), format: "feed", modified: time.Time{}}
		before := j.validators[[2]string{j.source.Name, in.File}]
		got, err := fetchPage(ctx, address, j.source.AllowHosts, before)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", in.File, err))
			j.note("%s: %s", in.File, err)
			continue
		}
		if got.unchanged {
			in.seen = got.seen
			in.Header, in.page = feedColumns, &page{notes: []string{"holds nothing new, its server says"}}
			j.inputs = append(j.inputs, in)
			continue
		}
		sum := sha256.Sum256(got.content)
		in.Size, in.SHA256 = int64(len(got.content)), hex.EncodeToString(sum[:])
		err = j.readPage(&in, got.content, got.charset, true, func(p *page) {
			// What could not be read whole is asked for again: the server's "as before" would keep the feed away.
			if len(p.list) > 0 && !slices.ContainsFunc(p.list, func(r Row) bool { return r.Fault != "" }) {
				in.seen = got.seen
			}
		})
		if err != nil {
			return fmt.Errorf("source %s: %s: %w", j.source.Name, in.File, err)
		}
		j.inputs = append(j.inputs, in)
	}
	if asked > 0 && len(errs) == asked && j.source.needed() && len(j.inputs) == 0 {
		return &fault{ErrUnreachable, j.source.Name, errors.Join(errs...)}
	}
	return nil
}
