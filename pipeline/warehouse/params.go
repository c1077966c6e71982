package warehouse

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// bind writes parameters as the server reads them: as one field of tab-separated text, without quotes.
func bind(params map[string]any) (clickhouse.Parameters, error) {
	bound := make(clickhouse.Parameters, len(params))
	for name, v := range params {
		text, err := bindValue(v)
		if err != nil {
			return nil, fmt.Errorf("parameter %s: %w", name, err)
		}
		bound[name] = text
	}
	return bound, nil
}

func bindValue(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return `\N`, nil
	case string:
		return escapeField.Replace(v), nil
	case bool:
		if v {
			return "1", nil // read by Bool and by UInt8
		}
		return "0", nil
	case int:
		return strconv.Itoa(v), nil
	case int32:
		return strconv.FormatInt(int64(v), 10), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case uint8:
		return strconv.FormatUint(uint64(v), 10), nil
	case uint32:
		return strconv.FormatUint(uint64(v), 10), nil
	case uint64:
		return strconv.FormatUint(v, 10), nil
	case float64:
		switch {
		case math.IsNaN(v):
			return "nan", nil
		case math.IsInf(v, 1):
			return "inf", nil
		case math.IsInf(v, -1):
			return "-inf", nil
		}
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04:05.000"), nil
	case []uint64:
		digits := make([]string, len(v))
		for i, n := range v {
			digits[i] = strconv.FormatUint(n, 10)
		}
		return "[" + strings.Join(digits, ",") + "]", nil
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = "'" + escapeQuoted.Replace(s) + "'"
		}
		return "[" + strings.Join(quoted, ",") + "]", nil // an array is read by its own rules, unescaped once
	case fmt.Stringer: // asof.Date
		return escapeField.Replace(v.String()), nil
	}
	return "", fmt.Errorf("%T cannot be bound", v)
}

var (
	escapeField  = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`)
	escapeQuoted = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`)
)
