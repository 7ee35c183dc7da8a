// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
)

// TestTranslationMeansTheSame holds translations of random NetworkPolicies, judged as an agent with
// --enforce selected judges, against the API reference on the originals.
func TestTranslationMeansTheSame(t *testing.T) {
	packets := 0
	rapid.Check(t, func(t *rapid.T) {
		truth := oracle{namespaces: drawNamespaces(t), policies: drawNetworkPolicies(t)}
		var translated []policy.Policy
		for _, np := range truth.policies {
			translated = append(translated, translate(t, np))
		}
		w := newWorld(t, translated...)
		ends := drawEnds(t)
		for _, from := range ends {
			for _, to := range ends {
				p := packet{from: from, to: to}
				p.protocol, p.port = drawPort(t)
				got := w.rules.Explain(w.peer(truth, from), w.peer(truth, to), protocolNumber(p.protocol), uint16(p.port))
				if want := truth.allows(p); got.Allowed != want {
					text, _ := policy.Marshal(translated...)
					t.Fatalf("%s -> %s %s %d: the standard says %v\negress: %+v\ningress: %+v\n%s",
						w.peer(truth, from).Labels, w.peer(truth, to).Labels, p.protocol, p.port, want, got.Egress, got.Ingress, text)
				}
				packets++
			}
		}
	})
	t.Logf("%d packets", packets)
}

func translate(t *rapid.T, np *networking.NetworkPolicy) policy.Policy {
	document, err := json.Marshal(np)
	if err != nil {
		t.Fatal(err)
	}
	p, _, err := Translate(document)
	if err != nil {
		t.Fatalf("%s: %v", document, err)
	}
	return p
}

// drawEnds returns pods, addresses around blockSamples, a container that is no pod, and both kinds of node.
func drawEnds(t *rapid.T) []end {
	ends := []end{{}, {node: true}}
	for range rapid.IntRange(1, 5).Draw(t, "pods") {
		p := &pod{namespace: namespaceSample.Draw(t, "namespace"), labels: drawLabels(t, "app", "env"), ports: map[string]int32{}}
		for _, name := range portNames {
			if port := rapid.SampledFrom(append(portNumbers, 0)).Draw(t, name); port != 0 {
				p.ports[name] = port
			}
		}
		ends = append(ends, end{pod: p})
	}
	for _, a := range []string{"198.51.100.7", "198.51.100.200", "198.51.1.1", "203.0.113.1", "2001:db8::1", "2001:db8:1::1"} {
		ends = append(ends, end{addr: netip.MustParseAddr(a)})
	}
	return ends
}

// peer returns the identity of one end, a pod's with the labels that docs/kubernetes-networkpolicy.md gives it.
func (w world) peer(o oracle, e end) policy.Peer {
	switch {
	case e.node:
		return policy.Peer{ID: identity.Host}
	case e.addr.IsValid():
		return w.address(e.addr)
	case e.pod == nil:
		return endpoint(labels.Set{"app": "web"})
	}
	set := labels.Set{"namespace": e.pod.namespace}
	for key, value := range e.pod.labels {
		set[key] = value
	}
	for key, value := range o.namespaces[e.pod.namespace] {
		if key != core.LabelMetadataName {
			set["namespace"+dotted(key)] = value
		}
	}
	for name, port := range e.pod.ports {
		set["port/"+name] = fmt.Sprint(port)
	}
	return endpoint(set)
}

// dotted returns what stands behind "namespace" in the label for one of a namespace.
func dotted(key string) string {
	if strings.Contains(key, "/") {
		return "." + key
	}
	return "/" + key
}

func protocolNumber(p core.Protocol) policy.Protocol {
	protocol, err := policy.ParseProtocol(strings.ToLower(string(p)))
	if err != nil {
		return policy.ICMP
	}
	return protocol
}

func drawPort(t *rapid.T) (core.Protocol, int32) {
	protocol := rapid.SampledFrom([]core.Protocol{core.ProtocolTCP, core.ProtocolTCP, core.ProtocolUDP, core.ProtocolSCTP, ""}).Draw(t, "protocol")
	if protocol == "" {
		return "", 8 // an ICMP echo request
	}
	return protocol, rapid.SampledFrom(portNumbers).Draw(t, "port")
}
