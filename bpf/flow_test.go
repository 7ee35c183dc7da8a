// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"testing"
	"time"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/bpf"
)

// flows are the entries of a conntrack table.
func (n *node) flows(table *ebpf.Map) map[bpf.EndpointFlowKey]bpf.EndpointFlow {
	n.Helper()
	all := map[bpf.EndpointFlowKey]bpf.EndpointFlow{}
	var key bpf.EndpointFlowKey
	var flow bpf.EndpointFlow
	entries := table.Iterate()
	for entries.Next(&key, &flow) {
		all[key] = flow
	}
	n.must(entries.Err())
	return all
}

// only is the one flow that there is. It is in the table of all.
func (n *node) only(t testing.TB) (bpf.EndpointFlowKey, bpf.EndpointFlow) {
	t.Helper()
	if overflow := len(n.flows(n.Overflow)); overflow != 0 {
		t.Fatalf("%d flows in overflow, want none", overflow)
	}
	return n.onlyIn(t, n.Flows)
}

// onlyIn is the one flow of a table.
func (n *node) onlyIn(t testing.TB, table *ebpf.Map) (bpf.EndpointFlowKey, bpf.EndpointFlow) {
	t.Helper()
	all := n.flows(table)
	if len(all) != 1 {
		t.Fatalf("%d flows in %v, want 1", len(all), table)
	}
	for key, flow := range all {
		return key, flow
	}
	panic("unreachable")
}

// edit changes the one flow that there is.
func (n *node) edit(t testing.TB, change func(*bpf.EndpointFlow)) {
	t.Helper()
	key, flow := n.only(t)
	change(&flow)
	n.must(n.Flows.Put(key, flow))
}

// age makes a flow's verdict look older.
func age(by time.Duration) func(*bpf.EndpointFlow) {
	return func(f *bpf.EndpointFlow) {
		f.ValidatedNs -= uint64(by)
		f.ValidatedJiffies -= uint32(by/time.Millisecond) * second / 1000
	}
}

// idle makes a flow look as if nothing came for longer than its lifetime. (The lifetime changes, too: the
// machine may not have been up for six hours.)
func idle(f *bpf.EndpointFlow) {
	f.LifetimeS = 1
	age(3 * time.Second)(f)
}
