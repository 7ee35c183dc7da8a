// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"testing"
	"time"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

// A flow whose stamps hold is not judged again: with no program to judge it, it goes on. (A machine that stops for a
// second makes the stamp too old; then it is made anew.)
func TestCurrentFlowNeedsNoJudge(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	c := talk{client, server, ipv6}
	for range 10 {
		server.apply()
		n.reset()
		c.open(t)
		n.must(n.Judges.Delete(uint32(server.id)))
		if there, back := c.says("A"), c.hears("A"); there.verdict == toEndpoint && back.verdict == toEndpoint {
			return
		}
	}
	t.Error("a flow that was just judged needs its judge")
}

func TestNewPolicyReachesLiveFlows(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		c := talk{client, server, ip}
		c.open(t)
		allowed := server.ingress
		server.ingress = policy{}
		server.apply()
		for range 2 {
			c.says("A").want(t, denied)
			c.hears("A").want(t, denied)
		}
		_, flow := n.only(t)
		if flow.Denied != uint8(denied) || flow.End[1-flow.Client].Generation != server.generation {
			t.Errorf("flow %+v, want denied by generation %d", flow, server.generation)
		}

		server.ingress = allowed
		server.apply()
		c.hears("A").want(t, toEndpoint) // goes on where it was stopped, whoever speaks first
		c.says("A").want(t, toEndpoint)
		n.wantState(t, bpf.EndpointFlowStateFLOW_ESTABLISHED, 6*3600)
	})
}

// What leaves the cluster is its opener's to judge, and what comes in the provider's: each as long as the flow lives.
func TestNewPolicyReachesFlowsWithTheOutside(t *testing.T) {
	n := newNode(t)
	inside := n.endpoint(1)
	for _, c := range []struct {
		name        string
		opener      *endpoint
		from, to    end
		there, back bpf.EndpointVerdict
	}{
		{"to the world", inside, inside.end, world, toHost, toEndpoint},
		{"from the world", n.router, world, inside.end, toEndpoint, toHost},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachFamily(t, n, func(t *testing.T, ip family) {
				inside.ingress, inside.egress = policy{rest: []uint32{0}}, policy{rest: []uint32{0}}
				inside.apply()
				answerer := inside
				if c.opener == inside {
					answerer = n.router
				}
				there := func() outcome { return c.opener.send(c.from.to(c.to, ip, testbed.UDP(1000, 53), testbed.Data(4))) }
				back := func() outcome { return answerer.send(c.to.to(c.from, ip, testbed.UDP(53, 1000), testbed.Data(4))) }
				there().want(t, c.there)
				if got := back().want(t, c.back); !got.reply || got.flows != 0 {
					t.Errorf("counted %+v, want a reply", got.counted)
				}
				inside.ingress, inside.egress = policy{}, policy{}
				inside.apply()
				there().want(t, denied)
				back().want(t, denied)
			})
		})
	}
}

// A stamp of the client's own end counts as much: its new identity is what the provider's table is asked about.
func TestNewIdentityReachesLiveFlows(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		client.identity = 301
		client.apply()
		c := talk{client, server, ip}
		c.open(t)
		client.identity = 399
		n.know(client.identity, true)
		client.apply()
		c.hears("A").want(t, denied)
		c.says("A").want(t, denied)
	})
}

// The safety net: whatever was missed, no verdict is older than a second.
func TestOldVerdictIsMadeAnew(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		c := talk{client, server, ip}
		c.open(t)
		n.edit(t, age(2*time.Second))
		_, before := n.only(t)
		c.says("A").want(t, toEndpoint)
		if _, after := n.only(t); after.ValidatedNs <= before.ValidatedNs || after.CreatedNs != before.CreatedNs {
			t.Errorf("validated at %d before and %d after", before.ValidatedNs, after.ValidatedNs)
		}
	})
}

// What comes later than the stamp lasts answers its flow all the same, confirms the answer, and ends it.
func TestLateReplies(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		c := talk{client, server, ip}
		c.says("S").want(t, toEndpoint)
		n.edit(t, age(2*time.Second))
		c.hears("SA").want(t, toEndpoint)
		n.wantState(t, bpf.EndpointFlowStateFLOW_ANSWERED, 60)
		n.edit(t, age(2*time.Second))
		c.says("A").want(t, toEndpoint)
		n.wantState(t, bpf.EndpointFlowStateFLOW_ESTABLISHED, 6*3600)
		n.edit(t, age(2*time.Second))
		c.hears("FA").want(t, toEndpoint)
		n.wantState(t, bpf.EndpointFlowStateFLOW_HALF_CLOSED, 300)
	})
}

func TestAddressMovesToAnotherEndpoint(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	heir := n.endpoint(3)
	eachFamily(t, n, func(t *testing.T, ip family) {
		c := talk{client, server, ip}
		c.open(t)
		n.must(n.Addresses.Put(address(server.ip(ip)), uint32(heir.id)))
		n.edit(t, age(2*time.Second))
		c.says("A").want(t, noConnection)
		c.says("S").want(t, denied) // by the heir's policy
		n.must(n.Addresses.Put(address(server.ip(ip)), uint32(server.id)))
	})
}

func TestEndpointWithoutProgram(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	eachFamily(t, n, func(t *testing.T, ip family) {
		server.apply()
		c := talk{client, server, ip}
		c.open(t)
		n.must(n.Judges.Delete(uint32(server.id)))
		client.send(client.to(server.end, ip, testbed.UDP(1, 2))).want(t, notReady)
		n.reset()
		c.says("S").want(t, notReady)
		server.generation++
		server.publish() // the flow of before is stale
		c.says("A").want(t, noConnection)
	})
	n.must(n.Judges.Delete(uint32(client.id)))
	client.send(client.to(world, ipv6, testbed.UDP(1, 2))).want(t, notReady)
}

// A flow that finds the table of all full is counted once it is established, and lives on in overflow.
func TestConntrackFull(t *testing.T) {
	n := newNode(t, func(maps map[string]*ebpf.MapSpec) { maps[bpf.EndpointMapFlows].MaxEntries = 1 })
	client, server := n.pair()
	events := n.events(t)
	c := talk{client, server, ipv6}
	c.open(t)
	request := client.to(server.end, ipv6, testbed.UDP(1000, 53), testbed.Data(4))
	reply := server.to(client.end, ipv6, testbed.UDP(53, 1000), testbed.Data(4))
	client.send(request).want(t, toEndpoint)
	if got := server.send(reply).want(t, toEndpoint); len(got.notices) != 1 {
		t.Errorf("notices %v, want one", got.notices)
	}
	if got := events.one(t); got.Type != uint8(bpf.EndpointEventTypeEVENT_NOTICE) {
		t.Errorf("event %+v, want a notice", got)
	}
	if key, flow := n.onlyIn(t, n.Overflow); flow.LifetimeS != 180 || flow.Waits != 0 {
		t.Errorf("flow %+v of %+v lives %d s, want those of an answered one", key, flow, flow.LifetimeS)
	}
	if got := server.send(reply).want(t, toEndpoint); len(got.notices) != 0 {
		t.Errorf("notices %v for the second packet, want none", got.notices)
	}
}
