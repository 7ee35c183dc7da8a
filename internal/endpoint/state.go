// SPDX-License-Identifier: Apache-2.0

package endpoint

// State is where an endpoint stands. It moves
//
//	creating → ready ⇄ failed → deleting → (gone)
//
// and may go to failed or deleting from everywhere but deleting.
type State string

const (
	Creating State = "creating" // recorded; the kernel does not have all of it yet
	Ready    State = "ready"    // the kernel agrees with it
	Failed   State = "failed"   // the last try to make the kernel agree failed; Message says why
	Deleting State = "deleting" // being taken back; after a crash the next agent finishes it
)

var next = map[State][]State{
	Creating: {Ready, Failed, Deleting},
	Ready:    {Failed, Deleting},
	Failed:   {Ready, Deleting},
	Deleting: {},
}

// Valid reports whether s is one of the four states.
func (s State) Valid() bool {
	_, ok := next[s]
	return ok
}

// CanBecome reports whether an endpoint may move from s to state. Staying is always allowed.
func (s State) CanBecome(state State) bool {
	if s == state {
		return s.Valid()
	}
	for _, allowed := range next[s] {
		if allowed == state {
			return true
		}
	}
	return false
}
