// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"maps"
	"slices"
	"sort"

	"github.com/hypha-net/hypha/internal/identity"
)

// rowTables are all that one local identity's programs consult.
type rowTables struct {
	// Ingress judges packets towards the subject. Peers in the cluster: both halves, the subject's
	// ingress side and the peer's own egress side. Peers outside: the ingress half, they have no other.
	Ingress rowTable
	// Egress judges packets from the subject to peers outside the cluster: host, remote-node, world,
	// CIDR identities. Peers in the cluster are not in it: their own Ingress judges.
	Egress rowTable
}

// rowTable is peer identity → set of allowed port classes.
type rowTable struct {
	// Ports is sorted by (protocol, first) and disjoint. What none of it covers is class 0: ports
	// that no rule tells from others, and protocols without a name in the language.
	Ports []PortClass
	// Classes counts the classes, class 0 included. It is the fewest that tell the rows apart.
	Classes int
	// Rows holds every peer that is allowed anything: it needs a counter of its own.
	Rows map[identity.Number]tableRow
	// Default is the row of known peers without one. It is always closed.
	Default tableRow
	// Audit says that verdicts are reported, not enforced.
	Audit bool
}

// tableRow is what one peer may do: a bit for each class. Rows share memory: they are not to be changed.
type tableRow struct {
	Allowed Bits
}

// Class returns the class of a packet; the port of a protocol without ports is 0.
func (t rowTable) Class(p Protocol, port uint16) int {
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
func (t rowTable) Allows(peer identity.Number, p Protocol, port uint16) bool {
	row, found := t.Rows[peer]
	if !found {
		row = t.Default
	}
	return row.Allowed.Has(t.Class(p, port))
}

// Equal reports whether both tables make the same program and rows.
func (t rowTable) Equal(other rowTable) bool {
	return t.Classes == other.Classes && t.Audit == other.Audit &&
		slices.Equal(t.Ports, other.Ports) &&
		t.Default.Equal(other.Default) &&
		maps.EqualFunc(t.Rows, other.Rows, tableRow.Equal)
}

// Equal reports whether both rows allow the same classes.
func (r tableRow) Equal(other tableRow) bool {
	return r.Allowed.Equal(other.Allowed)
}
