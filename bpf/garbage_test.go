// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"
	"testing"

	"github.com/hypha-net/hypha/internal/testbed"
)

// outlaw is a node with a container that may reach no other, next to two that talk.
type outlaw struct {
	*endpoint
	frames  [][]byte // what it begins with
	garbage []byte   // what property made of one of them
}

func newOutlaw(t testing.TB) *outlaw {
	n := newNode(t)
	client, server := n.pair()
	o := &outlaw{endpoint: n.endpoint(3)}
	for _, ip := range []family{ipv4, ipv6} {
		talk{client, server, ip}.open(t)
		client.send(client.echo(server.end, ip, 7)).want(t, toEndpoint)
		o.collect(each(o.end, server.end, ip))
		o.collect(each(end{o.mac, client.ip4, client.ip6}, server.end, ip)) // in the name of one who may
		o.collect(each(o.end, gateway, ip))
		o.collect(map[string][]byte{
			"error about its own": about(ip, o.end, client.end, 3, 1, client.to(o.end, ip, testbed.TCP(1000, 80, "S"))),
			"error about another": about(ip, o.end, client.end, 3, 1, client.to(server.end, ip, testbed.TCP(1000, 80, "S"))),
			"reply":               o.to(client.end, ip, testbed.TCP(80, 1000, "SA")),
		})
	}
	o.collect(map[string][]byte{
		"ARP": testbed.ARP(o.mac, o.ip4, gateway.ip4),
		"NDP": testbed.NeighborSolicitation(o.mac, o.ip6, gateway.ip6),
	})
	return o
}

func (o *outlaw) collect(frames map[string][]byte) {
	for _, name := range slices.Sorted(maps.Keys(frames)) {
		o.frames = append(o.frames, frames[name])
	}
}

// try sends garbage: none gets to another container, and none makes a flow with one. send has its own demands.
func (o *outlaw) try(t testing.TB, frame []byte) {
	t.Helper()
	if !runnable(frame) {
		return
	}
	if got := o.send(frame); got.verdict == toEndpoint && !bytes.Equal(got.out[:6], o.mac) {
		t.Errorf("got through: %x", frame)
	}
}

// runnable frames are those that the kernel takes for a test run.
func runnable(frame []byte) bool {
	const ethernet = 14
	if len(frame) < ethernet || len(frame) > 3000 {
		return false
	}
	switch binary.BigEndian.Uint16(frame[12:]) {
	case 0x0800:
		return len(frame) >= ethernet+ipHeader[ipv4]
	case 0x86dd:
		return len(frame) >= ethernet+ipHeader[ipv6]
	}
	return true
}

func TestGarbageGetsNowhere(t *testing.T) {
	o := newOutlaw(t)
	o.property(t, func() { o.try(o.TB, o.garbage) })
	for key, flow := range o.flows(o.Flows) {
		// With itself and the outside it may: endpoint 0.
		one, other := flow.End[0].Endpoint, flow.End[1].Endpoint
		if other == o.id {
			one, other = other, one
		}
		if one == o.id && other != o.id && other != 0 {
			t.Errorf("a flow of the outlaw: %+v %+v", key, flow)
		}
	}
}

// What comes from the host's stack does not go back to it. send has its own demands.
func TestGarbageFromTheHost(t *testing.T) {
	o := newOutlaw(t)
	o.property(t, func() {
		if !runnable(o.garbage) {
			return
		}
		if got := o.router.send(o.garbage); got.verdict == toHost {
			o.Errorf("back to the host: %x", o.garbage)
		}
	})
}

// FuzzFrame is TestGarbageGetsNowhere for as long as one likes: go test -fuzz FuzzFrame ./bpf
func FuzzFrame(f *testing.F) {
	o := newOutlaw(f)
	for _, frame := range o.frames {
		f.Add(frame)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		o.TB = lent{t, f}
		o.try(t, frame)
	})
}
