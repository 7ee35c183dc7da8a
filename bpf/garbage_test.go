// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"bytes"
	"encoding/binary"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

// outlaw is a node with a container that may reach no other, next to two that talk.
type outlaw struct {
	*endpoint
	others []*endpoint
	frames [][]byte // what it begins with, before it makes garbage of them
}

func newOutlaw(t testing.TB) *outlaw {
	n := newNode(t)
	client, server := n.pair()
	o := &outlaw{n.endpoint(3), []*endpoint{client, server}, nil}
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
	outer := o.TB
	rapid.Check(t, func(t *rapid.T) {
		o.TB = borrowed{outer, t}
		for range 20 {
			frame := bytes.Clone(rapid.SampledFrom(o.frames).Draw(t, "frame"))
			for range rapid.IntRange(0, 4).Draw(t, "changes") {
				frame = mutate(t, frame)
			}
			o.try(o.TB, frame)
		}
	})
	o.TB = outer
	for key, flow := range o.flows(o.Unanswered) {
		if slices.Contains(flow.Endpoint[:], o.id) && flow.Endpoint != [2]uint16{o.id, o.id} && !slices.Contains(flow.Endpoint[:], 0) {
			t.Errorf("a flow of the outlaw: %+v %+v", key, flow)
		}
	}
}

// mutate changes a byte behind the MAC addresses, two of them, or the length.
func mutate(t *rapid.T, frame []byte) []byte {
	const macs = 12
	if len(frame) <= macs {
		return frame
	}
	at := rapid.IntRange(macs, min(len(frame)-1, 130)).Draw(t, "at")
	switch rapid.IntRange(0, 3).Draw(t, "how") {
	case 0:
		frame[at] = rapid.Byte().Draw(t, "byte")
	case 1:
		frame[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
	case 2:
		frame = frame[:at]
	case 3:
		frame = append(frame, rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "more")...)
	}
	return frame
}

// borrowed reports failures to rapid, and has what is made cleaned up by the test.
type borrowed struct {
	testing.TB
	t *rapid.T
}

func (b borrowed) Helper()                           { b.t.Helper() }
func (b borrowed) Errorf(format string, args ...any) { b.t.Errorf(format, args...) }
func (b borrowed) Fatalf(format string, args ...any) { b.t.Fatalf(format, args...) }

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

// Whoever sends what to whom: the sum of all counters is the number of packets, and no verdict is left open.
func TestGarbageFromTheHost(t *testing.T) {
	o := newOutlaw(t)
	outer := o.TB
	rapid.Check(t, func(t *rapid.T) {
		o.router.TB = borrowed{outer, t}
		for range 20 {
			frame := bytes.Clone(rapid.SampledFrom(o.frames).Draw(t, "frame"))
			for range rapid.IntRange(0, 4).Draw(t, "changes") {
				frame = mutate(t, frame)
			}
			if !runnable(frame) {
				continue
			}
			if got := o.router.send(frame); got.verdict == bpf.EndpointVerdictFORWARD_HOST {
				t.Errorf("back to the host: %x", frame)
			}
		}
	})
	o.TB = outer
}
