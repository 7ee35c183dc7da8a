// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/hypha-net/hypha/internal/bgp"
)

// errNoNextHop is a problem to be shown.
var errNoNextHop = errors.New("not announced: this node has no address of that family that others reach it by: give it --address")

// openBGP makes the speaker that runBGP runs, if there is anybody to announce to.
func (a *Agent) openBGP(context.Context) error {
	config := a.config.BGP
	if !config.Enabled() {
		return nil
	}
	program, err := bgp.Program()
	if err != nil {
		return err
	}
	config.IPv4 = a.node.Prefix4.IsValid()
	config.RouterID = routerID(a.member.record.Load().Addresses, a.node.Number)
	a.speaker = bgp.NewProcess(config, program)
	a.config.BGP = config
	return nil
}

// routerID is a node's IPv4 address or, of one that has none, its number: no address in the world begins with 0.
func routerID(addresses []netip.Addr, number uint32) netip.Addr {
	if i := slices.IndexFunc(addresses, netip.Addr.Is4); i >= 0 {
		return addresses[i]
	}
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, number)))
}

// runBGP announces this node's prefixes to its peers until ctx is done.
func (a *Agent) runBGP(ctx context.Context) error {
	if a.speaker == nil {
		return nil
	}
	a.announce()
	for ctx.Err() == nil {
		err := a.speaker.Run(ctx, func(before, after bgp.Sessions) {
			a.note("announcing by BGP", nil)
			a.logSessions(before, after)
		})
		if err != nil {
			a.note("announcing by BGP", err)
			pause(ctx, againInterval)
		}
	}
	return nil
}

// announce is called when the addresses have changed that this node's prefixes are reached by.
func (a *Agent) announce() {
	if a.speaker == nil {
		return
	}
	routes, err := routesOf(a.node, a.member.record.Load().Addresses)
	a.note("prefixes to announce", err)
	a.speaker.Announce(routes)
}

// routesOf are those to a node's prefixes by its address of the same family. What is wrong with one does not keep the other back.
func routesOf(node Node, addresses []netip.Addr) (routes bgp.Routes, err error) {
	var without []string
	for _, prefix := range []netip.Prefix{node.Prefix6, node.Prefix4} {
		if !prefix.IsValid() {
			continue
		}
		hop := slices.IndexFunc(addresses, func(a netip.Addr) bool { return a.Is4() == prefix.Addr().Is4() })
		if hop < 0 {
			without = append(without, prefix.String())
			continue
		}
		routes = append(routes, bgp.Route{Prefix: prefix, NextHop: addresses[hop]})
	}
	if len(without) > 0 {
		err = fmt.Errorf("%s: %w", strings.Join(without, ", "), errNoNextHop)
	}
	return routes, err
}

// logSessions says which sessions have come and which have gone.
func (a *Agent) logSessions(before, after bgp.Sessions) {
	for i, now := range after {
		switch was := before[i]; {
		case now.Established && !was.Established:
			a.log.Info("BGP session is up", "peer", now.Peer, "asn", now.ASN)
		case was.Established && !now.Established:
			a.log.Warn("BGP session is down", "peer", now.Peer, "asn", now.ASN, "why", now.Problem)
		case now.Problem != was.Problem && now.Problem != "":
			a.log.Warn("BGP session does not come up", "peer", now.Peer, "asn", now.ASN, "why", now.Problem)
		}
	}
}

// BGPStatus is what is announced, and to whom; zero if nobody is.
type BGPStatus struct {
	ASN      uint32
	RouterID netip.Addr
	Sessions bgp.Sessions
}

func (a *Agent) bgpStatus() BGPStatus {
	if a.speaker == nil {
		return BGPStatus{}
	}
	return BGPStatus{ASN: a.config.BGP.ASN, RouterID: a.config.BGP.RouterID, Sessions: a.speaker.Sessions()}
}

// problems are the sessions that ought to be established, and why they are not.
func (s BGPStatus) problems() (lines []string) {
	for _, session := range s.Sessions {
		if session.Problem != "" {
			lines = append(lines, fmt.Sprintf("BGP peer %s (AS %d) %s", session.Peer, session.ASN, session.Problem))
		}
	}
	return lines
}
