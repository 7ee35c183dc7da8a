// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/hypha-net/hypha/internal/labels"
)

// TestContendingAllocators: four nodes ask for the numbers of the same label sets at once, in
// different orders. Each set has one number, each number one set, and the store says the same in
// both directions.
func TestContendingAllocators(t *testing.T) {
	const nodes, workers, sets = 4, 3, 40
	etcd := startServer(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)

	var lock sync.Mutex
	numbers, inverse := map[string]uint32{}, map[uint32]string{}
	record := func(set labels.Set, number uint32) {
		lock.Lock()
		defer lock.Unlock()
		key := set.Canonical()
		if other, had := numbers[key]; had && other != number {
			t.Errorf("{%s} has %d and %d", key, other, number)
		}
		if other, had := inverse[number]; had && other != key {
			t.Errorf("%d is {%s} and {%s}", number, other, key)
		}
		numbers[key], inverse[number] = number, key
	}
	var group sync.WaitGroup
	for node := range nodes {
		s := etcd.connect(t, patience)
		for worker := range workers {
			group.Go(func() {
				random := rand.New(rand.NewPCG(seed, uint64(node*workers+worker)))
				for _, i := range random.Perm(sets) {
					set := labels.Set{"i": fmt.Sprint(i), "odd, key": "\n="}
					if i == 0 {
						set = labels.Set{}
					}
					number, _, err := s.AllocateIdentity(t.Context(), set)
					if err != nil {
						t.Error(err)
						return
					}
					record(set, number)
				}
			})
		}
	}
	group.Wait()
	s := etcd.connect(t, patience)
	if len(numbers) != sets {
		t.Errorf("%d numbers for %d sets", len(numbers), sets)
	}
	for number, key := range inverse {
		if number < 256 || number >= 256+sets {
			t.Errorf("{%s} has %d", key, number)
		}
		set, _, found, err := s.LookupIdentity(t.Context(), number)
		if err != nil || !found || set.Canonical() != key {
			t.Errorf("%d is %v: %v %v, want {%s}", number, set, found, err, key)
		}
	}
}

// TestNumbersRunOut gives the last number, goes round, passes over those that are given or rest, and finds none in the end.
func TestNumbersRunOut(t *testing.T) {
	s := open(t, t.TempDir())
	s.identities.last = s.identities.first + 199 // more than nextFree looks at in one step
	put(t, s, identityNextKey, "455")
	put(t, s, numberKey(identityGone, 257), "")
	for i := range 199 {
		want := uint32(256+i) + 1
		switch i {
		case 0:
			want = 455
		case 1:
			want = 256
		}
		set := labels.Set{"i": fmt.Sprint(i)}
		for range 2 {
			if number, _, err := s.AllocateIdentity(t.Context(), set); err != nil || number != want && i < 2 || number == 257 {
				t.Fatalf("the %dth has %d, want %d: %v", i, number, want, err)
			}
		}
	}
	if _, _, err := s.AllocateIdentity(t.Context(), labels.Set{"one": "more"}); !errors.Is(err, ErrNumbersExhausted) {
		t.Fatal(err)
	}
	if _, err := s.commit(t.Context(), nil, clientv3.OpDelete(numberKey(identityGone, 257))); err != nil {
		t.Fatal(err)
	}
	if number, _, err := s.AllocateIdentity(t.Context(), labels.Set{"one": "more"}); err != nil || number != 257 {
		t.Fatal(number, err)
	}
}

// TestCorruptNumbers: a store that somebody meddled with gives errors.
func TestCorruptNumbers(t *testing.T) {
	for name, meddle := range map[string]func(t *testing.T, s *Store){
		"counter is text": func(t *testing.T, s *Store) { put(t, s, identityNextKey, "many") },
		"counter is zero": func(t *testing.T, s *Store) { put(t, s, identityNextKey, "0") },
		"number is text":  func(t *testing.T, s *Store) { put(t, s, setKey(labels.Set{"new": ""}), "x") },
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, t.TempDir())
			if _, _, err := s.AllocateIdentity(t.Context(), labels.Set{"old": ""}); err != nil {
				t.Fatal(err)
			}
			meddle(t, s)
			if _, _, err := s.AllocateIdentity(t.Context(), labels.Set{"new": ""}); !errors.Is(err, ErrCorrupt) {
				t.Fatal(err)
			}
		})
	}
}

// TestCounterSetBack: a counter that somebody set back, or far ahead, never gives one number twice.
func TestCounterSetBack(t *testing.T) {
	s := open(t, t.TempDir())
	for i, counter := range []string{"256", "256", "1", "4000000000"} {
		if number, _, err := s.AllocateIdentity(t.Context(), labels.Set{"i": fmt.Sprint(i)}); err != nil || number != 256+uint32(i) {
			t.Fatal(number, err)
		}
		put(t, s, identityNextKey, counter)
	}
}

func put(t *testing.T, s *Store, key, value string) {
	t.Helper()
	if _, err := s.commit(t.Context(), nil, clientv3.OpPut(key, value)); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkAllocateIdentity measures a new label set's number from the embedded etcd.
func BenchmarkAllocateIdentity(b *testing.B) {
	s := open(b, b.TempDir())
	for i := 0; b.Loop(); i++ {
		if _, _, err := s.AllocateIdentity(b.Context(), labels.Set{"i": fmt.Sprint(i)}); err != nil {
			b.Fatal(err)
		}
	}
}
