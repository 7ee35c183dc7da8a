// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"fmt"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"pgregory.net/rapid"
)

var (
	namespaceSample = rapid.SampledFrom([]string{"default", "sales", "ops"})
	valueSample     = rapid.SampledFrom([]string{"", "a", "b", "web"})
	portNumbers     = []int32{1, 79, 80, 81, 443, 8000, 8080, 65535}
	portNames       = []string{"http", "sql"}

	podKeys       = []string{"app", "env"}
	namespaceKeys = []string{"team", "example.com/tier", core.LabelMetadataName}
	blockSamples  = []networking.IPBlock{
		{CIDR: "198.51.0.0/16"}, {CIDR: "198.51.100.0/24"}, {CIDR: "0.0.0.0/0"}, {CIDR: "2001:db8::/32"}, {CIDR: "::/0"},
		{CIDR: "198.51.0.0/16", Except: []string{"198.51.100.0/24"}}, {CIDR: "198.51.0.0/16", Except: []string{"198.51.100.128/25", "198.51.1.0/24"}},
		{CIDR: "0.0.0.0/0", Except: []string{"198.51.0.0/16"}}, {CIDR: "2001:db8::/32", Except: []string{"2001:db8:1::/48"}},
		{CIDR: "198.51.100.200/32"}, {CIDR: "203.0.113.1/24"},
	}
)

// drawLabels gives each key a value, or leaves it out.
func drawLabels(t *rapid.T, keys ...string) map[string]string {
	drawn := map[string]string{}
	for _, key := range keys {
		if rapid.Bool().Draw(t, "has "+key) {
			drawn[key] = valueSample.Draw(t, key)
		}
	}
	return drawn
}

func drawNamespaces(t *rapid.T) map[string]map[string]string {
	namespaces := map[string]map[string]string{}
	for _, name := range []string{"default", "sales", "ops"} {
		namespaces[name] = drawLabels(t, "team", "example.com/tier")
		namespaces[name][core.LabelMetadataName] = name
	}
	return namespaces
}

func drawNetworkPolicies(t *rapid.T) []*networking.NetworkPolicy {
	var policies []*networking.NetworkPolicy
	for i := range rapid.IntRange(0, 4).Draw(t, "policies") {
		policies = append(policies, &networking.NetworkPolicy{
			TypeMeta:   meta.TypeMeta{APIVersion: apiVersion, Kind: kind},
			ObjectMeta: meta.ObjectMeta{Name: fmt.Sprintf("p%d", i), Namespace: namespaceSample.Draw(t, "namespace")},
			Spec:       drawSpec(t),
		})
	}
	return policies
}

func drawSpec(t *rapid.T) networking.NetworkPolicySpec {
	const in, out = networking.PolicyTypeIngress, networking.PolicyTypeEgress
	spec := networking.NetworkPolicySpec{
		PodSelector: *drawSelector(t, podKeys),
		PolicyTypes: rapid.SampledFrom([][]networking.PolicyType{nil, nil, {in}, {out}, {in, out}}).Draw(t, "types"),
	}
	for range rapid.IntRange(0, 2).Draw(t, "ingress") {
		spec.Ingress = append(spec.Ingress, networking.NetworkPolicyIngressRule{From: drawPeers(t), Ports: drawPorts(t)})
	}
	for range rapid.IntRange(0, 2).Draw(t, "egress") {
		spec.Egress = append(spec.Egress, networking.NetworkPolicyEgressRule{To: drawPeers(t), Ports: drawPorts(t)})
	}
	return spec
}

func drawPeers(t *rapid.T) []networking.NetworkPolicyPeer {
	var peers []networking.NetworkPolicyPeer
	for range rapid.IntRange(0, 3).Draw(t, "peers") {
		var p networking.NetworkPolicyPeer
		switch rapid.IntRange(0, 3).Draw(t, "form of the peer") {
		case 0:
			p.PodSelector = drawSelector(t, podKeys)
		case 1:
			p.NamespaceSelector = drawSelector(t, namespaceKeys)
		case 2:
			p.PodSelector, p.NamespaceSelector = drawSelector(t, podKeys), drawSelector(t, namespaceKeys)
		case 3:
			block := rapid.SampledFrom(blockSamples).Draw(t, "block")
			p.IPBlock = &block
		}
		peers = append(peers, p)
	}
	return peers
}

func drawSelector(t *rapid.T, keys []string) *meta.LabelSelector {
	s := &meta.LabelSelector{}
	for range rapid.IntRange(0, 2).Draw(t, "expressions") {
		key := rapid.SampledFrom(keys).Draw(t, "key")
		values := rapid.SliceOfN(valueSample, 1, 2)
		if key == core.LabelMetadataName {
			values = rapid.SliceOfN(namespaceSample, 1, 2)
		}
		e := meta.LabelSelectorRequirement{Key: key}
		switch rapid.IntRange(0, 4).Draw(t, "operator") {
		case 0:
			s.MatchLabels = map[string]string{key: values.Draw(t, "value")[0]}
			continue
		case 1:
			e.Operator, e.Values = meta.LabelSelectorOpIn, values.Draw(t, "in")
		case 2:
			e.Operator, e.Values = meta.LabelSelectorOpNotIn, values.Draw(t, "notin")
		case 3:
			e.Operator = meta.LabelSelectorOpExists
		case 4:
			e.Operator = meta.LabelSelectorOpDoesNotExist
		}
		s.MatchExpressions = append(s.MatchExpressions, e)
	}
	return s
}

func drawPorts(t *rapid.T) []networking.NetworkPolicyPort {
	var ports []networking.NetworkPolicyPort
	for range rapid.IntRange(0, 2).Draw(t, "ports") {
		var p networking.NetworkPolicyPort
		if rapid.Bool().Draw(t, "has protocol") {
			p.Protocol = new(rapid.SampledFrom([]core.Protocol{core.ProtocolTCP, core.ProtocolUDP, core.ProtocolSCTP}).Draw(t, "protocol"))
		}
		number := rapid.SampledFrom(portNumbers).Draw(t, "port")
		switch rapid.IntRange(0, 3).Draw(t, "form of the port") {
		case 1:
			p.Port = new(intstr.FromInt32(number))
		case 2:
			p.Port, p.EndPort = new(intstr.FromInt32(number)), new(rapid.Int32Range(number, 65535).Draw(t, "end port"))
		case 3:
			p.Port = new(intstr.FromString(rapid.SampledFrom(portNames).Draw(t, "port name")))
		}
		ports = append(ports, p)
	}
	return ports
}
