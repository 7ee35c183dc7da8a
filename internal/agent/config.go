// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"time"

	"github.com/hypha-net/hypha/internal/bgp"
	"github.com/hypha-net/hypha/internal/docker"
	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/policy"
	"github.com/hypha-net/hypha/internal/store"
)

// Config is what an agent is opened with.
type Config struct {
	State string // directory of saved records
	Run   string // directory of sockets
	BPF   string // directory of pins, in a BPF filesystem

	Node    string       // name in the cluster
	Store   store.Config // how to get at etcd; its directories and log are the agent's to give
	Prefix6 netip.Prefix // of the cluster; invalid: the store's, or a random one
	Prefix4 netip.Prefix // of the cluster; invalid: the store's, or a free one
	NoIPv4  bool

	Addresses      []netip.Addr  // that other nodes reach this one by; none: found out
	Lease          time.Duration // after how long without a word others take this node for gone; 0: DefaultLease
	HealthPort     uint16        // UDP; 0: DefaultHealthPort
	HealthInterval time.Duration // between two questions to a node whether it answers; 0: cluster.DefaultInterval
	OverlayPort    uint16        // UDP; 0: datapath.DefaultOverlayPort
	Native         bool          // IPv6 comes to this node as it is
	NoRoutes       bool          // to nodes that IPv6 goes to as it is: somebody else makes them

	IdentityGrace time.Duration // how long a label set that nobody uses keeps its number; 0: store.DefaultGrace

	BGP bgp.Config // whom this node's prefixes are announced to; RouterID and IPv4 are the agent's to give

	Enforce    policy.Mode
	Docker     docker.Mode
	Plugin     string   // Docker's plugin socket; empty: docker.DefaultSocket
	Masquerade string   // MasqueradeAuto, "on" or "off"
	Labels     []string // filter patterns: which labels make the identity; nil: the default
	MTU        int      // of containers' links, in bytes; 0: DefaultMTU, or what fits between the nodes of a cluster, if that is less
	Conntrack  uint32   // entries of the table of flows; 0: by the machine's memory
	Version    string
}

// MasqueradeAuto hides containers behind the host's address where the world could not answer theirs: IPv4, and
// unique local IPv6.
const MasqueradeAuto = "auto"

// DefaultMTU is Ethernet's.
const DefaultMTU = 1500

// DefaultLease is long enough for an agent to be replaced by a newer version.
const DefaultLease = 30 * time.Second

// ErrNode is returned for a configuration without a node name.
var ErrNode = errors.New("the node has no name: give it one with --node")

func (c *Config) check() error {
	if c.Node == "" {
		return ErrNode
	}
	if c.MTU == 0 && len(c.Store.Endpoints) == 0 {
		c.MTU = DefaultMTU
	}
	if c.Lease == 0 {
		c.Lease = DefaultLease
	}
	if c.HealthPort == 0 {
		c.HealthPort = DefaultHealthPort
	}
	if c.Labels == nil {
		c.Labels = labels.DefaultPatterns()
	}
	if c.MTU != 0 && (c.MTU < 1280 || c.MTU > 65535) {
		return fmt.Errorf("MTU %d: must be 1280 (what IPv6 wants) to 65535", c.MTU)
	}
	if err := c.BGP.Check(); err != nil {
		return err
	}
	if _, err := labels.NewFilter(c.Labels); err != nil {
		return fmt.Errorf("labels that make identities: %w", err)
	}
	return nil
}

func (c Config) recordsDir() string   { return filepath.Join(c.State, "endpoints") }
func (c Config) storeDir() string     { return StoreDir(c.State) }
func (c Config) clusterFile() string  { return filepath.Join(c.State, "cluster.json") }
func (c Config) dockerFile() string   { return filepath.Join(c.State, "docker.json") }
func (c Config) prefixesFile() string { return filepath.Join(c.State, "prefixes.json") }
func (c Config) rulingsFile() string  { return filepath.Join(c.State, "rulings.jsonl") }
func (c Config) nodesFile() string    { return filepath.Join(c.State, "nodes.json") }
func (c Config) sysctlFile() string   { return filepath.Join(c.State, "sysctl.json") }
func (c Config) instanceFile() string { return filepath.Join(c.State, "instance") }

func (c Config) recollectionFile() string { return filepath.Join(c.State, "recollection.json") }
