// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/hypha-net/hypha/internal/identity"
)

// FuzzCompile: whatever parses compiles, and its tables say what Explain says, on ports beside every edge of a class.
func FuzzCompile(f *testing.F) {
	for _, rules := range []string{
		`{select: role=db, ingress: [{from: [role=web], ports: [80/tcp, http/tcp, echo-request/icmp]}]}`,
		`{select: "", tier: 3, ingress: [{from: ["env!=test", world], ports: [8000-9000/tcp]}], require: [env]}`,
		`{select: role, egress: [{to: ["cidr:10.0.0.0/8"], except: [10.1.0.0/16], action: deny}, {to: [any]}]}`,
	} {
		f.Add("kind: Policy\nname: p\nrules: ["+rules+"]", false)
		f.Add("kind: Policy\nname: p\naudit: true\nrules: ["+rules+"]", true)
	}
	f.Fuzz(func(t *testing.T, text string, selected bool) {
		policies, err := parse("fuzz", []byte(text))
		if err != nil {
			return
		}
		mode := Always
		if selected {
			mode = Selected
		}
		rules, err := Compile(1, policies, mode)
		if err != nil {
			t.Fatalf("what was parsed does not compile: %v", err)
		}
		peers := append(reservedPeers(), cast["web"], cast["db"], cast["test"], cast["bare"])
		for i, prefix := range rules.Prefixes() {
			peers = append(peers, Peer{ID: identity.FirstCIDR + identity.Number(i), Prefix: prefix})
		}
		r := resolver(rules, peers...)
		for _, subject := range peers {
			tables := mustTables(r, subject.ID)
			if tables == nil {
				continue
			}
			for _, peer := range peers {
				for _, at := range edgePorts(&tables.Ingress) {
					table, simple := tables.Ingress.Ruling(peer.ID, at.Protocol, at.First), rules.Ruling(peer, subject, at.Protocol, at.First)
					if table != simple {
						t.Fatalf("%v -> %v %d/%v: table %+v, explain %+v", peer.ID, subject.ID, at.First, at.Protocol, table, simple)
					}
				}
			}
		}
	})
}

// edgePorts returns the first and the last port of each class, and those beside them.
func edgePorts(t *Table) []portRange {
	ports := []portRange{{Protocol: TCP, First: 80}, {Protocol: 47}}
	for _, c := range t.Ports[:min(len(t.Ports), 20)] {
		for _, port := range []uint16{c.First, c.First - 1, c.Last, c.Last + 1} {
			ports = append(ports, portRange{Protocol: c.Protocol, First: port})
		}
	}
	return ports
}
