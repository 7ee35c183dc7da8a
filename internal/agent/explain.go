// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
)

// ErrQuestion is returned for a question that can not be understood.
var ErrQuestion = errors.New("can not explain that")

// Subject is one end of an explained flow.
type Subject struct {
	Endpoint string // name; "" if it was given by labels or address
	Peer     policy.Peer
	Address  netip.Addr
	local    endpoint.ID
}

// Explanation is why a first packet passes or not, by the rules, and by the kernel's table.
type Explanation struct {
	policy.Explanation
	From, To Subject
	Revision uint64
	Kernel   *KernelVerdict // nil: no local endpoint judges it
}

// KernelVerdict is what a loaded table says.
type KernelVerdict struct {
	Allowed    bool
	Known      bool          // false: the kernel takes the peer for a stranger
	Ruling     policy.Ruling // zero if its number is not known
	Revision   uint64
	Difference string // one line; "" if the kernel says what the rules say
}

// Explain says what becomes of the first packet of a flow. from and to are endpoints' names, labels ("k=v,k=v") or, to, an
// address; port is "80/tcp" or "icmp".
func (a *Agent) Explain(from, to, portText string) (Explanation, error) {
	flow, err := parsePort(portText)
	if err != nil {
		return Explanation{}, err
	}
	e, err := a.explain(from, to, flow)
	if err != nil || e.Kernel == nil || e.Kernel.Difference == "" {
		return e, err
	}
	a.viewing.Lock() // it may be that the one was asked before a change of policies, and the other after it
	defer a.viewing.Unlock()
	return a.explain(from, to, flow)
}

func (a *Agent) explain(from, to string, flow port) (_ Explanation, err error) {
	view := a.view.Load()
	e := Explanation{Revision: view.rules.Revision()}
	if e.From, err = a.subject(view, from); err != nil {
		return e, fmt.Errorf("--from: %w", err)
	}
	if e.To, err = a.subject(view, to); err != nil {
		return e, fmt.Errorf("--to: %w", err)
	}
	e.Explanation = view.rules.Explain(e.From.Peer, e.To.Peer, flow.protocol, flow.number)
	e.Kernel, err = a.askKernel(e.From, e.To, flow, e.Ruling)
	return e, err
}

// askKernel reads the verdict from the program that would give it: the receiver's, or the sender's for what leaves the cluster.
func (a *Agent) askKernel(from, to Subject, flow port, want policy.Ruling) (*KernelVerdict, error) {
	judge, peer, towards := to.local, from.Peer.ID, true
	if !to.Peer.ID.IsEndpoint() {
		judge, peer, towards = from.local, to.Peer.ID, false
	}
	said, err := a.datapath.Ask(judge, towards, peer, flow.protocol, flow.number)
	if errors.Is(err, datapath.ErrNotLoaded) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	verdict := &KernelVerdict{Allowed: said.Allowed, Known: said.Known, Revision: said.Revision}
	verdict.Ruling, _ = a.rulings.Ruling(said.Ruling)
	verdict.Difference = verdict.differs(want)
	return verdict, nil
}

// differs says how the kernel's answer is not the rules'. A peer that the cluster has no number for can not be in its tables.
func (k *KernelVerdict) differs(want policy.Ruling) string {
	switch {
	case !k.Known:
		return ""
	case k.Allowed != want.Allowed:
		return fmt.Sprintf("the kernel's table (revision %d) says %s, the rules say %s", k.Revision, word(k.Allowed), word(want.Allowed))
	case k.Ruling != want:
		return fmt.Sprintf("the kernel's table (revision %d) says so because of %s, the rules because of %s", k.Revision, grounds(k.Ruling), grounds(want))
	}
	return ""
}

// grounds names what both sides of a ruling go by: egress open, ingress allow (policy shop, rule web).
func grounds(r policy.Ruling) string {
	side := func(name string, o policy.Opinion) string {
		if o.Policy == "" {
			return fmt.Sprintf("%s %s", name, o.Cause)
		}
		return fmt.Sprintf("%s %s (policy %s, rule %s)", name, o.Cause, o.Policy, o.Rule)
	}
	switch {
	case r == (policy.Ruling{}):
		return "nothing"
	case !r.Audited:
		return side(egress, r.Egress) + ", " + side(ingress, r.Ingress)
	}
	return fmt.Sprintf("%s, %s; under audit %s, %s", side(egress, r.Egress), side(ingress, r.Ingress),
		side(egress, r.WouldEgress), side(ingress, r.WouldIngress))
}

