// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"errors"
	"fmt"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// ErrQuestion is returned for a question that can not be understood.
var ErrQuestion = errors.New("can not explain that")

// Explanation is why a first packet passes or not, by the rules, and by the kernel's table.
type Explanation struct {
	policy.Explanation
	From, To Subject
	Port     uint16 // of an echo request its type; 0 if the protocol has none
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

// Explain says what becomes of the first packet of a flow. from and to are endpoints' names, labels ("k=v,k=v") or addresses;
// port is "80/tcp", "http/tcp" if to has given that name a number, or "icmp".
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
	if flow, err = flow.at(e.To); err != nil {
		return e, err
	}
	e.Port = flow.number
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
	for _, end := range []Subject{from, to} {
		if verdict.Difference == "" && err == nil {
			verdict.Difference, err = a.mistaken(end)
		}
	}
	return verdict, err
}

// mistaken says that the kernel takes an address for somebody else's than the rules do; "" if it does not. Who has a local
// endpoint's, it does not look for among those outside.
func (a *Agent) mistaken(s Subject) (string, error) {
	if !s.Address.IsValid() || s.local != 0 {
		return "", nil
	}
	who, err := a.datapath.OutsiderAt(s.Address)
	if err != nil || who.Identity == s.Peer.ID {
		return "", err
	}
	return fmt.Sprintf("the kernel takes %s for %s, the rules for %s", s.Address, a.outsider(who.Identity), a.outsider(s.Peer.ID)), nil
}

// outsider is what people call whoever has no endpoint.
func (a *Agent) outsider(number identity.Number) string {
	if prefix := a.Identity(number).Prefix; prefix.IsValid() {
		return prefix.String()
	}
	if number == 0 {
		return "nobody"
	}
	return number.String()
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
