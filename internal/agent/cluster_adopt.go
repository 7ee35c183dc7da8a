// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"time"

	"github.com/hypha-net/hypha/internal/atomicfile"
	"github.com/hypha-net/hypha/internal/endpoint"
	"github.com/hypha-net/hypha/internal/store"
)

// nodesPause is the least time between two writes of the nodes: all of a large cluster are some hundred KB.
const nodesPause = 10 * time.Second

// A node that is cut off from the store is not in it, and goes on talking to this one. An agent that is started meanwhile has to know
// of it, or it would take the ways to it out of the kernel: so its predecessor has left the nodes that it knew in a file.

// recallNodes goes by the nodes that an earlier agent knew, and by itself, while the store is away.
func (a *Agent) recallNodes() {
	earlier, err := readNodes(a.config.nodesFile())
	if err != nil {
		a.log.Warn("other nodes are not known until the store is back", "err", err)
	}
	a.member.directory.Recall(append(earlier, *a.member.record.Load()))
}

// adoptNodes takes over which nodes an earlier agent knew. Without its word, those are all that are in the store.
func (a *Agent) adoptNodes() {
	earlier, err := readNodes(a.config.nodesFile())
	if err != nil {
		a.log.Warn("nodes that are cut off from the store are not known until they are back", "err", err)
	}
	var others []store.Node
	for _, node := range earlier {
		if node.Number != a.node.Number {
			others = append(others, node)
		}
	}
	a.member.directory.Adopt(others)
}

// regainNumber has the store give this node the number that it had. That is news to it if the node was deleted, or the store set back.
func (a *Agent) regainNumber(ctx context.Context) error {
	earlier, _ := readNodes(a.config.nodesFile()) // what is wrong with it is said by adoptNodes
	for _, node := range earlier {
		if node.Name == a.config.Node {
			return a.store.RegainNodeNumber(ctx, node.Name, node.Number)
		}
	}
	return nil
}

// checkShare refuses endpoints with addresses of the cluster that are not this node's: it had another number when they were made, and
// that is somebody else's now. What others send to them goes there.
func (n Node) checkShare(endpoints map[endpoint.ID]endpoint.Endpoint) error {
	for _, e := range endpoints {
		for _, address := range []netip.Addr{e.IPv6, e.IPv4} {
			if n.plan().Has(address) && !n.Prefix6.Contains(address) && !n.Prefix4.Contains(address) {
				return fmt.Errorf("%w: endpoint %s has %s, and this node is number %d now, with %v and %v: run hypha cleanup, and attach the endpoints anew",
					store.ErrNumberLost, e.Name, address, n.Number, n.Prefix6, n.Prefix4)
			}
		}
	}
	return nil
}

// readNodes reads what keepNodes has written. None is no error.
func readNodes(path string) (nodes []store.Node, err error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(data) == 0 { // empty: a power cut
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &nodes)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the nodes known before: %s: %w", path, err)
	}
	return nodes, nil
}

// keepNodes writes down which nodes there are, after each change, until ctx is done, and once more then.
func (a *Agent) keepNodes(ctx context.Context) error {
	if a.member.health.Load() == nil {
		return nil // nobody else can be there
	}
	for ctx.Err() == nil {
		changed := a.member.directory.Snapshot().Changed()
		a.note("writing down the nodes", a.writeNodes())
		pause(ctx, nodesPause)
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
	return a.writeNodes()
}

func (a *Agent) writeNodes() error {
	var nodes []store.Node
	for node := range a.member.directory.Snapshot().All() {
		nodes = append(nodes, node.Node)
	}
	data, err := json.Marshal(nodes)
	if err != nil {
		return err
	}
	return atomicfile.Note(a.config.nodesFile(), data, 0o600)
}
