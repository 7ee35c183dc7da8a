// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/policy"
)

// maxClasses is how many port classes a table may have: the words of its default row are constants of the program.
const maxClasses = 64 * 64

// fit refuses a table that the programs can not hold. Nothing is ever cut.
func fit(table policy.Table) error {
	if table.Classes > maxClasses {
		return fmt.Errorf("policy needs %d port classes, and a table has at most %d: name fewer different port ranges",
			table.Classes, maxClasses)
	}
	return nil
}

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
func (e Endpoint) constants(router Router, generation uint32) bpf.EndpointEndpointConfig {
	return bpf.EndpointEndpointConfig{
		Ipv6: mapped(e.IPv6), Ipv4: mapped(e.IPv4),
		Gateway6: mapped(router.IPv6), Gateway4: mapped(router.IPv4),
		Generation: generation, Revision: uint32(e.Revision),
		Endpoint: uint16(e.ID), Mac: mac(e.Link.MAC), GatewayMac: mac(router.MAC),
		HasIpv6: flag(e.IPv6.IsValid()), HasIpv4: flag(e.IPv4.IsValid()),
		AuditIngress: flag(e.Tables.Ingress.Audit), AuditEgress: flag(e.Tables.Egress.Audit),
	}
}

// rowWords is how many 64-bit words the bit set of a row has.
func rowWords(table policy.Table) int { return max(1, (table.Classes+63)/64) }

func tableConstants(table policy.Table, defaultCounter uint32) bpf.EndpointTableConfig {
	constants := bpf.EndpointTableConfig{RowWords: uint32(rowWords(table)), DefaultCounter: defaultCounter}
	copy(constants.DefaultAllowed[:], table.Default.Allowed)
	return constants
}

// rowBytes is a row as struct policy_row lays it out: the counter's slot, then the words.
func rowBytes(table policy.Table, row policy.Row, counter uint32) []byte {
	out := make([]byte, 8+8*rowWords(table))
	binary.NativeEndian.PutUint32(out, counter)
	for i, word := range row.Allowed {
		binary.NativeEndian.PutUint64(out[8+8*i:], word)
	}
	return out
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
