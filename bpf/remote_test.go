// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/hypha-net/hypha/bpf"
)

const (
	toNode      = bpf.EndpointVerdictFORWARD_NODE
	nodeUnknown = bpf.EndpointVerdictDROP_NODE_UNKNOWN
	overlayMTU  = 1430
)

// own is this node in the network between the nodes.
var own = end{ip4: netip.MustParseAddr("192.0.2.1"), ip6: netip.MustParseAddr("2001:db8::1")}

// remote is an endpoint of another node. What it sends comes in by the overlay's program, wrapped.
type remote struct {
	*endpoint
	underlay netip.Addr // of its node
	stranger bool       // frames are for another MAC address than the device's
	wrapping *ebpf.Map
	asIs     *ebpf.Program // from_uplink
}

// wrapping is what the kernel has taken off a packet.
type wrapping struct {
	Flags  uint64 // of bpf_skb_set_tunnel_key
	Type   uint32 // linux/if_packet.h: 0 is for the device's MAC address, 3 for another one
	VNI    uint32 // from here struct bpf_tunnel_key
	Remote [16]byte
	TOS    uint8
	TTL    uint8
	Ext    uint16
	Label  uint32
	Local  [16]byte
}

const (
	tunnelKeyOffset = 12
	tunnelKeyBytes  = 44
	ipv6Tunnel      = 1 // BPF_F_TUNINFO_IPV6
)

// remote adds a node, if it is not there yet, and an endpoint of it. All comes from the two numbers:
//
//	2, 7  identity 207  10.2.0.7  fd00:0:0:2::7  02:00:00:00:02:07  node at 192.0.2.2 or 2001:db8::2
func (n *node) remote(number, id byte, underlay family) *remote {
	n.Helper()
	r := &remote{endpoint: &endpoint{
		end:  end{net.HardwareAddr{2, 0, 0, 0, number, id}, netip.AddrFrom4([4]byte{10, number, 0, id}), netip.AddrFrom16([16]byte{0xfd, 7: number, 15: id})},
		node: n, peer: uint32(number), identity: 100*uint32(number) + uint32(id) + 100,
	}}
	here := end{ip4: netip.AddrFrom4([4]byte{192, 0, 2, number}), ip6: netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: number})}
	r.underlay = here.ip(underlay)
	n.must(n.Nodes.Put(r.peer, bpf.EndpointNode{Address: address(r.underlay), Own: address(own.ip(underlay)), Ifindex: 99, Mtu: overlayMTU}))
	n.must(n.NodeAddresses.Put(address(r.underlay), r.peer))
	for _, prefix := range []netip.Prefix{netip.PrefixFrom(r.ip4, 24).Masked(), netip.PrefixFrom(r.ip6, 64).Masked()} {
		n.must(n.Outside.Put(prefixKey(prefix), bpf.EndpointOutsider{Node: r.peer}))
	}
	host := r.host()
	for _, address := range []netip.Addr{host.ip4, host.ip6} {
		n.must(n.Outside.Put(prefixKey(netip.PrefixFrom(address, address.BitLen())), bpf.EndpointOutsider{Identity: idRemoteNode, Node: r.peer}))
	}
	n.know(r.identity, true)
	r.program, r.wrapping = n.unwrapper()
	return r
}

// host is the node that the endpoint is on, by the addresses that it has in its prefixes.
func (r *remote) host() end {
	return end{r.mac, netip.AddrFrom4([4]byte{10, byte(r.peer), 0, 1}), netip.AddrFrom16([16]byte{0xfd, 0, 0, byte(r.peer), 15: 1})}
}

// unwrapper is from_overlay behind a program that gives packets the metadata that the overlay's device would. That
// says what to send by; what was received has the addresses the other way round.
func (n *node) unwrapper() (*ebpf.Program, *ebpf.Map) {
	n.Helper()
	overlay := n.start(n.object(bpf.LoadOverlay)).Programs[bpf.OverlayProgFromOverlay]
	next := n.made(&ebpf.MapSpec{Type: ebpf.ProgramArray, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	n.must(next.Put(uint32(0), overlay))
	with := n.made(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: uint32(binary.Size(wrapping{})), MaxEntries: 1})
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.SchedCLS, License: "Dual BSD/GPL", Instructions: asm.Instructions{
		asm.Mov.Reg(asm.R6, asm.R1),
		asm.StoreImm(asm.RFP, -4, 0, asm.Word),
		asm.LoadMapPtr(asm.R1, with.FD()),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Imm(asm.R2, -4),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "failed"),
		asm.Mov.Reg(asm.R7, asm.R0),
		asm.Mov.Reg(asm.R1, asm.R6),
		asm.LoadMem(asm.R2, asm.R7, 8, asm.Word),
		asm.FnSkbChangeType.Call(),
		asm.Mov.Reg(asm.R1, asm.R6),
		asm.Mov.Reg(asm.R2, asm.R7),
		asm.Add.Imm(asm.R2, tunnelKeyOffset),
		asm.Mov.Imm(asm.R3, tunnelKeyBytes),
		asm.LoadMem(asm.R4, asm.R7, 0, asm.DWord),
		asm.FnSkbSetTunnelKey.Call(),
		asm.JNE.Imm(asm.R0, 0, "failed"),
		asm.Mov.Reg(asm.R1, asm.R6),
		asm.LoadMapPtr(asm.R2, next.FD()),
		asm.Mov.Imm(asm.R3, 0),
		asm.FnTailCall.Call(),
		asm.Mov.Imm(asm.R0, 1<<16).WithSymbol("failed"),
		asm.Return(),
	}})
	n.must(err)
	n.Cleanup(func() { program.Close() })
	return program, with
}

func (n *node) made(spec *ebpf.MapSpec) *ebpf.Map {
	n.Helper()
	m, err := ebpf.NewMap(spec)
	n.must(err)
	n.Cleanup(func() { m.Close() })
	return m
}

// send is endpoint's, for a frame that came by the overlay, or as it is.
func (r *remote) send(frame []byte) outcome {
	r.Helper()
	if r.native && frame[14]>>4 == 6 {
		return r.arrive(frame)
	}
	w := wrapping{VNI: r.identity, TTL: 64}
	if r.underlay.Is4() {
		binary.NativeEndian.PutUint32(w.Local[:], binary.BigEndian.Uint32(r.underlay.AsSlice()))
		binary.NativeEndian.PutUint32(w.Remote[:], binary.BigEndian.Uint32(own.ip4.AsSlice()))
	} else {
		w.Flags, w.Local, w.Remote = ipv6Tunnel, r.underlay.As16(), own.ip6.As16()
	}
	if r.stranger {
		w.Type = 3
	}
	r.must(r.wrapping.Put(uint32(0), w))
	return r.endpoint.send(frame)
}

// eachUnderlay runs a test with nodes that reach each other by IPv4 and by IPv6.
func eachUnderlay(t *testing.T, f func(*testing.T, family)) {
	t.Run("over IPv4", func(t *testing.T) { f(t, ipv4) })
	t.Run("over IPv6", func(t *testing.T) { f(t, ipv6) })
}
