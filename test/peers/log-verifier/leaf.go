package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"regexp"
	"strings"
)

const (
	entryBytesMax = 4096
	zeroHash      = "0000000000000000000000000000000000000000000000000000000000000000"
	zeroInstant   = "0001-01-01T00:00:00.000Z"
	// A damaged prev is told from an absent one by so many bytes.
	damagedBytesMax = 8
)

var (
	atForm      = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$`)
	idForm      = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	hashForm    = regexp.MustCompile(`^[0-9a-f]{64}$`)
	streamForm  = regexp.MustCompile(`^[a-z0-9]{2,20}\.[a-zA-Z]+-[A-Za-z0-9_.:-]+$`)
	typeForm    = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*/[1-9][0-9]*$`)
	invalidForm = regexp.MustCompile(`^invalid:[0-9a-f]{64}$`)
)

// entry is E, what a leaf commits to.
type entry struct {
	at, id, log, meta, pay, prev, rev, stream, typ string
}

func (e entry) bytes() []byte {
	return []byte(`{"at":"` + e.at + `","id":"` + e.id + `","log":"` + e.log + `","meta":"` + e.meta + `","pay":"` + e.pay + `","prev":"` + e.prev +
		`","rev":"` + e.rev + `","stream":"` + e.stream + `","type":"` + e.typ + `","v":"ledger-leaf/1"}`)
}

func isStream(text string) bool { return len(text) <= 512 && streamForm.MatchString(text) }
func isType(text string) bool   { return len(text) <= 128 && typeForm.MatchString(text) }

// parseEntry reads E; text that is not exactly what bytes writes is none.
func parseEntry(raw []byte) (entry, bool) {
	if len(raw) > entryBytesMax {
		return entry{}, false
	}
	members, isCanonical := parseCanonical(raw)
	if !isCanonical {
		return entry{}, false
	}
	text := func(name string) string { value, _ := members.text(name); return value }
	e := entry{text("at"), text("id"), text("log"), text("meta"), text("pay"), text("prev"), text("rev"), text("stream"), text("type")}
	whole := atForm.MatchString(e.at) && idForm.MatchString(e.id) && isOrigin(e.log) && hashForm.MatchString(e.meta) &&
		hashForm.MatchString(e.pay) && hashForm.MatchString(e.prev) && len(e.rev) <= 19 && decimal.MatchString(e.rev) &&
		(isStream(e.stream) || invalidForm.MatchString(e.stream)) && (isType(e.typ) || invalidForm.MatchString(e.typ))
	return e, whole && bytes.Equal(e.bytes(), raw)
}

func isOrigin(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] <= ' ' || text[i] > '~' || strings.IndexByte(`+"\`, text[i]) >= 0 {
			return false
		}
	}
	return text != "" && len(text) <= 255
}

// storedEvent is an event as the store has it.
type storedEvent struct {
	id, stream, rev, typ string
	data, metadata       []byte
}

// entryOf derives the entry of a stored event, and says whether the event is malformed.
func entryOf(origin string, event storedEvent) (entry, bool) {
	e := entry{id: event.id, log: origin, rev: event.rev, at: zeroInstant, prev: zeroHash, stream: event.stream, typ: event.typ}
	malformed := false
	if !isStream(event.stream) {
		e.stream, malformed = invalid(event.stream), true
	}
	if !isType(event.typ) {
		e.typ, malformed = invalid(event.typ), true
	}
	m := event.metadata
	var ps, ms [32]byte
	members, isCanonical := parseCanonical(event.metadata)
	field := func(name string, form *regexp.Regexp, otherwise string) string {
		value, isText := members.text(name)
		if isText && form.MatchString(value) {
			return value
		}
		malformed = true
		return otherwise
	}
	if isCanonical {
		if body, has := members["body"]; has {
			m, _ = canonical(body)
		} else {
			malformed = true
		}
	}
	malformed = malformed || len(members) != 5
	e.at, e.prev = field("at", atForm, zeroInstant), field("prev", hashForm, zeroHash)
	hex.Decode(ps[:], []byte(field("ps", hashForm, zeroHash)))
	hex.Decode(ms[:], []byte(field("ms", hashForm, zeroHash)))
	e.pay = commitment("ledger-pay/1", ps, event.data)
	e.meta = commitment("ledger-meta/1", ms, m)
	return e, malformed
}

func invalid(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "invalid:" + hex.EncodeToString(sum[:])
}

func commitment(tag string, salt [32]byte, text []byte) string {
	length := binary.BigEndian.AppendUint32(nil, uint32(len(text)))
	sum := sha256.Sum256(bytes.Join([][]byte{[]byte(tag), salt[:], length, text}, nil))
	return hex.EncodeToString(sum[:])
}

// hasDamagedPrev says whether malformed metadata are a few bytes away from naming zeros: before the last 66 bytes, `<ps>"}`, stand
// 82 bytes that are almost `","prev":"<zeros>","ps":"`.
func hasDamagedPrev(metadata []byte) bool {
	zeros := []byte(`","prev":"` + zeroHash + `","ps":"`)
	end := len(metadata) - len(zeroHash) - len(`"}`)
	if end < len(zeros)+len(`{"at":"","body":`)+len(zeroInstant) {
		return false
	}
	differing := 0
	for i, c := range metadata[end-len(zeros) : end] {
		if c != zeros[i] {
			differing++
		}
	}
	return differing > 0 && differing <= damagedBytesMax
}
