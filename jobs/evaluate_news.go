package jobs

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
	"github.com/spf13/cobra"
	"golang.org/x/text/encoding/simplifiedchinese"

	"creditwatch/features/news"
	"creditwatch/pipeline/asof"
)

func evaluateNewsCommand(a *app) *cobra.Command {
	var data, train, lang string
	c := &cobra.Command{
		Use:   "evaluate-news --data FILE",
		Short: "judge the reading of news on labelled headlines",
		Long: "Hold the negative-event score and the events found against headlines that somebody labelled: a CSV (.gz too) with the columns date,\n" +
			"company, ticker, label and title, label 0 for bad news and 1 for good. With --train the headline classifier learns from that file\n" +
			"and is judged on --data; headlines that are in both are not learnt from. Without, it learns from four fifths of --data and is judged\n" +
			"on the fifth, in turn, all headlines of a company and all that are alike being in one fifth. Where there are too few labels,\n" +
			"the rules alone are judged.",
		Example: "  creditwatch evaluate-news --data headlines.csv.gz\n  creditwatch evaluate-news --data new.csv --train old.csv.gz --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case data == "":
				return usage("--data: want a CSV file of labelled headlines")
			case lang != "en" && lang != "zh":
				return usage("--lang %s: want en or zh", lang)
			}
			judged, err := readHeadlines(data)
			if err != nil {
				return usage("--data: %w", err)
			}
			var taught []news.Headline
			if train != "" {
				if taught, err = readHeadlines(train); err != nil {
					return usage("--train: %w", err)
				}
			}
			e, err := news.Evaluate(judged, taught)
			if err != nil {
				return usage("%w", err)
			}
			if a.json {
				return json.NewEncoder(a.out).Encode(e)
			}
			return a.writeNewsEvaluation(e, lang)
		},
	}
	c.Flags().StringVar(&data, "data", "", "labelled headlines to judge on: CSV, .gz too; UTF-8 or GB18030")
	c.Flags().StringVar(&train, "train", "", "labelled headlines to learn from, in the same form")
	c.Flags().StringVar(&lang, "lang", "en", "en or zh")
	return c
}

// largestHeadlines bounds a labelled file, unpacked.
const largestHeadlines = 256 << 20

// headlineColumns are the columns of a labelled file; company and ticker may be empty.
var headlineColumns = []string{"date", "company", "ticker", "label", "title"}

// readHeadlines reads a labelled file. It reports the first ten mistakes at once, each with its line and column.
func readHeadlines(path string) ([]news.Headline, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	name := filepath.Base(path)
	if len(content) > 1 && content[0] == 0x1f && content[1] == 0x8b {
		z, err := gzip.NewReader(bytes.NewReader(content))
		if err != nil {
			return nil, fmt.Errorf("%s: not a whole gzip file: %w", name, err)
		}
		if content, err = io.ReadAll(io.LimitReader(z, largestHeadlines+1)); err != nil {
			return nil, fmt.Errorf("%s: not a whole gzip file: %w", name, err)
		}
	}
	if len(content) > largestHeadlines {
		return nil, fmt.Errorf("%s: larger than %d bytes", name, largestHeadlines)
	}
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(content) {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(content)
		if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
			return nil, fmt.Errorf("%s: neither UTF-8 nor GB18030", name)
		}
		content = decoded
	}
	if len(bytes.TrimSpace(content)) == 0 {
		return nil, fmt.Errorf("%s: is empty; want a header with %s, and headlines below it", name, strings.Join(headlineColumns, ", "))
	}
	r := csv.NewReader(bytes.NewReader(content))
	r.FieldsPerRecord = -1
	r.LazyQuotes = true // headlines quote as they like
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	at := map[string]int{}
	for i, h := range head {
		at[strings.ToLower(strings.TrimSpace(h))] = i
	}
	var missing []string
	for _, c := range headlineColumns {
		if _, ok := at[c]; !ok {
			missing = append(missing, c)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%s line 1: no column %s; want %s, got %s", name, strings.Join(missing, ", "), strings.Join(headlineColumns, ", "), printable(clip(strings.Join(head, ", "))))
	}
	var out []news.Headline
	var faults []error
	for len(faults) < 10 {
		record, err := r.Read()
		if err == io.EOF {
			break
		}
		line, _ := r.FieldPos(0)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
			break
		}
		bad := func(column, want, got string) {
			faults = append(faults, fmt.Errorf("%s line %d, column %s: want %s, got %q", name, line, column, want, clip(got)))
		}
		if len(record) != len(head) {
			faults = append(faults, fmt.Errorf("%s line %d: %d cells, the header has %d", name, line, len(record), len(head)))
			continue
		}
		cell := func(column string) string { return strings.TrimSpace(record[at[column]]) }
		h := news.Headline{Ticker: cell("ticker"), Title: cell("title"), Companies: companiesOf(cell("company"))}
		if h.Date, err = headlineDate(cell("date")); err != nil {
			bad("date", "a date as 2018-07-01", cell("date"))
		}
		switch cell("label") {
		case "0", "0.0": // as spreadsheets write it
			h.Bad = true
		case "1", "1.0":
		default:
			bad("label", "0 (bad news) or 1 (good news)", cell("label"))
		}
		if h.Title == "" {
			bad("title", "a headline", "")
		}
		out = append(out, h)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no headline below the header", name)
	}
	return out, nil
}

