// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/hypha-net/hypha/bpf"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// Endpoint is the wanted state of one endpoint in the kernel.
type Endpoint struct {
	ID         endpoint.ID
	Identity   identity.Number // SetTables has given it tables
	IPv6, IPv4 netip.Addr      // as programs know them; invalid: none
	Link       Link            // its host side exists
	Trace      bool
}

// Report is what the kernel has of an endpoint.
type Report struct {
	Generation uint32 // stamp of its verdicts
	Revision   uint64 // of the rules that its identity's tables were made from
	Programs   []Program
	Tables     *policy.Tables // nil: they were dropped, and their program goes on
}

// attached is what this agent has put into the kernel for an endpoint. It never changes: a change makes another.
type attached struct {
	wanted     Endpoint
	entry      *entry
	judge      *judge
	generation uint32
	uncertain  bool // whether all of it is in the kernel
}

func (d *Datapath) report(a *attached) Report {
	r := Report{Generation: a.generation, Revision: a.judge.revision, Programs: []Program{a.entry.program, a.judge.report()}}
	if t := d.tables[a.wanted.Identity]; t != nil && t.judge == a.judge {
		r.Tables = t.policy
	}
	return r
}

// info is what programs know of the endpoint.
func (a *attached) info() bpf.EndpointEndpointInfo {
	info := bpf.EndpointEndpointInfo{
		Generation: a.generation, Identity: uint32(a.wanted.Identity), Ifindex: uint32(a.entry.device),
		Mtu: uint16(a.wanted.Link.MTU), Mac: mac(a.wanted.Link.MAC),
	}
	if a.wanted.Trace {
		info.Flags = uint32(bpf.EndpointEndpointFlagsENDPOINT_TRACE)
	}
	return info
}

// sameEntry reports whether the program, and the addresses that may send by it, stay. They know nothing of identity and policy.
func (e Endpoint) sameEntry(other Endpoint) bool {
	return e.ID == other.ID && e.IPv6 == other.IPv6 && e.IPv4 == other.IPv4 &&
		e.Link.Host == other.Link.Host && e.Link.MAC.String() == other.Link.MAC.String()
}

func (e Endpoint) check() error {
	if e.ID == 0 {
		return errors.New("endpoint 0 is the router device")
	}
	if !e.IPv6.IsValid() && !e.IPv4.IsValid() {
		return fmt.Errorf("endpoint %d has no address", e.ID)
	}
	return nil
}
