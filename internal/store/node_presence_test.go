// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// shortLease is one whose renewal, at a third of it, is seen in whole seconds.
const shortLease = 5 * time.Second

func nodeCalled(t *testing.T, s *Store, name, instance string) Node {
	t.Helper()
	number, err := s.NodeNumber(t.Context(), name, 255)
	if err != nil {
		t.Fatal(err)
	}
	return Node{
		Name: name, Number: number, Instance: instance, Place: "boot-1 8:1:77", Version: "1",
		Addresses: []netip.Addr{netip.MustParseAddr("2001:db8::1")}, Started: time.Unix(1e9, 0).UTC(),
	}
}

// announce makes a node present until the end of the test: before its store is closed.
func announce(t *testing.T, s *Store, node Node) *Presence {
	t.Helper()
	p, err := s.Announce(t.Context(), node, shortLease)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func TestNodesArePresentUnderALease(t *testing.T) {
	s := startServer(t).connect(t, patience)
	a, b := nodeCalled(t, s, "a", "ia"), nodeCalled(t, s, "b", "ib")
	present := announce(t, s, a)
	if err := present.Enforces(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	want := []Registration{{Name: "a", Number: 1, Node: &a, Enforced: 7}, {Name: "b", Number: 2}}
	wantNodes(t, s, want)
	announce(t, s, b)
	want[1].Node = &b
	wantNodes(t, s, want)

	s.revoke(t.Context(), present.lease) // it has ended
	want[0].Node, want[0].Enforced = nil, 0
	wantNodes(t, s, want)
	if err := present.Enforces(t.Context(), 8); !errors.Is(err, ErrAbsent) {
		t.Errorf("wrote under a lease that has ended: %v", err)
	}
	if err := present.Await(t.Context()); !errors.Is(err, ErrAbsent) {
		t.Errorf("kept a lease that has ended: %v", err)
	}
	if again := nodeCalled(t, s, "a", "ia"); again.Number != a.Number {
		t.Errorf("came back as number %d, was %d", again.Number, a.Number)
	}
}

func wantNodes(t *testing.T, s *Store, want []Registration) {
	t.Helper()
	got, err := s.Nodes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
}

// TestNameInUse: of two agents with one name the first stays; where it has died, or was one of the same state directory, the
// second takes its place.
func TestNameInUse(t *testing.T) {
	etcd := startServer(t)
	first, second := etcd.connect(t, patience), etcd.connect(t, DefaultTimeout)
	node := nodeCalled(t, first, "a", "i1")
	other := node
	other.Instance = "i2"
	copied := node
	copied.Place = "boot-2 8:1:77"

	alive := announce(t, first, node)
	var claims sync.WaitGroup
	for _, claimant := range []Node{other, copied} {
		claims.Go(func() {
			if _, err := second.Announce(t.Context(), claimant, shortLease); !errors.Is(err, ErrNodeTaken) || !strings.Contains(err.Error(), "2001:db8::1") {
				t.Errorf("%s at %s: %v, want a refusal that says where the other one is", claimant.Instance, claimant.Place, err)
			}
		})
	}
	claims.Wait()
	announce(t, second, node).Close() // an agent that is restarted does not wait
	if err := alive.Await(t.Context()); !errors.Is(err, ErrAbsent) {
		t.Errorf("the one before it: %v", err)
	}
	announce(t, second, copied) // waits until the lease has ended
	if all, err := first.Nodes(t.Context()); err != nil || len(all) != 1 || all[0].Node == nil || all[0].Node.Place != copied.Place {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestNameClaimedAtOnce: of several agents that begin at the same time under one name, one is present.
func TestNameClaimedAtOnce(t *testing.T) {
	etcd := startServer(t)
	var present, refused atomic.Int32
	var claims sync.WaitGroup
	for i := range 4 {
		s := etcd.connect(t, patience)
		node := nodeCalled(t, s, "a", fmt.Sprint("i", i))
		claims.Go(func() {
			p, err := s.Announce(t.Context(), node, shortLease)
			switch {
			case err == nil:
				t.Cleanup(p.Close)
				present.Add(1)
			case errors.Is(err, ErrNodeTaken):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	claims.Wait()
	if present.Load() != 1 || refused.Load() != 3 {
		t.Errorf("%d are present, %d refused", present.Load(), refused.Load())
	}
}

// TestDeletedNode: what is deleted is gone, and its number is given again when no other one is left, the oldest first.
func TestDeletedNode(t *testing.T) {
	s := startServer(t).connect(t, patience)
	var nodes []Node
	for i := range 3 {
		nodes = append(nodes, nodeCalled(t, s, fmt.Sprint("n", i+1), "i"))
	}
	present := announce(t, s, nodes[1])
	if err := s.DeleteNode(t.Context(), "n2"); !errors.Is(err, ErrNodePresent) {
		t.Errorf("deleted a node that is present: %v", err)
	}
	s.revoke(t.Context(), present.lease)
	for _, name := range []string{"n2", "n1"} {
		if err := s.DeleteNode(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.DeleteNode(t.Context(), "n1"); !errors.Is(err, ErrNoNode) {
		t.Errorf("deleted twice: %v", err)
	}
	for i, c := range []struct {
		last, want uint32
	}{{4, 4}, {4, 2}, {4, 1}} {
		if number, err := s.NodeNumber(t.Context(), fmt.Sprint("new", i), c.last); err != nil || number != c.want {
			t.Errorf("new node %d has number %d, error %v, want %d", i, number, err, c.want)
		}
	}
	if _, err := s.NodeNumber(t.Context(), "one too many", 4); !errors.Is(err, ErrNumbersExhausted) || !strings.Contains(err.Error(), "1 to 4") {
		t.Error(err)
	}
	if _, err := s.Announce(t.Context(), nodes[1], shortLease); !errors.Is(err, ErrNumberLost) {
		t.Errorf("announced under a number that is another's: %v", err)
	}
}

// TestFreedNumbersUnderContention: two numbers are free, and four nodes want one at once. Two have them, each another one.
func TestFreedNumbersUnderContention(t *testing.T) {
	etcd := startServer(t)
	s := etcd.connect(t, patience)
	for _, name := range []string{"old1", "old2"} {
		nodeCalled(t, s, name, "i")
		if err := s.DeleteNode(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	var lock sync.Mutex
	var given []uint32
	var claims sync.WaitGroup
	for i := range 4 {
		s := etcd.connect(t, patience)
		claims.Go(func() {
			number, err := s.NodeNumber(t.Context(), fmt.Sprint("new", i), 2)
			if err == nil {
				lock.Lock()
				defer lock.Unlock()
				given = append(given, number)
			} else if !errors.Is(err, ErrNumbersExhausted) {
				t.Error(err)
			}
		})
	}
	claims.Wait()
	slices.Sort(given)
	if !slices.Equal(given, []uint32{1, 2}) {
		t.Errorf("given are %v, want 1 and 2", given)
	}
}

// TestDeletedNodeReturns: a node that was cut off when it was deleted has its number again, if nobody has it.
func TestDeletedNodeReturns(t *testing.T) {
	s := startServer(t).connect(t, patience)
	node := nodeCalled(t, s, "a", "i")
	if err := s.DeleteNode(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	announce(t, s, node)
	wantNodes(t, s, []Registration{{Name: "a", Number: 1, Node: &node}})
	if number, err := s.NodeNumber(t.Context(), "b", 1); !errors.Is(err, ErrNumbersExhausted) {
		t.Errorf("b has number %d, %v: it is a's", number, err)
	}
}

// TestNumberRegained: whoever is started anew after it was deleted has its number again, if nobody has it; and never a second one.
func TestNumberRegained(t *testing.T) {
	s := startServer(t).connect(t, patience)
	for _, c := range []struct {
		name         string
		before, want uint32
	}{{"later", 2, 2}, {"first", 7, 7}, {"fresh", 7, 1}, {"next", 2, 3}, {"later", 9, 2}} {
		if err := s.RegainNodeNumber(t.Context(), c.name, c.before); err != nil {
			t.Fatal(err)
		}
		if number, err := s.NodeNumber(t.Context(), c.name, 255); err != nil || number != c.want {
			t.Errorf("%s had %d and has %d, %v, want %d", c.name, c.before, number, err, c.want)
		}
	}
}

func TestNodeNumbersStartAtOneAndStay(t *testing.T) {
	s := open(t, t.TempDir())
	for _, name := range []string{"b", "a", "b", "c/d", "a"} {
		if _, err := s.NodeNumber(t.Context(), name, 255); err != nil {
			t.Fatal(err)
		}
	}
	wantNodes(t, s, []Registration{{Name: "b", Number: 1}, {Name: "a", Number: 2}, {Name: "c/d", Number: 3}})
	if _, err := s.NodeNumber(t.Context(), "", 255); !errors.Is(err, ErrNodeName) {
		t.Fatal(err)
	}
}

// TestPresentInAnEmbeddedStore: whoever has it open is present, alone and at once, whoever was before.
func TestPresentInAnEmbeddedStore(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "a", "b"} {
		s, err := Open(t.Context(), Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		node := nodeCalled(t, s, name, "another each time")
		p, err := s.Announce(t.Context(), node, shortLease)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Enforces(t.Context(), 7); err != nil {
			t.Error(err)
		}
		want := []Registration{{Name: name, Number: node.Number, Node: &node, Enforced: 7}}
		if name == "b" {
			want = append([]Registration{{Name: "a", Number: 1}}, want...)
		}
		wantNodes(t, s, want)
		p.Close()
		if err := p.Await(t.Context()); !errors.Is(err, ErrAbsent) {
			t.Errorf("it is closed, and %v", err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
