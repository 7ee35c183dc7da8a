// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
)

// Subject is one end of an explained flow.
type Subject struct {
	Endpoint string // name; "" if it was given by labels or address
	Peer     policy.Peer
	Address  netip.Addr
	local    endpoint.ID
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
	if node, host, found := a.outside.nodeAt(addr); host {
		return Subject{Peer: policy.Peer{ID: identity.RemoteNode}, Address: addr}, nil
	} else if found {
		return Subject{}, fmt.Errorf("%w: %s is an address of node %s, which alone knows who has it: ask there, or about labels", ErrQuestion, addr, node.Name)
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
