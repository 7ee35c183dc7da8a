// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"net"
	"net/netip"

	"github.com/cilium/ebpf"
	"github.com/gopacket/gopacket"
	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/testbed"
)

// What programs return, from linux/pkt_cls.h.
const (
	actionShot     = 2
	actionRedirect = 7
)

// party sends packets, and gets them.
type party struct {
	policy.Peer
	known   bool          // to this node: its identity is a host's, the world's, or in the map of label sets
	program *ebpf.Program // that its packets meet first
	mac     net.HardwareAddr
	addrs   []netip.Addr // of one family, or of both
}

// program opens what is attached to an endpoint's link, or to the router device (0).
func (n *node) program(id endpoint.ID) *ebpf.Program {
	n.Helper()
	program, err := ebpf.NewProgramFromID(n.state(id).Entry)
	if err != nil {
		n.Fatal(err)
	}
	n.Cleanup(func() { program.Close() })
	return program
}

// local applies an endpoint, and returns it as a party.
func (n *node) local(e Endpoint, peer policy.Peer) party {
	n.Helper()
	e.Identity = peer.ID
	n.apply(e)
	return party{Peer: peer, known: true, program: n.program(e.ID), mac: e.Link.MAC, addrs: []netip.Addr{e.IPv4, e.IPv6}}
}

// remote is somebody outside of the cluster, behind the router device.
func (n *node) remote(id identity.Number, prefix netip.Prefix, addrs ...netip.Addr) party {
	n.Helper()
	return party{Peer: policy.Peer{ID: id, Prefix: prefix}, known: true, program: n.program(0), mac: n.config.Router.MAC, addrs: addrs}
}

// opener is what opens a flow that was never there before.
func (n *node) opener(protocol policy.Protocol, port uint16) []gopacket.SerializableLayer {
	if n.flows++; n.flows < 20000 || n.flows > 60000 {
		n.flows = 20000 // below are the ports that are knocked at: such a packet could be an answer
	}
	switch protocol {
	case policy.TCP:
		return []gopacket.SerializableLayer{testbed.TCP(n.flows, port, "S")}
	case policy.UDP:
		return []gopacket.SerializableLayer{testbed.UDP(n.flows, port), testbed.Data(4)}
	case policy.SCTP:
		return []gopacket.SerializableLayer{testbed.SCTP(n.flows, port), testbed.Data(16)}
	case policy.ICMP:
		return []gopacket.SerializableLayer{testbed.ICMP(8, 0, n.flows, 1), testbed.Data(4)}
	default:
		return []gopacket.SerializableLayer{testbed.ICMPv6(128, 0), gopacket.Payload{byte(n.flows >> 8), byte(n.flows), 0, 1, 5, 6}}
	}
}

// passed stands for both ways of being forwarded.
const passed = bpf.EndpointVerdictFORWARD_ENDPOINT

// send returns passed, or the drop reason that was counted.
func (n *node) send(t rapid.TB, program *ebpf.Program, frame []byte) bpf.EndpointVerdict {
	t.Helper()
	if n.drops == nil {
		n.drops = n.counts(t)
	}
	action, err := program.Run(&ebpf.RunOptions{Data: frame, DataOut: make([]byte, len(frame)+256)})
	if err != nil {
		t.Fatal(err)
	}
	if action == actionRedirect {
		return passed
	}
	if action != actionShot {
		t.Fatalf("the program returned %d", action)
	}
	before := n.drops
	n.drops = n.counts(t)
	for verdict, packets := range n.drops {
		if packets != before[verdict] {
			return verdict
		}
	}
	t.Fatalf("a drop was not counted: %x", frame)
	return 0
}

func (n *node) counts(t rapid.TB) map[bpf.EndpointVerdict]uint64 {
	t.Helper()
	all, err := n.Verdicts()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[bpf.EndpointVerdict]uint64{}
	for _, c := range all {
		counts[c.Verdict] = c.Packets
	}
	return counts
}
