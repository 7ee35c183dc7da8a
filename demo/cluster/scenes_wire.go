// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/hypha-net/hypha/internal/testbed"
)

// overlay is what containers of different nodes send each other, for tcpdump: inside is TCP, and not the nodes' own questions.
var overlay = []string{"tcpdump", "-ntl", "-T", "vxlan", "-i", testbed.Uplink, "-c", "2", "udp port 8472 and ip6[76] = 6"}

func captured(s *story) {
	s.scene("The first two packets of a connection, on the wire between the nodes: the VNI is the number of the sender's labels")
	capture := s.background("b", overlay...)
	s.await("tcpdump", func() bool { return strings.Contains(capture.said(), "listening on") })
	s.show("web", "app", "get", s.url("db", "/"))
	s.await("two packets", capture.Ended)
	prompt("b", "fg")
	fmt.Fprint(os.Stdout, capture.said())
	said := s.show("b", "hypha", "identity", "list")
	for _, label := range []string{"role=web", "role=db"} {
		number := numberOf(said, label)
		s.require(strings.Contains(capture.said(), "vni "+number), "no packet has VNI "+number+" of "+label)
	}
}

// numberOf finds that of a label set in a list of identities.
func numberOf(list, label string) string {
	found := regexp.MustCompile(`(?m)^ *(\d+) .*` + label + `\b`).FindStringSubmatch(list)
	if found == nil {
		return "?"
	}
	return found[1]
}
