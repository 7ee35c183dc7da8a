// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"math"
	"strings"
)

// items writes the set as people write ports. Protocols that the language has no name for are in it all or
// none: only an entry without ports is about them. With them, it is written by what is not in it.
func (s portSet) items() []string {
	const unnamed = math.MaxUint8
	if s.within(unnamed) == nil {
		return s.named()
	}
	missing := portSet{{0, lineEnd}}.minus(s).named()
	if len(missing) == 0 {
		return []string{"all ports"}
	}
	return []string{"all ports but " + strings.Join(missing, ", ")}
}

// named writes the ports of the protocols that have a name, as items of a ports list.
func (s portSet) named() []string {
	var items []string
	for _, p := range []Protocol{TCP, UDP, SCTP} {
		for _, r := range s.within(p) {
			items = append(items, r.item())
		}
	}
	v4, v6 := typeItems(s.within(ICMP)), typeItems(s.within(ICMPv6))
	if len(v4) == 1 && v4[0] == allTypes(ICMP) && len(v6) == 1 && v6[0] == ICMPv6.String() {
		return append(items, ICMP.String()) // which is both
	}
	return append(append(items, v4...), v6...)
}

// item writes a range of ports. Port 0 is no port that a packet should have: a range that only adds it is the same.
func (r portRange) item() string {
	switch {
	case r.First <= 1 && r.Last == math.MaxUint16:
		return r.Protocol.String()
	case r.First == r.Last:
		return fmt.Sprintf("%d/%s", r.First, r.Protocol)
	}
	first := max(r.First, 1)
	if first == r.Last {
		return fmt.Sprintf("%d/%s", first, r.Protocol)
	}
	return fmt.Sprintf("%d-%d/%s", first, r.Last, r.Protocol)
}

// typeItems writes types of ICMP or ICMPv6, of which there are 256.
func typeItems(ranges []portRange) []string {
	var items []string
	for _, r := range ranges {
		r.Last = min(r.Last, math.MaxUint8)
		switch {
		case r.First > r.Last:
		case r.First == 0 && r.Last == math.MaxUint8:
			items = append(items, allTypes(r.Protocol))
		case r.First == r.Last:
			items = append(items, fmt.Sprintf("%d/%s", r.First, r.Protocol))
		default:
			items = append(items, fmt.Sprintf("%d-%d/%s", r.First, r.Last, r.Protocol))
		}
	}
	return items
}

// allTypes writes a whole protocol. The word icmp alone is about both families.
func allTypes(p Protocol) string {
	if p == ICMP {
		return fmt.Sprintf("0-%d/%s", math.MaxUint8, p)
	}
	return p.String()
}
