// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/hypha-net/hypha/internal/atomicfile"
	"github.com/hypha-net/hypha/internal/store"
)

// nodesPause is the least time between two writes of the nodes: all of a large cluster are some hundred KB.
const nodesPause = 10 * time.Second

// A node that is cut off from the store is not in it, and goes on talking to this one. An agent that is started meanwhile has to know
// of it, or it would take the ways to it out of the kernel: so its predecessor has left the nodes that it knew in a file.

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

// keepNodes writes down which other nodes there are, after each change, until ctx is done.
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
	return nil
}

func (a *Agent) writeNodes() error {
	nodes := []store.Node{}
	for _, peer := range a.peers() {
		nodes = append(nodes, peer.Node)
	}
	data, err := json.Marshal(nodes)
	if err != nil {
		return err
	}
	return atomicfile.Note(a.config.nodesFile(), data, 0o600)
}
