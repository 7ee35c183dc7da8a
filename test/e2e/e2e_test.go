// SPDX-License-Identifier: Apache-2.0

// Package e2e runs Hypha as a user would: the scripts in testdata are what one types, on a real kernel, against the real
// binary and, where the name begins with docker, a real Docker engine.
//
// A script is one node of its own: a network namespace with an uplink into a world (see testbed), an agent in it, containers.
// Beside testscript's own commands it has:
//
//	node [FLAG]...            makes the node and starts its agent with these flags
//	machine                   makes the node, without an agent
//	agent start [FLAG]...     starts it (again); $AGENT is its process, agent.log what it says
//	agent stop | kill         ends it: asked to, or with SIGKILL
//	engine start | stop       a Docker engine on the node, in a mount namespace that it shares with the agent; before node
//	namespace NAME            a container to be: an empty namespace, its path in $NAME
//	namespaces N DIR          N of them, their paths DIR/1 to DIR/N
//	addresses NAME            sets $NAME4 and $NAME6 (and $NAMEif, the host's side) to those of endpoint NAME
//	container NAME LABELS     all in one: namespace, hypha endpoint add, addresses
//	cluster etcd N            the store of a cluster: so many members of etcd, called etcd1 ..., each on a machine of its own; $ETCD is where
//	cluster machine NAME      a machine for a node. Its namespace is $NAME, its addresses $NAME4 and $NAME6, its state is in $NAME_state
//	cluster join NAME [FLAG]...   a machine, and its agent
//	cluster launch NAME [FLAG]... | stop | kill | freeze | thaw NAME    what runs on a machine
//	cluster cut | heal NAME NAME    two machines from each other; they do not notice
//	cluster depose etcd             kills the member that leads, and starts it again
//	                          Nodes of a cluster take packets as $DATAPATH says, by the overlay or native, unless a flag does; $MTU fit then
//	gateways NAME             sets $NAME_gateway6 and $NAME_gateway4: what the node of a cluster has in its prefixes
//	count FILE PATTERN MIN    fails if fewer than MIN lines of FILE match
//	exits STATUS PROGRAM ...  runs a program and wants this exit status
//	complains PATTERN         wants the last command to have printed one line of complaint, and it to match
//
// $world and $node are namespaces too, with $world4 ... $node6. The small programs in the files called program_*_test.go are on the
// PATH: in, on, etcd, answer, say, silence, talk, call, change, crowd, spoof, eventually, parallel, json, leaf.
package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hypha-net/hypha/internal/testbed"
)

func TestMain(m *testing.M) { testscript.Main(m, programs()) }

func TestScripts(t *testing.T) {
	testbed.NeedRoot(t)
	bin := build(t)
	testscript.Run(t, testscript.Params{
		Dir:   "testdata",
		Setup: func(env *testscript.Env) error { return setUp(env, bin, overlay) },
		Cmds:  commands,
	})
}

// TestNative plays what is about packets between nodes once more, with IPv6 as it is.
func TestNative(t *testing.T) {
	testbed.NeedRoot(t)
	bin := build(t)
	testscript.Run(t, testscript.Params{
		Files: []string{"testdata/cluster_traffic.txtar", "testdata/cluster_bad_input.txtar"},
		Setup: func(env *testscript.Env) error { return setUp(env, bin, native) },
		Cmds:  commands,
	})
}

// mode is how packets travel between the nodes of a script, and how large those of endpoints may be.
type mode struct{ datapath, mtu string }

var (
	overlay = mode{"overlay", "1430"} // 1500, less 70 over IPv6
	native  = mode{"native", "1500"}
)

var commands = map[string]func(*testscript.TestScript, bool, []string){
	"node":       node,
	"agent":      agent,
	"engine":     engine,
	"namespace":  namespace,
	"namespaces": namespaces,
	"addresses":  addresses,
	"container":  container,
	"cluster":    cluster,
	"gateways":   gateways,
	"count":      count,
	"complains":  complains,
	"exits":      exits,
	"machine":    bareNode,
}

// build compiles hypha and its BGP speaker, and the demo's program for containers to run: static, so that it can be all that an image holds.
func build(t *testing.T) (bin string) {
	t.Helper()
	bin = t.TempDir()
	cmd := exec.Command("go", "build", "-trimpath", "-o", bin, "github.com/hypha-net/hypha/cmd/hypha", "github.com/hypha-net/hypha/cmd/hypha-bgp", "github.com/hypha-net/hypha/demo/app")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v: %s", cmd, err, out)
	}
	return bin
}

// setUp gives a script its directories, under names that no other one has.
func setUp(env *testscript.Env, bin string, mode mode) error {
	name := fmt.Sprintf("hyphatest-%d-%s", os.Getpid(), filepath.Base(env.WorkDir))
	env.Setenv("PATH", bin+string(os.PathListSeparator)+env.Getenv("PATH")+":/usr/sbin:/sbin")
	env.Setenv("HYPHA", filepath.Join(bin, "hypha"))
	env.Setenv("APP", filepath.Join(bin, "app"))
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("HYPHA_STATE", filepath.Join(env.WorkDir, "state"))
	env.Setenv("HYPHA_RUN", filepath.Join(env.WorkDir, "run"))
	env.Setenv("HYPHA_SOCKET", filepath.Join(env.WorkDir, "run", "hypha.sock"))
	bpf := filepath.Join("/sys/fs/bpf", name)
	env.Setenv("HYPHA_BPF", bpf)
	env.Defer(func() { os.Remove(bpf) }) // of an agent that was refused; one that ran has taken it away
	env.Setenv("DATAPATH", mode.datapath)
	env.Setenv("MTU", mode.mtu)
	env.Setenv("COMPOSE_PROJECT_NAME", "shop")
	env.Setenv("DOCKER_HOST", "unix://"+filepath.Join(env.WorkDir, "docker.sock"))
	env.Values[stageKey{}] = &stage{}
	return nil
}
