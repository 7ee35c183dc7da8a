// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/hypha-net/hypha/internal/store"
)

// errForeign is logged of a node that does not fit the cluster's plan.
var errForeign = errors.New("a node is not of this cluster's plan")

// Backend is where nodes say that they are there.
type Backend interface {
	// WatchNodes calls replace with the nodes that are present, then change with those that come, change and go, one call at
	// a time and in order, until ctx is done; then it returns ctx's error. When it has lost track it calls replace again.
	// While the backend is away it keeps trying.
	WatchNodes(ctx context.Context, replace func(all map[uint32]store.Node), change func(put map[uint32]store.Node, gone []uint32)) error
}

// Directory knows the nodes of the cluster: those that are present in the store, and those that were, until they are known not to answer. Readers get
// snapshots and never wait.
type Directory struct {
	backend Backend
	plan    Plan
	log     *slog.Logger
	current atomic.Pointer[Snapshot]

	writer sync.Mutex      // held to publish a snapshot
	silent map[uint32]bool // asked, and they did not answer; who has not been asked yet is none
}

// NewDirectory returns one that knows nobody until it runs.
func NewDirectory(backend Backend, plan Plan, log *slog.Logger) *Directory {
	d := &Directory{backend: backend, plan: plan, log: log, silent: map[uint32]bool{}}
	d.current.Store(newSnapshot(nil))
	return d
}

// Snapshot returns what is known now.
func (d *Directory) Snapshot() *Snapshot { return d.current.Load() }

// Load asks the backend for all nodes there are, once.
func (d *Directory) Load(ctx context.Context) error {
	loading, stop := context.WithCancel(ctx)
	defer stop()
	loaded := false
	all := func(nodes map[uint32]store.Node) {
		d.replace(nodes)
		loaded = true
		stop()
	}
	if err := d.backend.WatchNodes(loading, all, d.change); !loaded {
		return fmt.Errorf("load nodes: %w", err)
	}
	return nil
}

// Run follows the backend until ctx is done, and returns why it ended.
func (d *Directory) Run(ctx context.Context) error {
	return d.backend.WatchNodes(ctx, d.replace, d.change)
}

// Answers says whether a node answers. One that was present stays when its lease ends, until it does not answer.
func (d *Directory) Answers(number uint32, yes bool) {
	d.edit(func(nodes map[uint32]Node) {
		if yes {
			delete(d.silent, number)
			return
		}
		d.silent[number] = true
		if nodes[number].Adrift {
			delete(nodes, number)
		}
	})
}

// Adopt takes in nodes that an earlier agent knew. Those that are not present have lost their lease meanwhile, as if this agent had seen it.
func (d *Directory) Adopt(earlier []store.Node) {
	d.edit(func(nodes map[uint32]Node) {
		for _, node := range earlier {
			if _, known := nodes[node.Number]; !known && d.plan.fits(node) == nil && d.mayAnswer(node) {
				nodes[node.Number] = Node{Node: node, Adrift: true}
			}
		}
	})
}

// Recall takes in nodes that an earlier agent knew, as present: the backend is away, and until Run hears from it nobody is known to have
// lost a lease. One that is silent meanwhile stays, too: it may be about to do the same.
func (d *Directory) Recall(earlier []store.Node) {
	all := make(map[uint32]store.Node, len(earlier))
	for _, node := range earlier {
		all[node.Number] = node
	}
	d.replace(all)
}

// mayAnswer reports whether a node could be asked, and is not known to be silent.
func (d *Directory) mayAnswer(node store.Node) bool {
	return node.Health != 0 && !d.silent[node.Number]
}

// replace makes all that is present what is known, beside those who may answer.
func (d *Directory) replace(all map[uint32]store.Node) {
	d.edit(func(nodes map[uint32]Node) {
		for number := range nodes {
			if _, stays := all[number]; !stays {
				d.leave(nodes, number)
			}
		}
		d.enter(nodes, all)
	})
}

// change applies what came and went.
func (d *Directory) change(put map[uint32]store.Node, gone []uint32) {
	d.edit(func(nodes map[uint32]Node) {
		for _, number := range gone {
			d.leave(nodes, number)
		}
		d.enter(nodes, put)
	})
}

// edit publishes what do makes of the nodes, if that is something else than before.
func (d *Directory) edit(do func(nodes map[uint32]Node)) {
	d.writer.Lock()
	defer d.writer.Unlock()
	old := d.current.Load()
	nodes := maps.Clone(old.nodes)
	if nodes == nil {
		nodes = map[uint32]Node{}
	}
	do(nodes)
	if maps.EqualFunc(nodes, old.nodes, Node.equal) {
		return
	}
	d.current.Store(newSnapshot(nodes))
	close(old.changed)
}

// leave takes a node out that is not present any more, unless it may answer.
func (d *Directory) leave(nodes map[uint32]Node, number uint32) {
	node, known := nodes[number]
	if known && d.mayAnswer(node.Node) {
		node.Adrift = true
		nodes[number] = node
		return
	}
	delete(nodes, number)
}

// enter takes in the nodes that are present. One whose prefixes are not those of its number is not: it would take packets that
// are another's.
func (d *Directory) enter(nodes map[uint32]Node, present map[uint32]store.Node) {
	for number, node := range present {
		if err := d.plan.fits(node); err != nil {
			d.log.Warn("a node is passed over", "err", err)
			delete(nodes, number)
			continue
		}
		nodes[number] = Node{Node: node}
	}
}

// fits refuses a node that claims prefixes other than its number's, or is reached by an address that containers have.
func (p Plan) fits(node store.Node) error {
	share, err := p.Share(node.Number)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", errForeign, node.Name, err)
	}
	if node.Prefix6 != share.Prefix6 || node.Prefix4 != share.Prefix4 {
		return fmt.Errorf("%w: %s says that it has %v and %v, but number %d has %v and %v", errForeign,
			node.Name, node.Prefix6, node.Prefix4, node.Number, share.Prefix6, share.Prefix4)
	}
	for _, address := range node.Addresses {
		if p.Has(address) {
			return fmt.Errorf("%w: %s is reached by %s, which is of the containers' %s", errForeign, node.Name, address, p.prefixOf(address))
		}
	}
	return nil
}
