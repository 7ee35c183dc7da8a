// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/internal/bgp"
)

// BGPConfig says whom this node's prefixes are announced to.
type BGPConfig struct {
	ASN          uint32
	Peers        []BGPPeer
	PasswordFile string
	RestartTime  time.Duration
}

// BGPPeer is one of them.
type BGPPeer struct {
	Address netip.Addr
	ASN     uint32 // 0: this node's own
}

// bgpFlags declares what `hypha agent` announces, and to whom.
func bgpFlags(c *cobra.Command, config *BGPConfig) {
	f := c.Flags()
	f.Var(asn(&config.ASN), "bgp-asn", "this node's autonomous system, to announce its prefixes by BGP")
	f.Var(each(&config.Peers, "ADDR[=N],...", bgpPeer), "bgp-peer", "whom to announce them to, and their AS numbers (default: this node's)")
	f.StringVar(&config.PasswordFile, "bgp-password-file", "", "`FILE` with the password of all sessions (TCP MD5)")
	f.Var(duration(&config.RestartTime, bgp.DefaultRestartTime, 0), "bgp-restart-time", "how long peers keep the routes when the agent is away; 0s: not at all")
}

// Speaker is the configuration of the speaker, with what is in the password's file.
func (c BGPConfig) Speaker() (bgp.Config, error) {
	password, err := c.password()
	if err != nil {
		return bgp.Config{}, err
	}
	config := bgp.Config{ASN: c.ASN, RestartTime: c.RestartTime}
	for _, peer := range c.Peers {
		asn := peer.ASN
		if asn == 0 {
			asn = c.ASN
		}
		config.Peers = append(config.Peers, bgp.Peer{Address: peer.Address, ASN: asn, Password: password})
	}
	return config, nil
}

func (c BGPConfig) password() (bgp.Password, error) {
	if c.PasswordFile == "" {
		return "", nil
	}
	password, err := readPassword(c.PasswordFile, "BGP sessions")
	if err == nil && len(password) > bgp.MaxPassword {
		err = fmt.Errorf("reading the password of BGP sessions: %s has more than %d bytes", c.PasswordFile, bgp.MaxPassword)
	}
	return bgp.Password(password), err
}

func asn(target *uint32) *setting {
	return &setting{kind: "N", set: func(text string) (err error) {
		*target, err = parseASN(text)
		return err
	}}
}

func parseASN(text string) (uint32, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0, errors.New("must be an AS number, like 65001")
	}
	return uint32(n), bgp.CheckASN(uint32(n))
}

// bgpPeer reads 192.0.2.1=65000, or an address alone.
func bgpPeer(text string) (peer BGPPeer, err error) {
	address, number, given := strings.Cut(text, "=")
	peer.Address, err = netip.ParseAddr(address)
	if err != nil || peer.Address.Zone() != "" || peer.Address.IsUnspecified() || peer.Address.IsMulticast() || peer.Address.Is4In6() {
		return peer, fmt.Errorf("%q must be an address, or address and AS number: 192.0.2.1=65000,2001:db8::1=65000", text)
	}
	if given {
		peer.ASN, err = parseASN(number)
	}
	return peer, err
}
