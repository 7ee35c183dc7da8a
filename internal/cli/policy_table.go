// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strings"

	"github.com/hypha-net/hypha/api"
)

// policyTable prints one direction's classes and rows: who may use which ports.
func (p *page) policyTable(direction, peer string, policy api.PolicyTable) {
	ports := map[int]string{}
	mentioned := 0
	for _, class := range policy.Classes {
		ports[class.Class] = strings.Join(class.Ports, " ")
		if class.Class != 0 {
			mentioned++
		}
	}
	p.linef("")
	p.linef("%s: %s, %s", direction, countText(mentioned+1, "class of ports", "classes of ports"),
		countText(policy.Kinds, "kind of peers", "kinds of peers"))
	t := newTable(flex(peer), right("IDENTITY"), flex("MAY USE"))
	for _, row := range policy.Rows {
		t.add(identityText(row.Peer), row.Peer.Number, allowedText(row.Allowed, ports, mentioned))
	}
	t.add("anybody else", "", allowedText(policy.Default, ports, mentioned))
	p.table(t)
	if hidden := policy.TotalRows - len(policy.Rows); hidden > 0 {
		p.linef("and %s: --rows 0 shows all", countText(hidden, "more row", "more rows"))
	}
}

// allowedText names the ports of the classes that are allowed.
func allowedText(allowed []int, ports map[int]string, mentioned int) string {
	var names []string
	others := false
	for _, class := range allowed {
		if class == 0 {
			others = true
			continue
		}
		names = append(names, ports[class])
	}
	switch {
	case len(allowed) == 0:
		return "nothing"
	case others && len(names) == mentioned:
		return "everything"
	case others:
		names = append(names, "all that no rule mentions")
	}
	return strings.Join(names, " ")
}
