// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"os/exec"

	"github.com/hypha-net/hypha/internal/testbed"
)

// dir is for what agents and etcd keep.
const dir = "/run/hypha-cluster"

// story is the stage: three nodes, and what is in the containers on them.
type story struct {
	tb      testbed.TB
	ctx     context.Context // of the whole demo: a Ctrl-C ends it
	cluster *testbed.Cluster
	inside  map[string]*testbed.Namespace // containers
	address map[string]string             // IPv6, of containers
	wire    *wire
	scenes  int
}

func newStory(ctx context.Context, tb testbed.TB) *story {
	s := &story{tb: tb, ctx: ctx, wire: wires[os.Getenv("MODE")], inside: map[string]*testbed.Namespace{}, address: map[string]string{}}
	if s.wire == nil {
		tb.Fatalf("MODE is %q: want native, or nothing for the overlay", os.Getenv("MODE"))
	}
	if os.Geteuid() != 0 {
		tb.Fatalf("needs root, for BPF and network namespaces: sudo make demo-cluster")
	}
	tb.Cleanup(func() { s.check(os.RemoveAll(dir)) })
	s.check(os.MkdirAll(dir, 0o700))
	s.cluster = testbed.NewCluster(tb, s.program("hypha"), s.program("etcd"), 1, dir)
	for _, name := range []string{"a", "b", "c"} {
		s.cluster.Machine(name, append([]string{"--health-interval", "1s", "--lease", "5s"}, s.wire.flags...)...)
	}
	return s
}

// launch starts the agent of a node.
func (s *story) launch(node string) {
	agent := s.cluster.Agents[node]
	prompt(node, agent.CommandLine()+" &")
	s.check(agent.Launch())
}

// place returns the namespace of a node or container, and the socket of the agent there.
func (s *story) place(name string) (at *testbed.Namespace, socket string) {
	if agent := s.cluster.Agents[name]; agent != nil {
		return agent.Namespace, agent.Socket()
	}
	return s.inside[name], ""
}

func (s *story) program(name string) string {
	path, err := exec.LookPath(name)
	s.check(err)
	return path
}

// check ends the story if it can not go on.
func (s *story) check(err error) {
	s.tb.Helper()
	if s.ctx.Err() != nil {
		s.tb.Fatalf("interrupted")
	}
	if err != nil {
		s.tb.Fatalf("%v", err)
	}
}

// require ends the story if it is not true.
func (s *story) require(truth bool, otherwise string) {
	s.tb.Helper()
	if !truth {
		s.tb.Fatalf("%s", otherwise)
	}
}
