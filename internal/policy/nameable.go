// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"strings"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
)

// canName reports whether a rule can be about the peer and no other known one.
func (n namer) canName(p Peer) bool {
	if !p.hasLabelSet() {
		return p.expression() != ""
	}
	form, whole := p.nameable()
	switch {
	case n.known == nil || form == "":
		return form != ""
	case whole:
		return n.alike[form] == 1
	}
	return n.selector([]Peer{p}) != "" // what it has may be what others have, too
}

// expression returns what names a peer that has no labels: its word or its prefix. It is "" for others.
func (p Peer) expression() string {
	switch {
	case p.isCIDR():
		return cidrMark + p.Prefix.String()
	case isWord(p.ID.String()):
		return p.ID.String()
	case p.isWorld():
		return string(wordWorld)
	}
	return ""
}

// nameable writes all that selectors can say about a label set, "" if that is nothing; whole if that is all that it has.
func (p Peer) nameable() (selector string, whole bool) {
	var parts []string
	whole = true
	for _, key := range p.Labels.Keys() {
		part := sayable(key, p.Labels[key])
		if part != "" {
			parts = append(parts, part)
		}
		whole = whole && part == key+"="+p.Labels[key]
	}
	return strings.Join(parts, ","), whole
}

// exactSelectors asks for every label of each peer.
func exactSelectors(wanted []Peer) []named {
	var all []named
	for _, p := range wanted {
		if selector, _ := p.nameable(); selector != "" {
			all = append(all, named{[]Peer{p}, selector})
		}
	}
	return all
}

// sayable asks for a label, as a part of a selector: for its key only where the syntax has no room for the value,
// and "" where it has none for the key, or would take it for a word or an address.
func sayable(key, value string) string {
	p := Peer{ID: identity.FirstLabelSet, Labels: labels.Set{key: value}}
	for _, part := range []string{key + "=" + value, key} {
		if t, err := parsePeer(part); err == nil && t.selector != nil && t.matches(p) {
			return part
		}
	}
	return ""
}
