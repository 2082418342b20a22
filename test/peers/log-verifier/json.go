package main

import (
	"bytes"
	"errors"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// object keeps the members of a JSON object; where a name is repeated the last one counts.
type object map[string]any

// number is a JSON number as it is written: the format has none, so that its value never matters.
type number string

var errJSON = errors.New("not JSON")

// The parser's own limit is generous, so that only canonical text is held to the depth of the format.
const nestingMax = 1_000_000

// parseJSON reads text by RFC 8259. A lone surrogate becomes three bytes that are not UTF-8, so that it can be told from U+FFFD;
// bytes that are no UTF-8 are read as U+FFFD.
func parseJSON(text []byte) (any, error) {
	p := parser{text: text}
	value, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at != len(text) {
		return nil, errJSON
	}
	return value, nil
}

type parser struct {
	text []byte
	at   int
}

func (p *parser) space() {
	for p.at < len(p.text) && bytes.IndexByte([]byte(" \t\n\r"), p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) word(word string, value any) (any, error) {
	if !bytes.HasPrefix(p.text[p.at:], []byte(word)) {
		return nil, errJSON
	}
	p.at += len(word)
	return value, nil
}

func (p *parser) value(depth int) (any, error) {
	if depth > nestingMax {
		return nil, errJSON
	}
	p.space()
	switch p.peek() {
	case '{':
		return p.object(depth)
	case '[':
		return p.array(depth)
	case '"':
		return p.string()
	case 't':
		return p.word("true", true)
	case 'f':
		return p.word("false", false)
	case 'n':
		return p.word("null", nil)
	default:
		return p.number()
	}
}

func (p *parser) object(depth int) (any, error) {
	members := object{}
	p.at++
	p.space()
	if p.peek() == '}' {
		p.at++
		return members, nil
	}
	for {
		p.space()
		if p.peek() != '"' {
			return nil, errJSON
		}
		name, err := p.string()
		if err != nil {
			return nil, err
		}
		p.space()
		if p.peek() != ':' {
			return nil, errJSON
		}
		p.at++
		if members[name], err = p.value(depth + 1); err != nil {
			return nil, err
		}
		p.space()
		switch p.peek() {
		case ',':
			p.at++
		case '}':
			p.at++
			return members, nil
		default:
			return nil, errJSON
		}
	}
}

func (p *parser) array(depth int) (any, error) {
	items := []any{}
	p.at++
	p.space()
	if p.peek() == ']' {
		p.at++
		return items, nil
	}
	for {
		item, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
		p.space()
		switch p.peek() {
		case ',':
			p.at++
		case ']':
			p.at++
			return items, nil
		default:
			return nil, errJSON
		}
	}
}

func (p *parser) number() (any, error) {
	from := p.at
	digits := func() bool {
		first := p.at
		for p.peek() >= '0' && p.peek() <= '9' {
			p.at++
		}
		return p.at > first
	}
	if p.peek() == '-' {
		p.at++
	}
	if p.peek() == '0' {
		p.at++
	} else if !digits() {
		return nil, errJSON
	}
	if p.peek() == '.' {
		p.at++
		if !digits() {
			return nil, errJSON
		}
	}
	if p.peek() == 'e' || p.peek() == 'E' {
		p.at++
		if p.peek() == '+' || p.peek() == '-' {
			p.at++
		}
		if !digits() {
			return nil, errJSON
		}
	}
	return number(p.text[from:p.at]), nil
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (p *parser) string() (string, error) {
	var units []byte
	var high rune // A high surrogate that waits for its second half.
	flush := func() {
		if high != 0 {
			units = append(units, surrogate(high)...)
			high = 0
		}
	}
	p.at++
	for {
		if p.at >= len(p.text) || p.text[p.at] < 0x20 {
			return "", errJSON
		}
		switch c := p.text[p.at]; c {
		case '"':
			p.at++
			flush()
			return string(units), nil
		case '\\':
			if p.at+1 >= len(p.text) {
				return "", errJSON
			}
			if p.text[p.at+1] != 'u' {
				plain, known := escapes[p.text[p.at+1]]
				if !known {
					return "", errJSON
				}
				flush()
				units = append(units, plain)
				p.at += 2
				continue
			}
			if p.at+6 > len(p.text) {
				return "", errJSON
			}
			code, err := strconv.ParseUint(string(p.text[p.at+2:p.at+6]), 16, 16)
			if err != nil {
				return "", errJSON
			}
			p.at += 6
			unit := rune(code)
			switch {
			case high != 0 && unit >= 0xdc00 && unit < 0xe000:
				units = utf8.AppendRune(units, utf16.DecodeRune(high, unit))
				high = 0
			case utf16.IsSurrogate(unit):
				flush()
				if unit < 0xdc00 {
					high = unit
				} else {
					units = append(units, surrogate(unit)...)
				}
			default:
				flush()
				units = utf8.AppendRune(units, unit)
			}
		default:
			flush()
			r, width := utf8.DecodeRune(p.text[p.at:])
			units = utf8.AppendRune(units, r)
			p.at += width
		}
	}
}

func surrogate(unit rune) []byte {
	return []byte{0xe0 | byte(unit>>12), 0x80 | byte(unit>>6)&0x3f, 0x80 | byte(unit)&0x3f}
}

func (o object) text(name string) (string, bool) {
	value, isText := o[name].(string)
	return value, isText
}
