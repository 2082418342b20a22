package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

const wholeDigitsMax = 15

// currency has the two scales that a policy gives it.
type currency struct{ ledgerScale, payableScale int }

var amountForm = regexp.MustCompile(`^(0|[1-9][0-9]*)(?:\.([0-9]+))?$`)

// parseAmount reads an amount above zero, in units of the ledger scale.
func parseAmount(text string, c currency) (*big.Int, bool) {
	parts := amountForm.FindStringSubmatch(text)
	if parts == nil || len(parts[1]) > wholeDigitsMax || len(parts[2]) > c.ledgerScale {
		return nil, false
	}
	units, _ := new(big.Int).SetString(parts[1]+parts[2]+strings.Repeat("0", c.ledgerScale-len(parts[2])), 10)
	return units, units.Sign() > 0 && amountText(units, c) == text
}

// amountText is the canonical text of an amount.
func amountText(units *big.Int, c currency) string {
	digits := new(big.Int).Abs(units).String()
	if missing := c.ledgerScale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	whole, decimals := digits[:len(digits)-c.ledgerScale], digits[len(digits)-c.ledgerScale:]
	for len(decimals) > c.payableScale && strings.HasSuffix(decimals, "0") {
		decimals = decimals[:len(decimals)-1]
	}
	if decimals != "" {
		whole += "." + decimals
	}
	if units.Sign() < 0 {
		return "-" + whole
	}
	return whole
}

type posting struct {
	account, currency string
	units             *big.Int // Debits are above zero.
}

// postingsOf reads the postings of a payload. An event without any is whole; one with a line of another form is not.
func postingsOf(fin object, currencies map[string]currency) ([]posting, bool) {
	value, has := fin["postings"]
	if !has {
		return nil, true
	}
	lines, isList := value.([]any)
	if !isList {
		return nil, false
	}
	var postings []posting
	for _, line := range lines {
		members, _ := line.(object)
		account, _ := members.text("account")
		code, _ := members.text("currency")
		amount, _ := members.text("amount")
		direction, _ := members.text("direction")
		scales, known := currencies[code]
		if !known || account == "" || !utf8.ValidString(account) || strings.Contains(account, "\x00") {
			return nil, false
		}
		units, isAmount := parseAmount(amount, scales)
		if !isAmount || direction != "debit" && direction != "credit" {
			return nil, false
		}
		if direction == "credit" {
			units.Neg(units)
		}
		postings = append(postings, posting{account, code, units})
	}
	return postings, true
}

func isBalanced(postings []posting) bool {
	sums := map[string]*big.Int{}
	for _, p := range postings {
		if sums[p.currency] == nil {
			sums[p.currency] = new(big.Int)
		}
		sums[p.currency].Add(sums[p.currency], p.units)
	}
	for _, sum := range sums {
		if sum.Sign() != 0 {
			return false
		}
	}
	return true
}

type place struct{ account, currency string }

type balance struct {
	units *big.Int
	leaf  uint64
}

type turnover struct{ debits, credits *big.Int }

// books are the balances and totals that the leaves so far come to.
type books struct {
	balances map[place]balance
	totals   map[string]turnover
}

func (b *books) post(leaf uint64, postings []posting) {
	for _, p := range postings {
		at := place{p.account, p.currency}
		before := b.balances[at].units
		if before == nil {
			before = new(big.Int)
		}
		b.balances[at] = balance{new(big.Int).Add(before, p.units), leaf}
		total, has := b.totals[p.currency]
		if !has {
			total = turnover{new(big.Int), new(big.Int)}
			b.totals[p.currency] = total
		}
		if p.units.Sign() > 0 {
			total.debits.Add(total.debits, p.units)
		} else {
			total.credits.Sub(total.credits, p.units)
		}
	}
}

// areTotals says whether a StateCommitted states these totals, sorted by currency.
func (b *books) areTotals(stated any, currencies map[string]currency) bool {
	list, isList := stated.([]any)
	codes := slices.Sorted(maps.Keys(b.totals))
	if !isList || len(list) != len(codes) {
		return false
	}
	for i, code := range codes {
		members, _ := list[i].(object)
		total, scales := b.totals[code], currencies[code]
		if members["currency"] != code || members["debits"] != amountText(total.debits, scales) ||
			members["credits"] != amountText(total.credits, scales) {
			return false
		}
	}
	return true
}

type mapEntry struct{ key, hash digest }

// stateRoot is the root of the sparse Merkle map over all balances.
func (b *books) stateRoot(currencies map[string]currency) digest {
	entries := make([]mapEntry, 0, len(b.balances))
	for at, held := range b.balances {
		account, code := []byte(at.account), []byte(at.currency)
		key := digest(sha256.Sum256(bytes.Join([][]byte{[]byte("ledger-key/1"), u32(account), account, u32(code), code}, nil)))
		value, _ := canonical(object{
			"account": at.account, "balance": amountText(held.units, currencies[at.currency]),
			"currency": at.currency, "leaf": strconv.FormatUint(held.leaf, 10),
		})
		valueHash := sha256.Sum256(value)
		entries = append(entries, mapEntry{key, sha256.Sum256(bytes.Join([][]byte{{2}, key[:], valueHash[:]}, nil))})
	}
	sort.Slice(entries, func(i, j int) bool { return bytes.Compare(entries[i].key[:], entries[j].key[:]) < 0 })
	return mapRoot(entries, 0)
}

func u32(text []byte) []byte { return binary.BigEndian.AppendUint32(nil, uint32(len(text))) }

func mapRoot(entries []mapEntry, depth int) digest {
	switch len(entries) {
	case 0:
		return digest{}
	case 1:
		return entries[0].hash
	}
	split := sort.Search(len(entries), func(i int) bool { return entries[i].key[depth/8]>>(7-depth%8)&1 == 1 })
	left, right := mapRoot(entries[:split], depth+1), mapRoot(entries[split:], depth+1)
	return sha256.Sum256(bytes.Join([][]byte{{3}, left[:], right[:]}, nil))
}
