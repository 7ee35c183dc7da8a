// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/hypha-net/hypha/internal/labels"
)

var errAway = errors.New("store is away")

// memory is a backend in memory whose news arrive when the test says so.
type memory struct {
	lock     sync.Mutex
	revision int64
	sets     map[uint32]labels.Set
	next     uint32
	away     bool
	asked    int               // for numbers
	news     []func(*Registry) // not delivered yet, oldest first
}

func newMemory() *memory {
	return &memory{sets: map[uint32]labels.Set{}, next: uint32(FirstLabelSet)}
}

func (m *memory) AllocateIdentity(_ context.Context, set labels.Set) (uint32, int64, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.asked++
	if m.away {
		return 0, 0, errAway
	}
	for number, known := range m.sets {
		if known.Equal(set) {
			return number, m.revision, nil
		}
	}
	m.revision++
	number, revision := m.next, m.revision
	m.next++
	m.sets[number] = set
	m.news = append(m.news, func(r *Registry) { r.change(revision, map[uint32]labels.Set{number: set}, nil) })
	return number, revision, nil
}

func (m *memory) LookupIdentity(_ context.Context, number uint32) (labels.Set, int64, bool, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	if m.away {
		return nil, 0, false, errAway
	}
	set, found := m.sets[number]
	return set, m.revision, found, nil
}

func (m *memory) WatchIdentities(ctx context.Context, replace func(int64, map[uint32]labels.Set),
	_ func(int64, map[uint32]labels.Set, []uint32)) error {
	m.lock.Lock()
	replace(m.revision, maps.Clone(m.sets))
	m.lock.Unlock()
	<-ctx.Done()
	return ctx.Err()
}

func (m *memory) drop(number uint32) {
	delete(m.sets, number)
	m.revision++
	revision := m.revision
	m.news = append(m.news, func(r *Registry) { r.change(revision, nil, []uint32{number}) })
}

// relist is what a watch does that lost track: undelivered news are replaced by a list as of now.
func (m *memory) relist() {
	revision, all := m.revision, maps.Clone(m.sets)
	m.news = []func(*Registry){func(r *Registry) { r.replace(revision, all) }}
}

func (m *memory) deliver(r *Registry) {
	if len(m.news) > 0 {
		m.news[0](r)
		m.news = m.news[1:]
	}
}

// TestSnapshotFollowsBackend: sets come, go and come back with another number, while news of them
// are late, lost and listed anew, and while this node allocates and asks. What it just learned is
// never undone by older news, and in the end it knows exactly what the backend has.
func TestSnapshotFollowsBackend(t *testing.T) {
	names := []labels.Set{{}, {"a": "1"}, {"a": "2"}, {"a": "1", "b": ""}}
	rapid.Check(t, func(t *rapid.T) {
		backend := newMemory()
		r := NewRegistry(backend)
		oneOf := func(t *rapid.T) uint32 {
			return rapid.Uint32Range(uint32(FirstLabelSet), backend.next).Draw(t, "number")
		}
		t.Repeat(map[string]func(*rapid.T){
			"allocate": func(t *rapid.T) {
				set := rapid.SampledFrom(names).Draw(t, "set")
				number, err := r.Allocate(t.Context(), 1, set)
				if got, found := r.Labels(number); err != nil || !found || !got.Equal(set) {
					t.Fatalf("%v has %v: %v %v %v", number, set, got, found, err)
				}
			},
			"lookup": func(t *rapid.T) {
				number := oneOf(t)
				set, err := r.Lookup(t.Context(), Number(number))
				if _, exists := backend.sets[number]; exists && err != nil {
					t.Fatal(set, err)
				}
			},
			"other node": func(t *rapid.T) {
				backend.AllocateIdentity(t.Context(), rapid.SampledFrom(names).Draw(t, "set"))
			},
			"drop":    func(t *rapid.T) { backend.drop(oneOf(t)) },
			"relist":  func(*rapid.T) { backend.relist() },
			"deliver": func(*rapid.T) { backend.deliver(r) },
			"":        func(t *rapid.T) { expectConsistent(t, r.Snapshot()) },
		})
		for len(backend.news) > 0 {
			backend.deliver(r)
		}
		got := map[uint32]labels.Set{}
		for number, set := range r.Snapshot().All() {
			got[uint32(number)] = set
		}
		if !maps.EqualFunc(got, backend.sets, labels.Set.Equal) || r.Snapshot().Len() != len(got) {
			t.Fatalf("knows %v, the backend has %v", got, backend.sets)
		}
		for number, set := range backend.sets {
			if got, found := r.Snapshot().Number(set); !found || got != Number(number) {
				t.Fatalf("%v is number %v (found %v), want %d", set, got, found, number)
			}
		}
	})
}

