package sources

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/mmcdole/gofeed"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

var xmlEncoding = regexp.MustCompile(`^[^<]{0,200}<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']{1,40})["']`)

// feedText decodes a feed: as its byte-order mark says, or what it was sent as, or what it declares, whichever fits its
// bytes; else as the bytes themselves tell. The note says where it departs from what was declared.
func feedText(content []byte, sent string) (text, encoding, note string) {
	switch {
	case bytes.HasPrefix(content, utf8BOM):
		content = content[len(utf8BOM):]
		if !utf8.Valid(content) {
			return strings.ToValidUTF8(string(content), "\uFFFD"), "utf-8", "holds bytes that are not UTF-8; they are shown as \uFFFD"
		}
		return string(content), "utf-8", ""
	case bytes.HasPrefix(content, []byte{0xff, 0xfe}), bytes.HasPrefix(content, []byte{0xfe, 0xff}):
		out, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(content)
		if err == nil {
			return string(out), "utf-16", ""
		}
	}
	declared := ""
	if m := xmlEncoding.FindSubmatch(content[:min(len(content), 1024)]); m != nil {
		declared = string(m[1])
	}
	for _, name := range []string{sent, declared} {
		if s, canonical, ok := decodeAs(content, name); ok {
			return s, canonical, ""
		}
	}
	if declared == "" {
		declared = sent
	}
	said := "no encoding is declared"
	if declared != "" {
		said = "the declared encoding " + quoted(declared) + " does not fit"
	}
	if utf8.Valid(content) {
		if declared == "" {
			return string(content), "utf-8", ""
		}
		return string(content), "utf-8", said + ": read as utf-8"
	}
	whole := strings.ToValidUTF8(string(content), "\uFFFD")
	if bad, good := strings.Count(whole, "\uFFFD"), utf8.RuneCount(content); len(content)-good > 4*bad { // mostly characters of several bytes
		return whole, "utf-8", said + ": read as utf-8, bytes that are not are shown as \uFFFD"
	}
	if chars, common, ok := gb18030Shape(content); ok && common*2 >= chars {
		if out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(content); err == nil {
			return string(out), "gb18030", said + ": read as gb18030"
		}
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(content)
	if err != nil {
		return whole, "utf-8", said
	}
	return string(out), "windows-1252", said + ": read as windows-1252"
}

// decodeAs decodes with a named encoding if it exists and fits all bytes.
func decodeAs(content []byte, name string) (text, canonical string, ok bool) {
	if name == "" {
		return "", "", false
	}
	enc, err := htmlindex.Get(name)
	if err != nil {
		return "", "", false
	}
	canonical, err = htmlindex.Name(enc)
	if err != nil {
		return "", "", false
	}
	switch canonical {
	case "utf-8", "utf-16le", "utf-16be", "replacement", "x-user-defined":
		return string(content), "utf-8", canonical == "utf-8" && utf8.Valid(content)
	case "gbk", "gb2312":
		enc, canonical = simplifiedchinese.GB18030, "gb18030"
	}
	out, err := enc.NewDecoder().Bytes(content)
	if err != nil || bytes.ContainsRune(out, utf8.RuneError) {
		return "", "", false
	}
	return string(out), canonical, true
}

const maxDepth = 500 // of elements within each other

var (
	entityName = regexp.MustCompile(`^&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});`)
	emptyEntry = regexp.MustCompile(`^<(item|entry)\s*/>`)
	prolog     = regexp.MustCompile(`(?s)^<\?xml.*?\?>`)
	rootStart  = regexp.MustCompile(`<(\?xml|rss|feed|rdf:RDF|!DOCTYPE|!--|[A-Za-z])`)
)

// cleanXML mends what real feeds get wrong and a parser stumbles over: text before the document, control characters, bare
// ampersands, names of HTML characters, bare angle brackets. Empty entries are taken out and returned. JSON passes as it is.
func cleanXML(s string) (clean string, empty []string, err error) {
	s = strings.TrimLeft(s, " \t\r\n\uFEFF\x00")
	if strings.HasPrefix(s, "{") {
		return s, nil, nil
	}
	start := rootStart.FindStringIndex(s)
	if start == nil {
		return "", nil, errors.New("is no feed: it has no element")
	}
	s = prolog.ReplaceAllString(s[start[0]:], "")
	var b strings.Builder
	b.Grow(len(s) + 64)
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>`)
	depth := 0
	for i := 0; i < len(s); {
		rest := s[i:]
		if end, ok := section(rest); ok { // comments and CDATA pass as they are
			b.WriteString(strings.Map(allowed, rest[:end]))
			i += end
			continue
		}
		switch c := s[i]; {
		case c == '<':
			if m := emptyEntry.FindString(rest); m != "" {
				empty = append(empty, m)
				i += len(m)
				continue
			}
			end := strings.IndexByte(rest, '>')
			switch {
			case len(rest) < 2 || !tagStart(rest[1]):
				b.WriteString("&lt;")
				i++
				continue
			case rest[1] == '/':
				depth--
			case rest[1] != '!' && rest[1] != '?' && (end < 1 || rest[end-1] != '/'):
				depth++
			}
			if depth > maxDepth {
				return "", nil, fmt.Errorf("elements are nested more than %d deep", maxDepth)
			}
			b.WriteByte('<')
			i++
		case c == '&':
			m := entityName.FindString(rest)
			switch {
			case m == "":
				b.WriteString("&amp;")
				i++
			case m == "&amp;" || m == "&lt;" || m == "&gt;" || m == "&quot;" || m == "&apos;":
				b.WriteString(m)
				i += len(m)
			default:
				text := strings.Map(allowed, html.UnescapeString(m))
				if text == m {
					text = "&amp;" + m[1:]
				} else {
					text = html.EscapeString(text)
				}
				b.WriteString(text)
				i += len(m)
			}
		default:
			r, n := utf8.DecodeRuneInString(rest)
			if r = allowed(r); r >= 0 {
				b.WriteRune(r)
			}
			i += n
		}
	}
	return b.String(), empty, nil
}

func tagStart(c byte) bool {
	return c == '/' || c == '!' || c == '?' || c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= utf8.RuneSelf
}

// section returns the length of a comment or CDATA section at the start of s.
func section(s string) (int, bool) {
	for _, kind := range [][2]string{{"<!--", "-->"}, {"<![CDATA[", "]]>"}} {
		if strings.HasPrefix(s, kind[0]) {
			end := strings.Index(s, kind[1])
			if end < 0 {
				return 0, false
			}
			return end + len(kind[1]), true
		}
	}
	return 0, false
}

// allowed drops what XML 1.0 does not allow.
func allowed(r rune) rune {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
	case r < 0x20, r >= 0xd800 && r <= 0xdfff, r == 0xfffe, r == 0xffff:
		return -1
	}
	return r
}

// A brokenEntry is a piece of a feed that begins as an entry and cannot be read.
type brokenEntry struct{ raw, why string }

var (
	entryStart = regexp.MustCompile(`<(item|entry)[\s>]`)
	rootTag    = regexp.MustCompile(`(?s)<(rss|feed|rdf:RDF)\b[^>]*>`)
	headTitle  = regexp.MustCompile(`(?s)<title[^>]*>(.*?)</title>`)
)

// salvage reads a broken feed entry by entry.
func salvage(clean string) (*gofeed.Feed, []brokenEntry) {
	feed := &gofeed.Feed{}
	root := rootTag.FindString(clean)
	if root == "" {
		return feed, nil
	}
	var broken []brokenEntry
	starts := outside(clean, entryStart)
	if len(starts) == 0 {
		return feed, nil
	}
	if m := headTitle.FindStringSubmatch(clean[:starts[0]]); m != nil {
		feed.Title = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(m[1]), "<![CDATA["), "]]>")
	}
	for i, at := range starts {
		next := len(clean)
		if i+1 < len(starts) {
			next = starts[i+1]
		}
		piece := clean[at:next]
		tag := entryStart.FindStringSubmatch(piece)[1]
		end := strings.LastIndex(piece, "</"+tag+">")
		if end < 0 {
			broken = append(broken, brokenEntry{piece, "the entry is not closed"})
			continue
		}
		piece = piece[:end+len(tag)+3]
		document := root + "<channel>" + piece + "</channel></rss>"
		switch {
		case strings.HasPrefix(root, "<feed"):
			document = root + piece + "</feed>"
		case strings.HasPrefix(root, "<rdf"):
			document = root + "<channel></channel>" + piece + "</rdf:RDF>"
		}
		one, err := parseFeed(document)
		if err != nil || len(one.Items) != 1 {
			broken = append(broken, brokenEntry{piece, fmt.Sprintf("the entry cannot be read: %v", err)})
			continue
		}
		feed.Items = append(feed.Items, one.Items[0])
	}
	return feed, broken
}

// outside returns where re matches in s outside of comments and CDATA.
func outside(s string, re *regexp.Regexp) []int {
	var at []int
	for i := 0; i < len(s); {
		k := strings.IndexByte(s[i:], '<')
		if k < 0 {
			break
		}
		i += k
		if end, ok := section(s[i:]); ok {
			i += end
			continue
		}
		if loc := re.FindStringIndex(s[i:min(len(s), i+16)]); loc != nil && loc[0] == 0 {
			at = append(at, i)
		}
		i++
	}
	return at
}
