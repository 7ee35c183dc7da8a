// SPDX-License-Identifier: Apache-2.0

package bgp

import (
	"net/netip"
	"time"
)

// Route is a prefix that this node announces, and the address of this node that leads there, of the same family.
type Route struct {
	Prefix  netip.Prefix
	NextHop netip.Addr
}

// Routes is all that is announced: what is not in it any more is withdrawn.
type Routes []Route

// Session is how it stands with a peer.
type Session struct {
	Peer        netip.Addr
	ASN         uint32
	Established bool
	Since       time.Time      // that it is, or is not
	Problem     string         // why it is not, as far as that is known
	Announced   []netip.Prefix // in the families that both sides speak
}

// Sessions are those of all peers, in the order of Config.
type Sessions []Session
