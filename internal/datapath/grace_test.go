// SPDX-License-Identifier: Apache-2.0

package datapath

import "testing"

// To wait for programs takes nothing from what they have counted, and nothing from where they count.
func TestGraceLeavesCountersAlone(t *testing.T) {
	n := newNode(t)
	n.know(301, 302)
	one, two := n.local(n.endpoint(1), peer(301)), n.local(n.endpoint(2), peer(302))
	n.set(302, allow(301), allow())
	yes := n.number(allowedBy("row"))
	n.openFlows(t, one, two, 3, passed)
	for _, reopen := range []func(){func() {}, n.reopen} {
		reopen()
		if err := n.Grace(); err != nil {
			t.Fatal(err)
		}
	}
	n.openFlows(t, one, two, 2, passed)
	n.wantCounters(t, counted(one, two, 1, 2, yes, 5))
}
