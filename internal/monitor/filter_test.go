// SPDX-License-Identifier: Apache-2.0

package monitor

import "testing"

// Who asks for audited verdicts gets no others, and does not make the datapath report them.
func TestFilterForAudited(t *testing.T) {
	f := Filter{Types: []Type{Drop}, Audited: true}
	for _, c := range []struct {
		event Event
		lets  bool
	}{
		{Event{Type: Drop}, true},
		{Event{Type: Verdict, Audit: true}, true},
		{Event{Type: Verdict}, false},
		{Event{Type: Trace, Audit: true}, false},
	} {
		if f.lets(&c.event) != c.lets {
			t.Errorf("%v, audit %v: lets it through: %v, want %v", c.event.Type, c.event.Audit, !c.lets, c.lets)
		}
	}
	if f.wants(Verdict) {
		t.Error("it makes the datapath report every verdict")
	}
}
