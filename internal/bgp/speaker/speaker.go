// SPDX-License-Identifier: Apache-2.0

// Package speaker is the BGP speaker of a node: gobgp, told by its agent what to announce. It dials its peers and listens
// nowhere, so that port 179 of the node is free for another one.
package speaker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/osrg/gobgp/v4/api"
	"github.com/osrg/gobgp/v4/pkg/server"

	"github.com/hypha-net/hypha/internal/bgp"
)

// nobody listens: the port that gobgp takes for that.
const nobody = -1

// speaker is one that runs.
type speaker struct {
	gobgp    *server.BgpServer
	sessions *sessions
	routes   map[bgp.Route]bool // that are announced
}

// Run announces what it reads from in, a bgp.Config and then bgp.Routes at each change, until that ends, and writes bgp.Sessions
// to out at each change. With a restart time the peers that know of such keep the routes when it ends; others forget them.
func Run(ctx context.Context, in io.Reader, out io.Writer) error {
	reader := json.NewDecoder(in)
	var config bgp.Config
	if err := reader.Decode(&config); err != nil {
		return fmt.Errorf("reading the configuration: %w", err)
	}
	s, err := start(ctx, config, json.NewEncoder(out))
	if err != nil {
		return err
	}
	for {
		var routes bgp.Routes
		err := reader.Decode(&routes)
		if err == nil {
			err = s.announce(routes)
		}
		if err != nil {
			return errors.Join(ignoreEnd(err), s.stop(ctx))
		}
	}
}

// ignoreEnd makes the end of what is read no error.
func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func start(ctx context.Context, config bgp.Config, out *json.Encoder) (*speaker, error) {
	s := &speaker{sessions: newSessions(config, out), routes: map[bgp.Route]bool{}}
	s.gobgp = server.NewBgpServer(server.LoggerOption(slog.New(reasons{sessions: s.sessions}), nil))
	go s.gobgp.Serve()
	global := &api.Global{Asn: config.ASN, RouterId: config.RouterID.String(), ListenPort: nobody}
	if err := s.gobgp.StartBgp(ctx, &api.StartBgpRequest{Global: global}); err != nil {
		return nil, fmt.Errorf("starting: %w", err)
	}
	if err := s.takeNothing(ctx); err != nil {
		return nil, fmt.Errorf("refusing what peers send: %w", err)
	}
	if err := s.gobgp.WatchEvent(ctx, server.WatchEventMessageCallbacks{OnPeerUpdate: s.sessions.changed}, server.WatchPeer()); err != nil {
		return nil, fmt.Errorf("watching the sessions: %w", err)
	}
	for _, peer := range config.Peers {
		if err := s.gobgp.AddPeer(ctx, &api.AddPeerRequest{Peer: peerOf(config, peer)}); err != nil {
			return nil, fmt.Errorf("peer %s: %w", peer.Address, err)
		}
	}
	return s, nil
}

// takeNothing has only routes of this node's own chosen: what a peer sends comes no further.
func (s *speaker) takeNothing(ctx context.Context) error {
	own := &api.Policy{Name: "own", Statements: []*api.Statement{{
		Name:       "own",
		Conditions: &api.Conditions{RouteType: api.Conditions_ROUTE_TYPE_LOCAL},
		Actions:    &api.Actions{RouteAction: api.RouteAction_ROUTE_ACTION_ACCEPT},
	}}}
	if err := s.gobgp.AddPolicy(ctx, &api.AddPolicyRequest{Policy: own}); err != nil {
		return err
	}
	return s.gobgp.SetPolicyAssignment(ctx, &api.SetPolicyAssignmentRequest{Assignment: &api.PolicyAssignment{
		Name: "global", Direction: api.PolicyDirection_POLICY_DIRECTION_IMPORT,
		Policies: []*api.Policy{own}, DefaultAction: api.RouteAction_ROUTE_ACTION_REJECT,
	}})
}

// stop leaves without a word where a restart was agreed upon, and with a notification elsewhere.
func (s *speaker) stop(ctx context.Context) error {
	s.sessions.close()
	if err := s.gobgp.StopBgp(ctx, &api.StopBgpRequest{AllowGracefulRestart: true}); err != nil {
		return fmt.Errorf("stopping: %w", err)
	}
	return nil
}
