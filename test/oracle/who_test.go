// SPDX-License-Identifier: Apache-2.0

package oracle

import "net/netip"

// The kinds of who. Only endpoints of the first two have sides that rules judge.
const (
	anEndpoint   = "endpoint"
	anInit       = "init" // an endpoint whose labels are not known yet
	theHost      = "host"
	aRemoteNode  = "remote-node"
	theWorld     = "world"
	theHealth    = "health"
	wordAny      = "any"
	wordCluster  = "cluster"
	prefixMarker = "cidr:"
)

// who is one end of a flow, as rules see it.
type who struct {
	kind   string
	labels map[string]string // of an endpoint
	addr   netip.Addr        // of the world
}

func (w who) hasSides() bool { return w.kind == anEndpoint || w.kind == anInit || w.kind == theHealth }

// flow is a first packet. Of ICMP the port is the message's type.
type flow struct {
	from, to who
	protocol string
	port     int
}

// matcher says whether a rule's expression is about w. Of an endpoint whose labels are not known, against decides: it is
// true where a match would be to the endpoint's disadvantage.
type matcher func(w who, against bool) bool

// anyOf is empty for nobody.
func anyOf(all []matcher) matcher {
	return func(w who, against bool) bool {
		for _, m := range all {
			if m(w, against) {
				return true
			}
		}
		return false
	}
}

func ofKind(kinds ...string) matcher {
	return func(w who, _ bool) bool {
		for _, kind := range kinds {
			if w.kind == kind {
				return true
			}
		}
		return false
	}
}

// labelled is an endpoint whose labels the selector likes.
func labelled(selects func(map[string]string) bool) matcher {
	return func(w who, against bool) bool {
		return w.kind == anEndpoint && selects(w.labels) || w.kind == anInit && against
	}
}

// within is an address of the world in one prefix and in none of the others.
func within(prefix string, except []string) matcher {
	return func(w who, _ bool) bool {
		if w.kind != theWorld || !netip.MustParsePrefix(prefix).Contains(w.addr) {
			return false
		}
		for _, hole := range except {
			if netip.MustParsePrefix(hole).Contains(w.addr) {
				return false
			}
		}
		return true
	}
}
