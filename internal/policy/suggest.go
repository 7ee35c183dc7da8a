// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"regexp"
	"strings"
)

var unfitForName = regexp.MustCompile(`[^A-Za-z0-9]+`)

// suggest returns the least policy that lets a denied flow pass, or advice if no rule can: an
// allow does not help against a deny or a requirement, and what has no name can not be allowed.
func (r *Ruleset) suggest(e Explanation, from, to Peer, flow portRange) (suggestion, advice string) {
	for _, h := range []Half{e.Egress, e.Ingress} {
		if h.Cause == CauseDeny || h.Cause == CauseRequire {
			return "", fmt.Sprintf("no rule can allow it: change policy %q, rule %q", h.Policy, h.Rule)
		}
	}
	fromName, toName := expression(from), expression(to)
	if fromName == "" || toName == "" {
		return "", "an end without labels that a selector can name: give it labels, or use cluster"
	}
	p := Policy{Kind: PolicyKind, Name: r.freeName(from, to)}
	ports := portItems(flow)
	if !e.Ingress.Allowed {
		p.Rules = append(p.Rules, Rule{
			Select:  toName,
			Ingress: []Ingress{{From: []string{fromName}, Ports: ports}},
		})
	}
	if !e.Egress.Allowed {
		p.Rules = append(p.Rules, Rule{
			Select: fromName,
			Egress: []Egress{{To: []string{toName}, Ports: ports}},
		})
	}
	text, err := Marshal(p)
	if err != nil {
		return "", "no rule could be written: " + err.Error()
	}
	return string(text), ""
}

// expression returns what names the peer in a rule, "" if nothing does: the word of a reserved
// identity, the prefix of a CIDR, all those of its labels that selectors can name.
func expression(p Peer) string {
	switch {
	case p.isCIDR():
		return cidrMark + p.Prefix.String()
	case p.hasLabelSet():
		return exactSelector(p)
	case isWord(p.ID.String()):
		return p.ID.String()
	case p.isWorld():
		return string(wordWorld)
	}
	return ""
}

// exactSelector asks for every label of the peer. Values that the selector syntax has no room for
// are asked for by their key only.
func exactSelector(p Peer) string {
	var parts []string
	for _, key := range p.Labels.Keys() {
		for _, part := range []string{key + "=" + p.Labels[key], key} {
			t, err := parseSelector(part)
			if err == nil && t.matches(p) {
				parts = append(parts, part)
				break
			}
		}
	}
	selector := strings.Join(parts, ",")
	if isWord(selector) { // a lone key that reads as a word
		return ""
	}
	return selector
}

// portItems writes one port as a ports list. Protocols without a name pass only where all do.
func portItems(flow portRange) []string {
	switch {
	case flow.Protocol.hasPorts() && flow.First > 0:
		return []string{fmt.Sprintf("%d/%s", flow.First, flow.Protocol)}
	case protocolNames[flow.Protocol] != "":
		return []string{flow.Protocol.String()}
	}
	return nil
}

// freeName returns a name that no policy has yet: applying the suggestion replaces none.
func (r *Ruleset) freeName(from, to Peer) string {
	base := "allow-" + nickname(from) + "-to-" + nickname(to)
	name := base
	for n := 2; r.hasPolicy(name); n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	return name
}

func (r *Ruleset) hasPolicy(name string) bool {
	for _, p := range r.policies {
		if p.Name == name {
			return true
		}
	}
	return false
}

// nickname is a short word about a peer, fit for a policy's name: the value of its first label
// whose key has no domain before it, since such keys are a user's own.
func nickname(p Peer) string {
	const limit = 40
	name := p.ID.String()
	if p.isCIDR() {
		name = "cidr"
	}
	for _, key := range p.known().Keys() {
		name = p.Labels[key]
		if !strings.Contains(key, ".") {
			break
		}
	}
	name = strings.Trim(unfitForName.ReplaceAllString(name, "-"), "-")
	return name[:min(len(name), limit)]
}
