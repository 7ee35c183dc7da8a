// SPDX-License-Identifier: Apache-2.0

package bgp

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// ErrConfig is returned for a configuration that no speaker could start with.
var ErrConfig = errors.New("BGP")

// MaxRestartTime is what fits into the 12 bits of the graceful restart capability, RFC 4724 section 3.
const MaxRestartTime = 4095 * time.Second

// DefaultRestartTime is long enough for a machine to boot.
const DefaultRestartTime = 2 * time.Minute

// MaxPassword is how many bytes of a password the kernel takes.
const MaxPassword = 80

// Config is what a speaker is started with.
type Config struct {
	ASN         uint32        // of this node
	RouterID    netip.Addr    // in the form of an IPv4 address, whatever the node's addresses are, RFC 6286
	IPv4        bool          // IPv4 prefixes are announced, beside IPv6 ones
	RestartTime time.Duration // how long peers keep the routes of a node whose speaker is away; 0: they forget them at once
	Peers       []Peer
}

// Peer is whom is announced to.
type Peer struct {
	Address  netip.Addr
	ASN      uint32   // another one's: exterior, and one hop away
	Password Password // of TCP's MD5 signatures, RFC 2385; empty: none
}

// Password is not shown by accident.
type Password string

// String hides it.
func (p Password) String() string {
	if p == "" {
		return "none"
	}
	return "(not shown)"
}

// GoString hides it.
func (p Password) GoString() string { return p.String() }

// Enabled reports whether there is anybody to announce to.
func (c Config) Enabled() bool { return len(c.Peers) > 0 }

// Check refuses what can not work: ErrConfig.
func (c Config) Check() error {
	switch {
	case c.ASN == 0 && len(c.Peers) == 0:
		return nil
	case len(c.Peers) == 0:
		return fmt.Errorf("%w: nobody to announce to: give --bgp-peer", ErrConfig)
	case c.ASN == 0:
		return fmt.Errorf("%w: this node is in no autonomous system: give --bgp-asn", ErrConfig)
	case c.RestartTime < 0 || c.RestartTime > MaxRestartTime:
		return fmt.Errorf("%w: restart time %v: must be 0s to %v", ErrConfig, c.RestartTime, MaxRestartTime)
	}
	known := map[netip.Addr]bool{}
	for _, peer := range c.Peers {
		if known[peer.Address] {
			return fmt.Errorf("%w: peer %s is given twice", ErrConfig, peer.Address)
		}
		known[peer.Address] = true
	}
	return nil
}

// CheckASN refuses the numbers that nobody can have: RFC 7607 (0), RFC 6793 (23456), RFC 7300 (the last ones).
func CheckASN(asn uint32) error {
	switch asn {
	case 0, 23456, 65535, 4294967295:
		return fmt.Errorf("%w: AS number %d is reserved", ErrConfig, asn)
	}
	return nil
}
