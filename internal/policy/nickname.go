// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"regexp"
	"strings"
)

var unfitForName = regexp.MustCompile(`[^A-Za-z0-9]+`)

// nickname is a short word about a peer, fit for the name of a policy or a rule: the value of its first label
// whose key has nothing before it, neither a domain nor port/, since such keys are a user's own.
func nickname(p Peer) string {
	name := p.ID.String()
	if p.isCIDR() {
		name = "cidr"
	}
	for _, key := range p.known().Keys() {
		name = p.Labels[key]
		if !strings.ContainsAny(key, "./") {
			break
		}
	}
	return fitForName(name)
}

// keyBeforeValue is a label's key where a selector asks for a value: what it is called does without it.
var keyBeforeValue = regexp.MustCompile(`[^,=]+=`)

// selectorNickname is a short word about those whom a selector matches: "prod-web" for env=prod,role=web.
func selectorNickname(selector string) string {
	return fitForName(keyBeforeValue.ReplaceAllString(selector, ""))
}

func fitForName(text string) string {
	const limit = 40
	name := strings.Trim(unfitForName.ReplaceAllString(text, "-"), "-")
	return name[:min(len(name), limit)]
}
