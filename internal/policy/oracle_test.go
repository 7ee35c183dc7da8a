// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"net/netip"
	"strings"

	selectors "k8s.io/apimachinery/pkg/labels"

	"github.com/hypha-net/hypha/internal/identity"
)

// oracle is docs/policy.md as a program: it walks every rule for every packet, on the policies as
// written, and shares no code with what it checks but the value types.
type oracle struct {
	policies []Policy
	mode     Mode
}

// packet is the first of a flow.
type packet struct {
	from, to Peer
	protocol Protocol
	port     uint16
}

func (p packet) String() string {
	return fmt.Sprintf("%v{%v} -> %v{%v} %v port %d", p.from.ID, p.from.Labels, p.to.ID, p.to.Labels, p.protocol, p.port)
}

func (o oracle) allows(p packet) bool {
	return o.receiverAllows(p) && o.senderAllows(p)
}

func (o oracle) receiverAllows(p packet) bool {
	if !endpoint(p.to) || p.from.ID == identity.Host {
		return true
	}
	allowed, denied := o.mode == Selected, false
	for _, policy := range o.policies {
		for _, r := range policy.Rules {
			if r.Ingress != nil && mayBeAbout(r, p.to) {
				allowed = false
			}
		}
	}
	for _, policy := range o.policies {
		for _, r := range policy.Rules {
			if (r.Ingress != nil || r.Egress == nil) && mayBeAbout(r, p.to) && !agree(r, p.to, p.from) {
				denied = true
			}
			for _, in := range r.Ingress {
				switch {
				case !portsHave(in.Ports, p):
				case in.Action == Deny:
					denied = denied || mayBeAbout(r, p.to) && anyPeer(in.From, p.from, true)
				default:
					allowed = allowed || isAbout(r, p.to) && anyPeer(in.From, p.from, false)
				}
			}
		}
	}
	return allowed && !denied
}

func (o oracle) senderAllows(p packet) bool {
	if !endpoint(p.from) {
		return true
	}
	allowed, denied := true, false
	for _, policy := range o.policies {
		for _, r := range policy.Rules {
			if r.Egress != nil && mayBeAbout(r, p.from) {
				allowed = false
			}
		}
	}
	for _, policy := range o.policies {
		for _, r := range policy.Rules {
			if (r.Egress != nil || r.Ingress == nil) && mayBeAbout(r, p.from) && !agree(r, p.from, p.to) {
				denied = true
			}
			for _, out := range r.Egress {
				switch {
				case !portsHave(out.Ports, p):
				case out.Action == Deny:
					denied = denied || mayBeAbout(r, p.from) && anyPeer(out.To, p.to, true)
				default:
					allowed = allowed || isAbout(r, p.from) && anyPeer(out.To, p.to, false)
				}
			}
		}
	}
	return allowed && !denied
}

func endpoint(p Peer) bool {
	return p.ID == identity.Init || p.ID == identity.Health || labelled(p)
}

func labelled(p Peer) bool {
	return p.ID >= 256 && p.ID < 1<<20
}

func isAbout(r Rule, p Peer) bool {
	switch r.Select {
	case "":
		return endpoint(p)
	case "init", "health":
		return p.ID.String() == r.Select
	}
	return selected(r.Select, p)
}

func mayBeAbout(r Rule, p Peer) bool {
	return isAbout(r, p) || p.ID == identity.Init && r.Select != "health"
}

func selected(selector string, p Peer) bool {
	parsed, err := selectors.Parse(selector)
	if err != nil {
		panic(err)
	}
	return labelled(p) && parsed.Matches(selectors.Set(p.Labels))
}

func anyPeer(items []string, p Peer, denying bool) bool {
	for _, item := range items {
		if onePeer(item, p, denying) {
			return true
		}
	}
	return false
}

func onePeer(item string, p Peer, denying bool) bool {
	switch item {
	case "any":
		return true
	case "cluster":
		return endpoint(p)
	case "world":
		return p.ID == identity.World || p.ID >= 1<<24
	case "host", "remote-node", "init", "health":
		return p.ID.String() == item
	}
	if prefix, ok := strings.CutPrefix(item, "cidr:"); ok {
		outer := netip.MustParsePrefix(prefix)
		return p.ID >= 1<<24 && outer.Overlaps(p.Prefix) && outer.Bits() <= p.Prefix.Bits()
	}
	return selected(item, p) || denying && p.ID == identity.Init
}

// agree is about require: both ends carry each key with the same value. What has no labels by its
// nature is exempt.
func agree(r Rule, subject, peer Peer) bool {
	exempt := func(p Peer) bool { return !labelled(p) && p.ID != identity.Init }
	if exempt(subject) || exempt(peer) {
		return true
	}
	for _, key := range r.Require {
		a, inA := subject.Labels[key]
		b, inB := peer.Labels[key]
		if !inA || !inB || a != b {
			return false
		}
	}
	return true
}

func portsHave(items []string, p packet) bool {
	for _, item := range items {
		var first, last int
		var name string
		switch {
		case item == "icmp":
			if p.protocol == ICMP || p.protocol == ICMPv6 {
				return true
			}
			continue
		case !strings.Contains(item, "/"):
			first, last, name = 0, 65535, item
		case strings.Contains(item, "-"):
			mustScan(item, "%d-%d/%s", &first, &last, &name)
		default:
			mustScan(item, "%d/%s", &first, &name)
			last = first
		}
		if p.protocol.String() == name && first <= int(p.port) && int(p.port) <= last {
			return true
		}
	}
	return len(items) == 0
}

func mustScan(text, format string, into ...any) {
	if _, err := fmt.Sscanf(text, format, into...); err != nil {
		panic(fmt.Sprintf("%s: %v", text, err))
	}
}
