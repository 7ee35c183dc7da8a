// SPDX-License-Identifier: Apache-2.0

package oracle

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// someDocuments is a policy file that Hypha takes: what it refuses is other tests' matter.
func someDocuments(random *rand.Rand, mode string) (documents []document) {
	networkPolicies := map[bool]int{true: 50, false: 15}[mode == selected]
	for i := range 1 + random.IntN(4) {
		if chance(random, networkPolicies) {
			documents = append(documents, someNetworkPolicy(random, i))
		} else {
			documents = append(documents, somePolicy(random, i))
		}
	}
	if chance(random, 10) {
		documents = append(documents, manyClasses(random))
	}
	return plain(documents)
}

// manyPorts are more than a table's row has room for in one word.
const (
	manyPorts     = 80
	firstManyPort = 2000
)

// manyClasses has a rule for each of many ports.
func manyClasses(random *rand.Rand) document {
	var rules []document
	for i := range manyPorts {
		entry := document{"from": []string{somePeer(random, false)}, "ports": []string{fmt.Sprintf("%d/tcp", firstManyPort+i)}}
		rules = append(rules, document{"select": one(random, "", someSelector(random)), ingress: []document{entry}})
	}
	return document{"kind": "Policy", "name": "many", "rules": rules}
}

// plain makes lists of texts lists of anything, as they are read from a file.
func plain(documents []document) (read []document) {
	text, err := yaml.Marshal(documents)
	if err == nil {
		err = yaml.Unmarshal(text, &read)
	}
	if err != nil {
		panic(err)
	}
	return read
}

func somePolicy(random *rand.Rand, number int) document {
	d := document{"kind": "Policy", "name": fmt.Sprintf("p%d", number)}
	if chance(random, 30) {
		d["tier"] = someTier(random)
	}
	if chance(random, 20) {
		d["audit"] = true
	}
	var rules []document
	for i := range 1 + random.IntN(4) {
		rules = append(rules, someRule(random, i))
	}
	d["rules"] = rules
	return d
}

func someTier(random *rand.Rand) int { return one(random, 0, 10, 99, 100, 101, 999) }

func someRule(random *rand.Rand, number int) document {
	m := document{"select": someSubject(random)}
	if chance(random, 70) {
		m["name"] = fmt.Sprintf("r%d", number)
	}
	if chance(random, 15) {
		m["tier"] = someTier(random)
	}
	if chance(random, 10) {
		m["require"] = []string{one(random, "env", "role", "namespace")}
	}
	if chance(random, 75) {
		m[ingress] = someEntries(random, "from")
	}
	if chance(random, 35) || len(m) == 1 || m[ingress] == nil && m["require"] == nil {
		m[egress] = someEntries(random, "to")
	}
	return m
}

func someSubject(random *rand.Rand) string {
	switch n := random.IntN(20); {
	case n < 6:
		return ""
	case n < 7:
		return anInit
	}
	return someSelector(random)
}

// someSelector has each key once: so it can be satisfied.
func someSelector(random *rand.Rand) string {
	keys := slices.Sorted(maps.Keys(values))
	random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	var all []string
	for _, key := range keys[:1+random.IntN(2)] {
		all = append(all, someRequirement(random, key))
	}
	return strings.Join(all, one(random, ",", ", "))
}

func someRequirement(random *rand.Rand, key string) string {
	value := func() string { return one(random, values[key]...) }
	if key == "size" && chance(random, 50) {
		return key + one(random, ">", "<") + one(random, "1", "2", "3")
	}
	switch random.IntN(8) {
	case 0:
		return key
	case 1:
		return "!" + key
	case 2:
		return key + "!=" + value()
	case 3:
		return fmt.Sprintf("%s in (%s, %s)", key, value(), value())
	case 4:
		return fmt.Sprintf("%s notin (%s,%s)", key, value(), value())
	}
	return key + one(random, "=", "==") + value()
}

// someEntries never has one entry with both actions.
func someEntries(random *rand.Rand, direction string) []document {
	entries := []document{}
	said := map[string]bool{}
	for range random.IntN(4) {
		e := someEntry(random, direction)
		if what := fmt.Sprint(meant(e[direction]), meant(e["except"]), meant(e["ports"])); !said[what] {
			said[what] = true
			entries = append(entries, e)
		}
	}
	return entries
}

// meant is the same for two lists of texts that mean the same, in whatever order and however often and in whatever words they say it;
// some that do not, too.
func meant(texts any) []string {
	of, _ := texts.([]string)
	var all []string
	for _, text := range of {
		text = strings.NewReplacer(prefixMarker, "", "==", "=", " notin ", "!=", " in ", "=").Replace(text)
		words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("=,() ", r) })
		slices.Sort(words)
		all = append(all, strings.Join(slices.Compact(words), " "))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func someEntry(random *rand.Rand, direction string) document {
	e := document{}
	denies := chance(random, 30)
	if denies {
		e["action"] = "deny"
	}
	var peers []string
	for range 1 + random.IntN(2) {
		peers = append(peers, somePeer(random, denies && direction == "from"))
	}
	e[direction] = peers
	if hole := someHole(random, peers); hole != "" {
		e["except"] = []string{one(random, "", prefixMarker) + hole}
	}
	if chance(random, 60) {
		var items []string
		for range 1 + random.IntN(3) {
			items = append(items, somePort(random))
		}
		e["ports"] = items
	}
	return e
}

// somePeer is not the host where that would be refused.
func somePeer(random *rand.Rand, notHost bool) string {
	switch random.IntN(10) {
	case 0, 1:
		if word := one(random, wordAny, wordCluster, theHost, theWorld, anInit, aRemoteNode, theHealth); word != theHost || !notHost {
			return word
		}
		return wordAny
	case 2, 3, 4:
		return prefixMarker + one(random, prefixes...)
	}
	return someSelector(random)
}

// someHole is a prefix inside one of the peers that leaves something of all; "" if there is none, or shall be none.
func someHole(random *rand.Rand, peers []string) string {
	hole := netip.MustParsePrefix(one(random, prefixes...))
	inside := false
	for _, text := range peers {
		text, is := strings.CutPrefix(text, prefixMarker)
		if !is {
			continue
		}
		switch p := netip.MustParsePrefix(text); {
		case p.Overlaps(hole) && p.Bits() >= hole.Bits():
			return ""
		case p.Overlaps(hole):
			inside = true
		}
	}
	if !inside {
		return ""
	}
	return hole.String()
}

func somePort(random *rand.Rand) string {
	transport := one(random, "tcp", "tcp", "udp", "udp", "sctp")
	number := func() int { return min(max(one(random, palette...)+random.IntN(3)-1, 1), 65535) }
	switch random.IntN(10) {
	case 0:
		return transport
	case 1:
		return one(random, "icmp", "icmpv6")
	case 2:
		return one(random, "8/icmp", "128/icmpv6", "0-8/icmp", "9-255/icmp", "127-129/icmpv6", "echo-request/icmp", "echo-request/icmpv6")
	case 3, 4:
		return one(random, "http", "metrics") + "/" + transport
	case 5, 6, 7:
		first, last := number(), number()
		return fmt.Sprintf("%d-%d/%s", min(first, last), max(first, last), transport)
	}
	return fmt.Sprintf("%d/%s", one(random, palette...), transport)
}
