// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"slices"
	"testing"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/testbed"
)

// Tables of more than 64 classes, where a peer has a row for some pages and one for all others.
func TestPages(t *testing.T) {
	n := newNode(t)
	client, server := n.endpoint(1), n.endpoint(2)
	paged := func(class uint32, peers rows, rest ...uint32) policy {
		return policy{paged: true, ports: http(class), rows: peers, rest: rest}
	}
	for _, c := range []struct {
		name   string
		policy policy
		want   bpf.EndpointVerdict
	}{
		{"class 64", paged(64, rows{301: {64}}), toEndpoint},
		{"class 64, bit 0 of the first page only", paged(64, rows{301: {0}}), denied},
		{"class 0, bit 0 of the second page only", paged(0, rows{301: {64}}), denied},
		{"class 127", paged(127, rows{301: {127}}), toEndpoint},
		{"class 5000", paged(5000, rows{301: {0, 64, 5000}}), toEndpoint},
		{"class 5000, others of its page", paged(5000, rows{301: {4999, 5001}}), denied},
		{"all pages", paged(5000, rows{301: {others}}), toEndpoint},
		{"all pages but this one", paged(64, rows{301: {65, others}}), denied},
		{"all pages, of the rest", paged(5000, nil, others), toEndpoint},
		{"class 64, of the rest", paged(64, nil, 64), toEndpoint},
		{"class 64, of the rest but not of the row", paged(64, rows{301: {}}, others), denied},
		{"class 64, of the row but not of the rest", paged(64, rows{301: {64}}), toEndpoint},
		{"no class at all", paged(64, nil), denied},
	} {
		server.ingress = c.policy
		server.apply()
		t.Run(c.name, func(t *testing.T) {
			eachFamily(t, n, func(t *testing.T, ip family) {
				got := client.send(client.to(server.end, ip, testbed.TCP(1000, 80, "S"))).want(t, c.want)
				server.wantAccount(t, got, client, c.policy.ports[service{6, 80}])
			})
		})
	}
}

// A table that has not even a default row for a class is broken: nothing passes.
func TestClassWithoutRow(t *testing.T) {
	n := newNode(t)
	client, server := n.endpoint(1), n.endpoint(2, policy{ports: http(64), rows: rows{301: {0}}, rest: []uint32{0}})
	before := n.count()
	action, _, err := client.program.Test(client.to(server.end, ipv6, testbed.TCP(1000, 80, "S")))
	n.must(err)
	now := n.count()
	if got := now.since(&before).verdicts; action != actionShot || !slices.Equal(got, []bpf.EndpointVerdict{bpf.EndpointVerdictDROP_INTERNAL}) {
		t.Errorf("%v, and the program returned %d", got, action)
	}
}

// Some classes of a row have rulings of their own. Whether they are allowed is in the row.
func TestExceptions(t *testing.T) {
	wantRulings(t, map[string]policy{
		"own allowed class":             {ports: http(1), rows: rows{301: {1, 2}}, own: rows{301: {1}}},
		"own denied class":              {ports: http(1), rows: rows{301: {2}}, own: rows{301: {3, 1}}},
		"another class is its own":      {ports: http(1), rows: rows{301: {1, 2}}, own: rows{301: {2}}},
		"of the rest":                   {ports: http(1), rest: []uint32{1}, own: rows{theRest: {1}}},
		"of the rest, peer has a row":   {ports: http(1), rows: rows{301: {1}}, own: rows{theRest: {1}}},
		"on page 3":                     {ports: http(200), paged: true, rows: rows{301: {200}}, own: rows{301: {200}}},
		"on all pages":                  {ports: http(200), paged: true, rows: rows{301: {others}}, own: rows{301: {200}}},
		"bit of the class on all pages": {ports: http(200), paged: true, rows: rows{301: {others}}, own: rows{301: {8, 72, 136}}},
	})
}

// A row has the exceptions of its base where it has none of its own. What is allowed is in the row alone.
func TestBase(t *testing.T) {
	cases := map[string]policy{
		"allowed, the base's":         {ports: http(1), rows: rows{301: {1}}, own: rows{theRest: {1}}},
		"denied, the base's":          {ports: http(1), rows: rows{301: {}}, own: rows{theRest: {1}}},
		"neither's":                   {ports: http(1), rows: rows{301: {1}}, own: rows{theRest: {2}, 301: {3}}},
		"its own":                     {ports: http(1), rows: rows{301: {1}}, own: rows{theRest: {2}, 301: {1}}},
		"its own before the base's":   {ports: http(1), rows: rows{301: {1}}, own: rows{theRest: {1, 2}, 301: {3, 1}}},
		"the base's beside its own":   {ports: http(1), rows: rows{301: {1}}, own: rows{theRest: {2, 1}, 301: {3}}},
		"a base without exceptions":   {ports: http(1), rows: rows{301: {1}}},
		"of another row":              {ports: http(1), rows: rows{301: {1}, 302: {1}}, own: rows{302: {1}}},
		"on page 3, the base's":       {ports: http(200), paged: true, rows: rows{301: {200}}, own: rows{theRest: {200}, 301: {8}}},
		"on all pages, the base's":    {ports: http(200), paged: true, rows: rows{301: {others}}, own: rows{theRest: {200}}},
		"the peer is one of the rest": {ports: http(1), rest: []uint32{1}, own: rows{theRest: {1}}},
	}
	for name, p := range cases {
		p.based = true
		cases[name] = p
	}
	wantRulings(t, cases)
}

