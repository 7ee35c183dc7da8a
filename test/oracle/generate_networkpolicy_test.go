// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"fmt"
	"math/rand/v2"
)

func someNetworkPolicy(random *rand.Rand, number int) document {
	spec := document{"podSelector": someLabelSelector(random, "role", "env", "tls")}
	meta := document{"name": fmt.Sprintf("n%d", number)}
	meta["namespace"] = one(random, "shop", "blog")
	if chance(random, 60) {
		spec["policyTypes"] = one(random, []string{"Ingress"}, []string{"Egress"}, []string{"Ingress", "Egress"})
	}
	if chance(random, 60) {
		spec[ingress] = someNetworkPolicyRules(random, "from")
	}
	if chance(random, 60) {
		spec[egress] = someNetworkPolicyRules(random, "to")
	}
	return document{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta, "spec": spec}
}

func someNetworkPolicyRules(random *rand.Rand, direction string) []document {
	rules := []document{}
	for range random.IntN(3) {
		m := document{}
		if chance(random, 75) {
			peers := []document{}
			for range random.IntN(3) {
				peers = append(peers, someNetworkPolicyPeer(random))
			}
			m[direction] = peers
		}
		if chance(random, 60) {
			items := []document{}
			for range random.IntN(3) {
				items = append(items, someNetworkPolicyPort(random))
			}
			m["ports"] = items
		}
		rules = append(rules, m)
	}
	return rules
}

func someNetworkPolicyPeer(random *rand.Rand) document {
	pods := someLabelSelector(random, "role", "env", "tls")
	spaces := someLabelSelector(random, "team", "kubernetes.io/metadata.name")
	switch random.IntN(4) {
	case 0:
		return document{"podSelector": pods}
	case 1:
		return document{"namespaceSelector": spaces}
	case 2:
		return document{"podSelector": pods, "namespaceSelector": spaces}
	}
	block := document{"cidr": one(random, prefixes...)}
	if hole := someHole(random, []string{prefixMarker + block["cidr"].(string)}); hole != "" {
		block["except"] = []string{hole}
	}
	return document{"ipBlock": block}
}

// someLabelSelector is about one of the keys, or empty.
func someLabelSelector(random *rand.Rand, keys ...string) document {
	key := one(random, keys...)
	known := values[key]
	switch key {
	case "team":
		known = values["namespace/team"]
	case "kubernetes.io/metadata.name":
		known = values["namespace"]
	}
	switch random.IntN(5) {
	case 0:
		return document{}
	case 1:
		return document{"matchExpressions": []document{{"key": key, "operator": one(random, "Exists", "DoesNotExist")}}}
	case 2:
		operator := one(random, "In", "NotIn")
		return document{"matchExpressions": []document{{"key": key, "operator": operator, "values": []string{one(random, known...), known[0]}}}}
	}
	return document{"matchLabels": document{key: one(random, known...)}}
}

func someNetworkPolicyPort(random *rand.Rand) document {
	m := document{}
	if chance(random, 70) {
		m["protocol"] = one(random, "TCP", "UDP", "SCTP")
	}
	switch random.IntN(4) {
	case 0: // the whole protocol
	case 1:
		m["port"] = one(random, "http", "metrics")
	case 2:
		a, b := one(random, palette...), one(random, palette...)
		m["port"], m["endPort"] = min(a, b), max(a, b)
	default:
		m["port"] = one(random, palette...)
	}
	return m
}
