package warehouse

import (
	"errors"
	"fmt"
	"strings"
)

// The words with which a query of an analyst may begin. The database refuses him everything but reading; this list stands before it, since
// it carries out some statements in silence (SYSTEM STOP MERGES) and every version brings new ones.
var begins = map[string]bool{
	"SELECT": true, "WITH": true, "FROM": true, "SHOW": true, "DESCRIBE": true, "DESC": true, "EXISTS": true, "EXPLAIN": true,
}

// outside are functions that reach out of the database and ask no right for it, in lower case. An embedded engine reads any file of its
// owner's with the function file, unlike the table function of that name and unlike a server, which keeps to a folder.
var outside = map[string]bool{
	"file": true, "catboostevaluate": true, "aiclassify": true, "aiembed": true, "aiextract": true, "aigenerate": true, "aitranslate": true,
	"getclienthttpheader": true, "showcertificate": true,
}

// readsOnly reports why a query does not go through: it is no reading, it calls a function of [outside], or it is written so that we cannot
// tell. It divides the text into the tokens into which the database divides it, and refuses what the two might see differently.
//
// A name of [outside] passes only where it can be nothing but a column: after a dot, or outside all brackets, and never before a bracket or
// after APPLY. Inside brackets it might be handed to a function that calls it, as in arrayMap(file, …).
func readsOnly(query string) error {
	var first, last string
	depth := 0
	for rest := query; ; {
		token, kind, after, err := nextToken(rest)
		if err != nil {
			return err
		}
		if kind == endOfQuery {
			return nil
		}
		if first == "" && token != "(" {
			if first = strings.ToUpper(token); kind != word || !begins[first] {
				return errors.New("only queries that read are let through: SELECT, WITH, FROM, SHOW, DESCRIBE, EXISTS, EXPLAIN")
			}
		}
		switch token {
		case "(", "[":
			depth++
		case ")", "]":
			depth--
		}
		if name := strings.ToLower(token); (kind == word || kind == quoted) && outside[name] {
			next, _, _, err := nextToken(after)
			switch {
			case err != nil:
				return err
			case next == "(" || strings.EqualFold(last, "APPLY"):
				return fmt.Errorf("the function %s is not allowed here", name)
			case last != "." && depth > 0:
				return fmt.Errorf("inside brackets write the column %s with its view before it, as v.%s: it is the name of a function that is not allowed here", name, name)
			}
		}
		last, rest = token, after
	}
}

type tokenKind int

const (
	endOfQuery tokenKind = iota
	word
	quoted  // an identifier in quotes, without them
	literal // text in single quotes; the token is empty
	sign    // any other character
)

var errOpen = errors.New("a quote or a comment in the query does not end")

// nextToken returns the first token of a query that is neither space nor comment, and what comes after it.
func nextToken(s string) (token string, kind tokenKind, after string, err error) {
	for {
		s = strings.TrimLeft(s, " \t\n\r\f\v")
		switch {
		case s == "":
			return "", endOfQuery, "", nil
		case strings.HasPrefix(s, "--"):
			_, s, _ = strings.Cut(s, "\n")
			continue
		case strings.HasPrefix(s, "/*"):
			var ended bool
			if _, s, ended = strings.Cut(s[2:], "*/"); !ended {
				return "", 0, "", errOpen
			}
			continue
		}
		break
	}
	switch c := s[0]; {
	case c == '\'', c == '"', c == '`':
		n, err := quotedLen(s)
		if err != nil {
			return "", 0, "", err
		}
		if c == '\'' {
			return "", literal, s[n:], nil
		}
		name := s[1 : n-1]
		if strings.ContainsAny(name, "\\"+string(c)) { // escapes can spell any name
			return "", 0, "", errors.New("a name in quotes with an escape in it is not allowed here")
		}
		return name, quoted, s[n:], nil
	case isWordByte(c):
		n := 1
		for n < len(s) && isWordByte(s[n]) {
			n++
		}
		return s[:n], word, s[n:], nil
	case c < ' ' || c >= 0x7f || c == '$' || c == '#' || c == '\\': // other quotes and comments, which have changed with versions
		r := []rune(s[:min(len(s), 4)])[0]
		return "", 0, "", fmt.Errorf("the character %q may stand only inside quotes here", r)
	}
	return s[:1], sign, s[1:], nil
}

// quotedLen is the length of the quoted text at the beginning of s.
func quotedLen(s string) (int, error) {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			if i+1 < len(s) && s[i+1] == s[0] {
				i++
				continue
			}
			return i + 1, nil
		}
	}
	return 0, errOpen
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}