// wantRulings sends a packet under each policy, and holds that the ruling which its table has is counted.
func wantRulings(t *testing.T, cases map[string]policy) {
	n := newNode(t)
	client, server := n.endpoint(1), n.endpoint(2)
	for name, p := range cases {
		server.ingress = p
		server.apply()
		t.Run(name, func(t *testing.T) {
			eachFamily(t, n, func(t *testing.T, ip family) {
				got := client.send(client.to(server.end, ip, testbed.TCP(1000, 80, "S")))
				server.wantAccount(t, got, client, p.ports[service{6, 80}])
			})
		})
	}
}

// One map has the rows of both directions, about one and the same peer.
func TestDirectionsDoNotMeet(t *testing.T) {
	n := newNode(t)
	inside := n.endpoint(1)
	narrow := policy{ports: http(1), rows: rows{idWorld: {1}}, own: rows{idWorld: {1}}}
	wide := policy{ports: http(70), paged: true, rows: rows{idWorld: {69}}, rest: []uint32{others}, own: rows{idWorld: {70}}}
	based := policy{ports: http(1), rows: rows{idWorld: {1}}, own: rows{theRest: {1}}, based: true}
	for _, c := range []struct {
		name            string
		ingress, egress policy
		in, out         bpf.EndpointVerdict
	}{
		{"narrow and wide", narrow, wide, toEndpoint, denied},
		{"wide and narrow", wide, narrow, denied, toHost},
		{"wide and wide", wide, wide, denied, denied},
		{"narrow and narrow", narrow, narrow, toEndpoint, toHost},
		{"with a base and without", based, narrow, toEndpoint, toHost},
		{"without a base and with", narrow, based, toEndpoint, toHost},
		{"both with a base", based, based, toEndpoint, toHost},
	} {
		inside.ingress, inside.egress = c.ingress, c.egress
		inside.apply()
		t.Run(c.name, func(t *testing.T) {
			eachFamily(t, n, func(t *testing.T, ip family) {
				in := n.router.send(world.to(inside.end, ip, testbed.TCP(1000, 80, "S"))).want(t, c.in)
				inside.wantAccount(t, in, &endpoint{identity: idWorld}, c.ingress.ports[service{6, 80}])
				out := inside.send(inside.to(world, ip, testbed.TCP(2000, 80, "S"))).want(t, c.out)
				ruling := inside.egress.ruling(idWorld, c.egress.ports[service{6, 80}], c.out == toHost)
				if out.key.Ruling != ruling || out.key.From != inside.id || out.key.To != 0 || out.key.Provider != idWorld {
					t.Errorf("counted %+v, want ruling %d on what leaves", out.key, ruling)
				}
			})
		})
	}
}

// ICMP has classes by type: that of the request which opens the flow.
func TestEchoHasAClass(t *testing.T) {
	n := newNode(t)
	client, server := n.endpoint(1), n.endpoint(2)
	requests := map[service]uint32{{1, 8}: 1, {58, 128}: 2}
	for name, c := range map[string]struct {
		allowed []uint32
		want    map[family]bpf.EndpointVerdict
	}{
		"both":       {[]uint32{1, 2}, map[family]bpf.EndpointVerdict{ipv4: toEndpoint, ipv6: toEndpoint}},
		"ICMP":       {[]uint32{1}, map[family]bpf.EndpointVerdict{ipv4: toEndpoint, ipv6: denied}},
		"ICMPv6":     {[]uint32{2}, map[family]bpf.EndpointVerdict{ipv4: denied, ipv6: toEndpoint}},
		"all others": {[]uint32{0}, map[family]bpf.EndpointVerdict{ipv4: denied, ipv6: denied}},
	} {
		server.ingress = policy{ports: requests, rows: rows{301: c.allowed}}
		server.apply()
		t.Run(name, func(t *testing.T) {
			eachFamily(t, n, func(t *testing.T, ip family) {
				client.send(client.echo(server.end, ip, 7)).want(t, c.want[ip])
				if c.want[ip] == toEndpoint {
					server.send(server.echoReply(client.end, ip, 7)).want(t, toEndpoint)
				}
			})
		})
	}
}
