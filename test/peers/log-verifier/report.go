package main

import "fmt"

const (
	ok           = "ok"
	invalidState = "invalid"
	unverifiable = "unverifiable"
	notChecked   = "not checked"
)

// check is what came of one step.
type check struct {
	Status string `json:"status"`
	// FirstBad is the first leaf that fails the step, where the failure is that of a leaf.
	FirstBad *uint64 `json:"firstBad,omitempty"`
	Why      string  `json:"why,omitempty"`
}

type report struct {
	Verdict string `json:"verdict"`
	// Why there are no checks.
	Why      string            `json:"why,omitempty"`
	Size     string            `json:"size,omitempty"`
	Root     string            `json:"root,omitempty"`
	Checks   map[string]*check `json:"checks,omitempty"`
	Findings map[string]int    `json:"findings,omitempty"`
}

var checkNames = []string{"V1", "V2", "V3", "V4", "V5", "V6", "V7", "V8"}

// stepsOfLeaves are made leaf by leaf, from entries and stored events.
var stepsOfLeaves = []string{"V4", "V5", "V6", "V7", "V8"}

func newReport() report {
	r := report{Checks: map[string]*check{}, Findings: map[string]int{}}
	for _, name := range checkNames {
		r.Checks[name] = &check{Status: ok}
	}
	r.leaveOut("V1", "no chain is asked")
	r.leaveOut("V6", "no chain is asked")
	return r
}

// fail says that a step fails, not at a leaf.
func (r report) fail(name, why string, terms ...any) {
	c := r.Checks[name]
	if c.Status != invalidState {
		*c = check{Status: invalidState, Why: fmt.Sprintf(why, terms...)}
	}
}

// failAt says that a step fails at a leaf; the lowest one is reported.
func (r report) failAt(name string, leaf uint64, why string, terms ...any) {
	c := r.Checks[name]
	if c.Status != invalidState || c.FirstBad == nil || leaf < *c.FirstBad {
		*c = check{Status: invalidState, FirstBad: &leaf, Why: fmt.Sprintf(why, terms...)}
	}
}

// lack says that a step, or a part of it, could not be made.
func (r report) lack(name, why string, terms ...any) {
	c := r.Checks[name]
	if c.Status == ok {
		*c = check{Status: unverifiable, Why: fmt.Sprintf(why, terms...)}
	}
}

// leaveOut says that a step was not made, and is not required.
func (r report) leaveOut(name, why string, terms ...any) {
	c := r.Checks[name]
	if c.Status != invalidState {
		*c = check{Status: notChecked, Why: fmt.Sprintf(why, terms...)}
	}
}

func (r *report) conclude() {
	r.Verdict = "VALID"
	for _, name := range checkNames {
		switch r.Checks[name].Status {
		case invalidState:
			r.Verdict = "INVALID"
			return
		case unverifiable:
			r.Verdict = "UNVERIFIABLE"
		}
	}
}
