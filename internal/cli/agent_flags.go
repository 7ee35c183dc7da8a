// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"github.com/hypha-net/hypha/internal/labels"
	"github.com/hypha-net/hypha/internal/store"
)

// agentFlags declares the flags of `hypha agent`, each with its default.
func agentFlags(c *cobra.Command, config *AgentConfig, file *string, level *slog.Level) {
	f := c.Flags()
	f.StringVar(file, "config", "", "YAML `FILE` with any of these flags as keys")
	directoryFlags(c, &config.State, &config.Run, &config.BPF)
	f.StringVar(&config.Node, "node", hostName(), "this node's `NAME` in the cluster")
	etcdFlags(c, &config.Etcd)
	f.Var(prefix6(&config.Prefix6), "prefix6", "the cluster's IPv6 prefix (default: a random one, kept)")
	f.Var(prefix4(&config.Prefix4, &config.NoIPv4), "prefix4", "the cluster's IPv4 prefix (default: a free one); none: IPv6 only")
	f.Var(each(&config.Addresses, "IP,...", netip.ParseAddr), "address", "underlay addresses (default: the ones used towards the others)")
	f.Var(duration(&config.Lease, 30*time.Second, 5*time.Second), "lease", "after how long without a word others take this node for gone")
	f.Var(port(&config.HealthPort, 4290), "health-port", "where nodes ask each other whether they answer, UDP")
	f.Var(duration(&config.HealthInterval, 10*time.Second, 100*time.Millisecond), "health-interval", "how often; less in a cluster of more than a hundred nodes")
	f.Var(port(&config.OverlayPort, 8472), "overlay-port", "where nodes send each other packets of endpoints, UDP; IANA's for VXLAN is 4789")
	f.Var(choice(&config.Datapath, "overlay", "overlay", "native"), "datapath", "how packets come to this node from others; native: IPv6 as it is")
	f.Var(choice(&config.Routes, "auto", "auto", "none"), "routes", "to native nodes; auto: to those on a link of this one, as for others the network has them")
	bgpFlags(c, &config.BGP)
	f.Var(choice(&config.Enforce, "always", "always", "selected", "audit"), "enforce",
		"what is closed: all endpoints, the ones that rules select, or none")
	f.Var(choice(&config.Docker, "auto", "auto", "on", "off"), "docker", "serve a Docker engine; auto: when there is one")
	f.Var(choice(&config.Masquerade, "auto", "auto", "on", "off"), "masquerade",
		"hide endpoints that reach the world behind the host's address; auto: private ones")
	f.Var(each(&config.Labels, "PATTERN,...", pattern), "labels", "which labels make an identity, the last match wins: -*,role,app.* is these alone")
	f.Var(duration(&config.IdentityGrace, store.DefaultGrace, time.Minute), "identity-grace", "how long a label set that no node uses keeps its number")
	f.IntVar(&config.MTU, "mtu", 0, "of the endpoints' links, in `BYTES` (default: 1500, or what fits between the nodes of a cluster, if that is less)")
	f.Uint32Var(&config.Conntrack, "conntrack", 0, "how many flows there is room for (default: by the machine's memory)")
	f.Var(choice(&config.Profiles, "off", "on", "off"), "pprof", "answer GET /debug/pprof/ on the socket: profiles of the agent itself")
	f.Var(logLevel(level), "log-level", "what is logged")
}

// directoryFlags declares where an agent keeps what.
func directoryFlags(c *cobra.Command, state, run, bpf *string) {
	c.Flags().StringVar(state, "state", "/var/lib/hypha", "`DIR` of what outlives a reboot")
	c.Flags().StringVar(run, "run", "/run/hypha", "`DIR` of the sockets")
	c.Flags().StringVar(bpf, "bpf", "/sys/fs/bpf/hypha", "`DIR` of the pinned maps, programs and links")
}

func prefix6(target *netip.Prefix) *setting {
	return &setting{kind: "P/48", set: func(text string) error {
		prefix, err := netip.ParsePrefix(text)
		if err != nil || prefix.Addr().Is4() || prefix.Bits() != 48 || prefix != prefix.Masked() {
			return errors.New("must be an IPv6 prefix of 48 bits, like fd12:3456:789a::/48")
		}
		*target = prefix
		return nil
	}}
}

func prefix4(target *netip.Prefix, none *bool) *setting {
	return &setting{kind: "P/16|none", set: func(text string) error {
		if *none = text == "none"; *none {
			return nil
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil || !prefix.Addr().Is4() || prefix.Bits() > 23 || prefix.Bits() < 8 || prefix != prefix.Masked() {
			return errors.New("must be an IPv4 prefix of 8 to 23 bits, like 10.7.0.0/16, or none")
		}
		*target = prefix
		return nil
	}}
}

func logLevel(target *slog.Level) *setting {
	return &setting{text: "info", kind: "debug|info|warn|error", set: func(text string) error {
		if target.UnmarshalText([]byte(text)) != nil {
			return errors.New("must be one of debug, info, warn, error")
		}
		return nil
	}}
}

// pattern accepts what a label filter does.
func pattern(text string) (string, error) {
	_, err := labels.NewFilter([]string{text})
	return text, err
}
