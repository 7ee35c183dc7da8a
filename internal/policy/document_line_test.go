// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"strings"
	"testing"
)

// below puts the lines behind those of a sound document, as the rest of a second one.
func below(lines string) string {
	return "# one\nkind: Policy\nname: one\nrules:\n- {select: a, egress: []}\n\n---\n# two\n" + lines
}

// TestErrorsNameTheLine: each input is wrong on the line that ends in "here".
func TestErrorsNameTheLine(t *testing.T) {
	const head = "kind: Policy\nname: two\nrules:\n- name: r\n  select: a=b\n"
	for _, lines := range []string{
		"kind: Pod # here\nmetadata: {}\n",
		"kind: Policy\nname: one # here\nrules:\n- {select: a, egress: []}\n",
		"kind: Policy\nname: t w o # here\nrules:\n- {select: a, egress: []}\n",
		"kind: Policy # here\nrules:\n- {select: a, egress: []}\n",
		"kind: Policy\nname: two\ntier: 1000 # here\nrules:\n- {select: a, egress: []}\n",
		"kind: Policy\nname: two\naudit: maybe # here\nrules:\n- {select: a, egress: []}\n",
		"kind: Policy\nname: two\nkind: Policy # here\n",
		"kind: Policy\nname: two\nrules: [] # here\n",
		"kind: Policy\nname: two\nrules:\n- {select: a, egress: []}\n- select: '=' # here\n  egress: []\n",
		"kind: Policy\nname: two\nrules:\n- {select: a, egress: []}\n- name: x # here\n  egress: []\n",
		"kind: Policy\nname: two\nrules:\n- {name: x, select: a, egress: []}\n- select: b\n  name: x # here\n  egress: []\n",
		"kind: Policy\nname: two\nrules:\n- {select: a, egress: []}\n- select: b # here\n",
		head + "  igress: # here\n  - from: [any]\n",
		head + "  ingress: # here\n",
		head + "  ingress: here\n",
		head + "  require:\n  - env\n  - a=b # here\n",
		head + "  require: [env,\n    env] # here\n",
		head + "  ingress:\n  - from:\n    - any\n    - 'a in' # here\n",
		head + "  ingress:\n  - from: [any]\n  - from: [any]\n    action: drop # here\n",
		head + "  ingress:\n  - from: [any]\n    ports:\n    - 80/tcp\n\n    # no such port\n    - 70000/tcp # here\n",
		head + "  ingress:\n  - from: [any]\n    ports:\n    - 80/tcp\n    - 80 # here\n",
		head + "  ingress:\n  - from:\n    - any\n    - host # here\n    action: deny\n",
		head + "  ingress:\n  - action: allow # here\n    ports: [80/tcp]\n",
		head + "  egress:\n  - to: ['cidr:10.0.0.0/8']\n    except:\n    - 10.1.0.0/16\n    - 11.0.0.0/16 # here\n",
		head + "  egress:\n  - to: ['cidr:10.0.0.0/8']\n    except:\n    - 10.1.0.0 # here\n",
		head + "  egress:\n  - to:\n    - a=1\n    - a=1,a=2 # here\n",
		head + "  egress:\n  - to: [a=1]\n  - to: [a=2]\n  - to: [a=1] # here\n    action: deny\n",
		"kind: Policy\nname: two\nrules:\n- select: a,!a # here\n  egress: []\n",
		"kind: Policy\nname: two\nrules: # here\n",
		head + "  egress:\n  - to: &all [any]\n  - to: *all\n    ports: [0/tcp] # here\n",
		head + "  egress:\n  - &same\n    to:\n    - any\n  - *same\n  - {to: [any], ports: [x]} # here\n",
		"kind: Policy\nname: two\nrules:\n- select: a\n  ingress:\n  - from: [any] }\n",
	} {
		text := below(lines)
		wrong := strings.Count(text, "\n")
		if before, _, found := strings.Cut(text, "here\n"); found {
			wrong = strings.Count(before, "\n") + 1
		}
		_, err := parse("f", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("f:%d: ", wrong)) {
			t.Errorf("%s\ngot  %v\nwant line %d", lines, err, wrong)
		}
	}
}