// headlineDate reads a day, with or without a time behind it.
func headlineDate(s string) (asof.Date, error) {
	day, _, _ := strings.Cut(strings.ReplaceAll(strings.ReplaceAll(s, "/", "-"), "T", " "), " ")
	for _, layout := range []string{"2006-1-2", "20060102"} {
		if t, err := time.Parse(layout, day); err == nil {
			return asof.Parse(t.Format(time.DateOnly))
		}
	}
	return asof.Parse(s)
}

// companiesOf parts a cell that names several companies. A comma before a legal form does not part: Acme Co., Ltd.
func companiesOf(cell string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(",，;；、|", r) }) {
		part = strings.TrimSpace(part)
		if n := len(out); n > 0 && strings.IndexFunc(part, func(r rune) bool { return r > 127 }) < 0 && slices.Contains([]string{"ltd", "inc", "llc", "corp", "limited", "plc", "co"}, strings.ToLower(strings.Trim(part, "."))) {
			out[n-1] += ", " + part
			continue
		}
		if part != "" && !slices.Contains(out, part) {
			out = append(out, part)
		}
	}
	return out
}

// newsWords are the words of the printed evaluation, in English and Chinese.
var newsWords = map[string][]string{
	"en": {"headlines", "%d, %d of them bad news", "companies", "%d named %d times, matched %d times; %d of %d companies matched at least once", "score",
		"learnt from %d headlines of the training file; %d left out because they are in the data too", "learnt from four fifths of the data and judged on the fifth, in turn; no %s on both sides", "the rules alone: too few labels to learn from",
		"AUC of the negative-event score", "AUC of the rules alone", "precision of “negative”", "recall of “negative”", "from a score of %.2f on", "companies", "headlines alike", "all labels are the same"},
	"zh": {"标题", "%d 条，其中利空 %d 条", "公司", "%d 家公司共被点名 %d 次，识别 %d 次；%[4]d/%[5]d 家至少识别一次", "评分",
		"用训练文件的 %d 条标题训练；另有 %d 条因同时出现在待评数据中而未用", "轮流以五分之四训练、五分之一评判，同一%s不会同时出现在两侧", "仅用规则：标签太少，无法训练",
		"负面事件评分的 AUC", "仅用规则的 AUC", "“负面”的精确率", "“负面”的召回率", "评分不低于 %.2f", "公司", "相近标题", "所有标签相同"},
}

func (a *app) writeNewsEvaluation(e *news.Evaluation, lang string) error {
	w := newsWords[lang]
	var how string
	switch e.Method {
	case "trained":
		how = fmt.Sprintf(w[5], e.Trained, e.LeftOut)
	case "cross-fitted":
		groups := w[13]
		if e.Groups == "titles" {
			groups = w[14]
		}
		how = fmt.Sprintf(w[6], groups)
	default:
		how = w[7]
	}
	number := func(v *float64) string {
		if v == nil {
			return w[15]
		}
		return fmt.Sprintf("%.4f", *v)
	}
	share := func(s news.Share) string {
		if v := s.Value(); v != nil {
			i := s.Wilson()
			return fmt.Sprintf("%.3f [%.3f, %.3f] = %d/%d", *v, i[0], i[1], s.Some, s.All)
		}
		return "–"
	}
	var b strings.Builder
	row := func(name, value string) {
		fmt.Fprintf(&b, "%s%s  %s\n", name, strings.Repeat(" ", max(0, 34-width(name))), value)
	}
	row(w[0], fmt.Sprintf(w[1], e.Rows, e.Negative))
	row(w[2], fmt.Sprintf(w[3], e.Companies, e.Named, e.Matched, e.CompaniesMatched, e.Companies))
	row(w[4], how)
	row(w[8], number(e.AUC))
	row(w[9], number(e.RuleAUC))
	row(w[10], share(e.Precision)+"  "+fmt.Sprintf(w[12], e.Line))
	row(w[11], share(e.Recall))
	b.WriteString("\n")
	if _, err := io.WriteString(a.out, b.String()); err != nil {
		return err
	}
	head := []string{"event", "", "label", "rows", "precision", "95 %", "recall", "95 %"}
	labels := map[string]string{"negative": "0", "positive": "1"}
	if lang == "zh" {
		head = []string{"事件", "", "应为", "条数", "精确率", "95 %", "召回率", "95 %"}
	}
	var table [][]string
	for _, x := range e.ByEvent {
		name := x.EN
		if lang == "zh" {
			name = x.ZH
		}
		cells := []string{x.Event, name, labels[x.Expects], fmt.Sprint(x.Rows), "–", "", "–", ""}
		if x.Precision != nil {
			cells[4], cells[5] = fmt.Sprintf("%.3f", *x.Precision), fmt.Sprintf("[%.3f, %.3f]", x.PrecisionInterval[0], x.PrecisionInterval[1])
		}
		if x.Recall != nil {
			cells[6], cells[7] = fmt.Sprintf("%.3f", *x.Recall), fmt.Sprintf("[%.3f, %.3f]", x.RecallInterval[0], x.RecallInterval[1])
		}
		table = append(table, cells)
	}
	return a.printTable(head, table)
}
