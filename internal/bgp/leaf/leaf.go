// SPDX-License-Identifier: Apache-2.0

// Package leaf is the other side of a BGP session, for tests: a switch that nodes are connected to. It listens, believes what it
// is told, and tells each what it has from the others.
package leaf

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"slices"

	"github.com/osrg/gobgp/v4/api"
	"github.com/osrg/gobgp/v4/pkg/apiutil"
	gobgp "github.com/osrg/gobgp/v4/pkg/packet/bgp"
	"github.com/osrg/gobgp/v4/pkg/server"
)

// Config is what a leaf is started with.
type Config struct {
	ASN      uint32
	RouterID string
	Nodes    []Node
	Own      netip.Prefix // that it announces, of IPv4; invalid: none
}

// Node is whom it has a session with.
type Node struct {
	Address  netip.Addr
	ASN      uint32
	Password string
}

// Route is what it has learned.
type Route struct {
	Prefix  netip.Prefix
	NextHop netip.Addr
	Stale   bool // kept for one that is away, RFC 4724
}

// families are all that a leaf speaks.
var families = []*api.Family{{Afi: api.Family_AFI_IP6, Safi: api.Family_SAFI_UNICAST}, {Afi: api.Family_AFI_IP, Safi: api.Family_SAFI_UNICAST}}

// Run is a leaf until in ends. For each line there it writes all routes that it has learned to out, as one line of JSON.
func Run(ctx context.Context, config Config, in io.Reader, out io.Writer) error {
	s := server.NewBgpServer()
	go s.Serve()
	global := &api.Global{Asn: config.ASN, RouterId: config.RouterID, ListenPort: 179}
	if err := s.StartBgp(ctx, &api.StartBgpRequest{Global: global}); err != nil {
		return fmt.Errorf("starting the leaf: %w", err)
	}
	if config.Own.IsValid() {
		if err := announce(s, config.Own); err != nil {
			return fmt.Errorf("announcing %s: %w", config.Own, err)
		}
	}
	for _, node := range config.Nodes {
		if err := s.AddPeer(ctx, &api.AddPeerRequest{Peer: peerOf(node)}); err != nil {
			return fmt.Errorf("node %s: %w", node.Address, err)
		}
	}
	encoder := json.NewEncoder(out)
	for lines := bufio.NewScanner(in); lines.Scan(); {
		routes, err := learned(s)
		if err == nil {
			err = encoder.Encode(routes)
		}
		if err != nil {
			return fmt.Errorf("telling the routes: %w", err)
		}
	}
	return s.StopBgp(ctx, &api.StopBgpRequest{})
}

// peerOf waits for the node to dial, and keeps its routes while it restarts.
func peerOf(node Node) *api.Peer {
	p := &api.Peer{
		Conf:            &api.PeerConf{NeighborAddress: node.Address.String(), PeerAsn: node.ASN, AuthPassword: node.Password},
		Transport:       &api.Transport{PassiveMode: true},
		GracefulRestart: &api.GracefulRestart{Enabled: true},
	}
	for _, family := range families {
		p.AfiSafis = append(p.AfiSafis, &api.AfiSafi{
			Config:            &api.AfiSafiConfig{Family: family, Enabled: true},
			MpGracefulRestart: &api.MpGracefulRestart{Config: &api.MpGracefulRestartConfig{Enabled: true}},
		})
	}
	return p
}

func announce(s *server.BgpServer, prefix netip.Prefix) error {
	nlri, err := gobgp.NewIPAddrPrefix(prefix)
	if err != nil {
		return err
	}
	hop, err := gobgp.NewPathAttributeNextHop(netip.IPv4Unspecified())
	if err != nil {
		return err
	}
	attrs := []gobgp.PathAttributeInterface{gobgp.NewPathAttributeOrigin(0), hop}
	_, err = s.AddPath(apiutil.AddPathRequest{Paths: []*apiutil.Path{{Family: gobgp.RF_IPv4_UC, Nlri: nlri, Attrs: attrs}}})
	return err
}

// learned returns all routes that others have announced, in order.
func learned(s *server.BgpServer) (routes []Route, err error) {
	for _, family := range []gobgp.Family{gobgp.RF_IPv6_UC, gobgp.RF_IPv4_UC} {
		request := apiutil.ListPathRequest{TableType: api.TableType_TABLE_TYPE_GLOBAL, Family: family}
		listed := s.ListPath(request, func(nlri gobgp.NLRI, paths []*apiutil.Path) {
			for _, path := range paths {
				prefix, parsed := netip.ParsePrefix(nlri.String())
				if err = parsed; err == nil && path.PeerAddress.IsValid() {
					routes = append(routes, Route{Prefix: prefix, NextHop: hopOf(path), Stale: path.Stale})
				}
			}
		})
		if listed != nil {
			return nil, listed
		}
	}
	slices.SortFunc(routes, func(a, b Route) int { return a.Prefix.Compare(b.Prefix) })
	return routes, err
}

func hopOf(path *apiutil.Path) (hop netip.Addr) {
	for _, a := range path.Attrs {
		switch attr := a.(type) {
		case *gobgp.PathAttributeNextHop:
			hop = attr.Value
		case *gobgp.PathAttributeMpReachNLRI:
			hop = attr.Nexthop
		}
	}
	return hop
}
