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

	unknownIdentity = bpf.EndpointVerdictDROP_IDENTITY_UNKNOWN
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
	} {
		server.ingress = c.policy
		server.apply()
		t.Run(c.name, func(t *testing.T) {
			eachFamily(t, n, func(t *testing.T, ip family) {
				got := client.send(client.to(server.end, ip, testbed.TCP(1000, 80, "S"))).want(t, c.want)
				server.wantAccount(t, got, client, c.policy.ports[service{6, 80}])
			})
		})
	}
}

// wantAccount: the packet is the first of a flow, and counts on the slot of the ruling on it.
func (e *endpoint) wantAccount(t testing.TB, got outcome, from *endpoint, class uint32) {
	t.Helper()
	key := e.account(from, from.identity, class, got.verdict == toEndpoint)
	if got.key != key || got.reply || got.flows != 1 {
		t.Errorf("counted %+v, want a new flow's packet for %+v", got.counted, key)
	}
}

// account is what counts for flows from another endpoint, or from outside.
func (e *endpoint) account(from *endpoint, identity, class uint32, allowed bool) bpf.EndpointCounterKey {
	return bpf.EndpointCounterKey{
		Consumer: identity, Provider: e.identity, Ruling: e.ingress.ruling(identity, class, allowed),
		From: from.id, To: e.id,
	}
}

func http(class uint32) map[service]uint32 {
	return map[service]uint32{{6, 80}: class, {6, 443}: 0}
}
