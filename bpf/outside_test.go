// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"testing"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

func TestEgressPolicy(t *testing.T) {
	n := newNode(t)
	client := n.endpoint(1)
	onlyWeb := policy{ports: http(1), rows: rows{idWorld: {1}, idHost: {}, idCIDR: {0, 1}}}
	for _, c := range []struct {
		name   string
		policy policy
		to     end
		port   uint16
		want   bpf.EndpointVerdict
	}{
		{"world, by default", policy{rest: []uint32{0}}, world, 22, toHost},
		{"host, by default", policy{rest: []uint32{0}}, gateway, 22, toHost},
		{"nothing, by default", policy{}, world, 22, denied},
		{"world, allowed port", onlyWeb, world, 80, toHost},
		{"world, another port", onlyWeb, world, 22, denied},
		{"host, denied", onlyWeb, gateway, 80, denied},
		{"CIDR, allowed port", onlyWeb, office, 22, toHost},
		{"in the cluster, nobody there", policy{rest: []uint32{0}}, absentee, 80, bpf.EndpointVerdictDROP_DESTINATION_UNKNOWN},
	} {
		client.egress = c.policy
		client.apply()
		t.Run(c.name, func(t *testing.T) {
			eachFamily(t, n, func(t *testing.T, ip family) {
				client.send(client.to(c.to, ip, testbed.TCP(1000, c.port, "S"))).want(t, c.want)
			})
		})
	}
}

// What containers do among each other is for the provider's table alone: the consumer's one is about what leaves.
func TestEgressTableIsNotAskedInside(t *testing.T) {
	n := newNode(t)
	client, server := n.pair()
	client.egress = policy{}
	client.apply()
	eachFamily(t, n, func(t *testing.T, ip family) {
		client.send(client.to(server.end, ip, testbed.UDP(1000, 53), testbed.Data(4))).want(t, toEndpoint)
	})
}

func TestFromHost(t *testing.T) {
	n := newNode(t)
	server, stranger := n.endpoint(1, policy{rows: rows{idHost: {0}, idCIDR: {0}}}), n.endpoint(2)
	for _, c := range []struct {
		name     string
		from, to end
		want     bpf.EndpointVerdict
	}{
		{"host", gateway, server.end, toEndpoint},
		{"CIDR", office, server.end, toEndpoint},
		{"world", world, server.end, denied},
		{"world to an endpoint without rows", world, stranger.end, denied},
		{"local address as source", stranger.end, server.end, bpf.EndpointVerdictDROP_SOURCE_ADDRESS},
		{"own address as source", server.end, server.end, bpf.EndpointVerdictDROP_SOURCE_ADDRESS},
		{"address of the cluster that nobody has, as source", absentee, server.end, unknownIdentity},
		{"to nobody", gateway, absentee, bpf.EndpointVerdictDROP_DESTINATION_UNKNOWN},
		{"to the world", gateway, world, bpf.EndpointVerdictDROP_DESTINATION_UNKNOWN},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachFamily(t, n, func(t *testing.T, ip family) {
				frame := c.from.to(c.to, ip, testbed.TCP(1000, 80, "S"))
				n.router.send(frame).want(t, c.want)
			})
		})
	}
}

// An identity outside of all rows is not the world's: who is not known is allowed nothing, whatever others may.
func TestUnknownIdentities(t *testing.T) {
	n := newNode(t)
	client, server := n.endpoint(1), n.endpoint(2, policy{rest: []uint32{0}})
	n.know(client.identity, false)
	eachFamily(t, n, func(t *testing.T, ip family) {
		syn := testbed.TCP(1000, 80, "S")
		client.send(client.to(server.end, ip, syn)).want(t, unknownIdentity)
		n.router.send(absentee.to(server.end, ip, syn)).want(t, unknownIdentity)
		n.router.send(world.to(server.end, ip, syn)).want(t, toEndpoint)
	})
	server.ingress.rows = rows{client.identity: {0}}
	server.apply()
	eachFamily(t, n, func(t *testing.T, ip family) {
		client.send(client.to(server.end, ip, testbed.TCP(1000, 80, "S"))).want(t, toEndpoint)
	})
}
