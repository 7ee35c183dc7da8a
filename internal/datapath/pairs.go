// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/identity"
)

// Pair is who opened flows, and to whom.
type Pair struct{ Consumer, Provider identity.Number }

// Traffic is what a pair exchanged since its counter was made.
type Traffic struct {
	Packets, Bytes           uint64 // consumer to provider
	ReplyPackets, ReplyBytes uint64
	Flows                    uint64
	DeniedPackets            uint64
	DeniedBytes              uint64
}

// pairs gives each pair a slot in the per-CPU counters. The names of the slots are in the kernel too, so a new agent
// goes on counting where the last one stopped. A slot is never given to another pair. When all are taken, new pairs
// share slot 0, and crowded says how many do.
type pairs struct {
	names   *ebpf.Map
	slots   map[Pair]uint32
	next    uint32
	crowded map[Pair]bool
}

func openPairs(names *ebpf.Map) (*pairs, error) {
	p := &pairs{names: names, slots: map[Pair]uint32{}, next: 1, crowded: map[Pair]bool{}}
	err := eachEntry(names, func(slot uint32, name bpf.EndpointPairKey) bool {
		if name != (bpf.EndpointPairKey{}) {
			p.slots[Pair{identity.Number(name.Consumer), identity.Number(name.Provider)}] = slot
			p.next = max(p.next, slot+1)
		}
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("reading the names of the pair counters: %w", err)
	}
	return p, nil
}

// slot returns the pair's slot, 0 if there is no more.
func (p *pairs) slot(pair Pair) uint32 {
	if slot, found := p.slots[pair]; found {
		return slot
	}
	name := bpf.EndpointPairKey{Consumer: uint32(pair.Consumer), Provider: uint32(pair.Provider)}
	if p.next >= p.names.MaxEntries() || p.names.Put(p.next, name) != nil {
		p.crowded[pair] = true
		return 0
	}
	p.slots[pair] = p.next
	p.next++
	return p.slots[pair]
}

// Traffic returns what each pair exchanged, and what policy denied it. Pairs without a slot are together under the
// zero Pair.
func (d *Datapath) Traffic() (map[Pair]Traffic, error) {
	d.mu.Lock()
	slots := make(map[Pair]uint32, len(d.pairs.slots)+1)
	for pair, slot := range d.pairs.slots {
		slots[pair] = slot
	}
	d.mu.Unlock()
	slots[Pair{}] = 0
	traffic := make(map[Pair]Traffic, len(slots))
	for pair, slot := range slots {
		var each []bpf.EndpointPairCounter
		if err := d.maps.Pairs.Lookup(slot, &each); err != nil {
			return nil, fmt.Errorf("reading the counters of a pair: %w", err)
		}
		if sum := sumTraffic(each); sum != (Traffic{}) {
			traffic[pair] = sum
		}
	}
	return traffic, d.addDenied(traffic)
}

func sumTraffic(each []bpf.EndpointPairCounter) (sum Traffic) {
	for _, cpu := range each {
		sum.Packets += cpu.Packets[0]
		sum.Bytes += cpu.Bytes[0]
		sum.ReplyPackets += cpu.Packets[1]
		sum.ReplyBytes += cpu.Bytes[1]
		sum.Flows += cpu.Flows
	}
	return sum
}

func (d *Datapath) addDenied(traffic map[Pair]Traffic) error {
	var key bpf.EndpointPairKey
	var each []bpf.EndpointVerdictCounter
	all := d.maps.Denied.Iterate()
	for all.Next(&key, &each) {
		pair := Pair{identity.Number(key.Consumer), identity.Number(key.Provider)}
		sum := traffic[pair]
		for _, cpu := range each {
			sum.DeniedPackets += cpu.Packets
			sum.DeniedBytes += cpu.Bytes
		}
		traffic[pair] = sum
	}
	if err := all.Err(); err != nil && !errors.Is(err, ebpf.ErrIterationAborted) {
		return fmt.Errorf("reading what was denied: %w", err)
	}
	return nil
}
