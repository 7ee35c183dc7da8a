// SPDX-License-Identifier: Apache-2.0

package contestant

import (
	"context"
	"fmt"
	"strconv"

	"github.com/hypha-net/hypha/bench/cluster"
	"github.com/hypha-net/hypha/internal/testbed"
)

// others are the label sets of the endpoints that a cluster has on other nodes.
type others struct {
	count int
	set   func(i int) map[string]string
}

// tierPeers are of so many tiers in equal numbers, and each has a label set of its own. (A kind of peers that most are of is the table's
// default, and has no rows.)
func tierPeers(n, tiers int) *others {
	return &others{n, func(i int) map[string]string {
		return map[string]string{"tier": strconv.Itoa(i % tiers), "number": strconv.Itoa(i)}
	}}
}

// peers are of a kind each.
func peers(n int) *others {
	return &others{n, func(i int) map[string]string { return map[string]string{"peer": peerName(i)} }}
}

func peerName(i int) string { return "peer-" + strconv.Itoa(i) }

// join gives the node an etcd with the label sets of the others, and the agent the flags that make it one of theirs.
func (o *others) join(ctx context.Context, s Setting, node *testbed.Node) (flags []string, err error) {
	if o == nil {
		return nil, nil
	}
	c, err := cluster.Start(ctx, s, node, cluster.URL)
	if err != nil {
		return nil, err
	}
	if err := c.Fill(ctx, o.count, o.set); err != nil {
		return nil, fmt.Errorf("filling the cluster: %w", err)
	}
	return []string{"--etcd", cluster.URL}, nil
}
