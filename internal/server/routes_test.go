// SPDX-License-Identifier: Apache-2.0

package server

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Package api lists the routes that there are, and no others: http.ServeMux does not tell its own, so both lists are from the sources.
func TestRoutesAreDocumented(t *testing.T) {
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	routed := routesIn(t, regexp.MustCompile(`mux\.Handle(?:Func)?\("([A-Z]+) (/[^"]+)"`), sources...)
	listed := routesIn(t, regexp.MustCompile(`(GET|POST|PUT|DELETE) +(/[^ ?\n]+)`), "../../api/doc.go")
	if diff := cmp.Diff(routed, listed); diff != "" {
		t.Errorf("routed (-), and listed in api/doc.go (+):\n%s", diff)
	}
}

func routesIn(t *testing.T, pattern *regexp.Regexp, files ...string) []string {
	t.Helper()
	routes := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range pattern.FindAllStringSubmatch(string(text), -1) {
			routes[match[1]+" "+match[2]] = true
		}
	}
	return slices.Sorted(maps.Keys(routes))
}
