package main

import "sort"

const foldName = "ledger-fold/1"

type committed struct {
	leaf, upTo uint64
	fin        object
}

// commit takes in a StateCommitted, which is compared when all leaves are read.
func (r *replay) commit(leaf uint64, fin object) {
	fold, hasFold := fin.text("fold")
	size, _ := fin.text("uptoSize")
	_, hasRoot := fin.text("stateRoot")
	upTo, isSize := parseSize(size)
	switch {
	case hasFold && fold != foldName:
		r.lack("V8", "leaf %d names a fold that is not known", leaf)
	case !hasFold || !hasRoot || !isSize || upTo > leaf:
		r.failAt("V8", leaf, "a commitment that cannot be read, or to leaves that are not before it")
	case r.blindFrom != nil && *r.blindFrom < upTo:
		r.lack("V8", "what leaf %d posts is not known", *r.blindFrom)
	default:
		r.commitments = append(r.commitments, committed{leaf, upTo, fin})
	}
}

// checkCommitments folds the postings up to each committed size.
func (r *replay) checkCommitments() {
	held := books{map[place]balance{}, map[string]turnover{}}
	sort.SliceStable(r.commitments, func(i, j int) bool { return r.commitments[i].upTo < r.commitments[j].upTo })
	next := 0
	for _, c := range r.commitments {
		for ; next < len(r.posted) && r.posted[next].leaf < c.upTo; next++ {
			held.post(r.posted[next].leaf, r.posted[next].postings)
		}
		root, _ := c.fin.text("stateRoot")
		if root != held.stateRoot(r.policy.currencies).String() {
			r.failAt("V8", c.leaf, "another root of the balances")
		} else if !held.areTotals(c.fin["totals"], r.policy.currencies) {
			r.failAt("V8", c.leaf, "other totals")
		}
	}
}
