// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"fmt"

	"github.com/cilium/ebpf/ringbuf"

	"github.com/hypha-net/hypha/bpf"
)

// VerdictCount is how many packets met one verdict since the maps were made.
type VerdictCount struct {
	Verdict        bpf.EndpointVerdict
	Packets, Bytes uint64
}

// Verdicts returns the counters that are not zero, in the enum's order. Forwarded packets are in Counters.
func (d *Datapath) Verdicts() (counts []VerdictCount, err error) {
	for v := range bpf.EndpointVerdictVERDICT_COUNT {
		var each []bpf.EndpointVerdictCounter
		if err := d.maps.Verdicts.Lookup(uint32(v), &each); err != nil {
			return nil, fmt.Errorf("reading the verdict counters: %w", err)
		}
		sum := VerdictCount{Verdict: v}
		for _, cpu := range each {
			sum.Packets += cpu.Packets
			sum.Bytes += cpu.Bytes
		}
		if sum.Packets != 0 {
			counts = append(counts, sum)
		}
	}
	return counts, nil
}

// LostEvents is how many events found no room in the ring buffer.
func (d *Datapath) LostEvents() (sum uint64, err error) {
	var each []uint64
	if err := d.maps.LostEvents.Lookup(uint32(0), &each); err != nil {
		return 0, fmt.Errorf("reading the count of lost events: %w", err)
	}
	for _, cpu := range each {
		sum += cpu
	}
	return sum, nil
}

// Events opens the ring buffer. It has one reader.
func (d *Datapath) Events() (*ringbuf.Reader, error) {
	reader, err := ringbuf.NewReader(d.maps.Events)
	if err != nil {
		return nil, fmt.Errorf("opening the event ring buffer: %w", err)
	}
	return reader, nil
}

// WantVerdicts tells programs whether anybody reads the first packets of flows.
func (d *Datapath) WantVerdicts(wanted bool) error {
	settings := bpf.EndpointRuntimeSettings{VerdictEvents: flag(wanted)}
	if err := d.maps.Settings.Put(uint32(0), settings); err != nil {
		return fmt.Errorf("switching verdict events: %w", err)
	}
	return nil
}
