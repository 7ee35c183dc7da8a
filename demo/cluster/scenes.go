// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"regexp"
	"time"

	"github.com/hypha-net/hypha/internal/testbed"
)

const policy = "demo/policies/tiers.yaml"

func nodes(s *story) {
	s.scene("Three nodes and an etcd, each a network namespace: the agents find each other")
	for _, name := range []string{"a", "b", "c"} {
		s.launch(name)
	}
	for _, name := range []string{"a", "b", "c"} {
		s.until(`(?s)(live.*\d[mµ]s +[\d.]+[mµ]s .*){2}`, name, "hypha", "node", "list")
	}
	s.show("a", "hypha", "node", "list")
}

// containers attaches a namespace on each node: any orchestrator, or none, can make it.
func containers(s *story) {
	s.scene("A container on each node, with a label: its address is made on the spot, and nobody else has to know it")
	for _, c := range []struct{ node, name string }{{"a", "web"}, {"b", "db"}, {"c", "mouse"}} {
		s.inside[c.name] = testbed.NewNamespace(s.tb, c.name)
		s.show(c.node, "hypha", "endpoint", "add", c.name, "--netns", s.inside[c.name].Path, "--labels", "role="+c.name)
		s.address[c.name] = s.addressOf(c.node, c.name)
	}
	s.serve("db")
}

func denied(s *story) {
	s.scene("No policy: the request crosses to the other node, which alone decides, and denies it. It knows who asked: the packet says so")
	s.refuse("web", "app", "get", s.url("db", "/"))
	s.until("role=web", "b", "hypha", "monitor", "--type", "drop", "--last", "1")
	s.show("b", "hypha", "monitor", "--type", "drop", "--endpoint", "db", "--last", "1")
}

func allowed(s *story) {
	s.scene("A policy is applied on one node, and in force on all when the command returns")
	s.show("c", "cat", policy)
	s.show("c", "hypha", "policy", "apply", "-f", policy, "--wait")
	s.show("web", "app", "get", s.url("db", "/"))
	s.refuse("mouse", "app", "get", s.url("db", "/"))
	s.until("role=mouse", "b", "hypha", "monitor", "--type", "drop", "--last", "1")
	s.show("b", "hypha", "monitor", "--type", "drop", "--endpoint", "db", "--last", "1")
}

func revoked(s *story) {
	s.scene("The policy is deleted on one node, while a connection is open between two others: it stops at once")
	ticks := s.background("web", "app", "hold", s.url("db", "/ticks"))
	s.await("ticks", func() bool { return ticks.lines() >= 10 })
	s.show("c", "hypha", "policy", "delete", "tiers", "--wait")
	before := ticks.lines()
	s.pass(2 * time.Second)
	after := ticks.lines()
	ticks.Kill()
	fmt.Printf("ticks received when the command returned: %d; two seconds (20 ticks) later: %d\n", before, after)
	s.require(after <= before+10, "the connection went on") // some had come and waited to be read
	s.show("c", "hypha", "policy", "apply", "-f", policy, "--wait")
}

func counted(s *story) {
	s.scene("Who talked to whom, by labels, where it was decided")
	s.show("b", "hypha", "stats")
}

// addressOf reads an endpoint's IPv6 address.
func (s *story) addressOf(node, endpoint string) string {
	said, err := s.cluster.Agents[node].Hypha("endpoint", "show", endpoint, "-o", "json")
	s.check(err)
	found := regexp.MustCompile(`"ipv6": *"([0-9a-f:]+)"`).FindStringSubmatch(said)
	s.require(found != nil, "no IPv6 address in: "+said)
	return found[1]
}

func (s *story) url(container, path string) string {
	return "http://[" + s.address[container] + "]" + path
}
