// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
)

// Counter is what one endpoint exchanged with another, or identities of which no endpoint is local any more, under one ruling.
// Counts never become less, except Flows of a provider whose identity is not known (0): a flow goes over to it when it answers.
type Counter struct {
	Consumer, Provider identity.Number
	Ruling             uint32      // 0: no rule spoke, or none could: the identity was not known
	From, To           endpoint.ID // of consumer and provider; 0: not local, or gone

	Packets, Bytes           uint64 // consumer to provider, or denied
	ReplyPackets, ReplyBytes uint64
	Flows                    uint64 // that began; of a denial: their first packets
}

// Counters returns all counters that are not zero, in no order. The zero key counts for all who got no counter of their own.
func (d *Datapath) Counters() ([]Counter, error) {
	d.slots.mu.Lock()
	defer d.slots.mu.Unlock()
	return d.slots.counters()
}

func (c *counterSlots) counters() ([]Counter, error) {
	counts, err := c.readAll(countersAtATime(ebpf.MustPossibleCPU()))
	if err != nil {
		return nil, err
	}
	sums := map[bpf.EndpointCounterKey]bpf.EndpointCounter{}
	if together := counts[slotTogether]; together != (bpf.EndpointCounter{}) {
		sums[bpf.EndpointCounterKey{}] = together
	}
	err = eachEntry(c.keys, func(key bpf.EndpointCounterKey, slot uint32) bool {
		if int(slot) < len(counts) && counts[slot] != (bpf.EndpointCounter{}) {
			key.Ruling &^= baseMark
			sums[key] = plus(sums[key], counts[slot])
		}
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("reading whose the counters are: %w", err)
	}
	all := make([]Counter, 0, len(sums))
	for key, n := range sums {
		all = append(all, Counter{
			Consumer: identity.Number(key.Consumer), Provider: identity.Number(key.Provider), Ruling: key.Ruling,
			From: endpoint.ID(key.From), To: endpoint.ID(key.To),
			Packets: n.Packets[0], Bytes: n.Bytes[0], ReplyPackets: n.Packets[1], ReplyBytes: n.Bytes[1], Flows: n.Flows,
		})
	}
	return all, nil
}

// readAll returns all counters by slot, the CPUs' added up: so many are read at a time. A key whose slot is newer than this has no
// count yet.
func (c *counterSlots) readAll(atATime int) ([]bpf.EndpointCounter, error) {
	cpus := ebpf.MustPossibleCPU()
	perCPU := make([]bpf.EndpointCounter, atATime*cpus)
	indexes := make([]uint32, atATime)
	counts := make([]bpf.EndpointCounter, 0, len(c.opened)*int(countersPerChunk))
	for i, chunk := range c.opened {
		var cursor ebpf.MapBatchCursor
		for end := false; !end; {
			n, err := chunk.BatchLookup(&cursor, indexes, perCPU, nil)
			if end = errors.Is(err, ebpf.ErrKeyNotExist); err != nil && !end {
				return nil, fmt.Errorf("reading chunk %d of the counters: %w", i, err)
			}
			for slot := range n {
				counts = append(counts, sum(perCPU[slot*cpus:(slot+1)*cpus]))
			}
		}
		if want := (i + 1) * int(countersPerChunk); len(counts) != want {
			return nil, fmt.Errorf("reading the counters up to chunk %d: the kernel gave %d of %d", i, len(counts), want)
		}
	}
	return counts, nil
}

// countersAtATime is how many fit into a megabyte, of which each has a copy on each CPU; a chunk at most.
func countersAtATime(cpus int) int {
	const size = int(unsafe.Sizeof(bpf.EndpointCounter{}))
	return max(1, min(int(countersPerChunk), 1<<20/(size*cpus)))
}

// read returns one counter.
func (c *counterSlots) read(slot uint32) (bpf.EndpointCounter, error) {
	var perCPU []bpf.EndpointCounter
	err := c.at(slot).Lookup(slot%countersPerChunk, &perCPU)
	return sum(perCPU), err
}

// at is the chunk with that slot.
func (c *counterSlots) at(slot uint32) *ebpf.Map { return c.opened[slot/countersPerChunk] }

func sum(perCPU []bpf.EndpointCounter) (all bpf.EndpointCounter) {
	for _, cpu := range perCPU {
		all = plus(all, cpu)
	}
	return all
}

func plus(a, b bpf.EndpointCounter) bpf.EndpointCounter {
	for i := range a.Packets {
		a.Packets[i] += b.Packets[i]
		a.Bytes[i] += b.Bytes[i]
	}
	a.Flows += b.Flows
	return a
}

func minus(a, b bpf.EndpointCounter) bpf.EndpointCounter {
	for i := range a.Packets {
		a.Packets[i] -= b.Packets[i]
		a.Bytes[i] -= b.Bytes[i]
	}
	a.Flows -= b.Flows
	return a
}

// RunCounters keeps free counters at hand for programs, until ctx is done. It is to be called while the datapath is in use.
func (d *Datapath) RunCounters(ctx context.Context, interval time.Duration) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := d.slots.tick(); err != nil {
				d.log.Warn("counters of endpoints that are gone stay in use", "err", err)
			}
			d.refillCounters()
		}
	}
}

// refillCounters is no reason for anything else to fail: without free counters, flows are counted all the same.
func (d *Datapath) refillCounters() {
	if err := d.slots.refill(); err != nil {
		d.log.Warn("flows may be counted together", "err", err)
	}
}
