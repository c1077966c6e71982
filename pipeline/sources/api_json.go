package sources

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const (
	maxNesting   = 64 // of brackets in an answer
	maxFlattened = 8  // levels of objects that become columns; what is deeper stays JSON
)

// checkAnswer says why an answer is no JSON to be taken.
func checkAnswer(body []byte) error {
	start := bytes.TrimLeft(body, " \t\r\n")
	if len(start) == 0 {
		return errors.New("the answer is empty")
	}
	if start[0] == '<' {
		return errors.New("the answer is a page of HTML or XML, not JSON: maybe of a login or a proxy")
	}
	if depthOf(body) > maxNesting {
		return fmt.Errorf("the answer is nested deeper than %d levels", maxNesting)
	}
	if !isJSON(body) {
		return errors.New("the answer is no whole JSON")
	}
	return nil
}

func isJSON(b []byte) bool { return json.Valid(b) }

// depthOf counts how deep brackets stand in one another, before anything recurses into them.
func depthOf(body []byte) int {
	depth, deepest, inText := 0, 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// dig finds what stands at a path of names, as info.more_records.
func dig(body []byte, path string) (json.RawMessage, bool) {
	at := json.RawMessage(body)
	for _, name := range strings.Split(path, ".") {
		var members map[string]json.RawMessage
		if json.Unmarshal(at, &members) != nil {
			return nil, false
		}
		var ok bool
		if at, ok = members[name]; !ok {
			return nil, false
		}
	}
	return at, true
}

// scalar is a text or number as text; null, absent, false and whatever is neither is empty.
func scalar(v json.RawMessage) string {
	var text string
	if json.Unmarshal(v, &text) == nil {
		return text
	}
	var number json.Number
	if json.Unmarshal(v, &number) == nil {
		return number.String()
	}
	return ""
}

// recordsOf takes the list of records out of an answer. A list that is null has none.
func recordsOf(body []byte, path string) ([][]byte, error) {
	at, found := json.RawMessage(body), true
	where := "the answer"
	if path != "" {
		at, found = dig(body, path)
		where = quoted(path)
	}
	if !found {
		return nil, fmt.Errorf("the answer has no list at %s (api.records)", where)
	}
	at = bytes.TrimSpace(at)
	if string(at) == "null" {
		return nil, nil
	}
	var list []json.RawMessage
	if len(at) == 0 || at[0] != '[' || json.Unmarshal(at, &list) != nil {
		return nil, fmt.Errorf("%s must be a list of records, got %s", where, kindOfJSON(at))
	}
	records := make([][]byte, len(list))
	for i, r := range list {
		records[i] = r
	}
	return records, nil
}

func kindOfJSON(v []byte) string {
	switch {
	case len(v) == 0:
		return "nothing"
	case v[0] == '{':
		return "an object"
	case v[0] == '[':
		return "a list"
	case v[0] == '"':
		return "a text"
	case v[0] == 't', v[0] == 'f':
		return "true or false"
	case v[0] == 'n':
		return "null"
	}
	return "a number"
}

// flat writes a record as one line with the members of its objects beside its own, as "Account_Name.id"; lists stay JSON, numbers as
// they are written. What is no object is written as it is, to be refused as a row. see is told every column with its value.
func flat(record []byte, see func(name string, value []byte)) ([]byte, error) {
	var out bytes.Buffer
	if record = bytes.TrimSpace(record); len(record) == 0 || record[0] != '{' {
		err := json.Compact(&out, record)
		return out.Bytes(), err
	}
	out.WriteByte('{')
	err := flatten(&out, "", record, 1, see)
	out.WriteByte('}')
	return out.Bytes(), err
}

func flatten(out *bytes.Buffer, prefix string, object []byte, level int, see func(name string, value []byte)) error {
	dec := json.NewDecoder(bytes.NewReader(object))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		member, ok := t.(string)
		if !ok {
			return errors.New("a record has a member without a name")
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return err
		}
		name := prefix + member
		if v[0] == '{' && level < maxFlattened {
			if err := flatten(out, name+".", v, level+1, see); err != nil {
				return err
			}
			continue
		}
		if out.Len() > 1 {
			out.WriteByte(',')
		}
		label, err := json.Marshal(name)
		if err != nil {
			return err
		}
		out.Write(label)
		out.WriteByte(':')
		if err := json.Compact(out, v); err != nil {
			return err
		}
		see(name, v)
	}
	return nil
}

// insideText writes a value as it stands between the quotes of a JSON text.
func insideText(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return strconv.Quote(s) // a text is always written
	}
	return string(b[1 : len(b)-1])
}
