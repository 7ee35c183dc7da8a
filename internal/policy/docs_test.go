// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"os"
	"strings"
	"testing"
)

// TestDocumentedPoliciesAreSound parses every policy that docs/policy.md shows.
func TestDocumentedPoliciesAreSound(t *testing.T) {
	page, err := os.ReadFile("../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	var documents strings.Builder
	for line := range strings.Lines(string(page)) {
		code, indented := strings.CutPrefix(line, "    ")
		switch {
		case indented && strings.HasPrefix(code, "kind:"):
			documents.WriteString("---\n" + code)
		case indented && !strings.HasPrefix(code, "shop.yaml"):
			documents.WriteString(code)
		}
	}
	policies, err := Parse("docs/policy.md", []byte(documents.String()))
	if err != nil {
		t.Fatal(err)
	}
	if len(policies) != strings.Count(string(page), "    kind: Policy") {
		t.Errorf("%d policies were read", len(policies))
	}
}
