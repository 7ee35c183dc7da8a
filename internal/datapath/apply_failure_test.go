// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFailedApplyLeavesTheOldInForce(t *testing.T) {
	n := newNode(t)
	e := n.endpoint(1)
	report := n.apply(e)
	before := n.state(1)
	for _, c := range []struct {
		name   string
		change func(*Endpoint)
		want   string
	}{
		{"no address", func(e *Endpoint) { e.IPv4, e.IPv6 = netip.Addr{}, netip.Addr{} }, "no address"},
		{"the router's number", func(e *Endpoint) { e.ID = 0 }, "router device"},
		{"no interface", func(e *Endpoint) { e.Link.Host = "nowhere" }, "nowhere"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wanted, files := e, n.openFiles()
			c.change(&wanted)
			if _, err := n.try(wanted); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
			if diff := cmp.Diff(before, n.state(1), compareStates); diff != "" {
				t.Errorf("the kernel changed (-before +after):\n%s", diff)
			}
			if now, _ := n.Report(1); now.Generation != report.Generation {
				t.Errorf("the report is of generation %d, want %d", now.Generation, report.Generation)
			}
			if now := n.openFiles(); now != files {
				t.Errorf("%d files were open, now %d", files, now)
			}
		})
	}
}

// A directory in the place of the pinned link makes the commit fail when judges are installed already. The next Apply makes
// everything agree, and nothing of the failed one is kept.
func TestApplyAfterOneThatFailedHalfway(t *testing.T) {
	n := newNode(t)
	e := n.endpoint(1)
	n.apply(e)
	n.linkAll()
	before := n.openFiles()
	pin := filepath.Join(linksDir(n.config.Dir), linkName(1))
	if err := os.Remove(pin); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(pin, 0o700); err != nil {
		t.Fatal(err)
	}
	e.IPv4 = netip.MustParseAddr("10.1.0.99")
	if _, err := n.try(e); err == nil {
		t.Fatal("no error")
	}
	if after := n.openFiles(); after != before {
		t.Errorf("%d files were open, now %d", before, after)
	}
	if err := os.Remove(pin); err != nil {
		t.Fatal(err)
	}
	n.apply(e)
	n.wantInfo(t, e, n.state(1))
	if err := n.Remove(1); err != nil {
		t.Fatal(err)
	}
	n.wantNoTables(t)
}
