package sources

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A workbook is read part by part as a stream of XML. Libraries that stream (excelize was tried) give a cell as text alone, so
// that a date is a number and an error a word, and take damaged XML for the end of the sheet, so that rows are lost
// without a word.

const (
	maxWorkbook = 1 << 30   // bytes of all parts, unpacked
	maxTexts    = 256 << 20 // bytes of the part of shared texts, which is held in memory
	maxRatio    = 200       // by how much a large part may be packed: a sheet of figures comes to 10 or 20
	largePart   = 16 << 20
	maxParts    = 10_000
	maxXMLRow   = 4 << 20 // bytes of XML of one row
	maxTextRows = 4 << 20 // shared texts
	maxElements = 64      // elements within one another
)

// xlsxRows reads one sheet of an Excel workbook. Numbers are what is stored and not what is shown; days and times, which are
// numbers of a style, are ISO 8601; a formula is its stored result. A row with an error cell, a formula without a result, or
// a value beyond the header is refused with the address of the cell. Hidden rows are rows.
type xlsxRows struct {
	header []string
	book   *workbook
	part   io.Closer
	limit  *rowLimit
	dec    *xml.Decoder
	at     uint64 // number of the row last read
}

// A workbook is what is needed of all parts but the sheets.
type workbook struct {
	parts map[string]*zip.File
	texts []string
	kinds []dateKind // by style
	from  time.Time  // day 0
	is04  bool
}

type dateKind int

const (
	noDate dateKind = iota
	isDate
)

// A sheetName is a sheet as the workbook lists it.
type sheetName struct{ name, part string }

// newXLSX opens a sheet, by its name or the only one there is, and reads up to and with the header row.
func newXLSX(f io.ReaderAt, size int64, sheet string, headerRow int) (x *xlsxRows, err error) {
	b, sheets, err := openWorkbook(f, size)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range sheets {
		names = append(names, s.name)
	}
	i := slices.Index(names, sheet)
	switch {
	case sheet == "" && len(sheets) == 1:
		i = 0
	case sheet == "":
		return nil, fmt.Errorf("the workbook has the sheets %s: say with `sheet` which", listed(names))
	case i < 0:
		return nil, fmt.Errorf("the workbook has no sheet %s; it has %s", quoted(sheet), listed(names))
	}
	part, err := b.open(sheets[i].part, maxWorkbook)
	if err != nil {
		return nil, err
	}
	x = &xlsxRows{book: b, part: part, limit: &rowLimit{r: part, left: maxXMLRow}}
	x.dec = newXML(x.limit)
	if headerRow == 0 {
		headerRow = 1
	}
	for {
		cells, row, err := x.row()
		if err == io.EOF {
			return nil, fmt.Errorf("sheet %s has no row %d, where the header must be", quoted(sheets[i].name), headerRow)
		}
		if err != nil {
			return nil, err
		}
		if row.Line < uint64(headerRow) {
			continue
		}
		if row.Line > uint64(headerRow) {
			return nil, fmt.Errorf("sheet %s has nothing in row %d, where the header must be", quoted(sheets[i].name), headerRow)
		}
		if row.Fault != "" {
			return nil, fmt.Errorf("header: %s", row.Fault)
		}
		for k, c := range cells {
			h := strings.TrimSpace(c.Text)
			if h == "" {
				return nil, fmt.Errorf("header: cell %s is empty, or merged with another: every column needs a name of its own", address(k, row.Line))
			}
			x.header = append(x.header, h)
		}
		return x, checkHeader(x.header)
	}
}

func (x *xlsxRows) Header() []string { return x.header }

func (x *xlsxRows) Next(row *Row) error {
	for {
		cells, got, err := x.row()
		if err != nil {
			if err == io.EOF {
				x.part.Close()
			}
			return err
		}
		if len(cells) == 0 && got.Fault == "" {
			continue // a row of styles alone
		}
		row.Line, row.Fault, row.Cells = got.Line, got.Fault, append(row.Cells[:0], cells...)
		names := x.header
		for k := len(names); k < len(cells); k++ {
			if row.Fault == "" {
				row.Fault = fmt.Sprintf("cell %s has a value beyond the header, which has %d columns", address(k, got.Line), len(x.header))
			}
			names = append(slices.Clip(names), address(k, got.Line))
		}
		for len(row.Cells) < len(names) {
			row.Cells = append(row.Cells, Cell{Null: true})
		}
		row.finish(names)
		row.Cells = row.Cells[:len(x.header)]
		return nil
	}
}

