// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"
	"sort"

	"github.com/hypha-net/hypha/internal/identity"
)

// Tables are all that one identity's program consults. They are never changed, and shared.
type Tables struct {
	Revision uint64 // of the rules that they were made from

	// Ingress judges flows towards the subject. From peers in the cluster: both halves, the subject's
	// ingress side and the peer's own egress side. From peers outside: the ingress half, they have no other.
	Ingress Table
	// Egress judges flows from the subject to peers outside of the cluster: host, remote-node, world,
	// CIDR identities. Peers in the cluster are not in it: their own Ingress judges.
	Egress Table
}

// Table says how each peer's flows are ruled on. A table that was derived from another in place, for a
// new or gone peer, has the same *Shape, and Kinds that begin with the other's.
type Table struct {
	*Shape
	Kinds []Kind // Kinds[0] is of the peers that have no row
	Rows  Rows   // peer → index in Kinds, > 0
}

// Shape is what the rows of a table have in common: how ports are classified.
type Shape struct {
	// Ports is sorted by (protocol, first) and disjoint. What none of it covers is class 0: ports
	// that no rule tells from others, and protocols without a name in the language.
	Ports []PortClass
	// Classes counts the classes, class 0 included.
	Classes int
}

// PortClass says that the ports First to Last of a protocol, both included, are of a class,
// 1 <= Class < Shape.Classes. Several may share a class. A protocol without ports has 0 to 65535.
type PortClass struct {
	Protocol    Protocol
	First, Last uint16
	Class       int
}

// Class returns the class of a flow. Of ICMP and ICMPv6 the port is the type of the request, 8 or 128; of
// other protocols without ports it is 0.
func (s *Shape) Class(p Protocol, port uint16) int {
	i := sort.Search(len(s.Ports), func(i int) bool {
		c := s.Ports[i]
		return c.Protocol > p || c.Protocol == p && c.Last >= port
	})
	if i < len(s.Ports) && s.Ports[i].Protocol == p && s.Ports[i].First <= port {
		return s.Ports[i].Class
	}
	return 0
}

// Kind is how peers are treated that have the same ruling in every class.
type Kind struct {
	Allowed Bits        // over classes
	Allow   Ruling      // of the allowed classes without an exception; zero if there are none
	Deny    Ruling      // of the denied classes without an exception; zero if there are none
	Others  []Exception // by class
	Base    int         // the kind whose Others count where this one has none; Alone if there is none
}

// Exception is a class that has another ruling than Allow or Deny.
type Exception struct {
	Class  int
	Ruling *Ruling // shared, never changed
}

// Alone is the Base of a kind that has none.
const Alone = -1

// Ruling returns what becomes of the peer's flows to or from that port.
func (t *Table) Ruling(peer identity.Number, p Protocol, port uint16) Ruling {
	kind, _ := t.Rows.Kind(peer) // 0 if there is no row
	return t.rulingOn(kind, t.Class(p, port))
}

// rulingOn returns what becomes of a kind's flows of a class.
func (t *Table) rulingOn(kind, class int) Ruling {
	k := &t.Kinds[kind]
	exception := k.other(class)
	if exception == nil && k.Base != Alone {
		exception = t.Kinds[k.Base].other(class)
	}
	switch {
	case exception != nil:
		return *exception
	case k.Allowed.Has(class):
		return k.Allow
	}
	return k.Deny
}

// other returns the ruling of one of the kind's own exceptions, nil if it has none for the class.
func (k *Kind) other(class int) *Ruling {
	i, found := slices.BinarySearchFunc(k.Others, class, func(e Exception, class int) int { return e.Class - class })
	if !found {
		return nil
	}
	return k.Others[i].Ruling
}
