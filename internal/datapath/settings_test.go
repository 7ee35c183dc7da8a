// SPDX-License-Identifier: Apache-2.0

package datapath_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/testbed"
)

// forwardingKeys are the settings that a test of Forwarding looks at, on a node with an uplink.
var forwardingKeys = []string{
	"net/ipv4/ip_forward",
	"net/ipv6/conf/all/forwarding",
	"net/ipv6/conf/eth0/accept_ra",
	"net/ipv6/conf/lo/accept_ra",
}

// settings reads forwardingKeys as one line.
func settings(t *testing.T, n *testbed.Namespace) string {
	t.Helper()
	var values []string
	n.Must(func() error {
		for _, key := range forwardingKeys {
			data, err := os.ReadFile("/proc/sys/" + key)
			if err != nil {
				return err
			}
			values = append(values, strings.TrimSpace(string(data)))
		}
		return nil
	})
	return strings.Join(values, " ")
}

func set(t *testing.T, n *testbed.Namespace, values string) {
	t.Helper()
	n.Must(func() error {
		for i, value := range strings.Fields(values) {
			if err := os.WriteFile("/proc/sys/"+forwardingKeys[i], []byte(value), 0); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestForwarding(t *testing.T) {
	testbed.NeedRoot(t)
	for _, c := range []struct {
		name                        string
		before, synced, then, after string // then: what somebody sets meanwhile; "" nothing
	}{
		{"a plain host", "0 0 1 1", "1 1 2 2", "", "0 0 1 1"},
		{"one that forwards already", "1 1 1 1", "1 1 1 1", "", "1 1 1 1"},
		{"one that forwards IPv4 (Docker)", "1 0 1 1", "1 1 2 2", "", "1 0 1 1"},
		{"one that ignores router advertisements", "0 0 0 0", "1 1 0 0", "", "0 0 0 0"},
		{"somebody changes settings meanwhile", "0 0 1 1", "1 1 2 2", "1 1 0 2", "0 0 0 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := testbed.NewWorld(t).NewNode("node")
			f := datapath.Forwarding{File: filepath.Join(t.TempDir(), "sysctls")}
			set(t, n.Namespace, c.before)
			for range 3 { // the record is of the first time
				n.Must(f.Sync)
				if got := settings(t, n.Namespace); got != c.synced {
					t.Errorf("after Sync: %s, want %s", got, c.synced)
				}
			}
			set(t, n.Namespace, c.then)
			for range 2 { // no record is no error
				n.Must(f.Restore)
				if got := settings(t, n.Namespace); got != c.after {
					t.Errorf("after Restore: %s, want %s", got, c.after)
				}
			}
			if left, _ := filepath.Glob(f.File + "*"); len(left) > 0 {
				t.Errorf("%v is left", left)
			}
		})
	}
}

func TestForwardingRefusesBrokenRecord(t *testing.T) {
	testbed.NeedRoot(t)
	n := testbed.NewWorld(t).NewNode("node")
	f := datapath.Forwarding{File: filepath.Join(t.TempDir(), "sysctls")}
	if err := os.WriteFile(f.File, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := settings(t, n.Namespace)
	for _, f := range []func() error{f.Sync, f.Restore} {
		if err := n.Do(f); err == nil || !strings.Contains(err.Error(), "sysctls") {
			t.Errorf("a broken record: %v, want an error with its path", err)
		}
	}
	if diff := cmp.Diff(before, settings(t, n.Namespace)); diff != "" {
		t.Errorf("changed in spite of that: %s", diff)
	}
}
