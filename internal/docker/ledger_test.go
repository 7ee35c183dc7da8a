// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var quiet = slog.New(slog.DiscardHandler)

func reopen(t testing.TB, path string, lend *lender, remembered ...Attachment) *ledger {
	t.Helper()
	l, err := openLedger(path, lend, remembered, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func poolOf(t testing.TB, s string) poolID {
	t.Helper()
	id, err := parsePoolID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestRestartAnywhere lets Docker do anything in any order, with restarts of the agent in between: the next agent
// holds what Docker holds, and no address is given twice.
func TestRestartAnywhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "docker.json")
	node, own := poolOf(t, "node,10.99.1.0/28"), poolOf(t, "own,10.98.0.0/28")
	rapid.Check(t, func(r *rapid.T) {
		os.Remove(path)
		l := reopen(t, path, newLender(t))
		if err := l.addPool(own); err != nil {
			r.Fatal(err)
		}
		var held []netip.Addr
		r.Repeat(map[string]func(*rapid.T){
			"take": func(r *rapid.T) {
				addr, err := l.take(rapid.SampledFrom([]poolID{node, own}).Draw(r, "pool"), netip.Addr{})
				if err != nil {
					r.Skip(err)
				}
				held = append(held, addr)
			},
			"release": func(r *rapid.T) {
				if len(held) == 0 {
					r.Skip("nothing is held")
				}
				at := rapid.IntRange(0, len(held)-1).Draw(r, "which")
				if err := l.release(held[at]); err != nil {
					r.Fatal(err)
				}
				held = append(held[:at], held[at+1:]...)
			},
			"restart": func(r *rapid.T) { l = reopen(t, path, newLender(t)) },
			"": func(r *rapid.T) {
				unique := make(map[netip.Addr]bool)
				for _, addr := range held {
					unique[addr] = l.holds(addr)
				}
				if len(unique) != len(held) || len(l.holding.Addresses) != len(held) {
					r.Fatalf("held: %v, by the ledger: %v", held, l.holding.Addresses)
				}
			},
		})
	})
}

func TestDamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "docker.json")
	l := reopen(t, path, newLender(t))
	if _, err := l.take(poolOf(t, "node,10.99.1.0/24"), netip.Addr{}); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a := Attachment{ID: "e", Network: "n", IPv4: netip.MustParseAddr("10.99.1.77"), MAC: macFor("e")}
	for size := range whole {
		if err := os.WriteFile(path, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		l := reopen(t, path, newLender(t), a)
		if !l.holds(a.IPv4) || len(l.endpoints()) != 1 {
			t.Fatalf("cut at %d: the agent's endpoint is not taken over: %+v", size, l.holding)
		}
		if aside, err := os.ReadFile(path + ".damaged"); err != nil || len(aside) != size {
			t.Fatalf("cut at %d: set aside: %d bytes, %v", size, len(aside), err)
		}
	}
}

// TestUnwritable: what can not be saved is not given.
func TestUnwritable(t *testing.T) {
	lend := newLender(t)
	l := reopen(t, filepath.Join(t.TempDir(), "docker.json"), lend)
	l.path = filepath.Join(t.TempDir(), "no", "such", "directory")
	if _, err := l.take(poolOf(t, "node,10.99.1.0/24"), netip.Addr{}); err == nil {
		t.Error("took an address and did not save it")
	}
	if err := l.addPool(poolOf(t, "own,10.98.0.0/24")); err == nil {
		t.Error("opened a pool and did not save it")
	}
	if _, err := l.attach("e", attached{}); err == nil {
		t.Error("attached an endpoint and did not save it")
	}
	h := l.holding
	if len(h.Pools)+len(h.Addresses)+len(h.Endpoints)+lend.v4.InUse()+lend.v6.InUse()+len(lend.open) != 0 {
		t.Errorf("left over: %+v", h)
	}
}

func TestRange(t *testing.T) {
	l := reopen(t, filepath.Join(t.TempDir(), "docker.json"), newLender(t))
	id := poolOf(t, "node,10.99.1.128/29,10.99.1.132/30")
	for _, want := range []string{"10.99.1.133", "10.99.1.134"} { // neither the range's network address nor its broadcast
		if got, err := l.take(id, netip.Addr{}); err != nil || got.String() != want {
			t.Errorf("%v, %v, want %s", got, err, want)
		}
	}
	if _, err := l.take(id, netip.Addr{}); !errors.Is(err, errExhausted) {
		t.Errorf("full range: %v", err)
	}
	if err := l.release(netip.MustParseAddr("10.99.1.133")); err != nil {
		t.Fatal(err)
	}
	if got, err := l.take(id, netip.Addr{}); err != nil || got.String() != "10.99.1.133" {
		t.Errorf("%v, %v", got, err)
	}
}

// TestForgotten: an address is freed when the engine does not list it, but not while it may just be making the endpoint.
func TestForgotten(t *testing.T) {
	l := reopen(t, filepath.Join(t.TempDir(), "docker.json"), newLender(t))
	var clock time.Time
	l.now = func() time.Time { return clock }
	addr, err := l.take(poolOf(t, "node,10.99.1.0/24"), netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		after time.Duration
		held  bool
	}{{0, true}, {grace - 1, true}, {1, false}} {
		clock = clock.Add(step.after)
		if err := l.agree(newListing(), quiet); err != nil {
			t.Fatal(err)
		}
		if l.holds(addr) != step.held {
			t.Errorf("at %v: held %v", clock, !step.held)
		}
	}
}

// holds reports whether Docker holds addr.
func (l *ledger) holds(addr netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.holding.Addresses[addr]
	return ok
}
