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
	Allowed  bool
	Revision uint64
}

// Explain says what becomes of the first packet of a flow. from and to are endpoints' names, labels ("k=v,k=v") or, to, an
// address; port is "80/tcp" or "icmp".
func (a *Agent) Explain(from, to, port string) (Explanation, error) {
	view := a.view.Load()
	protocol, number, err := parsePort(port)
	if err != nil {
		return Explanation{}, err
	}
	e := Explanation{Revision: view.rules.Revision()}
	if e.From, err = a.subject(view, from); err != nil {
		return e, fmt.Errorf("--from: %w", err)
	}
	if e.To, err = a.subject(view, to); err != nil {
		return e, fmt.Errorf("--to: %w", err)
	}
	e.Explanation = view.rules.Explain(e.From.Peer, e.To.Peer, protocol, number)
	e.Kernel, err = a.askKernel(e.From, e.To, protocol, number)
	return e, err
}

// askKernel reads the verdict from the program that would give it: the receiver's, or the sender's for what leaves.
func (a *Agent) askKernel(from, to Subject, protocol policy.Protocol, port uint16) (*KernelVerdict, error) {
	judge, peer, towards := to.local, from.Peer.ID, true
	if judge == 0 {
		judge, peer, towards = from.local, to.Peer.ID, false
	}
	verdict, err := a.datapath.Ask(judge, towards, peer, protocol, port)
	if errors.Is(err, datapath.ErrNotLoaded) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &KernelVerdict{Allowed: verdict.Allowed, Revision: verdict.Revision}, nil
}

func (a *Agent) subject(view *view, text string) (Subject, error) {
	set := a.endpoints.snapshot()
	if e, err := set.named(text); err == nil {
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

// parsePort reads "80/tcp", or the name of a protocol that has no ports.
func parsePort(text string) (policy.Protocol, uint16, error) {
	number, name, ported := strings.Cut(text, "/")
	if !ported {
		name = text
	}
	protocol, err := policy.ParseProtocol(name)
	if hasPorts := protocol == policy.TCP || protocol == policy.UDP || protocol == policy.SCTP; err != nil || hasPorts != ported {
		return 0, 0, fmt.Errorf("%w: --port %q: want something like 80/tcp, 53/udp or icmp", ErrQuestion, text)
	}
	if !ported {
		return protocol, 0, nil
	}
	port, err := strconv.ParseUint(number, 10, 16)
	if err != nil || port == 0 {
		return 0, 0, fmt.Errorf("%w: --port %q: want a port of 1 to 65535", ErrQuestion, text)
	}
	return protocol, uint16(port), nil
}
