// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/hypha-net/hypha/internal/labels"
)

// The nodes of a trial compete for few numbers, so that each is reused again and again.
const (
	trialNodes   = 5
	trialSets    = 10
	trialNumbers = 12
)

// trial is a cluster whose nodes take, give up, tell and collect numbers at random, and what came of it.
type trial struct {
	t       *testing.T
	start   time.Time
	nodes   []*trialNode
	lock    sync.Mutex
	history history
}

// trialNode is one of them. It does one thing at a time.
type trialNode struct {
	trial     *trial
	index     int
	store     *Store
	believes  *view
	lease     clientv3.LeaseID
	held      map[uint32]hold
	collector *collector
	begun     map[sighting][]int64 // how often each node had begun to tell when this one saw a mark first
	telling   atomic.Int64         // tells begun
	told      atomic.Int64         // the last of them that has come through
	lies      func(Uses) Uses
	failed    int // operations that the store was away for
}

// newTrial has a node for each store.
func newTrial(t *testing.T, stores []*Store) *trial {
	t.Helper()
	all := &trial{t: t, start: time.Now()}
	for i, s := range stores {
		s.identities.last = s.identities.first + trialNumbers - 1
		n := &trialNode{trial: all, index: i, store: s, held: map[uint32]hold{}, begun: map[sighting][]int64{}, believes: watchIdentities(t, s)}
		n.collector = newCollector(s, Share{Node: uint32(i + 1), Grace: time.Hour})
		n.collector.aged = n.aged
		all.nodes = append(all.nodes, n)
	}
	for _, n := range all.nodes {
		eventually(t, "the node is there", func() bool {
			lease, err := n.store.client.Grant(t.Context(), 600)
			if err != nil {
				return false
			}
			n.lease = lease.ID
			return n.tell() == nil
		})
	}
	return all
}

// aged reports whether each node has told since the mark was seen first: so the grace is over, however slow the machine is.
func (n *trialNode) aged(mark sighting) bool {
	now := make([]int64, len(n.trial.nodes))
	for i, other := range n.trial.nodes {
		now[i] = other.telling.Load()
	}
	begun, known := n.begun[mark]
	if !known {
		n.begun[mark] = now
		return false
	}
	for i, other := range n.trial.nodes {
		if other.told.Load() <= begun[i] {
			return false
		}
	}
	return true
}

// act does one thing.
func (n *trialNode) act(random *rand.Rand) {
	var err error
	switch dice := random.IntN(10); {
	case dice < 2:
		err = n.allocate(labels.Set{"set": fmt.Sprint(random.IntN(trialSets))})
	case dice < 5:
		n.giveUp()
	case dice < 8:
		err = n.tell()
	default:
		err = n.collector.collect(n.trial.t.Context())
	}
	if err != nil {
		n.failed++
	}
}

func (n *trialNode) allocate(set labels.Set) error {
	number, _, err := n.store.AllocateIdentity(n.trial.t.Context(), set)
	if err != nil {
		return err
	}
	n.trial.lock.Lock()
	defer n.trial.lock.Unlock()
	given := set.Canonical()
	if before, had := n.held[number]; !had || before.set != given {
		n.held[number] = hold{n.index, given, number, time.Since(n.trial.start), math.MaxInt64}
	}
	for _, other := range n.trial.nodes {
		if believed, known := other.believes.of(number); known {
			n.trial.history.beliefs = append(n.trial.history.beliefs, belief{other.index, number, believed, given})
		}
	}
	return nil
}

// giveUp gives up one of its numbers.
func (n *trialNode) giveUp() {
	n.trial.lock.Lock()
	defer n.trial.lock.Unlock()
	for number, held := range n.held {
		held.to = time.Since(n.trial.start)
		n.trial.history.holds = append(n.trial.history.holds, held)
		delete(n.held, number)
		return
	}
}

