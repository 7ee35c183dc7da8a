// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"errors"
	"strings"
	"testing"
)

const mixed = `# ours
kind: Policy
name: p
rules: [{select: a, egress: []}]
---
# nothing
---

apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny-all}
...
---
just: text
`

func TestDocumentsOfSeveralKinds(t *testing.T) {
	documents, err := Documents("f", []byte(mixed))
	if err != nil {
		t.Fatal(err)
	}
	want := []Document{{Kind: PolicyKind, Line: 2}, {APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy", Line: 9}, {Line: 14}}
	if len(documents) != len(want) {
		t.Fatalf("%d documents", len(documents))
	}
	for i, d := range documents {
		if d.Kind != want[i].Kind || d.APIVersion != want[i].APIVersion || d.Line != want[i].Line || d.JSON[0] != '{' {
			t.Errorf("document %d: %+v", i+1, d)
		}
	}
	if policies, _, err := ParseDocuments("f", documents[:1]); err != nil || len(policies) != 1 {
		t.Errorf("%v %v", policies, err)
	}
	_, err = parse("f", []byte(mixed))
	if !errors.Is(err, ErrRule) || !strings.HasPrefix(err.Error(), `f:10: document 2: broken rule: kind is "NetworkPolicy": it must be Policy`) {
		t.Error(err)
	}
}

func TestNoDocuments(t *testing.T) {
	if _, _, err := ParseDocuments("f", nil); !errors.Is(err, ErrEmpty) {
		t.Error(err)
	}
}

func TestLineOfField(t *testing.T) {
	const text = "# first\n---\nspec:\n  podSelector:\n    matchLabels:\n      a.b/c: x\n  ingress:\n  - from: []\n  - from:\n    - podSelector: {}\n    - ipBlock:\n        cidr: x\n"
	documents, err := Documents("f", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for field, line := range map[string]int{
		"":                                          3,
		"spec.podSelector.matchLabels":              6,
		"spec.podSelector.matchLabels[a.b/c]":       6,
		"spec.ingress[0].from":                      8,
		"spec.ingress[1].from[0]":                   10,
		"spec.ingress[1].from[1].ipBlock.cidr":      12,
		"spec.ingress[1].from[1].ipBlock.except[0]": 12,
		"spec.ingress[7]":                           8,
		"spec.ingress[-1].x":                        8,
	} {
		if got := documents[0].LineOf(field); got != line {
			t.Errorf("%s: line %d, want %d", field, got, line)
		}
	}
}
