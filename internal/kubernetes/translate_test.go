// SPDX-License-Identifier: Apache-2.0

package kubernetes

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"sigs.k8s.io/yaml"

	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
)

// TestTranslations reads testdata/*.txtar, each a corner of the standard. In it
//
//	networkpolicy.yaml is translated
//	policy.yaml        is the translation
//	warnings           come with it, a line each
//	packets            are judged by it under --enforce selected: "FROM -> TO PORT: passes" or "denied";
//	                   the ends are names of testdata/pods, host, or addresses of the world
func TestTranslations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test data: %v", err)
	}
	pods := readPods(t)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			testTranslation(t, file, pods)
		})
	}
}

func testTranslation(t *testing.T, file string, pods map[string]labels.Set) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, f := range archive.Files {
		sections[f.Name] = string(f.Data)
	}
	p, warnings, err := translateYAML(sections["networkpolicy.yaml"])
	if err != nil {
		t.Fatal(err)
	}
	text, err := policy.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sections["policy.yaml"], string(text)); diff != "" {
		t.Errorf("translation (-want +got):\n%s", diff)
	}
	again, _, err := ReadFile("policy.yaml", text)
	if err != nil || !cmp.Equal(again, []Read{{Policy: p}}) {
		t.Errorf("it is read back as %v, %v", again, err)
	}
	if diff := cmp.Diff(strings.TrimSpace(sections["warnings"]), joinLines(warnings)); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	w := newWorld(t, p)
	for line := range strings.Lines(sections["packets"]) {
		judgePacket(t, w, pods, strings.TrimSpace(line))
	}
}

func joinLines(warnings []Warning) string {
	lines := make([]string, len(warnings))
	for i, w := range warnings {
		lines[i] = w.String()
	}
	return strings.Join(lines, "\n")
}

// judgePacket holds a line of packets against the rules.
func judgePacket(t *testing.T, w world, pods map[string]labels.Set, line string) {
	t.Helper()
	text, want, _ := strings.Cut(line, ": ")
	ends, port, found := strings.Cut(strings.Replace(text, " -> ", ">", 1), " ")
	from, to, arrow := strings.Cut(ends, ">")
	if !found || !arrow || want != "passes" && want != "denied" {
		t.Fatalf("packet %q: write FROM -> TO PORT: passes", line)
	}
	protocol, number, err := parsePort(port)
	if err != nil {
		t.Fatalf("packet %q: %v", line, err)
	}
	e := w.rules.Explain(w.end(from, pods), w.end(to, pods), protocol, number)
	if e.Allowed != (want == "passes") {
		t.Errorf("%s\negress: %+v\ningress: %+v", line, e.Egress, e.Ingress)
	}
}

// parsePort reads 80/tcp, or icmp and icmpv6, which stand for an echo request.
func parsePort(text string) (policy.Protocol, uint16, error) {
	switch text {
	case "icmp":
		return policy.ICMP, 8, nil
	case "icmpv6":
		return policy.ICMPv6, 128, nil
	}
	number, name, _ := strings.Cut(text, "/")
	protocol, err := policy.ParseProtocol(name)
	if err != nil {
		return 0, 0, err
	}
	port, err := strconv.ParseUint(number, 10, 16)
	return protocol, uint16(port), err
}

// readPods reads testdata/pods: lines of a name and the labels of the endpoint.
func readPods(t *testing.T) map[string]labels.Set {
	text, err := os.ReadFile("testdata/pods")
	if err != nil {
		t.Fatal(err)
	}
	pods := map[string]labels.Set{}
	for line := range strings.Lines(string(text)) {
		name, set, _ := strings.Cut(strings.TrimSpace(line), " ")
		if pods[name], err = labels.ParseSet(strings.TrimSpace(set)); err != nil {
			t.Fatalf("pod %s: %v", name, err)
		}
	}
	return pods
}

func translateYAML(text string) (policy.Policy, []Warning, error) {
	document, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		return policy.Policy{}, nil, err
	}
	return Translate(document, clusterPrefix)
}

func TestItems(t *testing.T) {
	for _, c := range []struct{ list, items string }{
		{`{"apiVersion": "v1", "kind": "List", "items": [{"kind": "Pod"}, {"kind": "Service"}]}`, `[{"kind":"Pod"},{"kind":"Service"}]`},
		{`{"kind": "NetworkPolicyList", "items": [{"metadata": {}}]}`,
			`[{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{}}]`},
		{`{"kind": "NetworkPolicyList", "items": [{"kind": "Pod"}]}`, `[{"apiVersion":"networking.k8s.io/v1","kind":"Pod"}]`},
		{`{"kind": "NetworkPolicyList", "items": []}`, `[]`},
		{`{"kind": "List", "items": [null]}`, `broken NetworkPolicy: items[0]: there is nothing in it`},
		{`{"kind": "List", "items": {}}`, `broken NetworkPolicy: items: want a list, got object`},
	} {
		items, err := items([]byte(c.list))
		got, _ := json.Marshal(items)
		if err != nil {
			got = []byte(err.Error())
		}
		if string(got) != c.items {
			t.Errorf("%s: got %s, want %s", c.list, got, c.items)
		}
	}
}

func TestLists(t *testing.T) {
	for _, c := range []struct {
		version, kind string
		list          bool
	}{
		{"networking.k8s.io/v1", "NetworkPolicyList", true},
		{"v1", "List", true},
		{"networking.k8s.io/v1", "NetworkPolicy", false},
		{"networking.k8s.io/v1", "List", false},
		{"", "Policy", false},
	} {
		if isList(c.version, c.kind) != c.list {
			t.Errorf("%s %s: list %v", c.version, c.kind, !c.list)
		}
	}
}
