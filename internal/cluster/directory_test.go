// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/store"
)

var testPlan = Plan{netip.MustParsePrefix("fd00:1:2::/48"), netip.MustParsePrefix("10.217.0.0/16")}

// testNode is a sound one, reached by 192.0.2.NUMBER.
func testNode(number uint32, version string) store.Node {
	share, _ := testPlan.Share(number)
	return store.Node{
		Name: fmt.Sprint("n", number), Number: number, Version: version, Health: 4290,
		Prefix6: share.Prefix6, Prefix4: share.Prefix4, Addresses: []netip.Addr{netip.AddrFrom4([4]byte{192, 0, 2, byte(number)})},
	}
}

func newTestDirectory() *Directory { return NewDirectory(nil, testPlan, slog.New(slog.DiscardHandler)) }

// naive is what a Directory is to be: who is present, and those who were and have not been found silent.
type naive struct {
	present map[uint32]string // version
	adrift  map[uint32]string
	silent  map[uint32]bool
}

func (n *naive) put(number uint32, version string) {
	delete(n.adrift, number)
	n.present[number] = version
}

func (n *naive) lose(number uint32) {
	if version, was := n.present[number]; was && !n.silent[number] {
		n.adrift[number] = version
	}
	delete(n.present, number)
}

func (n *naive) answers(number uint32, yes bool) {
	n.silent[number] = !yes
	if !yes {
		delete(n.adrift, number)
	}
}

func (n *naive) adopt(number uint32, version string) {
	_, present := n.present[number]
	_, adrift := n.adrift[number]
	if !present && !adrift && !n.silent[number] {
		n.adrift[number] = version
	}
}

func (n *naive) text() string {
	var lines []string
	for number, version := range n.present {
		lines = append(lines, line(number, version, false))
	}
	for number, version := range n.adrift {
		lines = append(lines, line(number, version, true))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func line(number uint32, version string, adrift bool) string {
	return fmt.Sprintf("%d version %s adrift %v", number, version, adrift)
}

func textOf(s *Snapshot) string {
	var lines []string
	for node := range s.All() {
		lines = append(lines, line(node.Number, node.Version, node.Adrift))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// TestDirectoryIsAsTheNaiveOne: whatever comes in whatever order.
func TestDirectoryIsAsTheNaiveOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, want := newTestDirectory(), &naive{map[uint32]string{}, map[uint32]string{}, map[uint32]bool{}}
		number, version := rapid.Uint32Range(1, 5), rapid.SampledFrom([]string{"1", "2"})
		t.Repeat(map[string]func(*rapid.T){
			"come": func(t *rapid.T) {
				n, v := number.Draw(t, "number"), version.Draw(t, "version")
				d.change(map[uint32]store.Node{n: testNode(n, v)}, nil)
				want.put(n, v)
			},
			"go": func(t *rapid.T) {
				n := number.Draw(t, "number")
				d.change(nil, []uint32{n})
				want.lose(n)
			},
			"list": func(t *rapid.T) {
				all := rapid.MapOfN(number, version, 0, 5).Draw(t, "all")
				nodes := map[uint32]store.Node{}
				for n := range uint32(6) {
					if v, there := all[n]; there {
						nodes[n] = testNode(n, v)
						want.put(n, v)
					} else {
						want.lose(n)
					}
				}
				d.replace(nodes)
			},
			"adopt": func(t *rapid.T) {
				n, v := number.Draw(t, "number"), version.Draw(t, "version")
				d.Adopt([]store.Node{testNode(n, v)})
				want.adopt(n, v)
			},
			"answer": func(t *rapid.T) {
				n, yes := number.Draw(t, "number"), rapid.Bool().Draw(t, "yes")
				d.Answers(n, yes)
				want.answers(n, yes)
			},
			"": func(t *rapid.T) {
				if got := textOf(d.Snapshot()); got != want.text() {
					t.Fatalf("the directory has\n%s\nwant\n%s", got, want.text())
				}
			},
		})
	})
}

// TestChangedWakes: whoever waits for a snapshot after this one is woken by a change, and by nothing else.
func TestChangedWakes(t *testing.T) {
	d := newTestDirectory()
	empty := d.Snapshot()
	d.replace(nil)
	d.Answers(3, true)
	if d.Snapshot() != empty {
		t.Error("a new snapshot that says the same")
	}
	d.change(map[uint32]store.Node{3: testNode(3, "1")}, nil)
	select {
	case <-empty.Changed():
	default:
		t.Error("nobody is woken by a node that came")
	}
}

// TestNobodyToAsk: of a node that can not be asked, its lease is the last word.
func TestNobodyToAsk(t *testing.T) {
	d, mute := newTestDirectory(), testNode(2, "1")
	mute.Health = 0
	d.Adopt([]store.Node{mute})
	d.change(map[uint32]store.Node{1: testNode(1, "1"), 2: mute}, nil)
	d.change(nil, []uint32{1, 2})
	if got, want := textOf(d.Snapshot()), line(1, "1", true); got != want {
		t.Errorf("the directory has\n%s\nwant\n%s", got, want)
	}
}

// TestForeignNodes: a node that claims what is another's is passed over, and that is said.
func TestForeignNodes(t *testing.T) {
	for name, change := range map[string]func(*store.Node){
		"prefix6 of another":     func(n *store.Node) { n.Prefix6 = netip.MustParsePrefix("fd00:1:2:9::/64") },
		"prefix4 of all":         func(n *store.Node) { n.Prefix4 = testPlan.Prefix4 },
		"no prefix4":             func(n *store.Node) { n.Prefix4 = netip.Prefix{} },
		"no number":              func(n *store.Node) { n.Number = 0 },
		"more than there are":    func(n *store.Node) { n.Number = 256 },
		"address of a container": func(n *store.Node) { n.Addresses = append(n.Addresses, netip.MustParseAddr("10.217.9.9")) },
	} {
		var log bytes.Buffer
		d := NewDirectory(nil, testPlan, slog.New(slog.NewTextHandler(&log, nil)))
		sound, foreign := testNode(1, "1"), testNode(2, "1")
		change(&foreign)
		d.replace(map[uint32]store.Node{1: sound, foreign.Number: foreign})
		d.Adopt([]store.Node{foreign})
		if got := textOf(d.Snapshot()); got != line(1, "1", false) {
			t.Errorf("%s: the directory has %s", name, got)
		}
		if !strings.Contains(log.String(), "n2") {
			t.Errorf("%s: the log says %q", name, log.String())
		}
	}
}

// TestAt: an address is that of the node that lives; one that is adrift may have lost it.
func TestAt(t *testing.T) {
	shared := netip.MustParseAddr("192.0.2.77")
	for _, adrift := range []uint32{1, 2} {
		nodes := map[uint32]Node{}
		for number := range uint32(2) {
			node := Node{Node: testNode(number+1, "1"), Adrift: number+1 == adrift}
			node.Addresses = append(node.Addresses, shared)
			nodes[node.Number] = node
		}
		s := newSnapshot(nodes)
		if node, found := s.At(shared); !found || node.Number == adrift {
			t.Errorf("%d is adrift, and %s is %d's", adrift, shared, node.Number)
		}
		if node, found := s.At(netip.MustParseAddr("192.0.2.1")); !found || node.Number != 1 {
			t.Errorf("192.0.2.1 is %d's", node.Number)
		}
		if node, found := s.At(netip.MustParseAddr("192.0.2.3")); found {
			t.Errorf("192.0.2.3 is %d's", node.Number)
		}
	}
}
