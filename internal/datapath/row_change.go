// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// rowChange is how the rows of one table become those of another, while packets are judged by them. Its order keeps each
// packet's verdict the old one or the new one: pages of a peer's own come before the one for all others, which goes before they do.
type rowChange struct {
	puts  rows
	gone  []bpf.EndpointRowKey // after puts, in this order
	added int                  // entries, at most
	odd   bool                 // there are exceptions among the puts
}

// grow is how many more entries the map then has. Negative: fewer.
func (c *rowChange) grow() int { return c.added - len(c.gone) }

// fits reports whether the map has room for the change, and the program looks for what comes.
func (c *rowChange) fits(in *inForce) bool {
	return in.entries+c.added <= int(in.judge.rows.MaxEntries()) &&
		(!c.odd || in.judge.flags&bpf.EndpointTableFlagsTABLE_EXCEPTIONS != 0)
}

// changeBetween returns nil if the rows can not be changed in place: another shape, another revision, or changes that are not
// known or would show a packet a mixture.
func changeBetween(old, new *policy.Tables, rulings Rulings) (*rowChange, error) {
	if old.Revision != new.Revision {
		return nil, nil
	}
	change := &rowChange{}
	for _, c := range []struct {
		direction
		old, new *policy.Table
	}{{ingress, &old.Ingress, &new.Ingress}, {egress, &old.Egress, &new.Egress}} {
		if possible, err := change.between(c.direction, c.old, c.new, rulings); !possible || err != nil {
			return nil, err
		}
	}
	return change, nil
}

func (c *rowChange) between(dir direction, old, new *policy.Table, rulings Rulings) (possible bool, err error) {
	peers, related := new.Rows.ChangesSince(old.Rows)
	if !related || old.Shape != new.Shape || len(new.Kinds) < len(old.Kinds) {
		return false, nil
	}
	have := len(c.puts.keys)
	e := newEncoder(&c.puts, dir, new, rulings)
	if err := e.exceptions(len(old.Kinds)); err != nil {
		return false, err
	}
	exceptions := len(c.puts.keys) - have
	c.added, c.odd = c.added+exceptions, c.odd || exceptions > 0
	for peer, kind := range peers {
		before, _ := old.Rows.Kind(peer)
		if before == kind {
			continue
		}
		if before != 0 && kind != 0 && paged(new.Shape) {
			return false, nil // several rows would change, one after the other
		}
		if err := c.peer(e, peer, before, kind); err != nil {
			return false, err
		}
	}
	return true, nil
}

// peer is the change of one peer's kind.
func (c *rowChange) peer(e *encoder, peer identity.Number, before, kind int) error {
	if kind != 0 {
		have := len(c.puts.keys)
		err := e.peer(peer, kind)
		if before == 0 {
			c.added += len(c.puts.keys) - have
		}
		return err
	}
	pages, err := e.pagesOf(before)
	for i := len(pages) - 1; i >= 0; i-- {
		c.gone = append(c.gone, e.rowKey(peer, pages[i].number))
	}
	return err
}

// apply changes the rows of a map in which programs look.
func (c *rowChange) apply(to *ebpf.Map) error {
	if err := c.puts.put(to); err != nil {
		return err
	}
	for _, key := range c.gone {
		if err := ignoreMissing(to.Delete(key)); err != nil {
			return fmt.Errorf("removing a row: %w", err)
		}
	}
	return nil
}
