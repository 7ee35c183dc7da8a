// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"testing"

	"github.com/gopacket/gopacket"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

const (
	noConnection = bpf.EndpointVerdictDROP_NO_CONNECTION
	badFlags     = bpf.EndpointVerdictDROP_TCP_FLAGS
	notReady     = bpf.EndpointVerdictDROP_ENDPOINT_NOT_READY
)

// talk is a TCP connection between two ends: what each of them says.
type talk struct {
	client, server *endpoint
	ip             family
}

func (c talk) says(flags string) outcome {
	c.client.Helper()
	return c.client.send(c.client.to(c.server.end, c.ip, testbed.TCP(1000, 80, flags)))
}

func (c talk) hears(flags string) outcome {
	c.server.Helper()
	return c.server.send(c.server.to(c.client.end, c.ip, testbed.TCP(80, 1000, flags)))
}

// open has the two shake hands.
func (c talk) open(t testing.TB) {
	t.Helper()
	c.says("S").want(t, toEndpoint)
	c.hears("SA").want(t, toEndpoint)
	c.says("A").want(t, toEndpoint)
}

func TestFlowIsEstablishedByBothSides(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		c := talk{client, server, ip}
		c.says("S").want(t, toEndpoint)
		key, flow := n.only(t)
		side := flow.Client
		if key.Address[side] != address(client.ip(ip)) || key.Port[side] != networkOrder(1000) ||
			key.Address[1-side] != address(server.ip(ip)) || key.Port[1-side] != networkOrder(80) || key.Protocol != 6 {
			t.Errorf("key %+v with client at %d", key, side)
		}
		if flow.End[side].Endpoint != client.id || flow.End[1-side].Endpoint != server.id ||
			flow.Identity[side] != client.identity || flow.Identity[1-side] != server.identity ||
			flow.End[side].Generation != client.generation || flow.End[1-side].Generation != server.generation {
			t.Errorf("flow %+v, want stamps of %d and %d", flow, client.generation, server.generation)
		}
		if flow.LifetimeS != 60 || flow.Revision != server.revision() || flow.Ruling != server.ingress.ruling(client.identity, 0, true) || flow.Denied != 0 {
			t.Errorf("flow %+v", flow)
		}

		reply := c.hears("SA").want(t, toEndpoint)
		if !reply.reply || reply.flows != 0 || reply.key != server.account(client, client.identity, 0, true) {
			t.Errorf("counted %+v, want a reply on its flow's slot", reply.counted)
		}
		n.wantState(t, bpf.EndpointFlowStateFLOW_ANSWERED, 60)
		again := c.says("A").want(t, toEndpoint)
		if again.reply || again.flows != 0 {
			t.Errorf("counted %+v, want one more packet of the same flow", again.counted)
		}
		n.wantState(t, bpf.EndpointFlowStateFLOW_ESTABLISHED, 6*3600)
	})
}

// wantState: the one flow is in that state.
func (n *node) wantState(t testing.TB, state bpf.EndpointFlowState, lifetime uint16) {
	t.Helper()
	_, flow := n.only(t)
	if flow.State != uint8(state) || flow.LifetimeS != lifetime {
		t.Errorf("state %d for %d s, want %d for %d s", flow.State, flow.LifetimeS, state, lifetime)
	}
}

func TestTCPClosing(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		c := talk{client, server, ip}
		c.open(t)
		c.says("FA").want(t, toEndpoint)
		n.wantState(t, bpf.EndpointFlowStateFLOW_HALF_CLOSED, 300)
		c.says("FA").want(t, toEndpoint)
		n.wantState(t, bpf.EndpointFlowStateFLOW_HALF_CLOSED, 300)
		c.hears("FA").want(t, toEndpoint)
		n.wantState(t, bpf.EndpointFlowStateFLOW_CLOSING, 10)
		c.says("A").want(t, toEndpoint)

		c.says("S").want(t, toEndpoint) // the same ports again
		if _, flow := n.only(t); flow.Fins != 0 {
			t.Errorf("the new flow is half closed: %+v", flow)
		}
		c.hears("SA").want(t, toEndpoint)
		c.hears("R").want(t, toEndpoint)
		n.wantState(t, bpf.EndpointFlowStateFLOW_CLOSING, 10)
	})
}

func TestRefusedConnection(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		c := talk{client, server, ip}
		c.says("S").want(t, toEndpoint)
		c.hears("RA").want(t, toEndpoint)
		if _, flow := n.only(t); flow.State != uint8(bpf.EndpointFlowStateFLOW_CLOSING) {
			t.Errorf("state %d, want closing", flow.State)
		}
		c.says("S").want(t, toEndpoint)
	})
}

// What the port's new owner opens is judged by the policy of whom he speaks to.
func TestServerMayReuseClosedPorts(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		c := talk{client, server, ip}
		c.open(t)
		c.hears("S").want(t, badFlags) // a reply opens nothing
		c.says("R").want(t, toEndpoint)
		c.hears("S").want(t, denied)
	})
}

func TestMidStreamWithoutFlow(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	for flags, want := range map[string]bpf.EndpointVerdict{
		"A": noConnection, "SA": noConnection, "PA": noConnection, "FA": noConnection, "R": noConnection, "RA": noConnection,
		"": badFlags, "F": badFlags, "SF": badFlags, "SR": badFlags, "P": badFlags, "SFA": badFlags,
	} {
		eachFamily(t, n, func(t *testing.T, ip family) {
			talk{client, server, ip}.says(flags).want(t, want)
			if left := len(n.flows(n.Flows)); left != 0 {
				t.Errorf("%d flows, want none", left)
			}
		})
	}
}

func TestIdleFlowIsOver(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		c := talk{client, server, ip}
		c.open(t)
		n.edit(t, idle)
		c.hears("A").want(t, noConnection)
		c.says("A").want(t, noConnection)
		c.says("S").want(t, toEndpoint)
		n.only(t)
	})
}

// Lifetimes of flows that were answered, by protocol; and both ways find one flow whichever address is the smaller.
func TestReplies(t *testing.T) {
	n := newNode(t)
	client, server := n.endpoint(1, policy{rest: []uint32{0}}), n.endpoint(2, policy{rest: []uint32{0}})
	for _, c := range []struct {
		name     string
		there    gopacket.SerializableLayer
		back     gopacket.SerializableLayer
		lifetime uint16
	}{
		{"UDP", testbed.UDP(1000, 53), testbed.UDP(53, 1000), 180},
		{"SCTP", testbed.SCTP(1000, 7), testbed.SCTP(7, 1000), 3600},
		{"same port on both sides", testbed.UDP(500, 500), testbed.UDP(500, 500), 180},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachFamily(t, n, func(t *testing.T, ip family) {
				for _, ends := range [][2]*endpoint{{client, server}, {server, client}} {
					n.reset()
					from, to := ends[0], ends[1]
					from.send(from.to(to.end, ip, c.there, testbed.Data(8))).want(t, toEndpoint)
					got := to.send(to.to(from.end, ip, c.back, testbed.Data(8))).want(t, toEndpoint)
					if !got.reply || got.key != to.account(from, from.identity, 0, true) {
						t.Errorf("counted %+v, want a reply", got.counted)
					}
					n.wantState(t, bpf.EndpointFlowStateFLOW_ESTABLISHED, c.lifetime)
				}
			})
		})
	}
}
