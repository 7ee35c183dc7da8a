// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

// AgentConfig is what `hypha agent` was told, checked as far as that can be
// done without looking at the machine.
type AgentConfig struct {
	State  string // directory of saved records
	Run    string // directory of sockets
	BPF    string // directory of pins, on bpffs
	Socket string // of the API

	Node      string       // name in the cluster
	Etcd      EtcdConfig   // without URLs: embedded
	Prefix6   netip.Prefix // of the cluster; invalid: the store's, or a random one
	Prefix4   netip.Prefix // of the cluster; invalid: the store's, or a free one
	NoIPv4    bool         // --prefix4 none
	Addresses []netip.Addr // of the underlay; none: found out
	Datapath  string       // "overlay" or "native"
	Routes    string       // "auto" or "none"

	Lease          time.Duration // after how long without a word others take this node for gone
	HealthPort     uint16        // UDP: where nodes ask each other whether they answer
	HealthInterval time.Duration // how often
	OverlayPort    uint16        // UDP: where nodes send each other packets of endpoints

	BGP BGPConfig // without peers: nothing is announced

	Enforce    string   // "always", "selected" or "audit"
	Docker     string   // "auto", "on" or "off"
	Masquerade string   // "auto", "on" or "off"
	MTU        int      // of endpoints' links, in bytes
	Conntrack  uint32   // entries of the table of flows; 0: by the machine's memory
	Profiles   string   // of the agent itself, on the socket: "on" or "off"
	Labels     []string // filter patterns: which labels make the identity; nil: the default

	IdentityGrace time.Duration // how long a label set that no node uses keeps its number

	Version string
}

// checkDirectories wants absolute paths: they are saved, and compared later.
func (config *AgentConfig) checkDirectories() error {
	return checkAbsolute(config.State, config.Run, config.BPF)
}

func checkAbsolute(paths ...string) error {
	for _, path := range paths {
		if !filepath.IsAbs(path) {
			return usagef("directory %q: must be an absolute path", path)
		}
	}
	return nil
}

// hostName is the name of the node unless it is given.
func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return "" // as good as not given: the agent says that it needs one
	}
	return name
}
