// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"strings"

	"github.com/hypha-net/hypha/internal/cluster"
)

// DefaultHealthPort is the UDP port at which nodes ask each other whether they answer.
const DefaultHealthPort = 4290

// maxSilent is how many nodes that do not answer are named.
const maxSilent = 5

func (a *Agent) openHealth() error {
	record := a.member.record.Load()
	health, err := cluster.OpenHealth(cluster.HealthConfig{
		Cluster: a.member.clusterID, Self: record.Number, Addresses: record.Addresses, Gateway: a.node.Router6, Port: record.Health,
		Interval: a.config.HealthInterval, Started: a.started,
	}, a.member.directory)
	if err == nil {
		a.member.health.Store(health)
	}
	return err
}

// runHealth answers the other nodes, and asks them, until ctx is done: at other addresses when this node has moved.
func (a *Agent) runHealth(ctx context.Context) error {
	if a.member.health.Load() == nil {
		return nil
	}
	err := a.runHealthHere(ctx)
	for ctx.Err() == nil {
		if err != nil {
			a.note("health of the nodes", err)
			pause(ctx, againInterval)
		}
		if err = a.openHealth(); err == nil {
			a.note("health of the nodes", nil)
			err = a.runHealthHere(ctx)
		}
	}
	return nil
}

// runHealthHere returns when this node has moved.
func (a *Agent) runHealthHere(ctx context.Context) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- a.member.health.Load().Run(running) }()
	select {
	case <-a.member.moved:
		stop()
		return <-done
	case err := <-done:
		return err
	}
}

// countNodes says how many nodes there are in which phase, and which of them do not answer.
func (a *Agent) countNodes() (phases map[NodePhase]int, silent []string) {
	phases = map[NodePhase]int{}
	for node := range a.member.directory.Snapshot().All() {
		phases[phaseOf(node)]++
		switch reach := a.reach(node.Number); {
		case reach.Silent():
			silent = append(silent, node.Name)
		case reach.Datapath.Silent():
			silent = append(silent, node.Name+" (through the datapath)")
		}
	}
	return phases, silent
}

// firstOf names the first of many.
func firstOf(names []string) string {
	if hidden := len(names) - maxSilent; hidden > 0 {
		return fmt.Sprintf("%s, and %d more", strings.Join(names[:maxSilent], ", "), hidden)
	}
	return strings.Join(names, ", ")
}
