// SPDX-License-Identifier: Apache-2.0

package speaker_test

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/hypha-net/hypha/internal/bgp"
	"github.com/hypha-net/hypha/internal/bgp/leaf"
	"github.com/hypha-net/hypha/internal/bgp/speaker"
	"github.com/hypha-net/hypha/internal/testbed"
)

// TestMain lets this program be a speaker and a leaf, too.
func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	switch flag.Arg(0) {
	case "speaker":
		err = speaker.Run(context.Background(), os.Stdin, os.Stdout)
	case "leaf":
		var config leaf.Config
		if err = json.Unmarshal([]byte(flag.Arg(1)), &config); err == nil {
			err = leaf.Run(context.Background(), config, os.Stdin, os.Stdout)
		}
	default:
		flag.Set("test.parallel", "16") //nolint:errcheck // there is such a flag; what tests do here is to wait
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const (
	nodeASN = 65001
	leafASN = 65000
)

var (
	node6, node4   = netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.1")
	leaf6, leaf4   = netip.MustParseAddr("2001:db8::a"), netip.MustParseAddr("192.0.2.10")
	route6, route4 = bgp.Route{Prefix: netip.MustParsePrefix("fd00:1:2:3::/64"), NextHop: node6},
		bgp.Route{Prefix: netip.MustParsePrefix("10.7.3.0/24"), NextHop: node4}
)

// rack is a node and a leaf with one link.
type rack struct {
	testing.TB
	node, leaf *testbed.Namespace
}

func newRack(t *testing.T) *rack {
	testbed.NeedRoot(t)
	t.Parallel()
	r := &rack{TB: t, node: testbed.NewNamespace(t, "node"), leaf: testbed.NewNamespace(t, "leaf")}
	testbed.Connect(r.node, "eth0", r.leaf, "eth0")
	for _, address := range []netip.Addr{node6, node4} {
		r.node.Address("eth0", prefixAt(address))
	}
	for _, address := range []netip.Addr{leaf6, leaf4} {
		r.leaf.Address("eth0", prefixAt(address))
	}
	return r
}

// prefixAt is an address on the link.
func prefixAt(address netip.Addr) netip.Prefix {
	if address.Is4() {
		return netip.PrefixFrom(address, 24)
	}
	return netip.PrefixFrom(address, 64)
}

// running is a child of the test.
type running struct {
	stop func()
	in   io.Writer
	out  *bufio.Scanner
}

// startLeaf starts one that expects the node by its IPv6 address, unless change says otherwise.
func (r *rack) startLeaf(change func(*leaf.Config)) *running {
	r.Helper()
	config := leaf.Config{ASN: leafASN, RouterID: "192.0.2.10", Nodes: []leaf.Node{{Address: node6, ASN: nodeASN}}}
	if change != nil {
		change(&config)
	}
	text, err := json.Marshal(config)
	if err != nil {
		r.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, os.Args[0], "leaf", string(text))
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	cmd.Stderr = os.Stderr
	if err1 != nil || err2 != nil {
		r.Fatal(err1, err2)
	}
	if err := r.leaf.Start(cmd); err != nil {
		r.Fatal(err)
	}
	one := &running{in: in, out: bufio.NewScanner(out), stop: func() {
		stop()
		cmd.Wait() //nolint:errcheck // it was killed
	}}
	r.Cleanup(one.stop)
	return one
}

// routes are those that the leaf has now.
func (r *rack) routes(of *running) (routes []leaf.Route) {
	r.Helper()
	fmt.Fprintln(of.in)
	if !of.out.Scan() {
		r.Fatal("the leaf has ended")
	}
	if err := json.Unmarshal(of.out.Bytes(), &routes); err != nil {
		r.Fatal(err)
	}
	return routes
}

// awaitRoutes waits until the leaf has exactly these.
func (r *rack) awaitRoutes(of *running, want ...leaf.Route) {
	r.Helper()
	slices.SortFunc(want, func(a, b leaf.Route) int { return a.Prefix.Compare(b.Prefix) })
	r.await(func() string {
		if got := r.routes(of); !slices.Equal(got, want) {
			return fmt.Sprintf("the leaf has %v, want %v", got, want)
		}
		return ""
	})
}

// startSpeaker starts one on the node. It returns how it stands, and what ends the speaker as its agent would.
func (r *rack) startSpeaker(config bgp.Config, routes ...bgp.Route) (*bgp.Process, func()) {
	r.Helper()
	process := bgp.NewProcess(config, os.Args[0], "speaker")
	process.Announce(routes)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() {
		defer close(done)
		done <- r.node.Do(func() error { return process.Run(ctx, func(_, after bgp.Sessions) { r.Logf("sessions: %+v", after) }) })
	}()
	stop := func() {
		cancel()
		if err := <-done; err != nil {
			r.Errorf("the speaker: %v", err)
		}
	}
	r.Cleanup(stop)
	return process, stop
}

// config is of a node with one peer.
func config(peer netip.Addr) bgp.Config {
	return bgp.Config{
		ASN: nodeASN, RouterID: node4, IPv4: true, RestartTime: bgp.DefaultRestartTime,
		Peers: []bgp.Peer{{Address: peer, ASN: leafASN}},
	}
}

// await waits until why has nothing to complain of.
func (r *rack) await(why func() string) {
	r.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		complaint := why()
		if complaint == "" {
			return
		}
		if time.Now().After(deadline) {
			r.Fatal(complaint)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func learned(route bgp.Route) leaf.Route {
	return leaf.Route{Prefix: route.Prefix, NextHop: route.NextHop}
}

func stale(route bgp.Route) leaf.Route {
	return leaf.Route{Prefix: route.Prefix, NextHop: route.NextHop, Stale: true}
}
