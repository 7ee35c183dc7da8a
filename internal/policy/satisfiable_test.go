// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"strings"
	"testing"

	selectors "k8s.io/apimachinery/pkg/labels"
	"pgregory.net/rapid"
)

func TestUnsatisfiable(t *testing.T) {
	for selector, key := range map[string]string{
		"a=1,a=2":                          "a",
		"a in (1,2),a notin (1,2,3)":       "a",
		"a,!a":                             "a",
		"a=1,!a":                           "a",
		"a=1,a!=1":                         "a",
		"a>5,a<6":                          "a",
		"a>5,a<3":                          "a",
		"a>9223372036854775807":            "a",
		"a>1,a=x":                          "a",
		"a in (1,5),a>5":                   "a",
		"b=1,c=1,c=2":                      "c",
		"!a,a>1":                           "a",
		"a in (1,2),a in (2,3),a in (1,3)": "a",
		"a=1":                              "",
		"a!=1,a!=2":                        "",
		"a notin (1),!a":                   "",
		"a>5,a<7":                          "",
		"a>5,a<7,a!=6":                     "", // 06
		"a in (1,2),a notin (1)":           "",
		"a in (1,9),a>5":                   "",
		"a=1,b=2":                          "",
	} {
		parsed, err := selectors.Parse(selector)
		if err != nil {
			t.Fatal(err)
		}
		if got, never := unsatisfiable(parsed); got != key || never != (key != "") {
			t.Errorf("%s: key %q never %v, want %q", selector, got, never, key)
		}
	}
}

// TestSatisfiableAgreesWithTrying holds the decision against all short values.
func TestSatisfiableAgreesWithTrying(t *testing.T) {
	requirement := rapid.SampledFrom([]string{
		"a", "!a", "a=1", "a=2", "a=x", "a!=1", "a!=2", "a!=x", "a in (1,2,3)", "a in (2,x)", "a notin (1,2)", "a notin (2,3)",
		"a>0", "a>1", "a>2", "a<1", "a<3", "a<4",
	})
	sets := []selectors.Set{{}}
	for _, value := range []string{"", "-1", "0", "1", "2", "3", "4", "01", "02", "03", "x", "y", "00"} {
		sets = append(sets, selectors.Set{"a": value})
	}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(requirement, 1, 5).Draw(t, "requirements"), ",")
		selector, err := selectors.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		matched := false
		for _, set := range sets {
			matched = matched || selector.Matches(set)
		}
		if _, never := unsatisfiable(selector); never == matched {
			t.Fatalf("%s: never %v, but a value matches: %v", text, never, matched)
		}
	})
}

// TestUnsatisfiableInManyRequirements would not end in an hour if each of them were tried with each value of each other.
func TestUnsatisfiableInManyRequirements(t *testing.T) {
	var text strings.Builder
	text.WriteString("a")
	for i := range 20_000 {
		fmt.Fprintf(&text, ",a!=%d", i)
	}
	for end, want := range map[string]bool{"": false, ",a=x": false, ",a=7": true, ",a>5,a<7": false} {
		selector, err := selectors.Parse(text.String() + end)
		if err != nil {
			t.Fatal(err)
		}
		if _, never := unsatisfiable(selector); never != want {
			t.Errorf("%q: never %v", end, never)
		}
	}
}
