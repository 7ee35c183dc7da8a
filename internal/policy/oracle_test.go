// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"net/netip"
	"strconv"
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

// ruling is what becomes of the packet and who decided.
func (o oracle) ruling(p packet) Ruling {
	ask := func(audit bool) (sender, receiver Opinion, pass bool) {
		sender, receiver = o.sender(p, audit), o.receiver(p, audit)
		return sender, receiver, passes(sender) && passes(receiver)
	}
	out, in, pass := ask(false)
	wouldOut, wouldIn, wouldPass := ask(true)
	if o.mode == Audit {
		out, in, pass = wouldOut, wouldIn, true
		if !wouldPass {
			out, in = open(out), open(in)
		}
	}
	r := Ruling{Allowed: pass, Egress: out, Ingress: in}
	if pass != wouldPass {
		r.Audited, r.WouldEgress, r.WouldIngress = true, wouldOut, wouldIn
	}
	return r
}

func passes(o Opinion) bool {
	return o.Cause != CauseDeny && o.Cause != CauseRequire && o.Cause != CauseClosed
}

// open is what mode audit says in place of o.
func open(o Opinion) Opinion {
	if o.Cause == CauseHost || o.Cause == CauseOutside {
		return o
	}
	return Opinion{Cause: CauseOpen}
}

func (o oracle) receiver(p packet, audit bool) Opinion {
	switch {
	case !endpoint(p.to):
		return Opinion{Cause: CauseOutside}
	case p.from.ID == identity.Host:
		return Opinion{Cause: CauseHost}
	}
	var said []Opinion
	closed := o.mode != Selected
	o.each(audit, func(r Rule, by Opinion) {
		if r.Ingress != nil && mayBeAbout(r, p.to) {
			closed = true
		}
		if (r.Ingress != nil || r.Egress == nil) && mayBeAbout(r, p.to) && !agree(r, p.to, p.from) {
			said = append(said, because(by, CauseRequire))
		}
		for _, in := range r.Ingress {
			deny := in.Action == Deny
			switch {
			case !portsHave(in.Ports, p, deny), !anyPeer(in.From, in.Except, p.from, deny):
			case deny && mayBeAbout(r, p.to):
				said = append(said, because(by, CauseDeny))
			case !deny && isAbout(r, p.to):
				said = append(said, because(by, CauseAllow))
			}
		}
	})
	return decide(said, closed)
}

func (o oracle) sender(p packet, audit bool) Opinion {
	if !endpoint(p.from) {
		return Opinion{Cause: CauseOutside}
	}
	var said []Opinion
	closed := false
	o.each(audit, func(r Rule, by Opinion) {
		if r.Egress != nil && mayBeAbout(r, p.from) {
			closed = true
		}
		if (r.Egress != nil || r.Ingress == nil) && mayBeAbout(r, p.from) && !agree(r, p.from, p.to) {
			said = append(said, because(by, CauseRequire))
		}
		for _, out := range r.Egress {
			deny := out.Action == Deny
			switch {
			case !portsHave(out.Ports, p, deny), !anyPeer(out.To, out.Except, p.to, deny):
			case deny && mayBeAbout(r, p.from):
				said = append(said, because(by, CauseDeny))
			case !deny && isAbout(r, p.from):
				said = append(said, because(by, CauseAllow))
			}
		}
	})
	return decide(said, closed)
}

// each visits the rules in their order, with their names and tier.
func (o oracle) each(audit bool, visit func(r Rule, by Opinion)) {
	for _, policy := range o.policies {
		if policy.Audit && !audit {
			continue
		}
		for i, r := range policy.Rules {
			by := Opinion{Policy: policy.Name, Rule: r.Name, Tier: 100}
			if by.Rule == "" {
				by.Rule = fmt.Sprintf("rule-%d", i+1)
			}
			if policy.Tier != nil {
				by.Tier = *policy.Tier
			}
			if r.Tier != nil {
				by.Tier = *r.Tier
			}
			visit(r, by)
		}
	}
}

func because(by Opinion, cause Cause) Opinion {
	by.Cause = cause
	return by
}

// decide: what is required comes first; then tier by tier, deny before allow; then the side's default.
func decide(said []Opinion, closed bool) Opinion {
	if o, found := lowestTier(said, CauseRequire); found {
		return o
	}
	deny, denied := lowestTier(said, CauseDeny)
	allow, allowed := lowestTier(said, CauseAllow)
	switch {
	case denied && (!allowed || deny.Tier <= allow.Tier):
		return deny
	case allowed:
		return allow
	case closed:
		return Opinion{Cause: CauseClosed}
	}
	return Opinion{Cause: CauseOpen}
}

// lowestTier returns the first of those with the lowest tier.
func lowestTier(said []Opinion, cause Cause) (lowest Opinion, found bool) {
	for _, o := range said {
		if o.Cause == cause && (!found || o.Tier < lowest.Tier) {
			lowest, found = o, true
		}
	}
	return lowest, found
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

// parsed are the selectors that were read before.
var parsed = map[string]selectors.Selector{}

func selected(selector string, p Peer) bool {
	if parsed[selector] == nil {
		var err error
		if parsed[selector], err = selectors.Parse(selector); err != nil {
			panic(err)
		}
	}
	return labelled(p) && parsed[selector].Matches(selectors.Set(p.Labels))
}

func anyPeer(items, except []string, p Peer, denying bool) bool {
	for _, item := range items {
		if onePeer(item, except, p, denying) {
			return true
		}
	}
	return false
}

func onePeer(item string, except []string, p Peer, denying bool) bool {
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
	if strings.HasPrefix(item, "cidr:") {
		for _, e := range except {
			if within(e, p) {
				return false
			}
		}
		return within(item, p)
	}
	return selected(item, p) || denying && p.ID == identity.Init
}

func within(prefix string, p Peer) bool {
	outer := netip.MustParsePrefix(strings.TrimPrefix(prefix, "cidr:"))
	return p.ID >= 1<<24 && outer.Overlaps(p.Prefix) && outer.Bits() <= p.Prefix.Bits()
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

// portsHave: the names of ports are the receiver's; what an init endpoint calls its ports is not known, and in a deny may be any.
func portsHave(items []string, p packet, denying bool) bool {
	for _, item := range items {
		which, name, _ := strings.Cut(item, "/")
		first, last := 0, 65535
		switch {
		case item == "icmp":
			if p.protocol == ICMP || p.protocol == ICMPv6 {
				return true
			}
			continue
		case item == "echo-request/icmp":
			if p.protocol == ICMP && p.port == 8 || p.protocol == ICMPv6 && p.port == 128 {
				return true
			}
			continue
		case name == "":
			name = item
		case which == "http":
			if p.to.ID != identity.Init || !denying {
				number, err := strconv.ParseUint(p.to.Labels["port/http"], 10, 16)
				if first, last = int(number), int(number); err != nil || number == 0 || !labelled(p.to) {
					continue
				}
			}
		case strings.Contains(which, "-"):
			mustScan(which, "%d-%d", &first, &last)
		default:
			mustScan(which, "%d", &first)
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
