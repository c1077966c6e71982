package sources

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A Source is one entry of `sources` in the configuration.
type Source struct {
	Name          string            `yaml:"name"`            // [a-z][a-z0-9_]{0,63}
	Table         string            `yaml:"table"`           // ledger table it fills
	Reader        string            `yaml:"reader"`          // file, feed, api, postgres or mysql; default: file
	Path          Paths             `yaml:"path"`            // globs below the input folder; of a feed also http and https addresses; of an api its address; s3:// and sftp:// need store
	Format        string            `yaml:"format"`          // csv, tsv, jsonl, parquet, arrow, xlsx; default: from the file name
	Sheet         string            `yaml:"sheet"`           // of xlsx; default: the only one
	HeaderRow     int               `yaml:"header_row"`      // of xlsx; default: 1
	Encoding      string            `yaml:"encoding"`        // utf-8, gb18030, latin-1; default: found out, and said in inputs
	Dated         bool              `yaml:"dated"`           // file names carry YYYY-MM-DD; those after the business date are not there yet
	Key           []string          `yaml:"key"`             // ledger columns that identify a record over its versions
	From          string            `yaml:"from"`            // SQL after FROM rows, as ARRAY JOIN [1, 2] AS m
	Where         string            `yaml:"where"`           // SQL that a row must satisfy; others are left out, and counted
	Select        map[string]string `yaml:"select"`          // ledger column: SQL over the file's columns
	Required      *bool             `yaml:"required"`        // a missing file stops the night; default: true
	LateAfterDays int               `yaml:"late_after_days"` // freshness; 0 = no check
	Contract      []Rule            `yaml:"contract"`        // what the rows promise, judged every night; see Promises
	MaxRejected   *float64          `yaml:"max_rejected"`    // a greater share of new rows refused stops the night …
	MinRejected   *int64            `yaml:"min_rejected"`    // … from so many refused rows on
	Control       *Control          `yaml:"control"`         // what the sender counted, in a file beside each file
	AllowHosts    []string          `yaml:"allow_hosts"`     // hosts of feeds and services that may lie in a private network
	API           *API              `yaml:"api"`             // of reader: api, how the service is asked
	Database      *Database         `yaml:"database"`        // of reader: postgres and mysql, what is read of it
	Store         *Store            `yaml:"store"`           // of paths that begin with s3:// or sftp://, how they are reached
}

// Paths is one glob or a list of them.
type Paths []string

// UnmarshalYAML accepts a single text for a list of one.
func (p *Paths) UnmarshalYAML(unmarshal func(any) error) error {
	var one string
	if err := unmarshal(&one); err == nil {
		*p = Paths{one}
		return nil
	}
	var many []string
	if err := unmarshal(&many); err != nil {
		return err
	}
	*p = many
	return nil
}

// FixedColumns reports whether every delivery has the same columns: files with a header and databases do; records of JSON lines,
// services and feeds have those that are filled.
func (s Source) FixedColumns() bool {
	if s.isFeed() || s.isAPI() || s.Format == "jsonl" {
		return false
	}
	return s.Format != "" || !slices.ContainsFunc(s.Path, func(p string) bool { f, _ := formatOf(s, p); return f == "jsonl" })
}

// needed reports whether a missing file stops the night.
func (s Source) needed() bool { return s.Required == nil || *s.Required }

func (s Source) isFeed() bool { return s.Reader == "feed" }

var (
	sourceName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	formats    = []string{"csv", "tsv", "jsonl", "parquet", "arrow", "xlsx"}
	encodings  = []string{"utf-8", "gb18030", "latin-1"}
)

