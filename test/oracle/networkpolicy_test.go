// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"slices"
	"strings"
)

// networkPolicyRules reads a networking.k8s.io/v1 NetworkPolicy as Kubernetes' reference has it, not by way of Hypha's rules.
func networkPolicyRules(d document) (rules []rule) {
	meta, spec := or[document](d["metadata"], nil), or[document](d["spec"], nil)
	namespace := or(meta["namespace"], "default")
	types := texts(spec["policyTypes"])
	if len(types) == 0 {
		types = []string{"Ingress"}
		if len(list(spec[egress])) > 0 {
			types = append(types, "Egress")
		}
	}
	for _, side := range []string{ingress, egress} {
		if !slices.ContainsFunc(types, func(t string) bool { return strings.EqualFold(t, side) }) {
			continue
		}
		r := rule{
			policy: "k8s." + namespace + "." + or(meta["name"], ""), name: side, place: len(rules), tier: defaultTier,
			selects: podsOf(namespace, spec["podSelector"]), sides: map[string][]entry{side: {}},
		}
		items := list(spec[side])
		if len(items) == 0 {
			rules = append(rules, r)
		}
		for i, item := range items {
			r.name, r.place = side+"-"+itoa(i), len(rules)
			r.sides = map[string][]entry{side: {networkPolicyEntry(namespace, or[document](item, nil))}}
			rules = append(rules, r)
		}
	}
	return rules
}

func networkPolicyEntry(namespace string, m document) (e entry) {
	var peers []matcher
	for _, item := range append(list(m["from"]), list(m["to"])...) {
		peers = append(peers, networkPolicyPeer(namespace, or[document](item, nil)))
	}
	if e.peers = anyOf(peers); len(peers) == 0 {
		e.peers = peer(wordAny, nil)
	}
	for _, item := range list(m["ports"]) {
		e.ports = append(e.ports, networkPolicyPort(or[document](item, nil)))
	}
	return e
}

func networkPolicyPeer(namespace string, m document) matcher {
	if block, is := m["ipBlock"].(document); is {
		return within(or(block["cidr"], "::/0"), texts(block["except"]))
	}
	pods, spaces := m["podSelector"], m["namespaceSelector"]
	if spaces == nil {
		return podsOf(namespace, pods)
	}
	inSpace, isPod := labelSelector(spaces), labelSelector(pods)
	return labelled(func(labels map[string]string) bool {
		_, pod := labels["namespace"]
		return pod && inSpace(namespaceLabels(labels)) && isPod(labels)
	})
}

func podsOf(namespace string, pods any) matcher {
	isPod := labelSelector(pods)
	return labelled(func(labels map[string]string) bool { return labels["namespace"] == namespace && isPod(labels) })
}

// namespaceLabels are those of the namespace object, which its pods carry.
func namespaceLabels(pod map[string]string) map[string]string {
	labels := map[string]string{"kubernetes.io/metadata.name": pod["namespace"]}
	for key, value := range pod {
		if key, of := strings.CutPrefix(key, "namespace/"); of {
			labels[key] = value
		}
	}
	return labels
}

// labelSelector: an empty one, or none, selects all.
func labelSelector(value any) func(map[string]string) bool {
	m := or[document](value, nil)
	var all []func(map[string]string) bool
	for key, value := range or[document](m["matchLabels"], nil) {
		all = append(all, expression(key, "In", []string{or(value, "")}))
	}
	for _, item := range list(m["matchExpressions"]) {
		e := or[document](item, nil)
		all = append(all, expression(or(e["key"], ""), or(e["operator"], "Exists"), texts(e["values"])))
	}
	return func(labels map[string]string) bool {
		return !slices.ContainsFunc(all, func(holds func(map[string]string) bool) bool { return !holds(labels) })
	}
}

func networkPolicyPort(m document) ports {
	protocol := strings.ToLower(or(m["protocol"], "TCP"))
	switch port := m["port"].(type) {
	case int:
		return numbers(protocol, port, or(m["endPort"], port))
	case string:
		return namedPort(port, protocol)
	}
	return func(f flow, _ bool) bool { return f.protocol == protocol }
}
