// SPDX-License-Identifier: Apache-2.0

package internal_test

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/hypha-net/hypha/"

// floors is the house of docs/design.md section 8, the ground first. A package may import what stands on a floor below its own.
var floors = []string{
	"api bpf internal/labels internal/atomicfile internal/netns internal/unixsocket internal/yaml",
	"internal/identity",
	"internal/ipam internal/store",
	"internal/endpoint internal/policy internal/service internal/cluster",
	"internal/docker internal/cni internal/kubernetes internal/datapath internal/monitor internal/bgp",
	"internal/agent internal/bgp/speaker",
	"internal/cli internal/server",
	"internal/testbed internal/testbed/simulation internal/bgp/leaf demo/app bench/machine", // for tests, demo and measurements: may see everything
	"bench/load bench/process demo/cluster",
	"bench/agent bench/awake bench/cluster bench/report",
	"bench/contestant bench/scale",
	"bench/micro bench/control",
	"bench",
	"cmd/hypha cmd/hypha-bgp cmd/hypha-cni",
}

// apiUsers are the only packages that may know the wire types.
var apiUsers = map[string]bool{
	"internal/server": true, "internal/cli": true,
	"bench/agent": true, "bench/contestant": true, "bench/control": true, "bench/scale": true, // clients of the agents that they measure
}

func TestImportsPointDownwards(t *testing.T) {
	floor := map[string]int{}
	for i, names := range floors {
		for name := range strings.FieldsSeq(names) {
			floor[name] = i
		}
	}
	list := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"...")
	out, err := list.Output()
	if err != nil {
		t.Fatalf("%v: %v", list, err)
	}
	for line := range strings.Lines(string(out)) {
		importer, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		from := strings.TrimPrefix(importer, module)
		level, known := floor[from]
		if !known && from != "internal" && strings.Contains(imports, module) {
			t.Errorf("%s has no floor: give it one here and in docs/design.md section 8", from)
			continue
		}
		for imported := range strings.FieldsSeq(imports) {
			to, ours := strings.CutPrefix(imported, module)
			if !ours {
				continue
			}
			if floor[to] >= level || to == "api" && !apiUsers[from] {
				t.Errorf("%s → %s: imports point downwards, see docs/design.md section 8", from, to)
			}
		}
	}
}