// Check returns every mistake that can be seen without the files, each naming its key.
func (s Source) Check() []error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, &fault{ErrConfig, s.Name, &mistake{key, fmt.Sprintf(format, args...)}})
	}
	if !sourceName.MatchString(s.Name) {
		bad("name", "must match %s, got %s", sourceName, quoted(s.Name))
	}
	t, ok := ledgerTable(s.Table)
	if !ok {
		var names []string
		for _, t := range ledger {
			names = append(names, t.Name)
		}
		bad("table", "must be one of %s, got %s", strings.Join(names, ", "), quoted(s.Table))
	}
	if !slices.Contains([]string{"", "file", "feed", "api", "postgres", "mysql"}, s.Reader) {
		bad("reader", "must be file, feed, api, postgres or mysql, got %s", quoted(s.Reader))
	}
	if len(s.Path) == 0 && !s.isDatabase() {
		bad("path", "must name at least one file, glob or address")
	}
	for _, p := range s.Path {
		if err := s.checkPath(p); err != nil {
			bad("path", "%s", err)
		}
	}
	if s.Format != "" && !slices.Contains(formats, s.Format) {
		bad("format", "must be one of %s, got %s", strings.Join(formats, ", "), quoted(s.Format))
	}
	if s.Encoding != "" && !slices.Contains(encodings, s.Encoding) {
		bad("encoding", "must be one of %s, got %s", strings.Join(encodings, ", "), quoted(s.Encoding))
	}
	if (s.Sheet != "" || s.HeaderRow != 0) && (s.isFeed() || s.isAPI() || s.Format != "" && s.Format != "xlsx") {
		bad("sheet", "and header_row are for xlsx")
	}
	if s.HeaderRow < 0 || s.HeaderRow > 1000 {
		bad("header_row", "must be from 1 to 1000, got %d", s.HeaderRow)
	}
	if s.isFeed() && s.Format != "" {
		bad("format", "is for files; a feed's form is found out")
	}
	if !s.isFeed() && !s.isAPI() && len(s.AllowHosts) > 0 {
		bad("allow_hosts", "is for feeds and web services")
	}
	s.checkAPI(bad)
	s.checkDatabase(bad)
	s.checkStore(bad)
	s.checkControl(bad)
	if s.LateAfterDays < 0 {
		bad("late_after_days", "must be 0 or more, got %d", s.LateAfterDays)
	}
	if s.LateAfterDays > 0 && slices.ContainsFunc(s.Contract, func(r Rule) bool { return r.Rule == "freshness" }) {
		bad("late_after_days", "and a rule freshness of the contract say the same; give one of them")
	}
	if ok {
		for _, k := range s.Key {
			if c, found := t.column(k); !found || c.Kind == list || c.Kind == pairs {
				bad("key", "%s is no key column of %s", quoted(k), s.Table)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(s.Select)) {
			if _, found := t.column(name); !found {
				bad("select."+name, "%s has no such column; it has %s", s.Table, strings.Join(t.names(), ", "))
			}
		}
		s.checkContract(t, bad)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Select)) {
		if _, err := expand(s.Select[name], zonePlaceholder); err != nil {
			bad("select."+name, "%s", err)
		}
	}
	if s.From != "" {
		if up := strings.ToUpper(strings.TrimSpace(s.From)); !strings.HasPrefix(up, "ARRAY JOIN") && !strings.HasPrefix(up, "LEFT ARRAY JOIN") {
			bad("from", "must begin with ARRAY JOIN, got %s", quoted(s.From))
		} else if _, err := expand(s.From, zonePlaceholder); err != nil {
			bad("from", "%s", err)
		}
	}
	if s.Where != "" {
		if _, err := expand(s.Where, zonePlaceholder); err != nil {
			bad("where", "%s", err)
		}
	}
	return errs
}

// Check returns the mistakes of all sources, and names given twice.
func Check(all []Source) []error {
	var errs []error
	seen := map[string]bool{}
	for i, s := range all {
		found := s.Check()
		if seen[s.Name] {
			found = append(found, &fault{ErrConfig, s.Name, &mistake{"name", "is given twice"}})
		}
		seen[s.Name] = true
		for _, err := range found {
			var m *mistake
			if errors.As(err, &m) {
				m.key = fmt.Sprintf("sources[%d].%s", i, m.key)
			}
		}
		errs = append(errs, found...)
	}
	return errs
}

// A mistake is what is wrong with a key; its text names the key as the source writes it.
type mistake struct{ key, text string }

func (m *mistake) Error() string { return inSource.ReplaceAllString(m.key, "") + ": " + m.text }

var inSource = regexp.MustCompile(`^sources\[\d+\]\.`)

// KeyOf is the key of the whole configuration that a mistake of Check is about, as sources[2].contract[0].column; empty if it says none.
func KeyOf(err error) string {
	var m *mistake
	if errors.As(err, &m) {
		return m.key
	}
	return ""
}

func (s Source) checkPath(p string) error {
	if isAddressPath(p) {
		if !s.isFeed() && !s.isAPI() {
			return fmt.Errorf("%s is an address, which only reader: feed and api can take", quoted(p))
		}
		u, err := url.Parse(p)
		if err == nil && u.User != nil {
			p = u.Redacted()
		}
		if err != nil || u.Host == "" || u.User != nil {
			return fmt.Errorf("%s is no http or https address without user and password", quoted(p))
		}
		return nil
	}
	if isStored(p) {
		_, _, err := storedPath(p)
		return err
	}
	if p == "" || !filepath.IsLocal(filepath.FromSlash(p)) {
		return fmt.Errorf("%s must stay below the input folder", quoted(p))
	}
	if _, err := filepath.Match(p, "x"); err != nil {
		return fmt.Errorf("%s is no valid glob", quoted(p))
	}
	return nil
}

func isAddressPath(p string) bool {
	return strings.HasPrefix(p, "http://") || strings.HasPrefix(p, "https://")
}
