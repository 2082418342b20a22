package main

import "bytes"

// What a line of a payload file holds.
type lineState int

const (
	lineOpen       lineState = iota
	lineWithheld             // not for everybody's eyes
	lineAbsent               // the file ends before it
	lineMissing              // the event store has lost the event
	lineOther                // data or metadata are not base64: the event is another one
	lineUnreadable           // no line of this kind
)

const (
	lineBytesMax     = 4 << 20
	payloadsBytesMax = tileWidth * 3 << 20
)

// payloadLine reads the line of a leaf.
func payloadLine(raw []byte, leaf string) (storedEvent, lineState) {
	if len(raw) == 0 {
		return storedEvent{}, lineAbsent
	}
	value, _ := parseJSON(raw)
	members, _ := value.(object)
	if i, _ := members.text("i"); len(raw) > lineBytesMax || i != leaf {
		return storedEvent{}, lineUnreadable
	}
	data, hasData := members["data"]
	metadata, hasMetadata := members["metadata"]
	if data == "missing" || metadata == "missing" {
		return storedEvent{}, lineMissing
	}
	if hasData && data == nil || hasMetadata && metadata == nil {
		return storedEvent{}, lineWithheld
	}
	var e storedEvent
	state := lineOpen
	for name, field := range map[string]*string{"id": &e.id, "stream": &e.stream, "rev": &e.rev, "type": &e.typ} {
		text, isText := members.text(name)
		if !isText {
			return e, lineUnreadable
		}
		*field = text
	}
	for name, field := range map[string]*[]byte{"data": &e.data, "metadata": &e.metadata} {
		text, isText := members.text(name)
		if !isText {
			return e, lineUnreadable
		}
		decoded, isCanonical := strictBase64(text)
		if !isCanonical {
			state = lineOther
		}
		*field = decoded
	}
	return e, state
}

// finOf reads what a payload keeps for ever; nothing where it has none, or is no JSON.
func finOf(payload []byte) object {
	value, _ := parseJSON(payload)
	members, _ := value.(object)
	fin, _ := members["fin"].(object)
	return fin
}

// payloadFile reads the lines of one file of payloads.
func payloadFile(folder string, number int) ([][]byte, error) {
	raw, err := readFile(folder, "payloads/"+tileName(number)+".jsonl", payloadsBytesMax)
	return bytes.Split(raw, []byte("\n")), err
}