// row reads the next row element: its cells up to the last that holds something.
func (x *xlsxRows) row() ([]Cell, Row, error) {
	for {
		t, err := x.dec.Token()
		if err == io.EOF {
			return nil, Row{}, io.EOF
		}
		if err != nil {
			return nil, Row{}, fmt.Errorf("sheet: %w", err)
		}
		switch e := t.(type) {
		case xml.EndElement:
			if e.Name.Local == "sheetData" {
				return nil, Row{}, io.EOF
			}
		case xml.StartElement:
			if e.Name.Local != "row" {
				continue
			}
			x.limit.left = maxXMLRow
			row := Row{Line: x.at + 1}
			if r := attribute(e, "r"); r != "" {
				n, err := strconv.ParseUint(r, 10, 32)
				if err != nil || n <= x.at {
					return nil, Row{}, fmt.Errorf("sheet: row %s follows row %d", quoted(r), x.at)
				}
				row.Line = n
			}
			x.at = row.Line
			cells, err := x.cells(&row)
			return cells, row, err
		}
	}
}

// cells reads the cells of a row up to its end.
func (x *xlsxRows) cells(row *Row) ([]Cell, error) {
	var cells []Cell
	for {
		t, err := x.dec.Token()
		if err != nil {
			return nil, fmt.Errorf("sheet: row %d: %w", row.Line, notEOF(err))
		}
		switch e := t.(type) {
		case xml.EndElement:
			if e.Name.Local == "row" {
				return cells, nil
			}
		case xml.StartElement:
			if e.Name.Local != "c" {
				if err := x.dec.Skip(); err != nil {
					return nil, fmt.Errorf("sheet: row %d: %w", row.Line, notEOF(err))
				}
				continue
			}
			var c struct {
				Formula *struct{} `xml:"f"`
				Value   *string   `xml:"v"`
				Inline  *richText `xml:"is"`
			}
			if err := x.dec.DecodeElement(&c, &e); err != nil {
				return nil, fmt.Errorf("sheet: row %d: %w", row.Line, notEOF(err))
			}
			at := len(cells)
			if ref := attribute(e, "r"); ref != "" {
				k, err := columnOf(ref)
				if err != nil || k < at {
					return nil, fmt.Errorf("sheet: row %d: cell %s is out of order", row.Line, quoted(ref))
				}
				at = k
			}
			var cell Cell
			why := ""
			switch {
			case c.Inline != nil:
				cell.Text = c.Inline.String()
			case c.Value != nil && (*c.Value != "" || attribute(e, "t") == "str"):
				cell.Text, why = x.book.value(*c.Value, attribute(e, "t"), attribute(e, "s"))
			case c.Formula != nil:
				why = "is a formula without a stored result: open the file in Excel and save it"
			default:
				continue // a style alone
			}
			for len(cells) < at {
				cells = append(cells, Cell{Null: true})
			}
			cells = append(cells, cell)
			if why != "" && row.Fault == "" {
				row.Fault = "cell " + address(at, row.Line) + " " + why
			}
		}
	}
}

// value is what a cell says, or why it says nothing.
func (b *workbook) value(v, kind, style string) (text, why string) {
	switch kind {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(v))
		if err != nil || i < 0 || i >= len(b.texts) {
			return v, "names a text that the workbook does not have"
		}
		return b.texts[i], ""
	case "str", "d":
		return v, ""
	case "b":
		return map[string]string{"1": "true", "0": "false"}[strings.TrimSpace(v)], ""
	case "e":
		return v, "holds the error " + v
	case "", "n":
	default:
		return v, "is of the type " + quoted(kind) + ", which is not known"
	}
	v = strings.TrimSpace(v)
	number, err := strconv.ParseFloat(v, 64)
	if err != nil || math.IsInf(number, 0) || math.IsNaN(number) {
		return v, "holds " + quoted(v) + ", which is no number"
	}
	if s, err := strconv.Atoi(style); err == nil && s >= 0 && s < len(b.kinds) && b.kinds[s] == isDate {
		return b.instant(number)
	}
	return plainNumber(v, number), ""
}

// plainNumber writes a number as it was typed. Excel stores 1.1 with all the digits of its binary form, 1.1000000000000001.
func plainNumber(v string, number float64) string {
	if strings.ContainsAny(v, "eE") || strings.Contains(v, ".") && len(strings.Trim(v, "-0.")) >= 16 {
		return strconv.FormatFloat(number, 'f', -1, 64)
	}
	return v
}

