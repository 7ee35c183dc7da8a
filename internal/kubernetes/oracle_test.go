// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"net/netip"
	"slices"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	selectors "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// oracle is the API reference of NetworkPolicy (k8s.io/api/networking/v1) as a program: it walks every
// policy for every packet, and shares nothing with what it checks.
type oracle struct {
	namespaces map[string]map[string]string // name → labels
	policies   []*networking.NetworkPolicy
}

// end is one end of a packet: a pod, an address of the world, or something else, which only rules
// about everybody are about.
type end struct {
	pod  *pod
	addr netip.Addr
	node bool
}

type pod struct {
	namespace string
	labels    map[string]string
	ports     map[string]int32 // what it calls its ports
}

type packet struct {
	from, to end
	protocol core.Protocol // "" is none that rules can name
	port     int32
}

func (o oracle) allows(p packet) bool {
	return o.senderAllows(p) && o.receiverAllows(p)
}

func (o oracle) receiverAllows(p packet) bool {
	if p.to.pod == nil || p.from.node { // "OR if the traffic source is the pod's local node"
		return true
	}
	isolated := false
	for _, np := range o.policies {
		if !o.isAbout(np, p.to.pod, networking.PolicyTypeIngress) {
			continue
		}
		isolated = true
		for _, r := range np.Spec.Ingress {
			if o.anyPeer(np, r.From, p.from) && anyPort(r.Ports, p) {
				return true
			}
		}
	}
	return !isolated
}

func (o oracle) senderAllows(p packet) bool {
	if p.from.pod == nil {
		return true
	}
	isolated := false
	for _, np := range o.policies {
		if !o.isAbout(np, p.from.pod, networking.PolicyTypeEgress) {
			continue
		}
		isolated = true
		for _, r := range np.Spec.Egress {
			if o.anyPeer(np, r.To, p.to) && anyPort(r.Ports, p) {
				return true
			}
		}
	}
	return !isolated
}

func (o oracle) isAbout(np *networking.NetworkPolicy, p *pod, direction networking.PolicyType) bool {
	types := np.Spec.PolicyTypes
	if len(types) == 0 {
		types = []networking.PolicyType{networking.PolicyTypeIngress}
		if len(np.Spec.Egress) > 0 {
			types = append(types, networking.PolicyTypeEgress)
		}
	}
	return slices.Contains(types, direction) && np.Namespace == p.namespace && matches(&np.Spec.PodSelector, p.labels)
}

func (o oracle) anyPeer(np *networking.NetworkPolicy, peers []networking.NetworkPolicyPeer, e end) bool {
	return len(peers) == 0 || slices.ContainsFunc(peers, func(peer networking.NetworkPolicyPeer) bool {
		switch {
		case peer.IPBlock != nil:
			return e.addr.IsValid() && isIn(e.addr, peer.IPBlock.CIDR) &&
				!slices.ContainsFunc(peer.IPBlock.Except, func(hole string) bool { return isIn(e.addr, hole) })
		case e.pod == nil:
			return false
		case peer.NamespaceSelector == nil:
			return e.pod.namespace == np.Namespace && matches(peer.PodSelector, e.pod.labels)
		}
		return matches(peer.NamespaceSelector, o.namespaces[e.pod.namespace]) &&
			(peer.PodSelector == nil || matches(peer.PodSelector, e.pod.labels))
	})
}

func anyPort(ports []networking.NetworkPolicyPort, p packet) bool {
	return len(ports) == 0 || slices.ContainsFunc(ports, func(port networking.NetworkPolicyPort) bool {
		protocol := core.ProtocolTCP
		if port.Protocol != nil {
			protocol = *port.Protocol
		}
		switch {
		case protocol != p.protocol:
			return false
		case port.Port == nil:
			return true
		case port.Port.Type == intstr.String:
			return p.to.pod != nil && p.to.pod.ports[port.Port.StrVal] == p.port
		case port.EndPort != nil:
			return port.Port.IntVal <= p.port && p.port <= *port.EndPort
		}
		return port.Port.IntVal == p.port
	})
}

func matches(s *meta.LabelSelector, labels map[string]string) bool {
	selector, err := meta.LabelSelectorAsSelector(s)
	if err != nil {
		panic(err)
	}
	return selector.Matches(selectors.Set(labels))
}

func isIn(addr netip.Addr, cidr string) bool {
	return netip.MustParsePrefix(cidr).Contains(addr)
}
