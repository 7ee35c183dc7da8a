// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hypha-net/hypha/internal/cluster"
	"github.com/hypha-net/hypha/internal/store"
)

// NodePhase says whether a node is there.
type NodePhase string

// Phases.
const (
	NodeLive   NodePhase = "live"   // it keeps its lease
	NodeAdrift NodePhase = "adrift" // its lease has ended, but it answers: it is cut off from the store
	NodeGone   NodePhase = "gone"   // it has a name and a number, and no more
)

// phaseOf is that of a node of a snapshot.
func phaseOf(node cluster.Node) NodePhase {
	if node.Adrift {
		return NodeAdrift
	}
	return NodeLive
}

// NodeState is a node as this one sees it.
type NodeState struct {
	Node
	Phase    NodePhase
	Record   store.Node // what it says of itself; zero of one that is gone
	Enforced uint64     // revision of the policies; 0: unknown
	Behind   uint64     // revisions
	Reach    cluster.Reach
}

// Nodes returns all nodes that have a number. While the store is away these are the ones that answer or did so lately, and what
// they enforce is not known.
func (a *Agent) Nodes(ctx context.Context) ([]NodeState, error) {
	registered, err := a.store.Nodes(ctx)
	if err != nil && !errors.Is(err, store.ErrUnavailable) {
		return nil, err
	}
	known := a.member.directory.Snapshot()
	if err != nil {
		registered = registrationsOf(known)
	}
	newest := a.view.Load().rules.Revision()
	for _, r := range registered {
		newest = max(newest, r.Enforced)
	}
	nodes := make([]NodeState, 0, len(registered))
	for _, r := range registered {
		state, err := a.nodeState(r, known)
		if err != nil {
			return nil, err
		}
		if state.Enforced != 0 {
			state.Behind = newest - state.Enforced
		}
		nodes = append(nodes, state)
	}
	return nodes, nil
}

// registrationsOf are those of the nodes known.
func registrationsOf(known *cluster.Snapshot) (all []store.Registration) {
	for node := range known.All() {
		r := store.Registration{Name: node.Name, Number: node.Number}
		if !node.Adrift {
			r.Node = &node.Node
		}
		all = append(all, r)
	}
	return all
}

func (a *Agent) nodeState(r store.Registration, known *cluster.Snapshot) (state NodeState, err error) {
	state.Phase, state.Enforced = NodeGone, r.Enforced
	if state.Node, err = newNode(r.Name, r.Number, a.node.plan()); err != nil {
		return state, err
	}
	if r.Node != nil {
		state.Phase, state.Record = NodeLive, *r.Node
	} else if node, found := known.Node(r.Number); found && node.Adrift {
		state.Phase, state.Record = NodeAdrift, node.Node
	}
	state.Reach = a.reach(r.Number)
	return state, nil
}

// reach is what is known of the way to a node. This one answers itself.
func (a *Agent) reach(number uint32) cluster.Reach {
	if number == a.node.Number {
		return cluster.Reach{Way: cluster.Way{Asked: true, Answers: true}, Uptime: time.Since(a.started)}
	}
	if health := a.member.health.Load(); health != nil {
		return health.Reach(number)
	}
	return cluster.Reach{}
}

// NodeName is what people call the node of a number; "" for 0.
func (a *Agent) NodeName(number uint32) string {
	if number == 0 {
		return ""
	}
	if node, known := a.member.directory.Snapshot().Node(number); known {
		return node.Name
	}
	return fmt.Sprintf("node %d", number)
}

// DeleteNode gives up the name and the number of a node that is gone. store.ErrNoNode, store.ErrNodePresent.
func (a *Agent) DeleteNode(ctx context.Context, name string) error {
	return a.store.DeleteNode(ctx, name)
}
