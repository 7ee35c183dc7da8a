// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/store"
)

// Tiers is how many values the label "tier" has: a rule that selects one is about that part of all label sets.
const Tiers = 10

// LabelSet is what the endpoints of deployment i carry.
func LabelSet(i int) labels.Set {
	return labels.Set{
		"app": fmt.Sprintf("app-%06d", i), "tier": fmt.Sprintf("tier-%d", i%Tiers), "env": "production", "version": "1.0.0",
	}
}

// labelSets are the numbers of the label sets that there are.
type labelSets struct {
	mu      sync.Mutex
	numbers []uint32 // of LabelSet(0), LabelSet(1), ...
}

// page is how many label sets are made at a time.
const page = 10_000

// number has the store give the first count label sets their numbers, and learns these.
func (l *labelSets) number(ctx context.Context, s *store.Store, count int) error {
	sets := make([]labels.Set, count)
	for i := range sets {
		sets[i] = LabelSet(i)
	}
	for some := range slices.Chunk(sets, page) {
		if err := s.AllocateIdentities(ctx, some); err != nil {
			return err
		}
	}
	registry := identity.NewRegistry(s)
	if err := registry.Load(ctx); err != nil {
		return err
	}
	known := registry.Snapshot()
	l.numbers = make([]uint32, count)
	for i, set := range sets {
		number, _ := known.Number(set)
		l.numbers[i] = uint32(number)
	}
	return nil
}

func (l *labelSets) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.numbers)
}

func (l *labelSets) of(i int) uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.numbers[i]
}

// add makes room for one more. Nobody has its number before set.
func (l *labelSets) add() (i int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.numbers = append(l.numbers, 0)
	return len(l.numbers) - 1
}

func (l *labelSets) set(i int, number uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.numbers[i] = number
}
