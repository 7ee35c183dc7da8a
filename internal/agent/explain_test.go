// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/kubernetes"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
)

// numbers is a cluster of one: label sets are numbered as they come.
type numbers struct {
	identity.Backend
	last uint32
}

func (n *numbers) AllocateIdentity(context.Context, labels.Set) (uint32, int64, error) {
	n.last++
	return n.last, int64(n.last), nil
}

// knowledge is an agent that knows what verdicts depend on, and has no kernel:
//
//	endpoint "web" (number 1)  app=web  identity 256  10.217.1.7  fd00:1:2:1::7
//	                           app=db   identity 257, of another node
//	prefixes that rules name   203.0.113.0/24, 203.0.113.128/25, 2001:db8::/32
//	the host's own address     192.0.2.1
func knowledge(t *testing.T) *Agent {
	t.Helper()
	a := &Agent{identities: identity.NewRegistry(&numbers{last: 255}), endpoints: openTestEndpoints(t, t.TempDir())}
	a.outside = &outside{hosts: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}
	for _, app := range []string{"web", "db"} {
		if _, err := a.identities.Allocate(t.Context(), 1, labels.Set{"app": app}); err != nil {
			t.Fatal(err)
		}
	}
	web := named("web")
	web.Identity, web.IPv4, web.IPv6 = 256, netip.MustParseAddr("10.217.1.7"), netip.MustParseAddr("fd00:1:2:1::7")
	if _, err := a.endpoints.add(web, fillEndpoint); err != nil {
		t.Fatal(err)
	}
	policies := parse(t, `
kind: Policy
name: outside
rules:
- select: app=db
  egress:
  - to: ["cidr:203.0.113.0/24", "cidr:203.0.113.128/25", "cidr:2001:db8::/32"]
`)
	rules, err := policy.Compile(1, policies, policy.Always)
	if err != nil {
		t.Fatal(err)
	}
	prefixes := map[netip.Prefix]identity.Number{}
	for i, prefix := range rules.Prefixes() {
		prefixes[prefix] = identity.FirstCIDR + identity.Number(i)
	}
	a.view.Store(newView(rules, a.identities.Snapshot(), prefixes))
	return a
}

