// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/testbed"
)

// node is the script command that makes the node with its world, unless engine did, and starts the agent.
func node(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg, "node [FLAG]...")
	makeNode(ts)
	startAgent(ts, args)
}

// bareNode is the script command that makes a node that no agent has been on.
func bareNode(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 0, "machine")
	makeNode(ts)
}

func makeNode(ts *testscript.TestScript) *testbed.Node {
	s := stageOf(ts)
	if s.node != nil {
		return s.node
	}
	world := testbed.NewWorld(bed{ts})
	s.node = world.NewNode("node")
	for name, value := range map[string]string{
		"world": world.Path, "world4": world.IPv4.String(), "world6": world.IPv6.String(),
		"node": s.node.Path, "node4": s.node.IPv4.String(), "node6": s.node.IPv6.String(),
	} {
		ts.Setenv(name, value)
	}
	return s.node
}

// namespace is the script command that makes an empty one.
func namespace(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "namespace NAME")
	ts.Setenv(args[0], testbed.NewNamespace(bed{ts}, args[0]).Path)
}

// namespaces is the script command that makes N of them, and links to them in a directory: DIR/1 to DIR/N.
func namespaces(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "namespaces N DIR")
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	dir := ts.MkAbs(args[1])
	ts.Check(os.Mkdir(dir, 0o700))
	for i := range n {
		number := strconv.Itoa(i + 1)
		ts.Check(os.Symlink(testbed.NewNamespace(bed{ts}, number).Path, filepath.Join(dir, number)))
	}
}

// container is the script command that attaches a new namespace.
func container(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "container NAME LABELS")
	name := args[0]
	namespace(ts, false, args[:1])
	hypha(ts, "endpoint", "add", name, "--netns", ts.Getenv(name), "--labels", args[1])
	addresses(ts, false, args[:1])
}

// addresses is the script command that looks up an endpoint's.
func addresses(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "addresses NAME")
	var e api.Endpoint
	ts.Check(json.Unmarshal(hypha(ts, "endpoint", "show", args[0], "-o", "json"), &e))
	ts.Setenv(args[0]+"4", e.IPv4.String())
	ts.Setenv(args[0]+"6", e.IPv6.String())
	ts.Setenv(args[0]+"if", e.Interface)
}

func usage(ts *testscript.TestScript, right bool, text string) {
	if !right {
		ts.Fatalf("usage: %s", text)
	}
}
