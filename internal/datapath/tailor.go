// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"net"
	"net/netip"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
)

// mapped is an address as programs see it: IPv4 mapped into IPv6, all zero if there is none.
func mapped(addr netip.Addr) (out bpf.EndpointAddress) {
	if addr.IsValid() {
		bytes := addr.As16()
		copy(out.Bytes[:], bytes[:])
	}
	return out
}

func mac(addr net.HardwareAddr) (out [6]uint8) {
	copy(out[:], addr)
	return out
}

func flag(on bool) uint8 {
	if on {
		return 1
	}
	return 0
}

// constants are what makes a program this endpoint's own.
func (e Endpoint) constants(router Router) bpf.EndpointEndpointConfig {
	return bpf.EndpointEndpointConfig{
		Ipv6: mapped(e.IPv6), Ipv4: mapped(e.IPv4),
		Gateway6: mapped(router.IPv6), Gateway4: mapped(router.IPv4),
		Endpoint: uint16(e.ID), Mac: mac(e.Link.MAC), GatewayMac: mac(router.MAC),
		HasIpv6: flag(e.IPv6.IsValid()), HasIpv4: flag(e.IPv4.IsValid()),
	}
}

// only returns a copy of the template with these programs alone, and no map pinned: the shared ones are
// given to it when it is loaded.
func only(template *ebpf.CollectionSpec, programs ...string) *ebpf.CollectionSpec {
	spec := template.Copy()
	all := spec.Programs
	spec.Programs = map[string]*ebpf.ProgramSpec{}
	for _, name := range programs {
		spec.Programs[name] = all[name]
	}
	return spec
}
