// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"testing"
	"time"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

const (
	auditFlag  = uint8(bpf.EndpointEventFlagsEVENT_AUDIT)
	egressFlag = uint8(bpf.EndpointEventFlagsEVENT_EGRESS)
)

// wantEvent: this is what the one event says of the ruling. Flags are without that of the IP version.
func (r eventReader) wantEvent(t testing.TB, kind bpf.EndpointEventType, verdict bpf.EndpointVerdict, ruling, revision uint32, flags uint8) {
	t.Helper()
	got := r.one(t)
	got.Flags &^= uint8(bpf.EndpointEventFlagsEVENT_IPV4)
	if got.Type != uint8(kind) || got.Verdict != uint8(verdict) || got.Ruling != ruling || got.Revision != revision || got.Flags != flags {
		t.Errorf("event %+v,\nwant type %d, verdict %v, ruling %d, revision %d, flags %#x", got, kind, verdict, ruling, revision, flags)
	}
}

const (
	dropEvent    = bpf.EndpointEventTypeEVENT_DROP
	verdictEvent = bpf.EndpointEventTypeEVENT_VERDICT
)

// A denied packet's event names the ruling, whether it was judged itself or its flow was before.
func TestCachedDenialNamesItsRuling(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	events := n.events(t)
	eachFamily(t, n, func(t *testing.T, ip family) {
		server.ingress = policy{rows: rows{client.identity: {0}}}
		server.apply()
		c := talk{client, server, ip}
		c.open(t)
		server.ingress = policy{}
		server.apply()
		ruling := server.ingress.ruling(client.identity, 0, false)
		for range 2 {
			c.says("A").want(t, denied)
			events.wantEvent(t, dropEvent, denied, ruling, server.revision(), 0)
			c.hears("A").want(t, denied)
			events.wantEvent(t, dropEvent, denied, ruling, server.revision(), uint8(bpf.EndpointEventFlagsEVENT_REPLY))
		}
	})
}

// Rules under audit rule the other way: what they would deny passes and is told, what they would allow is dropped still.
func TestAudit(t *testing.T) {
	n := newNode(t)
	client, server := n.endpoint(1), n.endpoint(2)
	allow, deny := policy{rest: []uint32{0}, audit: true}, policy{audit: true}
	events := n.events(t)
	for _, c := range []struct {
		name   string
		policy policy
		to     end
		want   bpf.EndpointVerdict
		kind   bpf.EndpointEventType
		flags  uint8
	}{
		{"would deny, ingress", allow, server.end, toEndpoint, verdictEvent, auditFlag},
		{"would deny, egress", allow, world, toHost, verdictEvent, auditFlag | egressFlag},
		{"would allow, ingress", deny, server.end, denied, dropEvent, auditFlag},
		{"would allow, egress", deny, world, denied, dropEvent, auditFlag | egressFlag},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachFamily(t, n, func(t *testing.T, ip family) {
				client.egress, server.ingress = c.policy, c.policy
				client.apply()
				server.apply()
				client.send(client.to(c.to, ip, testbed.UDP(1000, 53), testbed.Data(4))).want(t, c.want)
				table, judge := &server.ingress, server
				if c.flags&egressFlag != 0 {
					table, judge = &client.egress, client
				}
				events.wantEvent(t, c.kind, denied, table.ruling(theRest, 0, c.want != denied), judge.revision(), c.flags)
			})
		})
	}
}

// Judged again by the same policy it is no news that audit let a flow pass, by another one it is.
func TestAuditTellsOnceARevision(t *testing.T) {
	n := newNode(t)
	client, server := n.endpoint(1), n.endpoint(2, policy{rest: []uint32{0}, audit: true})
	events := n.events(t)
	send := func() {
		t.Helper()
		client.send(client.to(server.end, ipv6, testbed.UDP(1000, 53), testbed.Data(4))).want(t, toEndpoint)
	}
	send()
	events.one(t)
	send()
	n.edit(t, age(2*time.Second))
	send()
	events.none(t)
	server.apply()
	send()
	events.wantEvent(t, verdictEvent, denied, server.ingress.ruling(theRest, 0, true), server.revision(), auditFlag)
}

// Who is not known is denied whatever the default says, unless the default only watches.
func TestUnknownUnderAudit(t *testing.T) {
	n := newNode(t)
	client, server := n.endpoint(1), n.endpoint(2)
	events := n.events(t)
	n.know(client.identity, false)
	packet := func() []byte { return client.to(server.end, ipv6, testbed.UDP(1000, 53), testbed.Data(4)) }

	server.ingress = policy{rest: []uint32{0}, audit: true}
	server.apply()
	client.send(packet()).want(t, toEndpoint)
	events.wantEvent(t, verdictEvent, unknownIdentity, server.ingress.ruling(theRest, 0, true), server.revision(), auditFlag)

	n.reset()
	server.ingress = policy{audit: true}
	server.apply()
	client.send(packet()).want(t, unknownIdentity)
	events.wantEvent(t, dropEvent, unknownIdentity, 0, server.revision(), 0)
}

// Who knocked is counted, by no ruling; and is let in by the next packet once it is known.
func TestUnknownBecomesKnown(t *testing.T) {
	n := newNode(t)
	client, server := n.endpoint(1), n.endpoint(2, policy{rest: []uint32{0}})
	eachFamily(t, n, func(t *testing.T, ip family) {
		n.know(client.identity, false)
		syn := client.to(server.end, ip, testbed.TCP(1000, 80, "S"))
		got := client.send(syn).want(t, unknownIdentity)
		if want := (bpf.EndpointCounterKey{Consumer: client.identity, Provider: server.identity, From: client.id, To: server.id}); got.key != want || got.flows != 1 {
			t.Errorf("counted %+v, want it for %+v", got.counted, want)
		}
		n.know(client.identity, true)
		client.send(syn).want(t, toEndpoint)

		n.know(client.identity, false)
		server.apply()
		for range 2 {
			client.send(syn).want(t, unknownIdentity)
		}
		n.know(client.identity, true) // no table, and so no stamp, changes with that
		client.send(syn).want(t, toEndpoint)
	})
}

// Reserved identities and CIDRs are known everywhere, label sets to the last bit.
func TestKnownIdentities(t *testing.T) {
	n := newNode(t)
	client, server := n.endpoint(1), n.endpoint(2, policy{rest: []uint32{0}})
	for _, identity := range []uint32{256, 319, 320, 383, 65535, 65536, 1<<20 - 1} {
		n.reset()
		client.identity = identity
		client.publish()
		n.know(identity^1, true)
		client.send(client.to(server.end, ipv6, testbed.UDP(1, 2))).want(t, unknownIdentity)
		n.know(identity, true)
		n.know(identity^1, false)
		client.send(client.to(server.end, ipv6, testbed.UDP(1, 2))).want(t, toEndpoint)
		n.know(identity, false)
	}
	client.identity = 1 << 20 // beyond what is counted
	client.publish()
	client.send(client.to(server.end, ipv6, testbed.UDP(3, 4))).want(t, unknownIdentity)
}
