// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"testing"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

// wantWaiting: so many flows that the endpoint opened wait in the table of all.
func (e *endpoint) wantWaiting(want int32) {
	e.Helper()
	var got bpf.EndpointWaiting
	e.must(e.WaitingFlows.Lookup(uint32(e.id), &got))
	if got.Flows != want {
		e.Errorf("%d flows of endpoint %d wait, want %d", got.Flows, e.id, want)
	}
}

// crowd has the endpoint use up its share.
func (e *endpoint) crowd() {
	e.Helper()
	e.must(e.WaitingFlows.Put(uint32(e.id), bpf.EndpointWaiting{Flows: int32(bpf.EndpointWaitingLimitWAITING_MAX)}))
}

func TestFlowsWait(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	for _, c := range []struct {
		name string
		ends func(talk)
		want int32
	}{
		{"until the opener confirms the answer", func(c talk) { c.says("A").want(t, toEndpoint) }, 0},
		{"until the other side refuses", func(c talk) { c.hears("RA").want(t, toEndpoint) }, 0},
		{"on, if the opener takes them back", func(c talk) { c.says("R").want(t, toEndpoint) }, 1},
		{"until the opener confirms and closes", func(c talk) { c.says("FA").want(t, toEndpoint) }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachFamily(t, n, func(t *testing.T, ip family) {
				conversation := talk{client, server, ip}
				conversation.says("S").want(t, toEndpoint)
				client.wantWaiting(1)
				conversation.says("S").want(t, toEndpoint) // once more
				client.wantWaiting(1)
				conversation.hears("SA").want(t, toEndpoint)
				client.wantWaiting(1)
				c.ends(conversation)
				client.wantWaiting(c.want)
				conversation.says("A").want(t, toEndpoint)
				conversation.hears("FA").want(t, toEndpoint)
				client.wantWaiting(c.want)
				server.wantWaiting(0)
			})
		})
	}
	t.Run("unanswered, whatever their opener says", func(t *testing.T) {
		eachFamily(t, n, func(t *testing.T, ip family) {
			conversation := talk{client, server, ip}
			conversation.says("S").want(t, toEndpoint)
			conversation.says("FA").want(t, toEndpoint)
			_, flow := n.only(t)
			if flow.State != uint8(bpf.EndpointFlowStateFLOW_UNANSWERED) || flow.LifetimeS != 60 {
				t.Errorf("%+v, want one that waits", flow)
			}
			conversation.says("RA").want(t, toEndpoint)
			client.wantWaiting(1)
		})
	})
	t.Run("UDP until the first answer", func(t *testing.T) {
		eachFamily(t, n, func(t *testing.T, ip family) {
			for range 2 {
				client.send(client.to(server.end, ip, testbed.UDP(1000, 53), testbed.Data(4))).want(t, toEndpoint)
				client.wantWaiting(1)
			}
			server.send(server.to(client.end, ip, testbed.UDP(53, 1000), testbed.Data(4))).want(t, toEndpoint)
			client.wantWaiting(0)
		})
	})
}

// Who has used up the share of the table of all waits elsewhere, and comes back when a flow is established; others do not notice.
func TestOverflow(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		client.crowd()
		c := talk{client, server, ip}
		where := func(table *ebpf.Map, want bpf.EndpointFlowState) {
			t.Helper()
			if _, flow := n.onlyIn(t, table); flow.State != uint8(want) || flow.Waits != 0 {
				t.Errorf("%+v, want state %d, and no share", flow, want)
			}
		}
		if got := c.says("S").want(t, toEndpoint); got.flows != 1 {
			t.Errorf("counted %+v, want a flow", got.counted)
		}
		where(n.Overflow, bpf.EndpointFlowStateFLOW_UNANSWERED)
		if got := c.says("S").want(t, toEndpoint); got.flows != 0 {
			t.Errorf("counted %+v, want no flow more", got.counted)
		}
		if got := c.hears("SA").want(t, toEndpoint); !got.reply {
			t.Errorf("counted %+v, want a reply", got.counted)
		}
		where(n.Overflow, bpf.EndpointFlowStateFLOW_ANSWERED)
		c.says("A").want(t, toEndpoint)
		where(n.Flows, bpf.EndpointFlowStateFLOW_ESTABLISHED)
		if left := len(n.flows(n.Overflow)); left != 0 {
			t.Errorf("%d flows are left in overflow", left)
		}
		c.hears("PA").want(t, toEndpoint)
		client.wantWaiting(int32(bpf.EndpointWaitingLimitWAITING_MAX))

		server.send(server.to(world, ip, testbed.UDP(1, 2), testbed.Data(4))).want(t, toHost)
		server.wantWaiting(1)
	})
}

// A flow of one side only goes the fast way there, too, and its answer is found.
func TestOverflowOfUDP(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		client.crowd()
		there, back := client.to(server.end, ip, testbed.UDP(1000, 53), testbed.Data(4)), server.to(client.end, ip, testbed.UDP(53, 1000), testbed.Data(4))
		for i := range 3 {
			if got := client.send(there).want(t, toEndpoint); got.flows != uint64(1-min(i, 1)) {
				t.Errorf("packet %d counted %+v", i, got.counted)
			}
		}
		n.onlyIn(t, n.Overflow)
		server.send(back).want(t, toEndpoint)
		n.only(t)
		n.wantState(t, bpf.EndpointFlowStateFLOW_ESTABLISHED, 180)
	})
}