func word(allowed bool) string {
	if allowed {
		return "allowed"
	}
	return "denied"
}

func (a *Agent) subject(view *view, text string) (Subject, error) {
	set := a.endpoints.snapshot()
	if e, err := set.named(text); err == nil {
		if e.Identity == 0 {
			return Subject{}, fmt.Errorf("%w: endpoint %s has no identity yet (hypha endpoint show %s)", ErrQuestion, text, text)
		}
		return Subject{Endpoint: e.Name, Peer: view.peer(e.Identity), local: e.ID}, nil
	}
	if addr, err := netip.ParseAddr(text); err == nil {
		return a.subjectAt(view, set, addr.Unmap())
	}
	if number, err := reserved(text); err == nil {
		return Subject{Peer: policy.Peer{ID: number}}, nil
	}
	if !strings.Contains(text, "=") {
		return Subject{}, fmt.Errorf("%w: %q is no endpoint (hypha endpoint list), no labels (k=v,k=v), no address, and neither host nor world", ErrQuestion, text)
	}
	given, err := labels.ParseSet(text)
	if err != nil {
		return Subject{}, fmt.Errorf("%w: %w", ErrQuestion, err)
	}
	return a.subjectLabelled(view, set, given), nil
}

func (a *Agent) subjectAt(view *view, set *endpointSet, addr netip.Addr) (Subject, error) {
	for id, e := range set.byID {
		if e.IPv6 == addr || e.IPv4 == addr {
			return Subject{Endpoint: e.Name, Peer: view.peer(e.Identity), Address: addr, local: id}, nil
		}
	}
	if a.outside.isHost(addr) {
		return Subject{Peer: policy.Peer{ID: identity.Host}, Address: addr}, nil
	}
	if a.outside.isCluster(addr) {
		return Subject{}, fmt.Errorf("%w: %s is an address of the cluster that nobody has: packets to it are dropped (destination-unknown)", ErrQuestion, addr)
	}
	return Subject{Peer: view.peerAt(addr), Address: addr}, nil
}

// subjectLabelled also finds an endpoint with that identity, if there is one: its table is asked.
func (a *Agent) subjectLabelled(view *view, set *endpointSet, given labels.Set) Subject {
	subject := Subject{Peer: view.peerOf(given)}
	for id, e := range set.byID {
		if e.Identity == subject.Peer.ID {
			subject.local = id
		}
	}
	return subject
}

func reserved(name string) (identity.Number, error) {
	for _, number := range []identity.Number{identity.Host, identity.World, identity.RemoteNode, identity.Init, identity.Health} {
		if number.String() == name {
			return number, nil
		}
	}
	return 0, ErrQuestion
}

// port is what a flow is opened to.
type port struct {
	protocol policy.Protocol
	number   uint16 // of an echo request its type; 0 if the protocol has none
}

// parsePort reads "80/tcp", or the name of a protocol that has no ports. "icmp" and "icmpv6" are pings, as "echo-request/icmp" is.
func parsePort(text string) (port, error) {
	number, name, ported := strings.Cut(text, "/")
	if !ported {
		number, name = "", text
	}
	protocol, err := policy.ParseProtocol(name)
	if err != nil {
		return port{}, fmt.Errorf("%w: --port: %w", ErrQuestion, err)
	}
	if echo, icmp := protocol.EchoRequest(); icmp {
		if ported && number != strconv.Itoa(int(echo)) && number != "echo-request" {
			return port{}, fmt.Errorf("%w: --port %q: of %s only echo requests (%d/%s) open a flow", ErrQuestion, text, protocol, echo, protocol)
		}
		return port{protocol, echo}, nil
	}
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil || n == 0 {
		return port{}, fmt.Errorf("%w: --port %q: write it as 80/tcp, 53/udp or icmp", ErrQuestion, text)
	}
	return port{protocol, uint16(n)}, nil
}
