package main

import "strings"

// isNumber says whether an event gives an invoice its number.
func isNumber(e entry) bool {
	_, id, _ := strings.Cut(e.stream, ".")
	return e.typ == "NumberAssigned/1" && strings.HasPrefix(id, "series-")
}

// readNumber holds the numbers of a series to 1, 2, 3, ...; an event that was not opened has room for one.
func (r *replay) readNumber(leaf uint64, e entry, fin object) {
	last, has := r.sequences[e.stream]
	highest := last + 1 + r.missedNumbers[e.stream]
	text, _ := fin.text("sequence")
	sequence, isNumber := parseSize(text)
	switch {
	case !isNumber || sequence == 0:
		r.failAt("V7", leaf, "an invoice number that cannot be read")
		sequence = highest
	case sequence > last && sequence <= highest:
	case r.policy.supersedes && !has:
		r.lack("V7", "what is before leaf %d stands in the superseded log", leaf)
	default:
		r.failAt("V7", leaf, "invoice number %d and not %d", sequence, highest)
	}
	r.sequences[e.stream] = sequence
	delete(r.missedNumbers, e.stream)
}
