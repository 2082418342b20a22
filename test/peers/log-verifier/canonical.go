package main

import (
	"bytes"
	"sort"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

const canonicalNestingMax = 256

// canonical writes the canonical text of a value, or says that it has none.
func canonical(value any) ([]byte, bool) {
	return appendCanonical(nil, value, 0)
}

func appendCanonical(text []byte, value any, depth int) ([]byte, bool) {
	switch v := value.(type) {
	case bool:
		return strconv.AppendBool(text, v), true
	case string:
		return appendString(text, v)
	case []any:
		if depth == canonicalNestingMax {
			return nil, false
		}
		text = append(text, '[')
		for i, item := range v {
			if i > 0 {
				text = append(text, ',')
			}
			var whole bool
			if text, whole = appendCanonical(text, item, depth+1); !whole {
				return nil, false
			}
		}
		return append(text, ']'), true
	case object:
		if depth == canonicalNestingMax {
			return nil, false
		}
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		sort.Slice(names, func(a, b int) bool { return lessUTF16(names[a], names[b]) })
		text = append(text, '{')
		for i, name := range names {
			if i > 0 {
				text = append(text, ',')
			}
			var whole bool
			if text, whole = appendString(text, name); !whole {
				return nil, false
			}
			if text, whole = appendCanonical(append(text, ':'), v[name], depth+1); !whole {
				return nil, false
			}
		}
		return append(text, '}'), true
	default:
		return nil, false
	}
}

func appendString(text []byte, value string) ([]byte, bool) {
	if !utf8.ValidString(value) {
		return nil, false
	}
	short := map[byte]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}
	text = append(text, '"')
	for i := 0; i < len(value); i++ {
		c := value[i]
		if escape, known := short[c]; known {
			text = append(text, escape...)
		} else if c < 0x20 {
			text = append(text, '\\', 'u', '0', '0', '0'+c>>4, "0123456789abcdef"[c&15])
		} else {
			text = append(text, c)
		}
	}
	return append(text, '"'), true
}

func lessUTF16(a, b string) bool {
	x, y := utf16.Encode([]rune(a)), utf16.Encode([]rune(b))
	for i := 0; i < len(x) && i < len(y); i++ {
		if x[i] != y[i] {
			return x[i] < y[i]
		}
	}
	return len(x) < len(y)
}

// parseCanonical reads an object whose text is canonical.
func parseCanonical(text []byte) (object, bool) {
	value, err := parseJSON(text)
	members, isObject := value.(object)
	if err != nil || !isObject {
		return nil, false
	}
	again, whole := canonical(members)
	if !whole || !bytes.Equal(again, text) {
		return nil, false
	}
	return members, true
}