// ways is the whole index.
func (s *Snapshot) ways() map[string]Number {
	all := map[string]Number{}
	for _, shard := range s.index {
		if shard != nil {
			maps.Copy(all, shard.numbers)
		}
	}
	return all
}

// expectConsistent: each number that a set leads to is that set's.
func expectConsistent(t *rapid.T, s *Snapshot) {
	for key, number := range s.ways() {
		if set, found := s.Labels(number); !found || set.Canonical() != key {
			t.Fatalf("{%s} leads to %v, which has %v", key, number, set)
		}
	}
}

func TestStoreAway(t *testing.T) {
	backend := newMemory()
	r := NewRegistry(backend)
	known, err := r.Allocate(t.Context(), 1, labels.Set{"role": "web"})
	if err != nil {
		t.Fatal(err)
	}
	backend.away = true
	if again, err := r.Allocate(t.Context(), 1, labels.Set{"role": "web"}); err != nil || again != known {
		t.Fatal(again, err)
	}
	_, err = r.Allocate(t.Context(), 1, labels.Set{"role": "db"})
	if !errors.Is(err, errAway) || !strings.Contains(err.Error(), "{role=db}") {
		t.Fatal(err)
	}
	if _, err := r.Lookup(t.Context(), known+1); !errors.Is(err, errAway) {
		t.Fatal(err)
	}
}

func TestRefusals(t *testing.T) {
	backend := newMemory()
	r := NewRegistry(backend)
	if _, err := r.Allocate(t.Context(), 1, labels.Set{"": "x"}); !errors.Is(err, labels.ErrEmptyKey) {
		t.Error(err)
	}
	for _, number := range []Number{0, Host, 255, 300, LastLabelSet + 1, FirstCIDR} {
		if _, err := r.Lookup(t.Context(), number); !errors.Is(err, ErrUnknown) {
			t.Errorf("lookup of %v: %v", number, err)
		}
	}
	r.replace(1, map[uint32]labels.Set{uint32(Host): {"a": ""}, uint32(FirstCIDR): {}, 256: {}})
	if r.Snapshot().Len() != 1 {
		t.Errorf("took labels for reserved identities: %v", maps.Collect(r.Snapshot().All()))
	}
	backend.next = uint32(World)
	if number, err := r.Allocate(t.Context(), 1, labels.Set{"b": ""}); err == nil {
		t.Errorf("a label set got number %v", number)
	}
}

func TestChangedWakesOnlyForChanges(t *testing.T) {
	r := NewRegistry(newMemory())
	before := r.Snapshot()
	r.change(1, map[uint32]labels.Set{256: {"a": ""}}, nil)
	select {
	case <-before.Changed():
	default:
		t.Fatal("nobody was woken")
	}
	r.change(2, map[uint32]labels.Set{256: {"a": ""}}, []uint32{999})
	r.replace(3, map[uint32]labels.Set{256: {"a": ""}})
	select {
	case <-r.Snapshot().Changed():
		t.Fatal("woken for nothing")
	default:
	}
	if before.Len() != 0 {
		t.Fatal("an old snapshot changed")
	}
}

// TestConcurrentReadersAndWriters runs the watch, allocators and readers at once, for the race
// detector, and expects that each set gets one number.
func TestConcurrentReadersAndWriters(t *testing.T) {
	r := NewRegistry(newMemory())
	ctx, stop := context.WithCancel(t.Context())
	watch := make(chan error)
	go func() { watch <- r.Run(ctx) }()

	var group sync.WaitGroup
	var numbers sync.Map
	for range 4 {
		group.Go(func() {
			for i := range 100 {
				set := labels.Set{"i": string(rune('a' + i%26))}
				number, err := r.Allocate(ctx, 1, set)
				if err != nil {
					t.Error(err)
				}
				if other, had := numbers.LoadOrStore(set.Canonical(), number); had && other != number {
					t.Errorf("%v has %v and %v", set, number, other)
				}
				for number, set := range r.Snapshot().All() {
					if got, found := r.Labels(number); !found || !got.Equal(set) {
						t.Errorf("%v is %v, was %v", number, got, set)
					}
				}
			}
		})
	}
	group.Wait()
	stop()
	if err := <-watch; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestLoad(t *testing.T) {
	backend := newMemory()
	set := labels.Set{"role": "client"}
	number, _, err := backend.AllocateIdentity(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	r := NewRegistry(backend)
	if err := r.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, found := r.Labels(Number(number)); !found || !got.Equal(set) {
		t.Errorf("after Load, identity %d has labels %v, %v", number, got, found)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := NewRegistry(silent{backend}).Load(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Load from a store that does not answer: %v, want %v", err, context.Canceled)
	}
}

// silent never says what there is.
type silent struct{ *memory }

func (silent) WatchIdentities(ctx context.Context, _ func(int64, map[uint32]labels.Set), _ func(int64, map[uint32]labels.Set, []uint32)) error {
	<-ctx.Done()
	return ctx.Err()
}