// parse reads a file of Hypha's own policies.
func parse(t *testing.T, text string) (policies []policy.Policy) {
	t.Helper()
	all, _, err := kubernetes.ReadFile("test", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, read := range all {
		policies = append(policies, read.Policy)
	}
	return policies
}

func TestWhoIsMeant(t *testing.T) {
	a := knowledge(t)
	for _, c := range []struct {
		text  string
		id    identity.Number
		local endpoint.ID
		name  string
	}{
		{"web", 256, 1, "web"},
		{"app=web", 256, 1, ""},
		{"app=db", 257, 0, ""},
		{"app=nobody", identity.LastLabelSet, 0, ""}, // not known to the cluster: judged by its labels
		{"10.217.1.7", 256, 1, "web"},
		{"::ffff:10.217.1.7", 256, 1, "web"},
		{"fd00:1:2:1::7", 256, 1, "web"},
		{"192.0.2.1", identity.Host, 0, ""},
		{"203.0.113.1", identity.FirstCIDR, 0, ""},
		{"203.0.113.200", identity.FirstCIDR + 1, 0, ""}, // the longer prefix
		{"2001:db8::1", identity.FirstCIDR + 2, 0, ""},
		{"198.51.100.1", identity.World, 0, ""},
		{"2001:4860::1", identity.World, 0, ""},
		{"host", identity.Host, 0, ""},
		{"world", identity.World, 0, ""},
	} {
		got, err := a.subject(a.view.Load(), c.text)
		if err != nil || got.Peer.ID != c.id || got.local != c.local || got.Endpoint != c.name {
			t.Errorf("%s: %+v, %v; want identity %v, endpoint %d %q", c.text, got, err, c.id, c.local, c.name)
		}
	}
	for _, text := range []string{"", "nobody", "10.217.1", "app=web,="} {
		if got, err := a.subject(a.view.Load(), text); !errors.Is(err, ErrQuestion) {
			t.Errorf("%q: %+v, %v; want %v", text, got, err, ErrQuestion)
		}
	}
}

func TestDifferenceIsToldInALine(t *testing.T) {
	open, closed := policy.Opinion{Cause: policy.CauseOpen}, policy.Opinion{Cause: policy.CauseClosed}
	shop := policy.Opinion{Cause: policy.CauseAllow, Policy: "shop", Rule: "web", Tier: 100}
	rules := policy.Ruling{Allowed: true, Egress: open, Ingress: shop}
	audited := policy.Ruling{Allowed: true, Egress: open, Ingress: shop, Audited: true, WouldEgress: open, WouldIngress: closed}
	for _, c := range []struct {
		kernel KernelVerdict
		want   string
	}{
		{KernelVerdict{Allowed: true, Known: true, Ruling: rules}, ""},
		{KernelVerdict{Known: false}, ""},
		{KernelVerdict{Known: true, Revision: 3}, "the kernel's table (revision 3) says denied, the rules say allowed"},
		{KernelVerdict{Allowed: true, Known: true, Revision: 3},
			"the kernel's table (revision 3) says so because of nothing, the rules because of egress open, ingress allow (policy shop, rule web)"},
		{KernelVerdict{Allowed: true, Known: true, Revision: 3, Ruling: audited},
			"the kernel's table (revision 3) says so because of egress open, ingress allow (policy shop, rule web); under audit egress open, ingress closed, " +
				"the rules because of egress open, ingress allow (policy shop, rule web)"},
	} {
		if got := c.kernel.differs(rules); got != c.want {
			t.Errorf("%+v: %q, want %q", c.kernel, got, c.want)
		}
	}
}

func TestParsePort(t *testing.T) {
	for _, c := range []struct {
		text     string
		protocol policy.Protocol
		port     uint16
		ok       bool
	}{
		{"80/tcp", policy.TCP, 80, true}, {"65535/udp", policy.UDP, 65535, true}, {"1/sctp", policy.SCTP, 1, true},
		{"icmp", policy.ICMP, 8, true}, {"icmpv6", policy.ICMPv6, 128, true}, {"8/icmp", policy.ICMP, 8, true},
		{"echo-request/icmpv6", policy.ICMPv6, 128, true},
		{"", 0, 0, false}, {"tcp", 0, 0, false}, {"80", 0, 0, false}, {"0/tcp", 0, 0, false}, {"65536/tcp", 0, 0, false},
		{"-1/tcp", 0, 0, false}, {"80/gre", 0, 0, false}, {"80-90/tcp", 0, 0, false}, {"80/icmp", 0, 0, false}, {"80/", 0, 0, false},
	} {
		got, err := parsePort(c.text)
		if (err == nil) != c.ok || c.ok && got != (port{protocol: c.protocol, number: c.port}) || !c.ok && !errors.Is(err, ErrQuestion) {
			t.Errorf("%q: %v, %v", c.text, got, err)
		}
	}
}

func TestPortByName(t *testing.T) {
	provider := Subject{Peer: policy.Peer{ID: 256, Labels: labels.Set{"port/http": "8080", "port/dns": "none"}}}
	for text, want := range map[string]port{
		"http/tcp": {protocol: policy.TCP, number: 8080}, "80/tcp": {protocol: policy.TCP, number: 80}, "dns/udp": {}, "https/tcp": {},
	} {
		asked, err := parsePort(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := asked.at(provider); (err == nil) != (want != port{}) || err == nil && got != want || err != nil && !errors.Is(err, ErrQuestion) {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
	}
}

func TestPeersOfAView(t *testing.T) {
	v := knowledge(t).view.Load()
	if got := v.peer(256).Labels["app"]; got != "web" {
		t.Errorf("256 is %q", got)
	}
	if got := v.peer(999); got.ID != 999 || got.Labels != nil {
		t.Errorf("999 is %+v", got)
	}
	if got := v.peer(identity.FirstCIDR + 1).Prefix; got != netip.MustParsePrefix("203.0.113.128/25") {
		t.Errorf("the second prefix is %v", got)
	}
	count := 0
	for range v.peers() {
		count++
	}
	if count != 5 {
		t.Errorf("%d peers: want two label sets and three prefixes", count)
	}
}
