// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/netip"
	"time"
)

// BGPStatus says to whom a node announces its prefixes. It is zero on one that does not.
type BGPStatus struct {
	ASN      uint32       `json:"asn"`
	RouterID netip.Addr   `json:"routerID"`
	Sessions []BGPSession `json:"sessions"`
}

// BGPSession is how it stands with one peer.
type BGPSession struct {
	Peer        netip.Addr     `json:"peer"`
	ASN         uint32         `json:"asn"`
	Established bool           `json:"established"`
	Since       time.Time      `json:"since"` // that it is, or is not
	Message     string         `json:"message,omitempty"`
	Announced   []netip.Prefix `json:"announced"`
}
