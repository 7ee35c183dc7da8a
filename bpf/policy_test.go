// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"testing"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

const (
	toEndpoint = bpf.EndpointVerdictFORWARD_ENDPOINT
	toHost     = bpf.EndpointVerdictFORWARD_HOST
	denied     = bpf.EndpointVerdictDROP_POLICY_DENIED
)

// want fails the test if the packet had another fate.
func (o outcome) want(t testing.TB, verdict bpf.EndpointVerdict) outcome {
	t.Helper()
	if o.verdict != verdict {
		t.Errorf("%v, want %v", o.verdict, verdict)
	}
	return o
}

func TestIngressPolicy(t *testing.T) {
	n := newNode(t)
	client, server := n.endpoint(1), n.endpoint(2)
	for _, c := range []struct {
		name   string
		policy policy
		want   bpf.EndpointVerdict
	}{
		{"no rows, nothing else", policy{}, denied},
		{"row allows", policy{rows: rows{301: {0}}}, toEndpoint},
		{"row denies what the rest may", policy{rows: rows{301: {}}, rest: []uint32{0}}, denied},
		{"row allows another class", policy{rows: rows{301: {1}}}, denied},
		{"row of another peer", policy{rows: rows{300: {0}}}, denied},
		{"the rest may", policy{rest: []uint32{0}}, toEndpoint},
		{"class of the port, row", policy{ports: http(1), rows: rows{301: {1}}}, toEndpoint},
		{"class of the port, not in the row", policy{ports: http(1), rows: rows{301: {0, 2}}}, denied},
		{"class of the port, the rest", policy{ports: http(63), rest: []uint32{63}}, toEndpoint},
		{"class of another protocol", policy{ports: map[service]uint32{{17, 80}: 1}, rows: rows{301: {1}}}, denied},
		{"class 64, two words", policy{words: 2, ports: http(64), rows: rows{301: {64}}}, toEndpoint},
		{"class 64, bit 0 only", policy{words: 2, ports: http(64), rows: rows{301: {0}}}, denied},
		{"class 64 of a row of one word", policy{ports: http(64), rows: rows{301: {0}}, rest: []uint32{0, 64}}, denied},
		{"class 4095, 64 words", policy{words: 64, ports: http(4095), rows: rows{301: {4095}}}, toEndpoint},
		{"class 4095, the rest", policy{words: 64, ports: http(4095), rest: []uint32{4095}}, toEndpoint},
		{"class 4096 fits nowhere", policy{words: 65, ports: http(4096), rows: rows{301: {4096}}}, denied},
	} {
		server.ingress = c.policy
		server.apply()
		t.Run(c.name, func(t *testing.T) {
			eachFamily(t, n, func(t *testing.T, ip family) {
				got := client.send(client.to(server.end, ip, testbed.TCP(1000, 80, "S"))).want(t, c.want)
				server.wantAccount(t, got, 301)
			})
		})
	}
}

// wantAccount: the packet counts on the pair that its row names, or for what policy denied to that peer.
func (e *endpoint) wantAccount(t testing.TB, got outcome, peer uint32) {
	t.Helper()
	slot, ok := e.ingress.slots[peer]
	if !ok {
		slot = e.ingress.slot
	}
	if got.verdict == toEndpoint && (got.slot != slot || got.reply || !got.newFlow) {
		t.Errorf("counted %+v, want a new flow's packet on slot %d", got.counted, slot)
	}
	if got.verdict == denied && e.deniedTo(peer) == 0 {
		t.Errorf("nothing is counted as denied to %d", peer)
	}
}

func (e *endpoint) deniedTo(peer uint32) (packets uint64) {
	e.Helper()
	var perCPU []bpf.EndpointVerdictCounter
	e.must(e.Denied.Lookup(bpf.EndpointPairKey{Consumer: peer, Provider: e.identity}, &perCPU))
	for _, c := range perCPU {
		packets += c.Packets
	}
	return packets
}

func http(class uint32) map[service]uint32 {
	return map[service]uint32{{6, 80}: class, {6, 443}: 0}
}
