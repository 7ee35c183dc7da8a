// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/identity"
)

// ErrNoRoom is returned for a wanted state that a map in the kernel is too small for.
var ErrNoRoom = errors.New("no room in the kernel's map")

// Outsider is who has the addresses of a prefix, where no local endpoint has them.
type Outsider struct {
	Identity identity.Number // 0: nobody, or those whom Node has there
	Node     uint32          // number of the other node whose endpoints are there; 0: none
}

// SyncOutside makes the kernel's view of everything beyond local endpoints agree with prefixes: the host's own addresses,
// the cluster's prefixes (identity 0: nobody there), those of other nodes in them, the CIDRs that rules name. What no prefix
// holds is the world.
func (d *Datapath) SyncOutside(prefixes map[netip.Prefix]Outsider) error {
	wanted := make(map[bpf.EndpointPrefixKey]bpf.EndpointOutsider, len(prefixes)+1)
	// IPv4 addresses lie in ::/0, too, as the trie has them: a rule about that is not about them.
	wanted[prefixKey(allIPv4)] = bpf.EndpointOutsider{Identity: uint32(identity.World)}
	for prefix, who := range prefixes {
		wanted[prefixKey(prefix)] = bpf.EndpointOutsider{Identity: uint32(who.Identity), Node: who.Node}
	}
	if err := syncHash(d.maps.Outside, wanted); err != nil {
		return fmt.Errorf("telling the kernel who is outside: %w", err)
	}
	return nil
}

// Outside returns what SyncOutside told the kernel last, also that of an earlier agent.
func (d *Datapath) Outside() (map[netip.Prefix]Outsider, error) {
	all := map[netip.Prefix]Outsider{}
	err := eachEntry(d.maps.Outside, func(key bpf.EndpointPrefixKey, who bpf.EndpointOutsider) bool {
		all[prefixOf(key)] = Outsider{identity.Number(who.Identity), who.Node}
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("reading who is outside: %w", err)
	}
	delete(all, allIPv4)
	return all, nil
}

// OutsiderAt returns who programs take an address for that no local endpoint has: the world if no prefix holds it.
func (d *Datapath) OutsiderAt(addr netip.Addr) (Outsider, error) {
	who := bpf.EndpointOutsider{Identity: uint32(identity.World)}
	if err := ignoreMissing(d.maps.Outside.Lookup(prefixKey(netip.PrefixFrom(addr, addr.BitLen())), &who)); err != nil {
		return Outsider{}, fmt.Errorf("asking the kernel who is at %s: %w", addr, err)
	}
	return Outsider{identity.Number(who.Identity), who.Node}, nil
}

var allIPv4 = netip.PrefixFrom(netip.IPv4Unspecified(), 0)

// prefixKey is a prefix as the trie has it: IPv4 mapped into IPv6.
func prefixKey(prefix netip.Prefix) bpf.EndpointPrefixKey {
	bits := prefix.Bits()
	if prefix.Addr().Is4() {
		bits += 96
	}
	return bpf.EndpointPrefixKey{Length: uint32(bits), Address: mapped(prefix.Masked().Addr())}
}

// prefixOf is the inverse of prefixKey.
func prefixOf(key bpf.EndpointPrefixKey) netip.Prefix {
	addr, bits := netip.AddrFrom16(key.Address.Bytes), int(key.Length)
	if addr.Is4In6() && bits >= 96 {
		addr, bits = addr.Unmap(), bits-96
	}
	return netip.PrefixFrom(addr, bits)
}

// syncHash makes a map hold exactly wanted. New entries come before old ones go: there must be room for both, and if there is
// not, nothing changes and the error is ErrNoRoom.
func syncHash[K, V comparable](m *ebpf.Map, wanted map[K]V) error {
	var gone []K
	have := map[K]V{}
	err := eachEntry(m, func(key K, value V) bool {
		have[key] = value
		if _, keep := wanted[key]; !keep {
			gone = append(gone, key)
		}
		return true
	})
	if err != nil {
		return err
	}
	if both := len(wanted) + len(gone); both > int(m.MaxEntries()) {
		return fmt.Errorf("%w: %d wanted beside %d old ones, and it takes %d", ErrNoRoom, len(wanted), len(gone), m.MaxEntries())
	}
	for key, value := range wanted {
		if old, found := have[key]; found && old == value {
			continue
		}
		if err := m.Put(key, value); err != nil {
			return err
		}
	}
	for _, key := range gone {
		if err := ignoreMissing(m.Delete(key)); err != nil {
			return err
		}
	}
	return nil
}
