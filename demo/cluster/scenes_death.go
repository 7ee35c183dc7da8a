// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

func dead(s *story) {
	s.scene("A node's agent is killed: its containers go on. When its lease ends, it is gone for all others")
	b := s.cluster.Agents["b"]
	prompt("b", fmt.Sprintf("kill -9 %d    # hypha agent", b.PID()))
	b.Kill()
	s.show("web", "app", "get", s.url("db", "/"))
	s.until(` b +gone `, "a", "hypha", "node", "list")
	s.show("a", "hypha", "node", "list")
	s.refuse("web", "app", "get", s.url("db", "/"))
	s.until("destination-unknown", "a", "hypha", "monitor", "--type", "drop", "--last", "1")
	s.show("a", "hypha", "monitor", "--type", "drop", "--endpoint", "web", "--last", "1")
}

func returned(s *story) {
	s.scene("It returns: with its number, its prefixes, and its container as it was")
	s.launch("b")
	s.until(` 2 +b +live .*\d[mµ]s `, "a", "hypha", "node", "list")
	s.show("a", "hypha", "node", "list")
	s.until("hello", "web", "app", "get", s.url("db", "/"))
	s.show("web", "app", "get", s.url("db", "/"))
}
