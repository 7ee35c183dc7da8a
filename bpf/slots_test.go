// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"testing"
	"time"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

// wantCounter: this much was counted under a key since the node was made. Every packet has the same length.
func (n *node) wantCounter(t testing.TB, key bpf.EndpointCounterKey, there, back, flows, length uint64) {
	t.Helper()
	slot, ok := n.slots()[key]
	if !ok {
		t.Fatalf("nothing is counted for %+v", key)
	}
	want := bpf.EndpointCounter{Packets: [2]uint64{there, back}, Bytes: [2]uint64{there * length, back * length}, Flows: flows}
	if got := n.counter(slot); got != want {
		t.Errorf("counter of %+v is %+v, want %+v", key, got, want)
	}
}

// Each packet of a flow counts once, on the slot of the ruling that the flow lived under then.
func TestFlowCountsUnderEachOfItsRulings(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	c := talk{client, server, ipv6}
	length := uint64(len(client.to(server.end, ipv6, testbed.TCP(1000, 80, "S"))))
	first := server.account(client, client.identity, 0, true)
	c.open(t)
	n.wantCounter(t, first, 2, 1, 1, length)
	n.edit(t, age(2*time.Second)) // judged again, with the same result
	c.hears("A").want(t, toEndpoint)
	n.wantCounter(t, first, 2, 2, 1, length)

	server.apply() // another rule allows it now
	second := server.account(client, client.identity, 0, true)
	c.says("A").want(t, toEndpoint)
	c.says("A").want(t, toEndpoint)
	n.wantCounter(t, second, 2, 0, 1, length)

	server.ingress = policy{}
	server.apply()
	third := server.account(client, client.identity, 0, false)
	c.hears("A").want(t, denied)
	c.says("A").want(t, denied)
	c.hears("A").want(t, denied)
	n.wantCounter(t, third, 1, 2, 1, length)

	n.wantCounter(t, first, 2, 2, 1, length)
	n.wantCounter(t, second, 2, 0, 1, length)
}

// A denied packet that has no flow is a flow of its own.
func TestDeniedFirstPackets(t *testing.T) {
	n := newNode(t)
	client, server := n.endpoint(1), n.endpoint(2)
	syn := client.to(server.end, ipv4, testbed.TCP(1000, 80, "S"))
	for range 3 {
		client.send(syn).want(t, denied)
	}
	n.wantCounter(t, server.account(client, client.identity, 0, false), 3, 0, 3, uint64(len(syn)))
}

// A packet that was allowed but went nowhere is not counted as carried. Its flow has begun all the same.
func TestAllowedButDropped(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		dying := client.to(server.end, ip, testbed.UDP(1000, 53), testbed.Data(4))
		hops := map[family]int{ipv4: 14 + 8, ipv6: 14 + 7}[ip]
		dying[hops] = 1
		if ip == ipv4 {
			sumHeader(dying)
		}
		if got := client.send(dying).want(t, hopLimit); got.flows != 1 {
			t.Errorf("counted %+v, want a new flow", got.counted)
		}
		if got := client.send(dying).want(t, hopLimit); got.flows != 0 {
			t.Errorf("counted %+v, want no other flow", got.counted)
		}
	})
}

// Slots of a second chunk count in that one.
func TestSecondChunk(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	n.offer(chunkSlots + 5)
	syn := client.to(server.end, ipv6, testbed.TCP(1000, 80, "S"))
	client.send(syn).want(t, toEndpoint)
	key := server.account(client, client.identity, 0, true)
	if slot := n.slots()[key]; slot != chunkSlots+5 {
		t.Errorf("slot %d, want %d", slot, chunkSlots+5)
	}
	n.wantCounter(t, key, 1, 0, 1, uint64(len(syn)))
}

// With no slot to be had, flows count together, until there is one for them when they are judged the next time.
func TestWithoutFreeSlots(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	n.offer()
	c := talk{client, server, ipv6}
	if got := c.says("S").want(t, toEndpoint); got.key != together || got.flows != 1 {
		t.Errorf("counted %+v, want it together with others", got.counted)
	}
	if got := c.hears("SA").want(t, toEndpoint); got.key != together || got.flows != 0 || !got.reply {
		t.Errorf("counted %+v, want a reply together with others", got.counted)
	}
	client.send(client.to(server.end, ipv6, testbed.UDP(1, 2))).want(t, toEndpoint)
	if slots := n.slots(); len(slots) != 0 {
		t.Errorf("slots %v, want none", slots)
	}

	n.reset()
	c.says("S").want(t, toEndpoint)
	n.offer(7)
	n.edit(t, age(2*time.Second))
	want := server.account(client, client.identity, 0, true)
	if got := c.says("S").want(t, toEndpoint); got.key != want || got.flows != 1 || n.slots()[want] != 7 {
		t.Errorf("counted %+v, want it in slot 7 for %+v", got.counted, want)
	}
}
