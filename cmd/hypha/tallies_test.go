// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hypha-net/hypha/api"
)

// tallies are the statistics of what each role has sent to the server.
func (v *victim) tallies() map[string]api.Tally {
	v.Helper()
	pairs, err := v.api.PairStats(v.Context())
	if err != nil {
		v.Fatal(err)
	}
	all := map[string]api.Tally{}
	for _, pair := range pairs {
		if pair.Provider.Labels["role"] == "server" {
			all[pair.Consumer.Labels["role"]] = pair.Tally
		}
	}
	return all
}

// wantCounted holds the statistics since then against what became of all that was sent.
func (s *stage) wantCounted(then map[string]api.Tally) {
	s.Helper()
	now, sums := s.tallies(), map[string]fates{}
	for _, shooter := range s.shooters {
		sum := sums[shooter.role]
		sums[shooter.role] = fates{sum.arrived + shooter.fates.arrived, sum.denied + shooter.fates.denied}
	}
	for role, want := range sums {
		have := fates{now[role].Packets - then[role].Packets, now[role].DeniedPackets - then[role].DeniedPackets}
		if have != want || want.arrived == 0 || want.denied == 0 {
			s.Errorf("role %s: counted %+v, want %+v, and some of both", role, have, want)
		}
		s.Logf("role %s: %+v", role, want)
	}
	if c := now["c"]; c.DeniedPackets != 0 || c.Flows != s.connections.Load() {
		s.Errorf("%d of c's packets denied, %d flows, want 0 and %d", c.DeniedPackets, c.Flows, s.connections.Load())
	}
	s.Logf("c made %d connections", s.connections.Load())
}

// bpfFiles counts the agent's open programs and maps.
func (v *victim) bpfFiles() (count int) {
	v.Helper()
	dir := filepath.Join("/proc", strconv.Itoa(v.process.Process.Pid), "fd")
	open, err := os.ReadDir(dir)
	if err != nil {
		v.Fatal(err)
	}
	for _, fd := range open {
		if target, err := os.Readlink(filepath.Join(dir, fd.Name())); err == nil && strings.Contains(target, "bpf") {
			count++
		}
	}
	return count
}
