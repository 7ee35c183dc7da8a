// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"fmt"
	"slices"
)

// attach enters an endpoint and returns it as it is held. It gets an IPv6 address of the node when Docker gave it
// none and the node has one. An endpoint that is held already is returned as it is.
func (l *ledger) attach(id string, a attached) (attached, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if held, ok := l.holding.Endpoints[id]; ok {
		return held, nil
	}
	if err := l.chooseIPv6(&a); err != nil {
		return attached{}, err
	}
	l.holding.Endpoints[id] = a
	l.given[id] = l.now()
	return a, l.save(func() {
		delete(l.holding.Endpoints, id)
		if a.OurIPv6 {
			_ = l.giveBack(a.IPv6, l.unhold(a.IPv6))
		}
	})
}

func (l *ledger) chooseIPv6(a *attached) error {
	node, ok := l.lend.Node(true)
	if a.IPv6.IsValid() || !ok {
		return nil
	}
	addr, err := node.Allocate()
	if err != nil {
		return err
	}
	l.hold(addr, poolID{kind: poolNode, prefix: node.Prefix, within: node.Prefix})
	a.IPv6, a.OurIPv6 = addr, true
	return nil
}

// detach forgets an endpoint, and frees the address that was chosen for it here.
func (l *ledger) detach(id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	held, ok := l.holding.Endpoints[id]
	if !ok {
		return nil
	}
	delete(l.holding.Endpoints, id)
	undo := func() { l.holding.Endpoints[id] = held }
	if !held.OurIPv6 {
		return l.save(undo)
	}
	err := l.releaseLocked(held.IPv6)
	if err != nil {
		undo()
	}
	return err
}

// join notes the namespace of an endpoint. first: the namespace has no other endpoint of ours.
func (l *ledger) join(id, sandbox string) (first bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	held, ok := l.holding.Endpoints[id]
	if !ok {
		return false, fmt.Errorf("endpoint %.12s is not known: it was never created, or removed", id)
	}
	first = !l.occupied(sandbox, id)
	before := held
	held.Sandbox = sandbox
	l.holding.Endpoints[id] = held
	return first, l.save(func() { l.holding.Endpoints[id] = before })
}

// occupied reports whether an endpoint other than id is joined to sandbox.
func (l *ledger) occupied(sandbox, id string) bool {
	for other, held := range l.holding.Endpoints {
		if other != id && held.Sandbox == sandbox {
			return true
		}
	}
	return false
}

// leave notes that an endpoint is in no namespace.
func (l *ledger) leave(id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	held, ok := l.holding.Endpoints[id]
	if !ok || held.Sandbox == "" {
		return nil
	}
	before := held
	held.Sandbox = ""
	l.holding.Endpoints[id] = held
	return l.save(func() { l.holding.Endpoints[id] = before })
}

// endpoints returns the ids of the endpoints that are held, sorted.
func (l *ledger) endpoints() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids := make([]string, 0, len(l.holding.Endpoints))
	for id := range l.holding.Endpoints {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
