// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/testbed"
)

// node is a datapath with a network namespace and a BPF filesystem of its own. What looks at interfaces has to run in
// the namespace: these methods do.
type node struct {
	testing.TB
	*Datapath
	ns     *testbed.Namespace
	config Config
	ledger
	wanted   Overlay                        // of a cluster's
	revision uint64                         // of the last tables that were set
	log      bytes.Buffer                   // of all that were opened
	flows    uint16                         // that were opened with packets: each from a port of its own
	drops    map[bpf.EndpointVerdict]uint64 // counted by the last drop; what passes is counted elsewhere
}

func newNode(t testing.TB) *node {
	t.Helper()
	testbed.NeedRoot(t)
	return newNodeIn(t, testbed.NewNamespace(t, "node"), 1)
}

// newNodeIn is newNode for a namespace that is there. Its prefixes come from its number:
//
//	1  fd00:0:0:1::/64  10.1.0.0/24
func newNodeIn(t testing.TB, ns *testbed.Namespace, number byte) *node {
	t.Helper()
	n := &node{TB: t, ns: ns}
	dir := filepath.Join(t.TempDir(), "bpf")
	if _, err := MountBPF(dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	n.config = Config{Dir: dir, Rulings: &n.ledger, Router: Router{
		MAC:  net.HardwareAddr{2, 'h', 'y', 'p', 'h', 'a'},
		IPv6: address6(number, 0, 1), IPv4: netip.AddrFrom4([4]byte{10, number, 0, 1}), MTU: 1500,
		Prefixes: []netip.Prefix{netip.PrefixFrom(address6(number, 0, 0), 64), netip.PrefixFrom(netip.AddrFrom4([4]byte{10, number, 0, 0}), 24)},
	}}
	n.open()
	t.Cleanup(func() { n.Close() })
	return n
}

func (n *node) open() {
	n.Helper()
	n.ns.Must(func() (err error) {
		n.Datapath, err = Open(n.config, slog.New(slog.NewTextHandler(&n.log, nil)))
		return err
	})
}

// reopen is what a restart of the agent does.
func (n *node) reopen() {
	n.Helper()
	if err := n.Close(); err != nil {
		n.Fatal(err)
	}
	n.open()
}

// address6 is fd00:0:0:NODE::HIGH:LOW.
func address6(node, high, low byte) netip.Addr {
	return netip.AddrFrom16([16]byte{0xfd, 7: node, 13: high, 15: low})
}

// here is the node's number, which its prefixes are made of.
func (n *node) here() byte { return n.config.Router.IPv4.As4()[1] }

// endpoint makes an endpoint's link, as for an orchestrator that moves its other side, and returns the rest.
func (n *node) endpoint(id endpoint.ID) Endpoint {
	n.Helper()
	e := n.spec(id)
	n.ns.Must(e.Link.Create)
	n.ns.Must(e.Link.Up)
	return e
}

// connected makes an endpoint in a container, applies it and connects it.
func (n *node) connected(id endpoint.ID, container *testbed.Namespace) (Endpoint, Report) {
	n.Helper()
	e := n.spec(id)
	a := Attachment{
		Netns: container.Path, Name: "eth0", MTU: 1500,
		IPv6: e.IPv6, IPv4: e.IPv4, Gateway6: n.config.Router.IPv6, Gateway4: n.config.Router.IPv4,
	}
	n.ns.Must(func() error { return e.Link.CreateIn(a) })
	report := n.apply(e)
	n.ns.Must(func() error { return e.Link.Connect(a) })
	return e, report
}

// linkAll gives all endpoints their links, as RunLinks does in time.
func (n *node) linkAll() {
	n.Helper()
	n.ns.Must(func() error {
		for len(n.unlinked.waiting) > 0 {
			n.linkNext()
		}
		return nil
	})
}

// takeDown deletes an endpoint's interface, and then the endpoint. Either may be gone already.
func (n *node) takeDown(id endpoint.ID) error {
	n.Helper()
	n.ns.Must(n.spec(id).Link.Delete)
	return n.Remove(id)
}

// spec is an endpoint whose link is to be made. All comes from its ID:
//
//	1  hyp00001  02:00:00:00:00:01  fd00:0:0:1::1:1  10.1.0.101  identity 301
func (n *node) spec(id endpoint.ID) Endpoint {
	last := byte(id)
	return Endpoint{
		ID: id, Identity: 300 + identity.Number(id),
		IPv6: address6(n.here(), 1, last), IPv4: netip.AddrFrom4([4]byte{10, n.here(), 0, 100 + last}),
		Link: Link{
			Host: fmt.Sprintf("hyp%05d", id), Container: fmt.Sprintf("hypc%05d", id),
			MAC: net.HardwareAddr{2, 0, 0, 0, 0, last}, HostMAC: n.config.Router.MAC, MTU: 1500,
		},
	}
}

// set gives an identity tables, which replace those that it had.
func (n *node) set(id identity.Number, in, out policy.Table) *policy.Tables {
	n.Helper()
	n.revision++
	tables := &policy.Tables{Revision: n.revision, Ingress: in, Egress: out}
	if err := n.SetTables(map[identity.Number]*policy.Tables{id: tables}); err != nil {
		n.Fatalf("setting the tables of identity %s: %+v", id, err)
	}
	return tables
}

// try is Apply in the namespace. An identity without tables gets closed ones.
func (n *node) try(e Endpoint) (report Report, err error) {
	if _, found := n.Tables(e.Identity); !found {
		n.set(e.Identity, allow(), allow())
	}
	err = n.ns.Do(func() (err error) {
		report, err = n.Apply(e)
		return err
	})
	return report, err
}

func (n *node) apply(e Endpoint) Report {
	n.Helper()
	report, err := n.try(e)
	if err != nil {
		n.Fatalf("applying endpoint %d: %+v", e.ID, err)
	}
	return report
}
