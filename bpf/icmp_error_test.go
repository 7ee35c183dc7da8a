// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

const (
	hopLimit = bpf.EndpointVerdictDROP_HOP_LIMIT
	tooBig   = bpf.EndpointVerdictDROP_TOO_BIG
	quoted   = 64 // bytes behind the IP header
)

// wantError: the packet was dropped, and the gateway sent exactly this error about it.
func (o outcome) wantError(t testing.TB, verdict bpf.EndpointVerdict, want []byte) {
	t.Helper()
	o.want(t, verdict)
	if o.action != actionRedirect {
		t.Fatalf("no error was sent: action %d", o.action)
	}
	if diff := cmp.Diff(want, o.out); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

func (o outcome) wantNoError(t testing.TB, verdict bpf.EndpointVerdict) {
	t.Helper()
	if o.want(t, verdict).action != actionShot {
		t.Errorf("an error was sent: %x", o.out)
	}
}

// gatewayError is what the gateway says about a frame: its IP packet follows, cut or filled up to a fixed size.
func gatewayError(f family, to end, kind4, kind6, code4 uint8, word uint32, frame []byte) []byte {
	header := map[family]int{ipv4: 20, ipv6: 40}[f]
	quote := make([]byte, header+quoted)
	copy(quote, frame[14:])
	if f == ipv6 {
		code4 = 0
	}
	error := end{gatewayMAC, gateway.ip4, gateway.ip6}.to(to, f, icmp(f, kind4, kind6, code4, word, quote)...)
	copy(error, to.mac)
	copy(error[6:], frame[:6])
	return error
}

// toWith is to with changes to the IP header.
func (e end) toWith(to end, f family, change func(gopacket.SerializableLayer), stack ...gopacket.SerializableLayer) []byte {
	header := testbed.IP(e.ip(f), to.ip(f))
	change(header)
	return testbed.Frame(append([]gopacket.SerializableLayer{testbed.Ethernet(e.mac, gatewayMAC), header}, stack...)...)
}

func lastHop(header gopacket.SerializableLayer) { hops(1, header) }

func dontFragment(header gopacket.SerializableLayer) {
	if ip, ok := header.(*layers.IPv4); ok {
		ip.Flags = layers.IPv4DontFragment
	}
}

func TestTimeExceeded(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	for _, payload := range []int{0, 1, 43, 56, 57, 100, 1400} {
		eachFamily(t, n, func(t *testing.T, ip family) {
			frame := client.toWith(server.end, ip, lastHop, testbed.UDP(1000, 33434), testbed.Data(payload))
			client.send(frame).wantError(t, hopLimit, gatewayError(ip, client.end, 11, 3, 0, 0, frame))
			frame = client.toWith(server.end, ip, func(h gopacket.SerializableLayer) { hops(0, h) }, testbed.UDP(1000, 33434), testbed.Data(payload))
			client.send(frame).wantError(t, hopLimit, gatewayError(ip, client.end, 11, 3, 0, 0, frame))
			frame = client.toWith(server.end, ip, func(h gopacket.SerializableLayer) { hops(2, h) }, testbed.UDP(1000, 33434), testbed.Data(payload))
			client.send(frame).want(t, toEndpoint)
		})
	}
}

func TestTimeExceededIsNotForAll(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		client.send(client.toWith(gateway, ip, lastHop, testbed.UDP(1, 2))).want(t, toHost)
		client.send(client.toWith(world, ip, lastHop, testbed.UDP(1, 2))).want(t, toHost) // the host's stack is that router
		server.send(server.toWith(client.end, ip, lastHop, testbed.UDP(1, 2))).wantNoError(t, denied)

		syn := client.to(server.end, ip, testbed.TCP(1000, 80, "S"))
		client.send(syn).want(t, toEndpoint)
		server.send(server.toWith(client.end, ip, lastHop, icmp(ip, 3, 1, 0, 0, syn[14:])...)).wantNoError(t, hopLimit)

		pieces := testbed.Fragments(client.toWith(server.end, ip, lastHop, testbed.UDP(1, 2), testbed.Data(200)), 64, 7)
		whole := testbed.Fragments(client.to(server.end, ip, testbed.UDP(1, 2), testbed.Data(200)), 64, 7)
		client.send(whole[0]).want(t, toEndpoint)
		client.send(pieces[1]).wantNoError(t, hopLimit)
		client.send(pieces[0]).wantError(t, hopLimit, gatewayError(ip, client.end, 11, 3, 0, 0, pieces[0]))
	})
}

func TestPacketTooBig(t *testing.T) {
	const small = 1300
	n := newNode(t)
	client, server := n.pair()
	server.mtu = small
	server.publish()
	server.ingress.rest = []uint32{0}
	server.apply()
	for _, from := range []*endpoint{client, n.router} {
		sender := from.end
		if from.id == 0 {
			sender = end{routerMAC, world.ip4, world.ip6}
		}
		eachFamily(t, n, func(t *testing.T, ip family) {
			header := map[family]int{ipv4: 28, ipv6: 48}[ip]
			fits := sender.toWith(server.end, ip, dontFragment, testbed.UDP(1, 2), testbed.Data(small-header))
			from.send(fits).want(t, toEndpoint)
			frame := sender.toWith(server.end, ip, dontFragment, testbed.UDP(1, 2), testbed.Data(small-header+1))
			from.send(frame).wantError(t, tooBig, gatewayError(ip, sender, 3, 2, 4, small, frame))
		})
		may := sender.to(server.end, ipv4, testbed.UDP(1, 2), testbed.Data(small))
		from.send(may).want(t, toEndpoint) // may be fragmented, and the other end of a veth takes it whole
	}
	client.send(client.toWith(world, ipv6, dontFragment, testbed.UDP(1, 2), testbed.Data(mtu-48+1))).want(t, tooBig)
}

// What the kernel has merged into one big packet is as long as its segments: 20 bytes of TCP header and gsoSize.
func TestSegmentsAreMeasured(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		header := map[family]uint32{ipv4: 40, ipv6: 60}[ip]
		frame := client.toWith(server.end, ip, dontFragment, testbed.TCP(1000, 80, "S"), testbed.Data(3000))
		client.sendAs(frame, segmented(mtu-header)).want(t, toEndpoint)
		got := client.sendAs(bytes.Clone(frame), segmented(mtu-header+1))
		got.wantError(t, tooBig, gatewayError(ip, client.end, 3, 2, 4, mtu, frame))
	})
}

// segmented is the part of a struct __sk_buff that says so: all else zero.
func segmented(size uint32) []uint32 {
	const gsoSegments, gsoSize = 164 / 4, 176 / 4
	skb := make([]uint32, 192/4)
	skb[gsoSegments], skb[gsoSize] = 3, size
	return skb
}

// Errors are rationed: a hundred in 100 ms for each endpoint. Drops are counted on.
func TestErrorsAreRationed(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	sent := 0
	for range 1000 {
		frame := client.toWith(server.end, ipv6, lastHop, testbed.UDP(1, 2))
		if client.send(frame).want(t, hopLimit).action == actionRedirect {
			sent++
		}
	}
	budget := n.budget(client, icmpErrors)
	if budget.Spent > 100 {
		t.Errorf("%d errors in one interval", budget.Spent)
	}
	refused := int(budget.Refused)
	if sent == 0 || sent+refused > 1000 {
		t.Errorf("%d errors sent and %d refused of 1000", sent, refused)
	}
}
