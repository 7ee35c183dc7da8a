// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"errors"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
)

const (
	verdictCount = int(bpf.EndpointVerdictVERDICT_COUNT)
	chunkSlots   = uint32(bpf.EndpointCounterLayoutCOUNTERS_A_CHUNK)
)

// together stands for the slot of all that have none of their own.
var together = bpf.EndpointCounterKey{Consumer: ^uint32(0)}

// counters are those that a packet can move, summed over all CPUs.
type counters struct {
	verdicts [verdictCount]bpf.EndpointVerdictCounter
	slots    map[bpf.EndpointCounterKey]bpf.EndpointCounter
}

func (n *node) count() (now counters) {
	n.Helper()
	verdicts := make([]bpf.EndpointVerdictCounter, ebpf.MustPossibleCPU())
	for i := range now.verdicts {
		n.must(n.Verdicts.Lookup(uint32(i), verdicts))
		for _, c := range verdicts {
			now.verdicts[i].Packets += c.Packets
			now.verdicts[i].Bytes += c.Bytes
		}
	}
	now.slots = map[bpf.EndpointCounterKey]bpf.EndpointCounter{together: n.counter(0)}
	for key, slot := range n.slots() {
		now.slots[key] = n.counter(slot)
	}
	return now
}

// slots are those in use, by what they count.
func (n *node) slots() map[bpf.EndpointCounterKey]uint32 {
	n.Helper()
	all := map[bpf.EndpointCounterKey]uint32{}
	var key bpf.EndpointCounterKey
	var slot uint32
	entries := n.CounterSlots.Iterate()
	for entries.Next(&key, &slot) {
		all[key] = slot
	}
	n.must(entries.Err())
	return all
}

func (n *node) counter(slot uint32) (sum bpf.EndpointCounter) {
	n.Helper()
	perCPU := make([]bpf.EndpointCounter, ebpf.MustPossibleCPU())
	n.must(n.chunks[slot/chunkSlots].Lookup(slot%chunkSlots, perCPU))
	for _, c := range perCPU {
		for way := range c.Packets {
			sum.Packets[way] += c.Packets[way]
			sum.Bytes[way] += c.Bytes[way]
		}
		sum.Flows += c.Flows
	}
	return sum
}

// offer fills the queue with slots that are free, and nothing else.
func (n *node) offer(slots ...uint32) {
	n.Helper()
	for {
		var old uint32
		err := n.FreeCounters.LookupAndDelete(nil, &old)
		if errors.Is(err, ebpf.ErrKeyNotExist) {
			break
		}
		n.must(err)
	}
	for _, slot := range slots {
		n.must(n.FreeCounters.Put(nil, slot))
	}
}

// counted is what one packet did to the counters.
type counted struct {
	verdicts []bpf.EndpointVerdict // without notices
	notices  []bpf.EndpointVerdict
	packets  int                    // on slots
	key      bpf.EndpointCounterKey // what the last such slot is about
	reply    bool                   // the way it counted for
	flows    uint64                 // on slots
	bytes    uint64                 // by verdict
	carried  uint64                 // bytes on slots
}

// since is what changed from before to now.
func (now *counters) since(before *counters) (c counted) {
	for i := range now.verdicts {
		was, is, v := before.verdicts[i], now.verdicts[i], bpf.EndpointVerdict(i)
		for range is.Packets - was.Packets {
			if v == bpf.EndpointVerdictNOTICE_CONNTRACK_FULL {
				c.notices = append(c.notices, v)
				continue
			}
			c.verdicts = append(c.verdicts, v)
			c.bytes += is.Bytes - was.Bytes
		}
	}
	for key, is := range now.slots {
		was := before.slots[key]
		c.flows += is.Flows - was.Flows
		for way := range is.Packets {
			if is.Packets[way] == was.Packets[way] {
				continue
			}
			c.packets += int(is.Packets[way] - was.Packets[way])
			c.key, c.reply = key, way == 1
			c.carried += is.Bytes[way] - was.Bytes[way]
		}
	}
	return c
}
