// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

const (
	pageClasses  = 64 // that one row speaks of
	pageAny      = uint32(bpf.EndpointRowPagePAGE_ANY)
	rowException = uint32(bpf.EndpointRowPeerROW_EXCEPTION)
	rulingAudit  = uint32(bpf.EndpointRulingFlagsRULING_AUDIT)
)

// RulingElsewhere is the number, in counters and events, of a flow's that another node rules on.
const RulingElsewhere = uint32(bpf.EndpointRulingFlagsRULING_ELSEWHERE)

// direction tells the two tables of an identity apart, which have one map and one classifier: all that is of egress has a mark.
type direction uint32

const (
	ingress direction = iota
	egress
)

func (d direction) service() uint32 {
	return uint32(d) * uint32(bpf.EndpointLeavingMarkSERVICE_LEAVING)
}
func (d direction) class() uint32 { return uint32(d) * uint32(bpf.EndpointLeavingMarkCLASS_LEAVING) }
func (d direction) page() uint32  { return uint32(d) * uint32(bpf.EndpointLeavingMarkPAGE_LEAVING) }

// paged reports whether one row can not hold all classes of a table. A table that is not paged has page 0 alone.
func paged(shape *policy.Shape) bool { return shape.Classes > pageClasses }

// kindNumber is what rows call a kind with exceptions. 0 is none, and no kind of the one direction has a number of the other.
func (d direction) kindNumber(kind int) uint32 {
	if d == ingress {
		return uint32(2*kind + 1)
	}
	return uint32(2*kind + 2)
}

// rowKey is where a peer's row of a page is. Peer 0 has the default ones.
func (d direction) rowKey(peer identity.Number, page uint32) bpf.EndpointRowKey {
	return bpf.EndpointRowKey{Peer: uint32(peer), Page: page | d.page()}
}

// exceptionKey is where a kind keeps the ruling of a class that is not its usual one.
func (d direction) exceptionKey(number uint32, class int) bpf.EndpointRowKey {
	return bpf.EndpointRowKey{Peer: rowException | number, Page: uint32(class) | d.class()}
}
