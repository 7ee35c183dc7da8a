// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

func (n *node) ids(t *testing.T) []endpoint.ID {
	t.Helper()
	ids, err := n.IDs()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(ids)
	return ids
}

func TestRemoveLeavesNothing(t *testing.T) {
	n := newNode(t)
	n.apply(n.endpoint(1))
	other := n.apply(n.endpoint(2))
	for range 2 { // removing what is not there is no error
		if err := n.takeDown(1); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(kernelState{}, n.state(1), compareStates); diff != "" {
			t.Errorf("left in the kernel:\n%s", diff)
		}
	}
	if ids := n.ids(t); !slices.Equal(ids, []endpoint.ID{2}) {
		t.Errorf("endpoints %v, want 2", ids)
	}
	if left := n.state(2); left.Info.Generation != other.Generation || left.Entry == 0 {
		t.Errorf("endpoint 2 is now %+v", left)
	}
	if _, found := n.Report(1); found {
		t.Error("there is still a report")
	}
	if _, err := n.Ask(1, true, identity.Host, policy.TCP, 80); !errors.Is(err, ErrNotLoaded) {
		t.Errorf("asking a removed endpoint: %v", err)
	}
}

// As long as something is left, the endpoint is named: also to the next agent. A directory in the place of the pinned link
// can not be removed.
func TestRemoveThatFailedHalfway(t *testing.T) {
	n := newNode(t)
	n.apply(n.endpoint(1))
	n.linkAll()
	pin := filepath.Join(linksDir(n.config.Dir), linkName(1))
	if err := errors.Join(os.Remove(pin), os.MkdirAll(filepath.Join(pin, "full"), 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := n.takeDown(1); err == nil {
		t.Fatal("no error")
	}
	n.reopen()
	if ids := n.ids(t); !slices.Equal(ids, []endpoint.ID{1}) {
		t.Errorf("endpoints %v, want 1", ids)
	}
	if err := os.Remove(filepath.Join(pin, "full")); err != nil {
		t.Fatal(err)
	}
	if err := n.takeDown(1); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(kernelState{}, n.state(1), compareStates); diff != "" {
		t.Errorf("left in the kernel:\n%s", diff)
	}
}

// Endpoints of an agent that was killed are known by the next, which has no record of them in memory.
func TestRemoveWhatAnEarlierAgentMade(t *testing.T) {
	n := newNode(t)
	n.apply(n.endpoint(1))
	n.reopen()
	if ids := n.ids(t); !slices.Equal(ids, []endpoint.ID{1}) {
		t.Fatalf("endpoints %v, want 1", ids)
	}
	if err := n.takeDown(1); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(kernelState{}, n.state(1), compareStates); diff != "" {
		t.Errorf("left in the kernel:\n%s", diff)
	}
}