func (n *trialNode) tell() error {
	uses := Uses{Forgotten: n.believes.upTo()}
	for number := range n.held {
		uses.Used = append(uses.Used, number)
	}
	slices.Sort(uses.Used)
	if n.lies != nil {
		uses = n.lies(uses)
	}
	value, err := uses.encode()
	if err != nil {
		return err
	}
	begun := n.telling.Add(1)
	if err = n.store.tell(n.trial.t.Context(), uint32(n.index+1), n.lease, value); err == nil {
		n.told.Store(begun)
	}
	return err
}

// of returns the set that has a number, as far as v knows.
func (v *view) of(number uint32) (set string, known bool) {
	v.lock.Lock()
	defer v.lock.Unlock()
	s, known := v.sets[number]
	return s.Canonical(), known
}

func (v *view) upTo() int64 {
	v.lock.Lock()
	defer v.lock.Unlock()
	return v.last
}

// run has every node act until it is to stop, and returns what happened.
func (all *trial) run(seed uint64, stop func() bool) history {
	var group sync.WaitGroup
	for i, n := range all.nodes {
		group.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			for !stop() {
				n.act(random)
			}
			for len(n.held) > 0 {
				n.giveUp()
			}
		})
	}
	group.Wait()
	return all.history
}

// TestAllocationUnderFaults: nodes compete for few numbers on an etcd of three members, of which one after the other is killed, or
// stopped for a while; the leader more often than not. No set ever has two numbers, no number two sets, and no number is given again as
// long as anybody takes it for what it was.
func TestAllocationUnderFaults(t *testing.T) {
	etcd := startEtcd(t, 3, nil)
	var stores []*Store
	for range trialNodes {
		stores = append(stores, etcd.mustOpen(Config{Timeout: 2 * time.Second}))
	}
	if _, err := stores[0].JoinCluster(t.Context(), ClusterRequest{}); err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	all := newTrial(t, stores)
	var over atomic.Bool
	var faults sync.WaitGroup
	faults.Go(func() {
		defer over.Store(true)
		etcd.harm(rand.New(rand.NewPCG(seed, trialNodes)), all.progress)
		etcd.waitFor(all.reused, 1)
	})
	h := all.run(seed, over.Load)
	faults.Wait()
	for _, wrong := range h.check() {
		t.Error(wrong)
	}
	failed := 0
	for _, n := range all.nodes {
		failed += n.failed
	}
	t.Logf("%d holds, %d beliefs; %d of %d numbers reused; %d operations failed", len(h.holds), len(h.beliefs), h.reused(), trialNumbers, failed)
}

// reused returns how many numbers have had more than one set.
func (all *trial) reused() int {
	all.lock.Lock()
	defer all.lock.Unlock()
	return all.history.reused()
}

// progress returns how many holds have ended.
func (all *trial) progress() int {
	all.lock.Lock()
	defer all.lock.Unlock()
	return len(all.history.holds)
}

// harm kills or stops members, one at a time, and lets the nodes get on between.
func (e *etcd) harm(random *rand.Rand, progress func() int) {
	admin := e.admin()
	for range 4 {
		e.waitFor(progress, progress()+20)
		victim := e.leader(admin)
		if victim == nil || random.IntN(3) == 0 {
			victim = e.members[random.IntN(len(e.members))]
		}
		if random.IntN(2) == 0 {
			kill(victim.process)
			e.waitFor(progress, progress()+20)
			e.start(victim)
			continue
		}
		victim.process.Process.Signal(syscall.SIGSTOP) //nolint:errcheck // it runs
		e.waitFor(progress, progress()+20)
		victim.process.Process.Signal(syscall.SIGCONT) //nolint:errcheck // it is there
	}
	e.waitFor(progress, progress()+20)
}

// waitFor polls until there is so much progress. Two of three members are enough for it.
func (e *etcd) waitFor(progress func() int, enough int) {
	ctx, cancel := context.WithTimeout(e.t.Context(), time.Minute)
	defer cancel()
	for progress() < enough && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	if ctx.Err() != nil {
		e.t.Errorf("the nodes stand still with two of three members: %d of %d", progress(), enough)
	}
}
