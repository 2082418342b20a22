package main

import (
	"bytes"
	"regexp"
	"strings"
)

// claim is a line of anchors.jsonl.
type claim struct {
	chain string
	logID string
	size  uint64
	root  digest
}

var hash256Form = regexp.MustCompile(`^0x[0-9a-fA-F]{64}$`)

// readClaims reads the lines of anchors.jsonl.
func (v *verification) readClaims(raw []byte) {
	for _, line := range bytes.Split(raw, []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		value, _ := parseJSON(line)
		members, _ := value.(object)
		texts := map[string]string{}
		for _, name := range []string{"chainId", "contract", "logId", "size", "root"} {
			if text, isText := members.text(name); isText {
				texts[name] = text
			}
		}
		size, isSize := parseSize(texts["size"])
		if len(texts) < 5 || !isSize || !hash256Form.MatchString(texts["root"]) {
			v.Findings["unreadable-line"]++
			continue
		}
		root, _ := parseDigest(strings.ToLower(texts["root"][2:]))
		chain := chainPlace(texts["chainId"], texts["contract"])
		v.claims = append(v.claims, claim{chain, strings.ToLower(texts["logId"]), size, root})
	}
}

// checkClaims is what of V1 needs no chain: anchors.jsonl states anchors of this log, in contracts that one of its policies lists.
func (v *verification) checkClaims() {
	vkey := v.keys[0].text
	logID := "0x" + digest(sha(v.policy.origin+"\n"+vkey)).String()
	for _, c := range v.claims {
		if c.logID != logID || !v.listed[c.chain] && !v.isUncertain {
			v.fail("V1", "anchors.jsonl states an anchor that is not of this log")
		}
	}
}
