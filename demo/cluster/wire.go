// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/hypha-net/hypha/internal/testbed"
)

// wire is how packets travel between nodes, and what that looks like.
type wire struct {
	flags    []string // of agents
	identity string   // where the sender's is in a packet
	capture  func(address string) []string
	shows    func(number uint32) string // what is in the capture of a packet whose sender has the number
}

// wires are the ones there are, by $MODE. They capture what containers send each other: TCP, and not the nodes' own questions.
var wires = map[string]*wire{
	"": {
		identity: "the VNI is the number of the sender's labels",
		capture: func(string) []string {
			return tcpdump("-T", "vxlan", "udp port 8472 and ip6[76] = 6")
		},
		shows: func(number uint32) string { return fmt.Sprintf("vni %d", number) },
	},
	"native": {
		flags:    []string{"--datapath", "native"},
		identity: "the flow label is the number of the sender's labels, in hexadecimal",
		capture:  func(address string) []string { return tcpdump("-v", "ip6 proto 6 and host "+address) },
		shows:    func(number uint32) string { return fmt.Sprintf("flowlabel 0x%05x", number) },
	},
}

func tcpdump(more ...string) []string {
	return append([]string{"tcpdump", "-ntl", "-i", testbed.Uplink, "-c", "2"}, more...)
}
