// SPDX-License-Identifier: Apache-2.0

package labels

import (
	"errors"
	"strings"
	"testing"
)

func TestDefaultFilter(t *testing.T) {
	for key, kept := range map[string]bool{
		"role":                                   true,
		"maintainers":                            true,
		"com.docker.compose.project":             true,
		"com.docker.compose.service":             true,
		"com.example.team":                       true,
		"maintainer":                             false,
		"org.opencontainers.image.version":       false,
		"org.label-schema.build-date":            false,
		"com.docker.compose.config-hash":         false,
		"com.docker.compose.image":               false,
		"com.docker.compose.oneoff":              false,
		"com.docker.compose.project.working_dir": false,
		"desktop.docker.io/binds/0/Source":       false,
		"pod-template-hash":                      false,
		"":                                       false,
	} {
		if _, got := DefaultFilter().Apply(Set{key: "x"})[key]; got != kept {
			t.Errorf("%q: kept %v, want %v", key, got, kept)
		}
	}
}

func TestFilterLastMatchWins(t *testing.T) {
	all := Set{"a": "", "ab": "", "b": "", "-a": ""}
	for _, c := range []struct{ patterns, kept string }{
		{"", "-a a ab b"},
		{"-a", "-a ab b"},
		{"-a*", "-a b"},
		{"-a* ab", "-a ab b"},
		{"-a* +ab -*", ""},
		{"-* a*", "a ab"},
		{"ab -ab", "-a a b"},
		{"--a", "a ab b"},
		{"-* +-a", "-a"},
	} {
		filter, err := NewFilter(strings.Fields(c.patterns))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(filter.Apply(all).Keys(), " "); got != c.kept {
			t.Errorf("%q keeps %q, want %q", c.patterns, got, c.kept)
		}
	}
	if len(all) != 4 {
		t.Errorf("Apply changed its argument: %v", all)
	}
}

func TestFilterRefusesEmptyPatterns(t *testing.T) {
	for _, text := range []string{"", "-", "+"} {
		if _, err := NewFilter([]string{"a", text}); !errors.Is(err, ErrPattern) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
