// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

func captured(s *story) {
	s.scene("The first two packets of a connection, on the wire between the nodes: " + s.wire.identity)
	capture := s.background("b", s.wire.capture(s.address["db"])...)
	s.await("tcpdump", func() bool { return strings.Contains(capture.said(), "listening on") })
	s.show("web", "app", "get", s.url("db", "/"))
	s.await("two packets", capture.Ended)
	prompt("b", "fg")
	fmt.Fprint(os.Stdout, capture.said())
	said := s.show("b", "hypha", "identity", "list")
	for _, label := range []string{"role=web", "role=db"} {
		want := s.wire.shows(numberOf(said, label))
		s.require(strings.Contains(capture.said(), want), "no packet has "+want+", of "+label)
	}
}

// numberOf finds that of a label set in a list of identities; 0 if it is not there.
func numberOf(list, label string) (number uint32) {
	found := regexp.MustCompile(`(?m)^ *(\d+) .*` + label + `\b`).FindStringSubmatch(list)
	if found != nil {
		fmt.Sscan(found[1], &number) //nolint:errcheck // digits
	}
	return number
}
