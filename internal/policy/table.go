// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"maps"
	"slices"
	"sort"

	"github.com/hypha-net/hypha/internal/identity"
)

// Tables are all that one local identity's programs consult.
type Tables struct {
	// Ingress judges packets towards the subject. Peers in the cluster: both halves, the subject's
	// ingress side and the peer's own egress side. Peers outside: the ingress half, they have no other.
	Ingress Table
	// Egress judges packets from the subject to peers outside the cluster: host, remote-node, world,
	// CIDR identities. Peers in the cluster are not in it: their own Ingress judges.
	Egress Table
}

// Table is peer identity → set of allowed port classes.
type Table struct {
	// Ports is sorted by (protocol, first) and disjoint. What none of it covers is class 0: ports
	// that no rule tells from others, and protocols without a name in the language.
	Ports []PortClass
	// Classes counts the classes, class 0 included. It is the fewest that tell the rows apart.
	Classes int
	// Rows holds every peer that is allowed anything: it needs a counter of its own.
	Rows map[identity.Number]Row
	// Default is the row of known peers without one. It is always closed.
	Default Row
	// Audit says that verdicts are reported, not enforced.
	Audit bool
}

// PortClass says that the ports First to Last of a protocol, both included, are of a class,
// 1 <= Class < Table.Classes. Several may share a class. A protocol without ports has 0 to 65535.
type PortClass struct {
	Protocol    Protocol
	First, Last uint16
	Class       int
}

// Row is what one peer may do: a bit for each class. Rows share memory: they are not to be changed.
type Row struct {
	Allowed Bits
}

// Class returns the class of a packet; the port of a protocol without ports is 0.
func (t Table) Class(p Protocol, port uint16) int {
	i := sort.Search(len(t.Ports), func(i int) bool {
		c := t.Ports[i]
		return c.Protocol > p || c.Protocol == p && c.Last >= port
	})
	if i < len(t.Ports) && t.Ports[i].Protocol == p && t.Ports[i].First <= port {
		return t.Ports[i].Class
	}
	return 0
}

// Allows reports whether the peer's packets to that port pass.
func (t Table) Allows(peer identity.Number, p Protocol, port uint16) bool {
	row, found := t.Rows[peer]
	if !found {
		row = t.Default
	}
	return row.Allowed.Has(t.Class(p, port))
}

// Equal reports whether both tables make the same program and rows.
func (t Table) Equal(other Table) bool {
	return t.Classes == other.Classes && t.Audit == other.Audit &&
		slices.Equal(t.Ports, other.Ports) &&
		t.Default.Equal(other.Default) &&
		maps.EqualFunc(t.Rows, other.Rows, Row.Equal)
}

// Equal reports whether both rows allow the same classes.
func (r Row) Equal(other Row) bool {
	return r.Allowed.Equal(other.Allowed)
}
