// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// Endpoint is the wanted state of one endpoint in the kernel.
type Endpoint struct {
	ID         endpoint.ID
	Identity   identity.Number
	IPv6, IPv4 netip.Addr // as programs know them; invalid: none
	Link       Link       // its host side exists
	Revision   uint64     // of the policy that Tables are made from
	Tables     policy.Tables
	Trace      bool
}

// Report is what the kernel has of an endpoint.
type Report struct {
	Generation uint32 // stamp of its verdicts
	Revision   uint64
	Programs   []Program
	Ingress    policy.Table
	Egress     policy.Table
}

// attached is what this agent has put into the kernel for an endpoint.
type attached struct {
	wanted     Endpoint
	device     int    // interface index of the link's host side
	asked      uint32 // how often Regenerate had been called by then
	generation uint32
	ingress    *rowTable
	egress     *rowTable
	entry      []Program // reports of from_endpoint
	judges     []Program // reports of deliver and leave
}

func (a *attached) report() Report {
	return Report{
		Generation: a.generation, Revision: a.wanted.Revision,
		Programs: append(append([]Program(nil), a.entry...), a.judges...),
		Ingress:  a.wanted.Tables.Ingress, Egress: a.wanted.Tables.Egress,
	}
}

// sameEntry reports whether from_endpoint would be made of the same constants. It knows nothing of identity and policy:
// a new identity, like a new policy, takes new judges only.
func (e Endpoint) sameEntry(other Endpoint) bool {
	return e.ID == other.ID && e.IPv6 == other.IPv6 && e.IPv4 == other.IPv4 &&
		e.Link.Host == other.Link.Host && e.Link.MAC.String() == other.Link.MAC.String()
}

// sameJudges reports whether the endpoint's judges and tables would come out the same.
func (e Endpoint) sameJudges(other Endpoint) bool {
	return e.sameEntry(other) && e.Identity == other.Identity && e.Tables.Ingress.Equal(other.Tables.Ingress) &&
		e.Tables.Egress.Equal(other.Tables.Egress)
}

func (e Endpoint) check() error {
	if e.ID == 0 {
		return errors.New("endpoint 0 is the router device")
	}
	if !e.IPv6.IsValid() && !e.IPv4.IsValid() {
		return fmt.Errorf("endpoint %d has no address", e.ID)
	}
	if err := fit(e.Tables.Ingress); err != nil {
		return err
	}
	return fit(e.Tables.Egress)
}
