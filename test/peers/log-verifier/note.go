package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// strictBase64 is canonical base64 with padding: no other text stands for the same bytes.
func strictBase64(text string) ([]byte, bool) {
	decoded, err := base64.StdEncoding.Strict().DecodeString(text)
	return decoded, err == nil && base64.StdEncoding.EncodeToString(decoded) == text
}

// verifierKey is an Ed25519 key of type 0x01 in the text form of signed notes.
type verifierKey struct {
	text string
	name string
	id   uint32
	key  ed25519.PublicKey
}

// A key's name is not empty, has no white space and no plus sign.
var vkeyForm = regexp.MustCompile(`^([^\s+]{1,255})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$`)

func parseVkey(text string) (verifierKey, bool) {
	parts := vkeyForm.FindStringSubmatch(text)
	if parts == nil {
		return verifierKey{}, false
	}
	name, id := parts[1], parts[2]
	raw, whole := strictBase64(parts[3])
	if !whole || len(raw) != 1+ed25519.PublicKeySize || raw[0] != 1 {
		return verifierKey{}, false
	}
	digest := sha256.Sum256(append([]byte(name+"\n"), raw...))
	return verifierKey{text, name, binary.BigEndian.Uint32(digest[:4]), raw[1:]}, hex.EncodeToString(digest[:4]) == id
}

// signedNote is a text and the signatures under it.
type signedNote struct {
	text       []byte
	signatures []noteSignature
}

type noteSignature struct {
	name  string
	id    uint32
	bytes []byte
}

var (
	signatureForm = regexp.MustCompile(`^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$`)
	controlForm   = regexp.MustCompile(`[\x00-\x09\x0b-\x1f]`)
)

func parseNote(raw []byte) (signedNote, bool) {
	if len(raw) > noteBytesMax || !utf8.Valid(raw) || controlForm.Match(raw) {
		return signedNote{}, false
	}
	split := bytes.LastIndex(raw, []byte("\n\n"))
	if split < 0 || !bytes.HasSuffix(raw, []byte("\n")) {
		return signedNote{}, false
	}
	note := signedNote{text: raw[:split+1]}
	lines := strings.Split(strings.TrimSuffix(string(raw[split+2:]), "\n"), "\n")
	for _, line := range lines {
		parts := signatureForm.FindStringSubmatch(line)
		if parts == nil {
			return signedNote{}, false
		}
		signature, whole := strictBase64(parts[2])
		if !whole || len(signature) < 5 {
			return signedNote{}, false
		}
		note.signatures = append(note.signatures, noteSignature{parts[1], binary.BigEndian.Uint32(signature), signature[4:]})
	}
	return note, true
}

func (n signedNote) signedBy(key verifierKey) bool {
	for _, s := range n.signatures {
		if s.name == key.name && s.id == key.id && ed25519.Verify(key.key, n.text, s.bytes) {
			return true
		}
	}
	return false
}

// treeHead is what a checkpoint says.
type treeHead struct {
	note   signedNote
	origin string
	size   uint64
	root   digest
}

var decimal = regexp.MustCompile(`^(0|[1-9][0-9]*)$`)

func parseSize(text string) (uint64, bool) {
	size, err := strconv.ParseUint(text, 10, 64)
	return size, err == nil && decimal.MatchString(text)
}

func parseHead(raw []byte) (treeHead, bool) {
	note, whole := parseNote(raw)
	if !whole {
		return treeHead{}, false
	}
	lines := strings.Split(string(note.text), "\n")
	if len(lines) != 4 || lines[0] == "" {
		return treeHead{}, false
	}
	size, isSize := parseSize(lines[1])
	root, isRoot := strictBase64(lines[2])
	if !isSize || !isRoot || len(root) != len(digest{}) {
		return treeHead{}, false
	}
	return treeHead{note, lines[0], size, digest(root)}, true
}
