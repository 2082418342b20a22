package main

import (
	"crypto/ed25519"
	"regexp"
	"strconv"
	"strings"
)

// policy is what the log promises its verifiers.
type policy struct {
	origin       string
	streamPrefix string
	logKey       verifierKey
	recovery     string
	currencies   map[string]currency
	chains       []string // chain id and contract
	supersedes   bool
	superseded   string // as canonical text
}

var (
	prefixForm  = regexp.MustCompile(`^[a-z0-9]{2,20}\.$`)
	addressForm = regexp.MustCompile(`^0x[0-9a-fA-F]{40}$`)
)

const (
	scaleMax  = 30
	digitsMax = 19
)

func chainPlace(chainID, contract string) string { return chainID + " " + strings.ToLower(contract) }

func isDigits(text string) bool { return len(text) <= digitsMax && decimal.MatchString(text) }

func parsePolicy(fin object) (policy, bool) {
	text := func(name string) string { value, _ := fin.text(name); return value }
	p := policy{origin: text("origin"), streamPrefix: text("streamPrefix"), recovery: text("recoveryVkey"), currencies: map[string]currency{}}
	_, hasFold := fin.text("fold")
	_, hasRecovery := fin.text("recoveryVkey")
	var isKey bool
	p.logKey, isKey = parseVkey(text("vkey"))
	if !isKey || p.logKey.name != p.origin || !hasFold || !hasRecovery || !isOrigin(p.origin) || !prefixForm.MatchString(p.streamPrefix) ||
		!isDigits(text("heartbeatSeconds")) || !isDigits(text("toleranceSeconds")) {
		return p, false
	}
	return p, p.readCurrencies(fin["currencies"]) && p.readChains(fin["chains"]) && p.readSuperseded(fin["supersedes"])
}

func (p *policy) readCurrencies(value any) bool {
	listed, isList := value.([]any)
	for _, item := range listed {
		members, _ := item.(object)
		code, _ := members.text("code")
		ledger, _ := members.text("ledgerScale")
		payable, _ := members.text("payableScale")
		ledgerScale, err := strconv.Atoi(ledger)
		payableScale, err2 := strconv.Atoi(payable)
		_, isRepeated := p.currencies[code]
		if code == "" || isRepeated || err != nil || err2 != nil || !isDigits(ledger) || !isDigits(payable) ||
			payableScale > ledgerScale || ledgerScale > scaleMax {
			return false
		}
		p.currencies[code] = currency{ledgerScale, payableScale}
	}
	return isList
}

func (p *policy) readChains(value any) bool {
	listed, isList := value.([]any)
	for _, item := range listed {
		members, _ := item.(object)
		text := func(name string) string { value, _ := members.text(name); return value }
		heartbeat, hasHeartbeat := members["heartbeatSeconds"]
		heartbeatText, isText := heartbeat.(string)
		if !isDigits(text("chainId")) || !isDigits(text("fromBlock")) || !addressForm.MatchString(text("contract")) ||
			!hash256Form.MatchString(text("codeHash")) || hasHeartbeat && !(isText && isDigits(heartbeatText)) {
			return false
		}
		p.chains = append(p.chains, chainPlace(text("chainId"), text("contract")))
	}
	return isList
}

func (p *policy) readSuperseded(value any) bool {
	if value == nil {
		return true
	}
	members, _ := value.(object)
	text := func(name string) string { value, _ := members.text(name); return value }
	size, isSize := parseSize(text("size"))
	lostFrom, isLostFrom := parseSize(text("lostFrom"))
	held, _ := canonical(object{
		"origin": text("origin"), "genesis": text("genesis"), "root": text("root"), "size": text("size"), "lostFrom": text("lostFrom"),
	})
	p.supersedes, p.superseded = true, string(held)
	return isOrigin(text("origin")) && text("origin") != p.origin && hashForm.MatchString(text("genesis")) &&
		hashForm.MatchString(text("root")) && isSize && isLostFrom && 0 < size && lostFrom <= size && size <= sizeMax
}

// signedBy says whether a recovery key signed what a LogPolicyChanged or a KeyRotated holds.
func signedBy(recovery string, fin object) bool {
	rest := object{}
	for name, value := range fin {
		if name != "signature" {
			rest[name] = value
		}
	}
	key, isKey := parseVkey(recovery)
	encoded, _ := fin.text("signature")
	signature, whole := strictBase64(encoded)
	signed, isCanonical := canonical(rest)
	return isKey && whole && isCanonical && ed25519.Verify(key.key, append([]byte("tallyroot-policy/1\n"), signed...), signature)
}

// goesOn says whether a log can go on under a next policy: what never changes is the same.
func (p policy) goesOn(next policy) bool {
	for code, scales := range p.currencies {
		if again, has := next.currencies[code]; !has || again != scales {
			return false
		}
	}
	return p.origin == next.origin && p.streamPrefix == next.streamPrefix && p.superseded == next.superseded
}
