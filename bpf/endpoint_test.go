// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"net"
	"net/netip"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
)

const mtu = 1500 // of every link, unless a test says otherwise

// end is where packets come from or go to.
type end struct {
	mac net.HardwareAddr
	ip4 netip.Addr
	ip6 netip.Addr
}

// endpoint is a container's side of the datapath; ID 0 is the router device.
type endpoint struct {
	end
	*node
	id         uint16
	peer       uint32 // number of the node that it is at, if that is another one
	identity   uint32
	generation uint32
	mtu        uint16
	native     bool // it is at another node, and its IPv6 packets come as they are
	flags      bpf.EndpointEndpointFlags
	ingress    policy
	egress     policy
	program    *ebpf.Program // at its attach point
}

// endpoint adds a container that nobody may reach, and that may reach all that is outside. Addresses and MAC come from its ID:
//
//	1  10.1.0.11  fd00:0:0:1::11  02:00:00:00:00:01  identity 301
func (n *node) endpoint(id uint16, ingress ...policy) *endpoint {
	n.Helper()
	last := byte(id)
	ip6 := gateway.ip6.As16()
	ip6[15] = 0x10 + last
	e := &endpoint{
		end: end{net.HardwareAddr{2, 0, 0, 0, 0, last}, netip.AddrFrom4([4]byte{10, 1, 0, 10 + last}), netip.AddrFrom16(ip6)},
		id:  id, identity: 300 + uint32(id),
		egress: policy{rest: []uint32{0}},
	}
	if len(ingress) > 0 {
		e.ingress = ingress[0]
	}
	return n.add(e)
}

// pair adds endpoints 1 and 2; the first may use every class of the second that no port is in.
func (n *node) pair() (client, server *endpoint) {
	n.Helper()
	client = n.endpoint(1)
	return client, n.endpoint(2, policy{rows: rows{client.identity: {0}}})
}

func (n *node) add(e *endpoint) *endpoint {
	n.Helper()
	e.node, e.mtu = n, mtu
	n.endpoints = append(n.endpoints, e)
	for _, ip := range []netip.Addr{e.ip4, e.ip6} {
		if ip.IsValid() {
			n.must(n.Addresses.Put(address(ip), uint32(e.id)))
		}
	}
	if e.id != 0 {
		n.know(e.identity, true)
	}
	e.apply()
	return e
}

// apply loads what judges, with what the endpoint's policy says now, under a new generation.
// What receives is loaded once: it has no policy in it.
func (e *endpoint) apply() {
	e.Helper()
	e.node.generation++
	e.generation = e.node.generation
	if e.program == nil {
		e.program = e.receiver()
	}
	if e.id != 0 {
		e.must(e.Judges.Put(uint32(e.id), e.judge(e.revision())))
	}
	e.publish()
}

// revision is that of the policy which the endpoint's tables are made from.
func (e *endpoint) revision() uint32 { return 1000 + e.generation }

// receiver loads the program for the endpoint's attach point.
func (e *endpoint) receiver() *ebpf.Program {
	e.Helper()
	if e.id == 0 {
		return e.tailored(bpf.LoadRouter, bpf.RouterProgFromHost)
	}
	return e.tailored(bpf.LoadEndpoint, bpf.EndpointProgFromEndpoint)
}

// tailored loads an attach point's program.
func (e *endpoint) tailored(object func() (*ebpf.CollectionSpec, error), name string) *ebpf.Program {
	e.Helper()
	spec := e.object(object)
	constants := bpf.Constants{Second: second, Endpoint: e.id, MAC: e.mac, GatewayMAC: gatewayMAC, Prefix6: netip.PrefixFrom(gateway.ip6, 64)}
	var err error
	spec.Programs[name].Instructions, err = constants.Tailor(spec.Programs[name].Instructions)
	e.must(err)
	return e.start(spec).Programs[name]
}

// publish tells the other programs about the endpoint.
func (e *endpoint) publish() {
	e.Helper()
	e.must(e.Endpoints.Put(uint32(e.id), bpf.EndpointEndpointInfo{
		Generation: e.generation, Identity: e.identity, Ifindex: 100 + uint32(e.id), Mtu: e.mtu,
		Mac: [6]uint8(e.mac), Flags: uint32(e.flags),
	}))
}