// instant is a serial number as a day, with the time of day if it has one.
func (b *workbook) instant(serial float64) (text, why string) {
	days, part := math.Modf(serial)
	millis := int64(math.Round(part * 86_400_000))
	switch {
	case serial < 0 || serial >= 2_958_466:
		return strconv.FormatFloat(serial, 'f', -1, 64), "is a date before 1900 or after 9999"
	case !b.is04 && int(days) == 60:
		return "1900-02-29", "is 1900-02-29, a day that does not exist"
	case !b.is04 && days >= 1 && days < 60: // Excel's 1900 is a leap year
		days++
	case !b.is04 && days == 0:
		return time.UnixMilli(millis).UTC().Format("15:04:05"), ""
	}
	at := b.from.AddDate(0, 0, int(days)).Add(time.Duration(millis) * time.Millisecond)
	switch {
	case millis == 0:
		return at.Format(time.DateOnly), ""
	case millis%1000 == 0:
		return at.Format(time.DateTime), ""
	}
	return at.Format("2006-01-02 15:04:05.000"), ""
}

// richText is a text in pieces.
type richText struct {
	Text  []string `xml:"t"`
	Parts []struct {
		Text string `xml:"t"`
	} `xml:"r"`
}

func (r *richText) String() string {
	var b strings.Builder
	for _, t := range r.Text {
		b.WriteString(t)
	}
	for _, p := range r.Parts {
		b.WriteString(p.Text)
	}
	return escaped.ReplaceAllStringFunc(b.String(), func(e string) string {
		n, err := strconv.ParseUint(e[2:6], 16, 16)
		if err != nil || n == 0 {
			return e
		}
		return string(rune(n))
	})
}

// escaped is how Excel writes a character that XML cannot hold, as _x000D_ for a carriage return.
var escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// openWorkbook reads what the sheets refer to, and lists them.
func openWorkbook(f io.ReaderAt, size int64) (*workbook, []sheetName, error) {
	magic := make([]byte, 4)
	if _, err := f.ReadAt(magic, 0); err == nil && string(magic) == "\xd0\xcf\x11\xe0" {
		return nil, nil, errors.New("is encrypted, or an old .xls: save it as .xlsx without a password")
	}
	z, err := zip.NewReader(f, size)
	if err != nil {
		return nil, nil, fmt.Errorf("file is not whole, or no workbook: %w", err)
	}
	if len(z.File) > maxParts {
		return nil, nil, fmt.Errorf("the workbook has %d parts, at most %d are taken", len(z.File), maxParts)
	}
	b := &workbook{parts: map[string]*zip.File{}, from: time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)}
	total := uint64(0)
	for _, p := range z.File {
		if p.UncompressedSize64 > largePart && p.UncompressedSize64/max(p.CompressedSize64, 1) > maxRatio {
			return nil, nil, fmt.Errorf("part %s is packed more than %d times: a zip bomb", quoted(p.Name), maxRatio)
		}
		if total += p.UncompressedSize64; total > maxWorkbook {
			return nil, nil, fmt.Errorf("the workbook is larger than %d bytes when unpacked", maxWorkbook)
		}
		b.parts[strings.ToLower(strings.TrimPrefix(p.Name, "/"))] = p
	}
	sheets, err := b.readBook()
	if err != nil {
		return nil, nil, err
	}
	if err := b.readTexts(); err != nil {
		return nil, nil, fmt.Errorf("shared texts: %w", err)
	}
	if err := b.readStyles(); err != nil {
		return nil, nil, fmt.Errorf("styles: %w", err)
	}
	return b, sheets, nil
}

// open reads a part, at most so many bytes of it, whatever it says of its size.
func (b *workbook) open(name string, most int64) (io.ReadCloser, error) {
	p, ok := b.parts[strings.ToLower(name)]
	if !ok {
		return nil, fmt.Errorf("the workbook has no part %s", quoted(name))
	}
	r, err := p.Open()
	if err != nil {
		return nil, fmt.Errorf("part %s: %w", quoted(name), err)
	}
	return &capped{r, most, name}, nil
}

// capped fails where a part goes on beyond what is taken.
type capped struct {
	io.ReadCloser
	left int64
	name string
}

func (c *capped) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, fmt.Errorf("part %s is larger than is taken", quoted(c.name))
	}
	return n, err
}

// rowLimit fails where one row goes on for too long: a cell of a gigabyte would be held in memory.
type rowLimit struct {
	r    io.Reader
	left int
}

func (l *rowLimit) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= n; l.left < 0 {
		return 0, fmt.Errorf("a row has more than %d bytes", maxXMLRow)
	}
	return n, err
}

// newXML reads elements that do not stand too deep in one another: a decoder remembers every one that is open.
func newXML(r io.Reader) *xml.Decoder { return xml.NewTokenDecoder(&shallow{d: xml.NewDecoder(r)}) }

type shallow struct {
	d     *xml.Decoder
	depth int
}

func (s *shallow) Token() (xml.Token, error) {
	t, err := s.d.RawToken()
	switch t.(type) {
	case xml.StartElement:
		if s.depth++; s.depth > maxElements {
			return nil, fmt.Errorf("elements stand more than %d deep in one another", maxElements)
		}
	case xml.EndElement:
		s.depth--
	}
	return t, err
}

