// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/hypha-net/hypha/api"
	"github.com/hypha-net/hypha/bench/agent"
	"github.com/hypha-net/hypha/bench/cluster"
	"github.com/hypha-net/hypha/internal/testbed"
)

// Figure is one measurement, as often as it was repeated.
type Figure struct {
	Name   string
	Unit   string
	Values []float64
}

// Stage is a node, its agent, and the endpoints that it has so far.
type Stage struct {
	tb        testbed.TB
	agent     *agent.Agent
	cluster   *cluster.Cluster // nil: etcd is in the agent
	endpoints int
	figures   []Figure
}

// NewStage makes a node with an agent, whose etcd is embedded, and without endpoints.
func NewStage(ctx context.Context, tb testbed.TB, binary string, flags ...string) (*Stage, error) {
	node := testbed.NewWorld(tb).NewNode("control")
	a, err := agent.Start(ctx, tb, node, binary, flags...)
	return &Stage{tb: tb, agent: a}, err
}

// NewClusterStage is one with an etcd beside the agent.
func NewClusterStage(ctx context.Context, tb testbed.TB, binary string, flags ...string) (*Stage, error) {
	node := testbed.NewWorld(tb).NewNode("control")
	c, err := cluster.Start(ctx, tb, node, cluster.URL)
	if err != nil {
		return nil, err
	}
	a, err := agent.Start(ctx, tb, node, binary, append([]string{"--etcd", cluster.URL}, flags...)...)
	return &Stage{tb: tb, agent: a, cluster: c}, err
}

// Figures are all that was measured on the stage.
func (s *Stage) Figures() []Figure { return s.figures }

func (s *Stage) note(name, unit string, values ...float64) {
	s.figures = append(s.figures, Figure{name, unit, values})
}

// spec makes a namespace, and asks for it to be attached.
func (s *Stage) spec() api.EndpointSpec {
	s.endpoints++
	number := strconv.Itoa(s.endpoints)
	return api.EndpointSpec{
		Name:   "e" + number,
		Netns:  testbed.NewNamespace(s.tb, "e"+number).Path,
		Labels: map[string]string{"role": "server", "number": number},
	}
}

// timed is how long f takes, in milliseconds.
func timed(f func() error) (milliseconds float64, err error) {
	started := time.Now()
	err = f()
	return float64(time.Since(started)) / float64(time.Millisecond), err
}

func (s *Stage) with() string { return fmt.Sprintf("with %d endpoints", s.endpoints) }
