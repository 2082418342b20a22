package main

import (
	"fmt"
	"strings"
)

const (
	noteBytesMax = 64 << 10
	tileBytesMax = tileWidth * 32
	// Up to here every number is exact wherever JSON is read.
	sizeMax = 1<<53 - 1
)

// verification is one log on its way through the steps.
type verification struct {
	report
	folder  string
	genesis string
	head    treeHead
	policy  policy
	leaves  []digest // of the tiles of level 0, as far as they could be read
	keys    []verifierKey
	// listed are chains and contracts of all policies so far.
	listed map[string]bool
	claims []claim
	vkeys  []byte // log.vkey
	// isUncertain: a change of policy was not opened, and nobody knows what is in force. areKeysUnknown: it, or a change of key.
	isUncertain, areKeysUnknown bool
	// badRanges are leaves below hashes of tiles that do not follow from them.
	badRanges []leafRange
	// badEntries are the leaves that V4 found bad, in order.
	badEntries []uint64
}

// verify takes an exported log through V1 to V8, asking no chain.
func verify(folder, genesis string) report {
	v := &verification{report: newReport(), folder: folder, genesis: genesis, listed: map[string]bool{}}
	if verdict, why := v.open(); verdict != "" {
		return report{Verdict: verdict, Why: why}
	}
	v.Size, v.Root = fmt.Sprint(v.head.size), v.head.root.String()
	v.checkTree()
	v.replay()
	v.checkClaims()
	v.checkHead()
	v.conclude()
	return v.report
}

// open reads what there must be before anything else; without it there are no steps, only a verdict.
func (v *verification) open() (verdict, why string) {
	raw, err := readFile(v.folder, "genesis.json", 1<<20)
	if err != nil {
		return "UNVERIFIABLE", "genesis.json " + err.Error()
	}
	if why := v.openGenesis(raw); why != "" {
		return "INVALID", why
	}
	anchors, err := readFile(v.folder, "anchors.jsonl", 1<<28)
	if err != nil && err != errAbsent {
		return "UNVERIFIABLE", "anchors.jsonl " + err.Error()
	}
	v.readClaims(anchors)
	if v.vkeys, err = readFile(v.folder, "log.vkey", noteBytesMax); err != nil && err != errAbsent {
		return "UNVERIFIABLE", "log.vkey " + err.Error()
	}
	if raw, err = readFile(v.folder, "checkpoint", noteBytesMax); err != nil {
		return "UNVERIFIABLE", "checkpoint " + err.Error()
	}
	head, isHead := parseHead(raw)
	if !isHead {
		return "INVALID", "the checkpoint is no signed tree head"
	}
	if v.head = head; head.size > sizeMax {
		return "UNVERIFIABLE", "more leaves than can be read"
	}
	return "", ""
}

func (v *verification) openGenesis(raw []byte) (why string) {
	value, _ := parseJSON(raw)
	members, _ := value.(object)
	entryText, _ := members.text("entry")
	payloadText, _ := members.text("payload")
	salt, _ := members.text("salt")
	entryBytes, isEntry := strictBase64(entryText)
	payload, isPayload := strictBase64(payloadText)
	ps, isSalt := parseDigest(salt)
	if !isEntry || !isPayload || !isSalt {
		return "genesis.json has not its form"
	}
	if leafHash(entryBytes).String() != v.genesis {
		return "another genesis"
	}
	fin := finOf(payload)
	held, isPolicy := parsePolicy(fin)
	first, isWhole := parseEntry(entryBytes)
	if !isPolicy || !isWhole || first.log != held.origin {
		return "the genesis holds no policy"
	}
	if commitment("ledger-pay/1", ps, payload) != first.pay {
		return "the genesis does not open"
	}
	if first.typ != "LogGenesis/1" || first.stream != held.streamPrefix+"log-0" || (first.rev == "0") == held.supersedes {
		return "leaf 0 is no genesis"
	}
	v.policy, v.keys = held, []verifierKey{held.logKey}
	v.list(held)
	return ""
}

func (v *verification) list(p policy) {
	for _, chain := range p.chains {
		v.listed[chain] = true
	}
}

// checkHead is V2, when the keys of the log are known.
func (v *verification) checkHead() {
	if v.head.origin != v.policy.origin {
		v.fail("V2", "the head is of %s", v.head.origin)
	}
	if v.head.size == 0 {
		v.fail("V2", "a head without leaves")
	}
	for _, c := range v.claims {
		if c.size > v.head.size {
			v.fail("V2", "the head is below an anchor that the copy states")
		}
	}
	signer := -1
	known := map[string]bool{}
	for i, key := range v.keys {
		known[key.text] = true
		if v.head.note.signedBy(key) {
			signer = i
		}
	}
	unknown := v.fail
	if v.areKeysUnknown {
		unknown = v.lack
	}
	if signer < 0 {
		unknown("V2", "no key of the log signed the head")
	} else if signer < len(v.keys)-1 {
		v.Findings["old-key"]++ // Without a chain nothing is anchored.
	}
	for _, line := range strings.Split(string(v.vkeys), "\n") {
		if line != "" && !known[line] {
			unknown("V2", "log.vkey is no key of the log")
		}
	}
}
