package main

import "strconv"

// streamState is where a stream has got to.
type streamState struct {
	next uint64
	last string
}

// follow is V5: revisions without a gap, each event naming the one before it.
func (r *replay) follow(leaf uint64, e entry, hash string, isOpen, isExempt bool) {
	state, has := r.streams[e.stream]
	if !has {
		state.last = zeroHash
	}
	revision, _ := strconv.ParseUint(e.rev, 10, 64)
	switch {
	case revision != state.next && !has && r.policy.supersedes:
		r.lack("V5", "what is before leaf %d stands in the superseded log", leaf)
	case revision != state.next:
		r.failAt("V5", leaf, "revision %s of %s and not %d", e.rev, e.stream, state.next)
	case e.prev != state.last && !isExempt:
		if e.prev == zeroHash && !isOpen {
			r.Findings["format"]++ // It may have been written behind the port.
		} else {
			r.failAt("V5", leaf, "it does not name the event before it")
		}
	}
	r.streams[e.stream] = streamState{revision + 1, hash}
}
