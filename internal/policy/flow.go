// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/hypha-net/hypha/internal/identity"
)

// Flow is one that was seen, from the first packet's sender to its receiver.
type Flow struct {
	From, To Peer
	Protocol Protocol
	Port     uint16 // of the receiver; the type of ICMP and ICMPv6 (0: not known); 0 for other protocols
	Flows    int    // that it stands for; 0 is one
	Packets  uint64
	Last     time.Time // when it was last seen; zero if that is not known

	// Addresses of the ends; may be left out. Other rules may name the address of an end in the world by
	// another prefix: Replay finds the one.
	Source, Destination netip.Addr
}

// flowKey is what flows have in common that rules treat alike.
type flowKey struct {
	from, to peerKey
	protocol Protocol
	port     uint16
}

// peerKey is who a peer is. Numbers of prefixes are not the same everywhere.
type peerKey struct {
	id     identity.Number
	prefix netip.Prefix
}

func (p Peer) key() peerKey { return peerKey{p.ID, p.Prefix} }

func (k peerKey) compare(other peerKey) int {
	return cmp.Or(cmp.Compare(k.id, other.id), k.prefix.Compare(other.prefix))
}

func (f Flow) key() flowKey {
	return flowKey{f.From.key(), f.To.key(), f.Protocol, f.Port}
}

// compare orders by receiver, sender, protocol and port.
func (f Flow) compare(other Flow) int {
	return cmp.Or(
		f.To.key().compare(other.To.key()), f.From.key().compare(other.From.key()),
		cmp.Compare(f.Protocol, other.Protocol), cmp.Compare(f.Port, other.Port),
	)
}

// joined returns the flows with those joined that rules treat alike, in order.
func joined(flows []Flow) []Flow {
	sums := map[flowKey]Flow{}
	for _, f := range flows {
		sum, found := sums[f.key()]
		if !found {
			sums[f.key()] = f
			continue
		}
		sum.count(f)
		sums[f.key()] = sum
	}
	all := make([]Flow, 0, len(sums))
	for _, f := range sums {
		all = append(all, f)
	}
	slices.SortFunc(all, Flow.compare)
	return all
}

func (f *Flow) count(other Flow) {
	f.Flows = max(1, f.Flows) + max(1, other.Flows)
	f.Packets += other.Packets
	if other.Last.After(f.Last) {
		f.Last = other.Last
	}
}

// ranges returns what to allow for the flow; nil if the language has no words for just that.
func (f Flow) ranges() []portRange {
	switch {
	case f.Port > 0 && protocolNames[f.Protocol] != "":
		return []portRange{{f.Protocol, f.Port, f.Port}}
	case f.Protocol == ICMP:
		return []portRange{wholeProtocol(ICMP), wholeProtocol(ICMPv6)} // the word icmp is about both
	case f.Protocol == ICMPv6:
		return []portRange{wholeProtocol(ICMPv6)}
	}
	return nil
}
