// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

const (
	ownFile = "kind: Policy\nname: own\nrules: [{select: a, egress: []}]\n"
	npFile  = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: np\nspec: {podSelector: {}}\n"
)

func TestReadFile(t *testing.T) {
	const list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: networking.k8s.io/v1\n  kind: NetworkPolicy\n  metadata: {name: in-list}\n" +
		"  spec:\n    ingress:\n    - from:\n      - ipBlock: {cidr: 10.0.0.0/8}\n"
	all, warnings, err := ReadFile("f", []byte(ownFile+"---\n"+npFile+"---\n"+list), netip.MustParsePrefix("10.1.0.0/16"))
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]bool{} // policy → whether it was translated
	for _, read := range all {
		written[read.Name] = read.Source != nil
	}
	if len(all) != 3 || written["own"] || !written["k8s.default.np"] || !written["k8s.default.in-list"] {
		t.Errorf("%v", written)
	}
	if len(warnings) != 1 || !strings.HasPrefix(warnings[0].String(), "f:20: spec.ingress[0].from[0].ipBlock.cidr: 10.0.0.0/8 covers") {
		t.Errorf("%v", warnings)
	}
}

// TestReadFileRefuses: the line is that of the field, in whichever document it is.
func TestReadFileRefuses(t *testing.T) {
	for text, want := range map[string]string{
		npFile + "---\n" + npFile: `f:10: broken name "k8s.default.np": it is given twice, first in line 4`,
		strings.Replace(ownFile, "own", "k8s.default.np", 1) + "---\n" + npFile: `f:2: broken name "k8s.default.np": it is given twice, first in line 8`,
		ownFile + "---\n" + ownFile:                                              `f:6: policy 2: name: broken name "own": it is given twice`,
		npFile + "  ingress: x\n":                                                `f:`,
		ownFile + "---\n" + strings.Replace(npFile, "{}", "{a: {}}", 1):          `f:9: broken NetworkPolicy: unknown field "spec.podSelector.a"`,
		npFile + "---\nkind: Policy\nname: p\nrules: [{select: '!'}]\n":          `f:9: policy "p": rule "rule-1": `,
		"apiVersion: v1\nkind: List\nitems:\n- {}\n- kind: Deployment\n":         `f:4: broken NetworkPolicy: apiVersion and kind are "" and "": want`,
		"apiVersion: v1\nkind: List\nitems:\n- {}\n- 5\n":                        `f:5: broken NetworkPolicy: items[1]: want keys and values, got number`,
		"apiVersion: v1\nkind: List\nitems:\n- {}\n- null\n":                     `f:5: broken NetworkPolicy: items[1]: there is nothing in it`,
		"apiVersion: v1\nkind: List\nitems: []\n":                                `f: no policy in it`,
		strings.Replace(npFile, "networking.k8s.io/v1", "extensions/v1beta1", 1): `f:1: broken NetworkPolicy: apiVersion and kind are "extensions/v1beta1" and "NetworkPolicy": want networking.k8s.io/v1 and`,
		"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicies\n":              `f:2: broken rule: kind is "NetworkPolicies": it must be Policy, or a NetworkPolicy or a list of them`,
	} {
		_, _, err := ReadFile("f", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
}

// TestLongList: what a list takes grows with its length and not with the square: lines are found without reading it all again.
func TestLongList(t *testing.T) {
	allocations := func(length int) float64 {
		list := []byte("apiVersion: v1\nkind: List\nitems:\n")
		for i := range length {
			list = fmt.Appendf(list, "- {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: np-%d}, spec: {policyTypes: [Egress], ingress: [{}]}}\n", i)
		}
		return testing.AllocsPerRun(1, func() {
			all, warnings, err := ReadFile("f", list)
			if err != nil || len(all) != length || len(warnings) != length {
				t.Fatalf("read %d of %d policies, with %d warnings: %v", len(all), length, len(warnings), err)
			}
		})
	}
	if few, many := allocations(50), allocations(200); many > 8*few {
		t.Errorf("%.0f allocations for 50 policies, %.0f for 200", few, many)
	}
}
