// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/bpf"
)

const (
	countersPerChunk = uint32(bpf.EndpointCounterLayoutCOUNTERS_A_CHUNK)
	slotTogether     = uint32(bpf.EndpointCounterLayoutCOUNTER_TOGETHER)

	// slotsAhead is how many free slots programs find at least, after a refill. It is how many new (pair, ruling) may come up
	// until the next one without being counted together.
	slotsAhead = 4096
	// slotsForLosers is what the queue has room for beyond: a program that lost a race gives its slot back.
	slotsForLosers = 64
)

// counterSlots offers slots of the per-CPU counters to programs, and takes them back. A program that meets a new key (who to
// whom, by which ruling) pops a slot from the queue and writes it down; only this agent adds chunks and frees slots.
type counterSlots struct {
	keys   *ebpf.Map // counter_slots: key → slot
	free   *ebpf.Map // free_counters: the queue
	chunks *ebpf.Map // counters: array of per-CPU arrays

	mu      sync.Mutex
	opened  []*ebpf.Map       // the chunks
	spare   []uint32          // free, zero, and not in the queue
	offered map[uint32]uint64 // slot → its place in the order in which slots were last put into the queue
	next    uint64            // the next place
	resting []resting         // folded since the last tick
	rested  []resting         // folded before it: nobody counts there any more
	unclear []uint32          // neither free nor in use when they were looked at
}

// refill sees to it that programs find free slots. It is cheap when there is nothing to do.
func (c *counterSlots) refill() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	waiting, err := c.waiting()
	if err != nil || waiting >= slotsAhead {
		return err
	}
	for room := int(c.free.MaxEntries()) - waiting - slotsForLosers; room > 0; room-- {
		slot, err := c.take()
		if err != nil || slot == slotTogether {
			return err
		}
		if err := c.offer(slot); err != nil {
			return err
		}
	}
	return nil
}

// waiting is how many slots the queue holds, or a little less. Slots come out in the order in which they went in, so the place of
// the first one says how many are left. It is moved to the end; it may be one that a program gave back, which stands out of
// order: it counts if the next one has the next place.
func (c *counterSlots) waiting() (int, error) {
	for range slotsForLosers {
		var first, second uint32
		err := c.free.LookupAndDelete(nil, &first)
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			return 0, nil
		}
		if err != nil {
			return 0, fmt.Errorf("looking at the free counters: %w", err)
		}
		place := c.offered[first]
		if err := c.offer(first); err != nil {
			return 0, err
		}
		if err := ignoreMissing(c.free.Lookup(nil, &second)); err != nil {
			return 0, fmt.Errorf("looking at the free counters: %w", err)
		}
		if c.offered[second] == place+1 {
			return int(c.next - c.offered[second]), nil
		}
	}
	return 0, nil
}

// offer puts a slot into the queue, or aside: programs have filled it up with what they gave back.
func (c *counterSlots) offer(slot uint32) error {
	err := c.free.Put(nil, slot)
	if err != nil {
		c.spare = append(c.spare, slot)
	}
	if errors.Is(err, unix.E2BIG) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("offering a counter to programs: %w", err)
	}
	c.offered[slot] = c.next
	c.next++
	return nil
}

// take returns a slot that is free and zero; slotTogether if there can be no more.
func (c *counterSlots) take() (uint32, error) {
	if len(c.spare) == 0 {
		if err := c.addChunk(); err != nil || len(c.spare) == 0 {
			return slotTogether, err
		}
	}
	slot := c.spare[0]
	c.spare = c.spare[1:]
	return slot, nil
}

// addChunk makes a chunk of counters, if there may be one more.
func (c *counterSlots) addChunk() error {
	index := uint32(len(c.opened))
	if index >= c.maxChunks() {
		return nil
	}
	chunk, err := ebpf.NewMap(&ebpf.MapSpec{
		Name: "counters", Type: ebpf.PerCPUArray, KeySize: 4, ValueSize: uint32(unsafe.Sizeof(bpf.EndpointCounter{})), MaxEntries: countersPerChunk,
	})
	if err != nil {
		return fmt.Errorf("making %d more counters beside %d: %w", countersPerChunk, index*countersPerChunk, err)
	}
	if err := c.chunks.Put(index, chunk); err != nil {
		return errors.Join(fmt.Errorf("adding a chunk of counters: %w", err), chunk.Close())
	}
	c.opened = append(c.opened, chunk)
	for i := range countersPerChunk {
		if slot := index*countersPerChunk + i; slot != slotTogether {
			c.spare = append(c.spare, slot)
		}
	}
	return nil
}

// maxChunks is as many as all keys that there may be need, the slots that wait in the queue, and the one for all others.
func (c *counterSlots) maxChunks() uint32 {
	return min(c.chunks.MaxEntries(), c.keys.MaxEntries()/countersPerChunk+3)
}

func (c *counterSlots) close() {
	for _, chunk := range c.opened {
		chunk.Close()
	}
}
