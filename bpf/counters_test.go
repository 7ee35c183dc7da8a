// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
)

const verdictCount = int(bpf.EndpointVerdictVERDICT_COUNT)

// counters are those that a packet can move, summed over all CPUs.
type counters struct {
	verdicts [verdictCount]bpf.EndpointVerdictCounter
	pairs    []bpf.EndpointPairCounter // by slot
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
	for slot := range n.slots + 1 {
		now.pairs = append(now.pairs, n.pairCounter(slot))
	}
	return now
}

func (n *node) pairCounter(slot uint32) (sum bpf.EndpointPairCounter) {
	n.Helper()
	pairs := make([]bpf.EndpointPairCounter, ebpf.MustPossibleCPU())
	n.must(n.Pairs.Lookup(slot, pairs))
	for _, c := range pairs {
		for way := range c.Packets {
			sum.Packets[way] += c.Packets[way]
			sum.Bytes[way] += c.Bytes[way]
		}
		sum.Flows += c.Flows
	}
	return sum
}

// counted is what one packet did to the counters.
type counted struct {
	verdicts []bpf.EndpointVerdict // without notices
	notices  []bpf.EndpointVerdict
	passed   int    // packets that went to a pair counter
	slot     uint32 // the last such counter
	reply    bool   // the way it counted for
	newFlow  bool
	bytes    uint64 // on all of these but notices
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
	for i := range now.pairs {
		was, is := before.pairs[i], now.pairs[i]
		c.newFlow = c.newFlow || is.Flows != was.Flows
		for way := range is.Packets {
			for range is.Packets[way] - was.Packets[way] {
				c.passed, c.slot, c.reply = c.passed+1, uint32(i), way == 1
				c.bytes += is.Bytes[way] - was.Bytes[way]
			}
		}
	}
	return c
}
