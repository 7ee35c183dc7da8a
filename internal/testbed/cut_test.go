// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"net/netip"
	"testing"
	"time"
)

// TestCut: two nodes that are cut do not reach each other, in either direction and family, until they are healed; others do.
func TestCut(t *testing.T) {
	NeedRoot(t)
	w := NewWorld(t)
	a, b, c := w.NewNode("a"), w.NewNode("b"), w.NewNode("c")
	reach := func(what string, from, to *Node, want bool) {
		t.Helper()
		for _, address := range []netip.Addr{to.IPv4, to.IPv6} {
			wait := 10 * time.Second
			if !want {
				wait = 300 * time.Millisecond // silence has to be believed at some time
			}
			ctx, cancel := context.WithTimeout(t.Context(), wait)
			answer, err := from.Ping(ctx, Ping{To: address})
			cancel()
			if got := err == nil && answer.Reply(); got != want {
				t.Errorf("%s: %s reaches %s: %v (%v), want %v", what, from.Name, address, got, err, want)
			}
		}
	}
	reach("whole", a, b, true)
	w.Cut(a, b)
	w.Cut(b, a) // the same
	w.Cut(b, c)
	reach("cut", a, b, false)
	reach("cut", b, a, false)
	reach("cut", c, b, false)
	reach("cut", a, c, true)
	w.Heal(b, a)
	reach("healed", a, b, true)
	reach("healed", b, c, false)
	w.Heal(b, c)
	reach("healed", c, b, true)
}
