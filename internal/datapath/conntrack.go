// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// Party is one end of a flow.
type Party struct {
	Endpoint endpoint.ID // 0: outside
	Node     uint32      // number of another node that it is at; 0: none
	Identity identity.Number
	Address  netip.Addr
	Port     uint16 // ICMP: the echo identifier
}

// Flow is an entry of conntrack. The client opened it.
type Flow struct {
	Protocol       policy.Protocol
	Client, Server Party
	State          bpf.EndpointFlowState
	Overflow       bool // it is beyond its opener's share, and may be replaced
	Denied         bool
	Revision       uint32 // of the policy that judged it
	Ruling         uint32 // number, without the mark of audit
	Age            time.Duration
	Expires        time.Duration // from now, if it stays idle
}

// Flows calls each for the entries of both tables until it returns false.
func (d *Datapath) Flows(each func(Flow) bool) error {
	now := monotonic()
	for _, table := range []*ebpf.Map{d.maps.Flows, d.maps.Overflow} {
		more := true
		err := eachFlow(table, func(key bpf.EndpointFlowKey, flow bpf.EndpointFlow) bool {
			if expires(flow, now) > 0 {
				more = each(flowOf(key, flow, table == d.maps.Overflow, now))
			}
			return more
		})
		if err != nil || !more {
			return err
		}
	}
	return nil
}

func flowOf(key bpf.EndpointFlowKey, flow bpf.EndpointFlow, overflow bool, now uint64) Flow {
	party := func(i uint8) Party {
		return Party{
			Endpoint: endpoint.ID(flow.End[i].Endpoint), Node: uint32(flow.End[i].Node), Identity: identity.Number(flow.Identity[i]),
			Address: netip.AddrFrom16(key.Address[i].Bytes).Unmap(), Port: hostOrder(key.Port[i]),
		}
	}
	client := flow.Client & 1
	return Flow{
		Protocol: policy.Protocol(key.Protocol), Client: party(client), Server: party(1 - client),
		State: bpf.EndpointFlowState(flow.State), Overflow: overflow, Denied: flow.Denied != 0, Revision: flow.Revision,
		Ruling: flow.Ruling &^ rulingAudit,
		Age:    time.Duration(now - min(now, flow.CreatedNs)), Expires: time.Duration(expires(flow, now)),
	}
}

// hostOrder reads a port that the kernel has in network order.
func hostOrder(port uint16) uint16 {
	return binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, port))
}

// expires is how long an idle flow still lives, in nanoseconds; negative: it is dead.
func expires(flow bpf.EndpointFlow, now uint64) int64 {
	return int64(flow.ValidatedNs) + int64(flow.LifetimeS)*int64(time.Second) - int64(now)
}

func monotonic() uint64 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // can not fail for this clock
	return uint64(now.Nano())
}

func eachFlow(table *ebpf.Map, each func(bpf.EndpointFlowKey, bpf.EndpointFlow) bool) error {
	if err := eachEntry(table, each); err != nil {
		return fmt.Errorf("reading flows: %w", err)
	}
	return nil
}
