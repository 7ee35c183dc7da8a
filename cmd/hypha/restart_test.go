// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/testbed"
)

// New flows between known identities begin all the time while agents are killed and the next ones adopt what they find: none of
// them is refused.
func TestRestartRefusesNoNewFlow(t *testing.T) {
	testbed.NeedRoot(t)
	v := newVictim(t)
	v.start()
	client, server := testbed.NewNamespace(t, "client"), testbed.NewNamespace(t, "server")
	v.add("client", client, "r0")
	to := v.add("server", server, "r1")
	for i := range 20 { // other endpoints, other identities: an agent has something to do when it starts
		v.add(fmt.Sprintf("other%d", i), testbed.NewNamespace(t, "other"), fmt.Sprintf("r%d", 2+i))
	}
	if _, err := v.api.ApplyPolicies(t.Context(), lawFile(strings.ReplaceAll(fmt.Sprintf(law, 0, 7), "tcp", "udp"))); err != nil {
		t.Fatal(err)
	}
	server.ServeUDP(":7")

	ctx, cancel := context.WithCancel(t.Context())
	var flows errgroup.Group
	flows.Go(func() error { return newFlows(ctx, client, netip.AddrPortFrom(to, 7)) })
	for range 4 {
		v.kill()
		v.start()
		v.eventually("the agent is back", func(ctx context.Context) error { return v.inForce(ctx, "server", 1) })
	}
	cancel()
	if err := flows.Wait(); err != nil {
		t.Error(err)
	}
	v.cleanup()
}

// add attaches a container, and returns its IPv6 address.
func (v *victim) add(name string, container *testbed.Namespace, role string) (addr netip.Addr) {
	v.Helper()
	v.eventually("adding "+name, func(ctx context.Context) error {
		e, err := v.api.AddEndpoint(ctx, api.EndpointSpec{Name: name, Netns: container.Path, Labels: map[string]string{"role": role}})
		addr = e.IPv6
		return err
	})
	return addr
}

// newFlows asks from a new port each time, until ctx ends. An error says that an answer did not come.
func newFlows(ctx context.Context, from *testbed.Namespace, to netip.AddrPort) error {
	for flow := 1; ctx.Err() == nil; flow++ {
		conn, err := from.Dial(context.WithoutCancel(ctx), "udp", to.String())
		if err != nil {
			return err
		}
		err = echo(conn)
		conn.Close()
		if err != nil {
			return fmt.Errorf("flow %d: %w", flow, err)
		}
	}
	return nil
}
