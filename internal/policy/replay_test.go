// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestReplay(t *testing.T) {
	const (
		web  = "{name: web, select: role=db, ingress: [{from: [role=web]}]}"
		test = "{name: lab, select: role=db, ingress: [{from: [env=test], ports: [80/tcp], action: deny}]}"
		lan  = "{name: lan, select: role=db, ingress: [{from: ['cidr:192.0.2.0/24']}]}"
	)
	flows := parseFlows(t, "web db 80/tcp", "test db 80/tcp", "test db 81/tcp", "test db 80/tcp", "world db 80/tcp", "world db 80/tcp")
	flows[4].Source = netip.MustParseAddr("192.0.2.7")
	for _, c := range []struct {
		before, after string
		want          []string
	}{
		{web, web, nil},
		{"", "", nil},
		{"", test, nil}, // denied by another cause
		{web, web + "," + test, []string{"test -> db 80/tcp: 2 flows, 6 packets, last :03, allow web, deny lab"}},
		{web + "," + test, web, []string{"test -> db 80/tcp: 2 flows, 6 packets, last :03, deny lab, allow web"}},
		{"", lan, []string{"192.0.2.0/24 -> db 80/tcp: 1 flows, 5 packets, last :04, closed , allow lan"}},
		{lan, "", []string{"world -> db 80/tcp: 1 flows, 5 packets, last :04, allow lan, closed "}},
	} {
		var got []string
		for _, x := range Replay(mustCompile(t, Always, c.before), mustCompile(t, Always, c.after), flows) {
			got = append(got, fmt.Sprintf("%s -> %s %d/%v: %d flows, %d packets, last %s, %s %s, %s %s",
				peerNames([]Peer{x.From}), peerNames([]Peer{x.To}), x.Port, x.Protocol, x.Flows, x.Packets, x.Last.Format(":05"),
				x.Before.Ingress.Cause, x.Before.Ingress.Rule, x.After.Ingress.Cause, x.After.Ingress.Rule))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s -> %s: %s", c.before, c.after, diff)
		}
	}
}

// TestReplayAgreesWithExplain: no flow is lost, and none is counted without a change.
func TestReplayAgreesWithExplain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawRuleset(t), drawRuleset(t)
		flows := drawFlows(t, drawPeers(t, append(before.Prefixes(), after.Prefixes()...)))
		changed := map[flowKey]int{}
		for _, f := range flows {
			p := packet{f.From, f.To, f.Protocol, f.Port}
			if says(before, p) != says(after, p) {
				changed[f.key()]++
			}
		}
		got := map[flowKey]int{}
		for _, x := range Replay(before, after, flows) {
			if x.Before.Allowed == x.After.Allowed || x.Packets != uint64(x.Flows) {
				t.Fatalf("no change: %+v", x)
			}
			got[x.key()] += x.Flows
		}
		if diff := cmp.Diff(changed, got, cmp.AllowUnexported(flowKey{}, peerKey{}), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
			t.Fatal(diff)
		}
	})
}
