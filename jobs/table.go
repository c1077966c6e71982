package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"creditwatch/pipeline/warehouse"
)

// widest is how many columns of a terminal one cell of a table may take.
const widest = 70

// show prints the answer to a query as a table for people, or as JSON lines.
func (a *app) show(ctx context.Context, db *warehouse.DB, sql string, params map[string]any) error {
	answer, err := db.Query(ctx, sql, params)
	if err != nil {
		return err
	}
	defer answer.Release()
	var head []string
	for _, f := range answer.Schema().Fields() {
		head = append(head, f.Name)
	}
	var table [][]string
	for answer.Next() {
		rec := answer.Record()
		for i := range int(rec.NumRows()) {
			row := make([]string, len(head))
			values := map[string]any{}
			for c := range head {
				values[head[c]] = cellValue(rec.Column(c), i)
				if v := values[head[c]]; v != nil {
					row[c] = printable(fmt.Sprint(v))
				}
			}
			if a.json {
				if err := json.NewEncoder(a.out).Encode(values); err != nil {
					return err
				}
				continue
			}
			table = append(table, row)
		}
	}
	if err := answer.Err(); err != nil || a.json {
		return err
	}
	return a.printTable(head, table)
}

func (a *app) printTable(head []string, table [][]string) error {
	widths := make([]int, len(head))
	for c := range head {
		widths[c] = width(head[c])
		for _, row := range table {
			row[c] = clip(strings.ReplaceAll(row[c], "\n", " "))
			widths[c] = max(widths[c], width(row[c]))
		}
	}
	var b strings.Builder
	line := func(row []string) {
		for c, cell := range row {
			b.WriteString(cell)
			if c < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[c]-width(cell)+2))
			}
		}
		b.WriteString("\n")
	}
	line(head)
	for _, row := range table {
		line(row)
	}
	if len(table) == 0 {
		b.WriteString("(none)\n")
	}
	_, err := fmt.Fprint(a.out, b.String())
	return err
}

// width is the number of terminal columns of a text; Chinese characters take two.
func width(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xff60:
			n += 2
		default:
			n++
		}
	}
	return n
}

func clip(s string) string {
	n := 0
	for i, r := range s {
		if n += width(string(r)); n > widest {
			return s[:i] + "…"
		}
	}
	return s
}

// cellValue returns a cell as JSON would have it; amounts are text, so that no digit is lost.
func cellValue(column arrow.Array, i int) any {
	if column.IsNull(i) {
		return nil
	}
	switch c := column.(type) {
	case *array.String:
		return strings.Clone(c.Value(i))
	case *array.Date32:
		return c.Value(i).FormattedString()
	case *array.Timestamp:
		return c.Value(i).ToTime(c.DataType().(*arrow.TimestampType).Unit).UTC().Format(time.RFC3339)
	case *array.Float64:
		return c.Value(i)
	case *array.Decimal128:
		return c.Value(i).ToString(c.DataType().(*arrow.Decimal128Type).Scale)
	case *array.Boolean:
		return c.Value(i)
	}
	return column.ValueStr(i)
}
