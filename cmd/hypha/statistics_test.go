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

// Every packet that clients and the server have counted themselves is in the statistics, once by pair, once by the rule of each
// side, once by the endpoint of each side: while all clients talk at once, 50 policies come and go and the agent is killed.
func TestStatisticsAreExact(t *testing.T) {
	testbed.NeedRoot(t)
	v := newVictim(t)
	v.start()
	server := testbed.NewNamespace(t, "server")
	v.add("server", server, "server")
	heard := countAnswers(server.ListenPacket("udp", fmt.Sprint(":", answeredPort)))
	callers := v.newCallers()
	if _, err := v.api.ApplyPolicies(t.Context(), lawFile(ownRules(callers))); err != nil {
		t.Fatal(err)
	}

	ctx, stop := context.WithCancel(t.Context())
	var calls errgroup.Group
	for _, one := range callers {
		calls.Go(func() error { return one.call(ctx) })
	}
	for range 2 {
		v.changeLaws(25)
		v.kill()
		v.start()
	}
	v.eventually("the agent is back", func(ctx context.Context) error { return v.inForce(ctx, "server", 51) })
	stop()
	if err := calls.Wait(); err != nil {
		t.Error(err)
	}

	var sum api.Tally
	for _, one := range callers {
		sum = sum.Plus(one.tally())
	}
	if heard.Load() != sum.Packets {
		t.Errorf("the server heard %d words, the clients said %d", heard.Load(), sum.Packets)
	}
	t.Logf("%d flows, %d packets each way, %d denied", sum.Flows, sum.Packets, sum.DeniedPackets)
	v.pairsAre(callers)
	v.rulesAre(callers)
	v.endpointsAre(callers)
	for _, one := range callers { // gone, and not forgotten
		if err := v.api.DeleteEndpoint(t.Context(), one.role); err != nil {
			t.Fatal(err)
		}
	}
	v.pairsAre(callers)
	v.rulesAre(callers)
	v.cleanup()
}

// newCallers attaches four, of which two speak IPv4 to the server.
func (v *victim) newCallers() (callers []*caller) {
	v.Helper()
	server, err := v.api.Endpoint(v.Context(), "server")
	if err != nil {
		v.Fatal(err)
	}
	for i, to := range []netip.Addr{server.IPv4, server.IPv6, server.IPv4, server.IPv6} {
		name := fmt.Sprintf("r%d", i)
		one := &caller{Namespace: testbed.NewNamespace(v, name), role: name, to: to}
		callers = append(callers, one)
		v.add(name, one.Namespace, name)
	}
	return callers
}

// ownRules is a policy with a rule for each caller, and one that denies the first of them what the default denies the others.
func ownRules(callers []*caller) string {
	var b strings.Builder
	b.WriteString("kind: Policy\nname: own\nrules:\n")
	for _, one := range callers {
		fmt.Fprintf(&b, "- name: %s\n  select: role=server\n  ingress:\n  - from: [role=%s]\n    ports: [%d/udp]\n", one.role, one.role, answeredPort)
	}
	fmt.Fprintf(&b, "- name: closed\n  select: role=server\n  ingress:\n  - from: [role=r0]\n    ports: [%d/udp]\n    action: deny\n", deniedPort)
	return b.String()
}

// changeLaws changes a policy that says nothing about what the callers do.
func (v *victim) changeLaws(times int) {
	v.Helper()
	v.eventually("the agent answers", func(ctx context.Context) error {
		_, err := v.api.Status(ctx)
		return err
	})
	for i := range times {
		if _, err := v.api.ApplyPolicies(v.Context(), lawFile(fmt.Sprintf(law, i%6, 1+i))); err != nil {
			v.Fatal(err)
		}
	}
}
