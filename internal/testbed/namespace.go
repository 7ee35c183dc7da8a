// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"

	"github.com/vishvananda/netlink"

	"github.com/hypha-net/hypha/internal/netns"
)

// prefix starts the name of every namespace of a testbed, so that stale ones are found.
const prefix = "hyphatest-"

var (
	sweepOnce sync.Once
	serial    atomic.Uint32 // tests of one process may use one name twice
)

// Namespace is a network namespace that lives as long as its TB.
type Namespace struct {
	Name string // as `ip netns` knows it
	Path string // what `hypha endpoint add --netns` takes

	tb TB
	ns *netns.Namespace
}

// NewNamespace makes an empty namespace with lo up.
func NewNamespace(tb TB, name string) *Namespace {
	tb.Helper()
	sweepOnce.Do(func() { Sweep(tb) })
	n := &Namespace{tb: tb}
	n.Name = fmt.Sprintf("%s%d-%d-%s", prefix, os.Getpid(), serial.Add(1), name)
	n.Path = netns.Path(n.Name)
	var err error
	if n.ns, err = netns.Create(n.Name); err != nil {
		tb.Fatalf("%v", err)
	}
	tb.Cleanup(n.remove)
	n.Up("lo")
	return n
}

func (n *Namespace) remove() {
	if err := n.ns.Close(); err != nil {
		n.tb.Logf("cleaning up: %v", err)
	}
	if err := netns.Delete(n.Name); err != nil {
		n.tb.Logf("cleaning up: %v", err)
	}
}

// Do runs f on a thread inside the namespace. f must not call the TB's Fatalf.
func (n *Namespace) Do(f func() error) error { return n.ns.Do(f) }

// Must is Do for what has to work.
func (n *Namespace) Must(f func() error) {
	n.tb.Helper()
	if err := n.Do(f); err != nil {
		n.tb.Fatalf("in %s: %v", n.Name, err)
	}
}

// Start starts a command inside the namespace. Unlike `ip netns exec` it
// keeps the mounts, so that bpffs below /sys is the caller's.
func (n *Namespace) Start(cmd *exec.Cmd) error { return n.Do(cmd.Start) }

// Output runs a command inside the namespace and returns what it wrote to both outputs.
func (n *Namespace) Output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var out []byte
	err := n.Do(func() (err error) {
		out, err = cmd.CombinedOutput()
		return err
	})
	if err != nil {
		err = fmt.Errorf("%v in %s: %w: %s", cmd, n.Name, err, out)
	}
	return string(out), err
}

// Link finds an interface by name.
func (n *Namespace) Link(name string) (link netlink.Link) {
	n.tb.Helper()
	n.Must(func() (err error) {
		link, err = netlink.LinkByName(name)
		return err
	})
	return link
}
