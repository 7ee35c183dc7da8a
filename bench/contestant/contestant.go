// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"context"
	"errors"

	"github.com/hypha-net/hypha/bench/load"
	"github.com/hypha-net/hypha/internal/testbed"
)

// ErrAbsent says that a contestant can not take part on this machine, and why.
var ErrAbsent = errors.New("not on this machine")

// Floor is the name of the contestant that all others are compared with.
const Floor = "floor"

// Setting is what contestants are built of and from.
type Setting struct {
	testbed.TB
	Hypha string // path of the binary
}

// Contestant is one of the things compared.
type Contestant struct {
	Name  string // in reports: "bridge"
	Title string // for people

	build func(context.Context, Setting) (*Way, error)
}

// Way is a contestant that was built.
type Way struct {
	load.Path
	*Programs // nil if it has none

	Events func() uint64 // how many events a reader has read so far; nil without one
}

// Programs says where the kernel has those that see a contestant's packets.
type Programs struct {
	Node               *testbed.Namespace
	ToClient, ToServer string // names of the node's devices at whose ingress they are attached
	Pins               string // directory of more programs; "" if there are none
}

// Build builds it for the setting's TB. ErrAbsent if something is missing here.
func (c Contestant) Build(ctx context.Context, s Setting) (*Way, error) { return c.build(ctx, s) }

// All are the contestants in the order of the tables.
var All = []Contestant{
	{Floor, "veth pair, nothing between", floor},
	{"redirect", "bare redirect, no policy", redirect},
	{"bridge", "Linux bridge", bridge},
	{"bridge-iptables", "bridge, 10,000 iptables rules", bridgeIPTables},
	{"bridge-nftables", "bridge, nftables set of 10,000", bridgeNFTables},
	{"docker", "Docker's bridge network", docker},
	{"hypha", "Hypha, table without rows", hypha{policy: wholeCluster}.build},
	{"hypha-10", "Hypha, 10 rows", hypha{policy: prefixes(10), rows: 10}.build},
	{"hypha-10k", "Hypha, 10,000 rows", hypha{policy: prefixes(10_000), rows: 10_000}.build},
	{"hypha-1m", "Hypha, 1,000,000 rows", hypha{policy: tiers(50), rows: 1_000_000, others: tierPeers(1_000_000, 50)}.build},
	{"hypha-associations", "Hypha, 10,000 peers × ports", hypha{policy: associations(10_000), rows: 10_000, others: peers(10_000)}.build},
	{"hypha-rules", "Hypha, 100 rules: ranges, denies", hypha{policy: manyRules}.build},
	{"hypha-monitor", "Hypha, flow log read", hypha{policy: prefixes(10), rows: 10, follow: true}.build},
	{"hypha-trace", "Hypha, every packet traced", hypha{policy: prefixes(10), rows: 10, follow: true, trace: true}.build},
}
