// SPDX-License-Identifier: Apache-2.0

package yaml

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
	k8syaml "sigs.k8s.io/yaml"
)

// What is printed as YAML says the same as the JSON, whatever strings look like.
func TestYAMLSaysWhatJSONSays(t *testing.T) {
	texts := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"yes", "null", "1.0", "0x1f", "~", "- a", "a: b", "<&>", "2026-01-02", "a\nb\n"}))
	rapid.Check(t, func(t *rapid.T) {
		value := map[string]any{
			"text":   texts.Draw(t, "text"),
			"number": rapid.Uint64Max(1<<53).Draw(t, "number"),
			"list":   rapid.SliceOf(rapid.MapOf(texts, texts)).Draw(t, "list"),
			"truth":  rapid.Bool().Draw(t, "truth"),
			"none":   nil,
		}
		document, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		text, err := FromJSON(document)
		if err != nil {
			t.Fatalf("%s: %v", document, err)
		}
		var want, got any
		if err := json.Unmarshal(document, &want); err != nil {
			t.Fatal(err)
		}
		if err := k8syaml.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s\nfrom %s (-want +got):\n%s", text, document, diff)
		}
	})
}

func TestYAMLKeepsOrder(t *testing.T) {
	for document, want := range map[string]string{
		`{"b":1,"a":[{"d":1,"c":"x"}]}`: "b: 1\na:\n- d: 1\n  c: x\n",
		`[{"b":1},{"a":2}]`:             "- b: 1\n- a: 2\n",
		`[]`:                            "[]\n",
		`18446744073709551615`:          "18446744073709551615\n",
	} {
		got, err := FromJSON([]byte(document))
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", document, got, err, want)
		}
	}
}
