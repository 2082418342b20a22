package main

import (
	"regexp"
	"slices"
)

var blockForm = regexp.MustCompile(`^0x[0-9a-f]{64}$`)

// readSystem takes in an event of the system stream.
func (r *replay) readSystem(leaf uint64, e entry, fin object) {
	switch e.typ {
	case "LogPolicyChanged/1":
		r.changePolicy(leaf, fin)
	case "KeyRotated/1":
		vkey, _ := fin.text("vkey")
		key, isKey := parseVkey(vkey)
		switch {
		case !isKey || key.name != r.policy.origin:
			r.failAt("V2", leaf, "a key that cannot be read")
		case !signedBy(r.policy.recovery, fin):
			r.distrust(leaf)
		case r.hasKey(key):
			r.failAt("V2", leaf, "a key that the log had before")
		default:
			r.keys = append(r.keys, key)
		}
	case "PersonalDataErased/1":
		subject, _ := fin.text("subject")
		reason, _ := fin.text("reason")
		events, isPartial := fin["events"]
		if subject == "" || reason == "" || isPartial && !areTexts(events) {
			r.Findings["format"]++
		} else if !isPartial {
			r.erased[subject] = true
		}
	case "StateCommitted/1":
		r.commit(leaf, fin)
	case "TimeTicked/1":
		chainID, _ := fin.text("chainId")
		block, _ := fin.text("blockNumber")
		if hash, _ := fin.text("blockHash"); !isDigits(chainID) || !isDigits(block) || !blockForm.MatchString(hash) {
			r.failAt("V6", leaf, "a tick that cannot be read")
		}
	}
}

// missSystem says what an event of the system stream leaves open that cannot be read.
func (r *replay) missSystem(leaf uint64, e entry) {
	switch e.typ {
	case "LogPolicyChanged/1":
		r.isUncertain, r.areKeysUnknown = true, true
		r.lack("V1", "the policy of leaf %d is not at hand", leaf)
		r.lack("V2", "the policy of leaf %d is not at hand", leaf)
	case "KeyRotated/1":
		r.areKeysUnknown = true
		r.lack("V2", "the key of leaf %d is not at hand", leaf)
	case "StateCommitted/1":
		r.lack("V8", "the commitment of leaf %d is not at hand", leaf)
	}
}

func (r *replay) changePolicy(leaf uint64, fin object) {
	next, isPolicy := parsePolicy(fin)
	if !isPolicy {
		r.failAt("V2", leaf, "a policy that cannot be read")
		return
	}
	if !signedBy(r.policy.recovery, fin) {
		r.distrust(leaf)
		return
	}
	if !r.policy.goesOn(next) {
		r.failAt("V2", leaf, "a policy that the log cannot go on under")
		return
	}
	r.policy = next
	r.list(next)
	if !r.hasKey(next.logKey) {
		r.keys = append(r.keys, next.logKey)
	}
}

// distrust says that the recovery key did not sign, as far as it is known.
func (r *replay) distrust(leaf uint64) {
	if r.isUncertain {
		r.lack("V2", "which key may sign leaf %d is not known", leaf)
	} else {
		r.failAt("V2", leaf, "the recovery key did not sign")
	}
}

func (r *replay) hasKey(key verifierKey) bool {
	return slices.ContainsFunc(r.keys, func(before verifierKey) bool { return before.text == key.text })
}

func areTexts(value any) bool {
	list, isList := value.([]any)
	return isList && !slices.ContainsFunc(list, func(item any) bool { _, isText := item.(string); return !isText })
}

// readPersonal looks at the form of commitments to personal data, and for those behind an erasure.
func (r *replay) readPersonal(data []byte) {
	value, _ := parseJSON(data)
	members, _ := value.(object)
	held, has := members["pii"]
	if !has {
		return
	}
	commitments, _ := held.(object)
	hasForm := len(commitments) > 0
	for subject, value := range commitments {
		text, _ := value.(string)
		hasForm = hasForm && subject != "" && hashForm.MatchString(text)
	}
	if !hasForm {
		r.Findings["format"]++
		return
	}
	for subject := range commitments {
		if r.erased[subject] {
			r.Findings["erased-subject"]++
		}
	}
}