// decode reads a small part whole.
func (b *workbook) decode(name string, into any) error {
	r, err := b.open(name, largePart)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := newXML(r).Decode(into); err != nil {
		return fmt.Errorf("part %s: %w", quoted(name), notEOF(err))
	}
	return nil
}

func (b *workbook) readBook() ([]sheetName, error) {
	var book struct {
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name string     `xml:"name,attr"`
			More []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	var links struct {
		Links []struct {
			ID     string `xml:"Id,attr"`
			Type   string `xml:"Type,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := b.decode("xl/workbook.xml", &book); err != nil {
		return nil, err
	}
	if err := b.decode("xl/_rels/workbook.xml.rels", &links); err != nil {
		return nil, err
	}
	if d := book.Properties.Date1904; d == "1" || d == "true" {
		b.is04, b.from = true, time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	var sheets []sheetName
	for _, s := range book.Sheets {
		for _, l := range links.Links {
			isIt := slices.ContainsFunc(s.More, func(a xml.Attr) bool { return a.Name.Local == "id" && a.Value == l.ID })
			if !isIt || !strings.HasSuffix(l.Type, "/worksheet") { // a sheet of charts is none
				continue
			}
			part := path.Join("xl", l.Target)
			if strings.HasPrefix(l.Target, "/") {
				part = strings.TrimPrefix(l.Target, "/")
			}
			sheets = append(sheets, sheetName{s.Name, part})
		}
	}
	if len(sheets) == 0 {
		return nil, errors.New("the workbook has no sheet")
	}
	return sheets, nil
}

func (b *workbook) readTexts() error {
	const name = "xl/sharedStrings.xml"
	if _, ok := b.parts[strings.ToLower(name)]; !ok {
		return nil // a workbook of figures
	}
	r, err := b.open(name, maxTexts)
	if err != nil {
		return err
	}
	defer r.Close()
	dec := newXML(r)
	for {
		t, err := dec.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == "si" {
			var one richText
			if err := dec.DecodeElement(&one, &e); err != nil {
				return notEOF(err)
			}
			if b.texts = append(b.texts, one.String()); len(b.texts) > maxTextRows {
				return fmt.Errorf("more than %d", maxTextRows)
			}
		}
	}
}

func (b *workbook) readStyles() error {
	const name = "xl/styles.xml"
	if _, ok := b.parts[name]; !ok {
		return nil
	}
	var styles struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := b.decode(name, &styles); err != nil {
		return err
	}
	own := map[int]string{}
	for _, f := range styles.Formats {
		own[f.ID] = f.Code
	}
	for _, c := range styles.Cells {
		kind := noDate
		if code, ok := own[c.Format]; ok && isDateFormat(code) || !ok && isDateNumber(c.Format) {
			kind = isDate
		}
		b.kinds = append(b.kinds, kind)
	}
	return nil
}

// isDateNumber tells the built-in formats of days and times, those of East Asian versions among them. Durations are numbers.
func isDateNumber(id int) bool {
	return id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 50 && id <= 58
}

// isDateFormat tells whether a format shows a number as a day or a time: letters of one outside quotes, escapes and brackets.
func isDateFormat(code string) bool {
	code, _, _ = strings.Cut(code, ";")
	for i := 0; i < len(code); i++ {
		switch c := code[i] | 0x20; {
		case code[i] == '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				return false
			}
			i += end + 1
		case code[i] == '\\' || code[i] == '_' || code[i] == '*':
			i++
		case code[i] == '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return false
			}
			if inside := strings.ToLower(code[i+1 : i+end]); inside != "" && strings.Trim(inside, "hms") == "" {
				return false // [h]:mm is a duration
			}
			i += end
		case c == 'y' || c == 'd' || c == 'h' || c == 's' || c == 'm':
			return true
		}
	}
	return false
}

// columnOf is the place of a cell, from 0: C7 stands at 2.
func columnOf(ref string) (int, error) {
	n := 0
	for i := 0; i < len(ref); i++ {
		switch c := ref[i]; {
		case c >= 'A' && c <= 'Z' && n < maxColumns*26:
			n = n*26 + int(c-'A') + 1
		case c >= '0' && c <= '9' && n > 0:
			if n > 16_384 {
				return 0, errors.New("no such column")
			}
			return n - 1, nil
		default:
			return 0, errors.New("no address")
		}
	}
	return 0, errors.New("no address")
}

// address is the name of a cell, as C7.
func address(column int, row uint64) string {
	name := ""
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name + strconv.FormatUint(row, 10)
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

func notEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
