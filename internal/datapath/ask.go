// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/identity"
	"github.com/hypha-net/hypha/internal/policy"
)

// ErrNotLoaded is returned for an endpoint that this agent has no programs of in the kernel.
var ErrNotLoaded = errors.New("the endpoint has no programs in the kernel")

// TableVerdict is what an endpoint's table in the kernel says.
type TableVerdict struct {
	Allowed  bool
	Revision uint64 // of the policy that the table was made from
}

// Ask reads a peer's row back from the kernel: from the table of what goes towards the endpoint, or of what leaves the
// cluster from it. ErrNotLoaded if there is none.
func (d *Datapath) Ask(id endpoint.ID, towards bool, peer identity.Number, protocol policy.Protocol, port uint16) (TableVerdict, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.attached[id]
	if a == nil {
		return TableVerdict{}, ErrNotLoaded
	}
	table := a.egress
	if towards {
		table = a.ingress
	}
	verdict := TableVerdict{Revision: a.wanted.Revision}
	class := table.table.Class(protocol, port)
	row, err := table.rows.LookupBytes(uint32(peer))
	if errors.Is(err, ebpf.ErrKeyNotExist) || row == nil && err == nil {
		verdict.Allowed = table.table.Default.Allowed.Has(class)
		return verdict, nil
	}
	if err != nil {
		return verdict, fmt.Errorf("reading the row of identity %s at endpoint %d: %w", peer, id, err)
	}
	word := binary.NativeEndian.Uint64(row[8+8*(class/64):])
	verdict.Allowed = word>>(class%64)&1 == 1
	return verdict, nil
}
