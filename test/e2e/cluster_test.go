// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"os/exec"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/internal/testbed"
)

// cluster is the script command that makes a cluster of machines, and does things to them.
func cluster(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) > 1, "cluster etcd N | machine NAME | join | launch NAME [FLAG]... | stop | kill | freeze | thaw NAME | cut | heal NAME NAME | depose etcd")
	s, verb, name := stageOf(ts), args[0], args[1]
	switch verb {
	case "etcd":
		s.cluster = newCluster(ts, name)
	case "machine", "join":
		flags := append([]string{"--datapath", ts.Getenv("DATAPATH")}, args[2:]...)
		addMachine(ts, s.cluster.Machine(name, flags...), name)
		if verb == "join" {
			launch(ts, neg, s.cluster, name)
		}
	case "launch":
		launch(ts, neg, s.cluster, name, args[2:]...)
	case "depose":
		usage(ts, !neg && len(args) == 2, "cluster depose etcd")
		leader := s.cluster.Leader()
		leader.Kill()
		leader.Launch()
	case "cut", "heal":
		usage(ts, len(args) == 3, "cluster cut | heal NAME NAME")
		do := map[string]func(a, b *testbed.Node){"cut": s.cluster.Cut, "heal": s.cluster.Heal}[verb]
		do(s.cluster.Find(name), s.cluster.Find(args[2]))
	default:
		p := processOf(ts, s.cluster, name)
		do, found := map[string]func(){"stop": p.Stop, "kill": p.Kill, "freeze": p.Freeze, "thaw": p.Thaw}[verb]
		usage(ts, found, "cluster stop | kill | freeze | thaw NAME")
		do()
	}
}

func newCluster(ts *testscript.TestScript, members string) *testbed.Cluster {
	n, err := strconv.Atoi(members)
	ts.Check(err)
	etcd, err := exec.LookPath("etcd")
	ts.Check(err)
	c := testbed.NewCluster(bed{ts}, ts.Getenv("HYPHA"), etcd, n, ts.MkAbs("."))
	ts.Setenv("ETCD", c.URLs())
	ts.Setenv("world", c.Path)
	return c
}

func addMachine(ts *testscript.TestScript, machine *testbed.Agent, name string) {
	ts.Setenv(name, machine.Path)
	ts.Setenv(name+"4", machine.IPv4.String())
	ts.Setenv(name+"6", machine.IPv6.String())
	ts.Setenv(name+"_socket", machine.Socket())
	ts.Setenv(name+"_state", machine.State)
}

// launch starts an agent or a member of etcd, again perhaps. With !, an agent has to refuse.
func launch(ts *testscript.TestScript, neg bool, c *testbed.Cluster, name string, flags ...string) {
	for _, m := range c.Etcd {
		if m.Node == c.Find(name) {
			m.Launch()
			return
		}
	}
	expect(ts, neg, c.Agents[name].Launch(flags...))
}

func expect(ts *testscript.TestScript, failure bool, err error) {
	if failure == (err == nil) {
		ts.Fatalf("error %v, want one: %v", err, failure)
	}
}

// gateways is the script command that looks up a node's addresses in the cluster's prefixes.
func gateways(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "gateways NODE")
	out, err := stageOf(ts).cluster.Agents[args[0]].Hypha("status", "-o", "json")
	ts.Check(err)
	var status api.Status
	ts.Check(json.Unmarshal([]byte(out), &status))
	ts.Setenv(args[0]+"_gateway6", status.Node.Router6.String())
	ts.Setenv(args[0]+"_gateway4", status.Node.Router4.String())
}

func processOf(ts *testscript.TestScript, c *testbed.Cluster, name string) *testbed.Process {
	for _, m := range c.Etcd {
		if m.Node == c.Find(name) {
			return m.Process
		}
	}
	if a := c.Agents[name]; a != nil && a.Process != nil {
		return a.Process
	}
	ts.Fatalf("nothing runs on %s", name)
	return nil
}
