package main

import (
	"crypto/sha256"
	"strconv"
	"strings"
)

const entriesBytesMax = tileWidth * (2 + 0xffff)

func sha(text string) [32]byte { return sha256.Sum256([]byte(text)) }

// replay takes the leaves in order: V4, V5, V7, V8, and what V2 needs of them.
type replay struct {
	*verification
	systemStream string
	streams      map[string]streamState
	ids          map[string]bool
	erased       map[string]bool
	sequences    map[string]uint64
	// missedNumbers are, by stream, the events behind the last known number that could not be opened.
	missedNumbers map[string]uint64
	posted        []posted
	// blindFrom is the first leaf of which nobody knows what it posts.
	blindFrom      *uint64
	commitments    []committed
	businessOpened int
	withheld       []uint64
	hasFailed      bool // A file of payloads is there, and could not be had.
}

type posted struct {
	leaf     uint64
	postings []posting
}

func (v *verification) replay() {
	r := &replay{
		verification: v, streams: map[string]streamState{}, ids: map[string]bool{}, erased: map[string]bool{},
		sequences: map[string]uint64{}, missedNumbers: map[string]uint64{}, systemStream: v.policy.streamPrefix + "log-0",
	}
	if v.policy.supersedes {
		v.Findings["admitted-loss"]++
		r.blindAt(0)
	}
	for first := 0; first < len(v.leaves); first += tileWidth {
		if !r.readBundle(first) {
			break
		}
	}
	r.checkCommitments()
	r.concludeWithheld()
	r.concludeRanges()
}

func (r *replay) blindAt(leaf uint64) {
	if r.blindFrom == nil {
		r.blindFrom = &leaf
	}
}

// readBundle takes in up to 256 leaves; false where their entries are not at hand, which ends the replay.
func (r *replay) readBundle(first int) bool {
	number, width := first/tileWidth, min(tileWidth, len(r.leaves)-first)
	raw, err := readTile(r.folder, "entries", number, width, entriesBytesMax)
	if err != nil {
		for _, name := range stepsOfLeaves {
			r.lack(name, "the entries of bundle %d: %v", number, err)
		}
		r.blindAt(uint64(first))
		return false
	}
	lines, missing := payloadFile(r.folder, number)
	if missing != nil {
		r.lack("V7", "payload file %d %v", number, missing)
		r.lack("V8", "payload file %d %v", number, missing)
		r.hasFailed = r.hasFailed || missing != errAbsent
	}
	entries := entryBundle(raw, width)
	for i, raw := range entries {
		event, state := storedEvent{}, lineWithheld
		if missing == nil {
			event, state = storedEvent{}, lineAbsent
			if i < len(lines) {
				event, state = payloadLine(lines[i], strconv.Itoa(first+i))
			}
		}
		r.step(uint64(first+i), raw, event, state)
	}
	if len(entries) < width {
		r.failEntry(uint64(first+len(entries)), "the bundle ends within the entry")
		r.blindAt(uint64(first + len(entries)))
	}
	return true
}

func (r *replay) failEntry(leaf uint64, why string) {
	r.failAt("V4", leaf, "%s", why)
	r.badEntries = append(r.badEntries, leaf)
}

func (r *replay) step(leaf uint64, raw []byte, event storedEvent, state lineState) {
	hash := leafHash(raw)
	if hash != r.leaves[leaf] {
		r.failEntry(leaf, "the entry is not the one in the tree")
	}
	if leaf == 0 && hash.String() != r.genesis {
		r.failEntry(leaf, "it is not the genesis")
	}
	e, whole := parseEntry(raw)
	if !whole || e.log != r.policy.origin {
		r.failEntry(leaf, "the entry has not its form")
		r.blindAt(leaf)
		return
	}
	isMalformed, isOpen := r.open(leaf, e, event, state)
	isRepeated := r.ids[e.id]
	r.ids[e.id] = true
	if isMalformed {
		r.Findings["format"]++
	}
	if isRepeated {
		r.Findings["duplicate-id"]++
	}
	r.follow(leaf, e, hash.String(), isOpen, isMalformed || isRepeated)
	if isMalformed || isRepeated {
		return
	}
	if isOpen {
		r.read(leaf, e, event)
		return
	}
	if e.stream == r.systemStream {
		r.missSystem(leaf, e)
	}
	if isNumber(e) {
		r.missedNumbers[e.stream]++
	}
}

// open is V7: the stored event comes to the entry. What is not opened is taken for malformed by its entry alone.
func (r *replay) open(leaf uint64, e entry, event storedEvent, state lineState) (isMalformed, isOpen bool) {
	looksMalformed := e.at == zeroInstant || strings.HasPrefix(e.stream, "invalid:") || strings.HasPrefix(e.typ, "invalid:")
	if (state == lineOpen || state == lineOther) && e.stream != r.systemStream {
		r.businessOpened++
	}
	if state == lineOpen {
		derived, malformed := entryOf(r.policy.origin, event)
		isDamaged := malformed && derived.prev == zeroHash && hasDamagedPrev(event.metadata)
		if derived == e && !isDamaged {
			return malformed, true
		}
		state = lineOther
	}
	r.blindAt(leaf)
	switch state {
	case lineOther:
		r.failAt("V7", leaf, "the stored event is not what the leaf commits to")
	case lineUnreadable:
		r.failAt("V7", leaf, "the stored event cannot be read")
	case lineMissing:
		r.Findings["missing-payload"]++
		r.lack("V7", "the stored event of leaf %d is lost", leaf)
	case lineAbsent:
		r.lack("V7", "the stored event of leaf %d is not there", leaf)
	case lineWithheld:
		r.withheld = append(r.withheld, leaf)
	}
	return looksMalformed, false
}

// read takes in what a well-formed event says.
func (r *replay) read(leaf uint64, e entry, event storedEvent) {
	fin := finOf(event.data)
	postings, isWhole := postingsOf(fin, r.policy.currencies)
	if !isWhole {
		r.Findings["format"]++
	} else if !isBalanced(postings) {
		r.failAt("V8", leaf, "debits and credits differ")
	} else if len(postings) > 0 {
		r.posted = append(r.posted, posted{leaf, postings})
	}
	if isNumber(e) {
		r.readNumber(leaf, e, fin)
	}
	r.readPersonal(event.data)
	if e.stream == r.systemStream {
		r.readSystem(leaf, e, fin)
	}
}

// concludeWithheld says what comes of payloads that are not for us: where no event of the business could be read, V7 and V8 are not made.
func (r *replay) concludeWithheld() {
	if len(r.withheld) == 0 {
		return
	}
	if r.businessOpened == 0 && !r.hasFailed {
		r.leaveOut("V7", "payloads are withheld")
		r.leaveOut("V8", "payloads are withheld")
		return
	}
	r.lack("V7", "the stored event of leaf %d is withheld, others are not", r.withheld[0])
	r.lack("V8", "the stored event of leaf %d is withheld, others are not", r.withheld[0])
}
