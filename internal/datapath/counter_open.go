// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
)

// openCounters adopts the counters of an earlier agent: programs went on counting, and do now.
func openCounters(keys, free, chunks *ebpf.Map) (c *counterSlots, err error) {
	c = &counterSlots{keys: keys, free: free, chunks: chunks, offered: map[uint32]uint64{}}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if err := c.openChunks(); err != nil {
		return nil, err
	}
	if err := c.readQueue(); err != nil {
		return nil, err
	}
	if err := c.dropRenamed(); err != nil {
		return nil, err
	}
	inUse, err := c.inUse()
	if err != nil {
		return nil, err
	}
	for slot := slotTogether + 1; slot < uint32(len(c.opened))*countersPerChunk; slot++ {
		if _, queued := c.offered[slot]; !queued && !inUse[slot] {
			c.unclear = append(c.unclear, slot)
		}
	}
	return c, c.refill()
}

func (c *counterSlots) openChunks() error {
	for index := range c.chunks.MaxEntries() {
		var id ebpf.MapID
		err := c.chunks.Lookup(index, &id)
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("looking for chunk %d of the counters: %w", index, err)
		}
		chunk, err := ebpf.NewMapFromID(id)
		if err != nil {
			return fmt.Errorf("opening chunk %d of the counters: %w", index, err)
		}
		c.opened = append(c.opened, chunk)
	}
	return nil
}

// readQueue finds out which slots are in the queue, and in which order: it turns it round once. At no time is there a slot less for
// programs than but the one in hand.
func (c *counterSlots) readQueue() error {
	for {
		var slot uint32
		err := c.free.LookupAndDelete(nil, &slot)
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the free counters: %w", err)
		}
		_, round := c.offered[slot]
		if err := c.offer(slot); err != nil || round {
			return err
		}
	}
}

// dropRenamed ends what an agent that died while it folded a counter has begun: where two keys have one slot, it is the base's.
func (c *counterSlots) dropRenamed() error {
	bases, others := map[uint32]bool{}, map[uint32]bpf.EndpointCounterKey{}
	err := eachEntry(c.keys, func(key bpf.EndpointCounterKey, slot uint32) bool {
		if isBase(key) && !bases[slot] {
			bases[slot] = true
		} else {
			others[slot] = key
		}
		return true
	})
	if err != nil {
		return fmt.Errorf("reading whose the counters are: %w", err)
	}
	for slot, key := range others {
		if bases[slot] {
			if err := ignoreMissing(c.keys.Delete(key)); err != nil {
				return fmt.Errorf("ending the folding of a counter: %w", err)
			}
		}
	}
	return nil
}

func (c *counterSlots) inUse() (map[uint32]bool, error) {
	slots := map[uint32]bool{}
	err := eachEntry(c.keys, func(_ bpf.EndpointCounterKey, slot uint32) bool {
		slots[slot] = true
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("reading which counters are in use: %w", err)
	}
	return slots, nil
}
