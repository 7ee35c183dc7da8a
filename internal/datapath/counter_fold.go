// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/endpoint"
)

// baseMark marks keys that no program makes: counters of endpoints that are gone, which only this agent adds to. Rulings'
// numbers are smaller.
const baseMark = 1 << 31

func isBase(key bpf.EndpointCounterKey) bool { return key.Ruling&baseMark != 0 }

// resting is a slot whose counts are in another's. A packet that was on its way may still have counted here.
type resting struct {
	slot   uint32
	folded bpf.EndpointCounter
	base   bpf.EndpointCounterKey
}

// fold makes the counters of an endpoint, which is gone, those of its identity's pairs.
func (c *counterSlots) fold(id endpoint.ID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := map[bpf.EndpointCounterKey]uint32{}
	err := eachEntry(c.keys, func(key bpf.EndpointCounterKey, slot uint32) bool {
		if key.From == uint16(id) || key.To == uint16(id) {
			found[key] = slot
		}
		return true
	})
	if err != nil {
		return fmt.Errorf("reading whose the counters are: %w", err)
	}
	for key, slot := range found {
		if err := c.foldOne(key, slot, id); err != nil {
			return fmt.Errorf("folding a counter of endpoint %d: %w", id, err)
		}
	}
	return nil
}

// foldOne gives a counter to the key without the endpoint. An agent that dies in here counts nothing twice:
//
//   - no such key yet: it gets the slot, and then the old key goes. Between the two, both have it, which the next agent
//     finds (dropRenamed).
//   - there is one: the old key goes, and then its counts are added. Between the two, they are lost.
func (c *counterSlots) foldOne(key bpf.EndpointCounterKey, slot uint32, id endpoint.ID) error {
	base := key
	base.Ruling |= baseMark
	if key.From == uint16(id) {
		base.From = 0
	}
	if key.To == uint16(id) {
		base.To = 0
	}
	err := c.keys.Update(base, slot, ebpf.UpdateNoExist)
	if err == nil {
		return c.keys.Delete(key)
	}
	if errors.Is(err, unix.E2BIG) { // no room for both: without the crash's safety
		return errors.Join(c.keys.Delete(key), c.keys.Update(base, slot, ebpf.UpdateNoExist))
	}
	if !errors.Is(err, ebpf.ErrKeyExist) {
		return err
	}
	counts, err := c.read(slot)
	if err == nil {
		err = c.keys.Delete(key)
	}
	if err != nil {
		return err
	}
	c.resting = append(c.resting, resting{slot, counts, base})
	return c.add(base, counts)
}

// add adds to a base counter, where no program counts.
func (c *counterSlots) add(base bpf.EndpointCounterKey, counts bpf.EndpointCounter) error {
	if counts == (bpf.EndpointCounter{}) {
		return nil
	}
	var slot uint32
	if err := c.keys.Lookup(base, &slot); err != nil {
		return err
	}
	perCPU := make([]bpf.EndpointCounter, ebpf.MustPossibleCPU())
	if err := c.at(slot).Lookup(slot%countersPerChunk, &perCPU); err != nil {
		return err
	}
	perCPU[0] = plus(perCPU[0], counts)
	return c.at(slot).Put(slot%countersPerChunk, perCPU)
}

// tick recycles slots. Called from time to time, no packet that counts in one is on its way from one call to the next.
func (c *counterSlots) tick() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.rested) > 0 {
		r := &c.rested[0]
		counts, err := c.read(r.slot)
		if err == nil {
			err = c.add(r.base, minus(counts, r.folded))
		}
		if err == nil {
			r.folded = counts // not twice, if the slot is not taken back this time
			err = c.recycle(r.slot)
		}
		if err != nil {
			return fmt.Errorf("taking a counter back: %w", err)
		}
		c.rested = c.rested[1:]
	}
	c.rested, c.resting = c.resting, nil
	return c.clear()
}

// clear frees what was unclear, but for what turned out to be in use: a program was about to write its key down.
func (c *counterSlots) clear() error {
	if len(c.unclear) == 0 {
		return nil
	}
	inUse, err := c.inUse()
	if err != nil {
		return err
	}
	for ; len(c.unclear) > 0; c.unclear = c.unclear[1:] {
		if slot := c.unclear[0]; !inUse[slot] {
			if err := c.recycle(slot); err != nil {
				return fmt.Errorf("taking a counter back: %w", err)
			}
		}
	}
	return nil
}

func (c *counterSlots) recycle(slot uint32) error {
	zero := make([]bpf.EndpointCounter, ebpf.MustPossibleCPU())
	if err := c.at(slot).Put(slot%countersPerChunk, zero); err != nil {
		return err
	}
	c.spare = append(c.spare, slot)
	return nil
}
