// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"errors"
	"os"
	"strings"
	"time"
)

// patienceLimit is how long a cluster waits for what must come. Nothing is concluded from its length.
const patienceLimit = time.Minute

// Cluster is nodes with agents, and the etcd that they agree in, all of them in one World.
//
//	etcd1  etcd2  etcd3     a      b      c
//	  |      |      |       |      |      |
//	+-+------+------+-------+------+------+-+
//	|                 world                 |
//	+---------------------------------------+
type Cluster struct {
	*World
	Etcd   []*Member
	Agents map[string]*Agent

	hypha string
	dir   string
}

// NewCluster makes a cluster without nodes. hypha and etcd are programs; so many members of etcd serve when it returns. dir is
// for what all of them keep and log; "" is one of its own.
func NewCluster(tb TB, hypha, etcd string, members int, dir string) *Cluster {
	tb.Helper()
	if dir == "" {
		dir = tempDir(tb)
	}
	c := &Cluster{World: NewWorld(tb), Agents: map[string]*Agent{}, hypha: hypha, dir: dir}
	c.Etcd = newMembers(c.World, etcd, members, dir)
	for _, m := range c.Etcd {
		err := eventually(func() (over bool, err error) { return m.Ended(), m.healthy() })
		if err != nil {
			said, _ := os.ReadFile(m.log)
			tb.Fatalf("%s does not serve: %v; it says:\n%s", m.name, err, said)
		}
	}
	return c
}

func tempDir(tb TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "hypha-cluster-")
	if err != nil {
		tb.Fatalf("%v", err)
	}
	tb.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			tb.Logf("cleaning up: %v", err)
		}
	})
	return dir
}

// Machine makes a machine whose agent is of this cluster, when it is launched.
func (c *Cluster) Machine(name string, flags ...string) *Agent {
	c.tb.Helper()
	c.Agents[name] = newAgent(c.World, c.hypha, name, c.dir, append([]string{"--etcd", c.URLs()}, flags...))
	return c.Agents[name]
}

// Join makes a machine and launches its agent.
func (c *Cluster) Join(name string, flags ...string) *Agent {
	c.tb.Helper()
	a := c.Machine(name, flags...)
	if err := a.Launch(); err != nil {
		c.tb.Fatalf("node %s: %v", name, err)
	}
	return a
}

// URLs is what --etcd takes.
func (c *Cluster) URLs() string {
	var all []string
	for _, m := range c.Etcd {
		all = append(all, m.url(2379))
	}
	return strings.Join(all, ",")
}

// Find returns the node of a name: of an agent, or a member of etcd.
func (c *Cluster) Find(name string) *Node {
	for _, m := range c.Etcd {
		if m.name == name {
			return m.Node
		}
	}
	if a := c.Agents[name]; a != nil {
		return a.Node
	}
	return nil
}

// Leader returns the member of etcd that leads.
func (c *Cluster) Leader() (leader *Member) {
	c.tb.Helper()
	err := eventually(func() (over bool, err error) {
		for _, m := range c.Etcd {
			if !m.Ended() && m.Leads() {
				leader = m
				return true, nil
			}
		}
		return false, errors.New("no member of etcd leads")
	})
	if err != nil {
		c.tb.Fatalf("%v", err)
	}
	return leader
}

// eventually tries until there is no error, or it is over, or patienceLimit is at an end. It returns the last error.
func eventually(try func() (over bool, err error)) error {
	for end := time.Now().Add(patienceLimit); ; time.Sleep(20 * time.Millisecond) {
		over, err := try()
		if err == nil || over || time.Now().After(end) {
			return err
		}
	}
}
