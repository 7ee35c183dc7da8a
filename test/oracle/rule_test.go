// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"cmp"
	"slices"
	"strings"
)

// rule is one rule of a policy file, whatever kind of document it stands in.
type rule struct {
	policy, name string
	place        int // in its policy
	tier         int
	audit        bool
	selects      matcher
	sides        map[string][]entry // "ingress", "egress": there or not, as in the file
	require      []string
}

type entry struct {
	deny  bool
	peers matcher
	ports []ports
}

type document = map[string]any

// read takes a policy file apart, and puts its rules in the order in which they are named.
func read(file string) []rule {
	var rules []rule
	for _, d := range documentsIn(file) {
		if d["kind"] == "NetworkPolicy" {
			rules = append(rules, networkPolicyRules(d)...)
		} else {
			rules = append(rules, policyRules(d)...)
		}
	}
	slices.SortFunc(rules, func(a, b rule) int {
		return cmp.Or(cmp.Compare(a.tier, b.tier), cmp.Compare(a.policy, b.policy), cmp.Compare(a.place, b.place))
	})
	return rules
}

const defaultTier = 100

func policyRules(d document) (rules []rule) {
	tier := or(d["tier"], defaultTier)
	for i, item := range list(d["rules"]) {
		m := or[document](item, nil)
		r := rule{
			policy: or(d["name"], ""), name: or(m["name"], "rule-"+itoa(i+1)), place: i, tier: or(m["tier"], tier),
			audit: or(d["audit"], false), selects: subject(or(m["select"], "")), require: texts(m["require"]), sides: map[string][]entry{},
		}
		for _, side := range []string{ingress, egress} {
			if entries, there := m[side]; there {
				r.sides[side] = entriesOf(list(entries))
			}
		}
		rules = append(rules, r)
	}
	return rules
}

func entriesOf(items []any) []entry {
	entries := []entry{}
	for _, item := range items {
		m := or[document](item, nil)
		e := entry{deny: m["action"] == "deny"}
		var peers []matcher
		for _, text := range append(texts(m["from"]), texts(m["to"])...) {
			peers = append(peers, peer(text, texts(m["except"])))
		}
		for _, text := range texts(m["ports"]) {
			e.ports = append(e.ports, portItem(text))
		}
		e.peers = anyOf(peers)
		entries = append(entries, e)
	}
	return entries
}

func subject(text string) matcher {
	switch text {
	case "":
		return ofKind(anEndpoint, anInit, theHealth)
	case anInit, theHealth:
		return ofKind(text)
	}
	return labelled(selector(text))
}

func peer(text string, except []string) matcher {
	switch text {
	case wordAny:
		return func(who, bool) bool { return true }
	case wordCluster:
		return ofKind(anEndpoint, anInit, theHealth)
	case theHost, aRemoteNode, theWorld, anInit, theHealth:
		return ofKind(text)
	}
	if prefix, is := strings.CutPrefix(text, prefixMarker); is {
		return within(prefix, trimAll(except, prefixMarker))
	}
	return labelled(selector(text))
}
