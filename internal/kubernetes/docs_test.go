// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/internal/policy"
)

// TestDocumentedTranslation holds the translation that docs/kubernetes-networkpolicy.md shows against the real one.
func TestDocumentedTranslation(t *testing.T) {
	page, err := os.ReadFile("../../docs/kubernetes-networkpolicy.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, found := strings.Cut(string(page), "\n\n    apiVersion:")
	given, shown, becomes := strings.Cut(example, "\n\nbecomes\n\n")
	shown, _, _ = strings.Cut(shown, "\n\n")
	if !found || !becomes {
		t.Fatal("there is no example")
	}
	p, _, err := translateYAML(unindent("    apiVersion:" + given))
	if err != nil {
		t.Fatal(err)
	}
	text, err := policy.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(unindent(shown)+"\n", string(text)); diff != "" {
		t.Errorf("translation (-shown +got):\n%s", diff)
	}
}

func unindent(block string) string {
	return strings.TrimPrefix(strings.ReplaceAll("\n"+block, "\n    ", "\n"), "\n")
}
