// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"fmt"
	"os"

	"github.com/hypha-net/hypha/bench/process"
)

// Memory notes what the agent and its maps hold now. An embedded etcd is in the agent's.
func (s *Stage) Memory(ctx context.Context) error {
	resident, err := process.Resident(s.agent.PID())
	if err != nil {
		return err
	}
	status, err := s.agent.Status(ctx)
	if err != nil {
		return err
	}
	maps := status.Tables.Bytes
	for _, m := range status.Maps {
		maps += m.Bytes
	}
	whose := "resident memory of the agent, etcd in it, "
	if s.cluster != nil {
		whose = "resident memory of the agent, etcd elsewhere, "
	}
	s.note(whose+s.with(), "MB", resident/1e6)
	if s.cluster == nil { // else it was noted already
		s.note("kernel memory of maps and tables "+s.with(), "MB", float64(maps)/1e6)
	}
	return nil
}

// Binary is the size of the program on disk.
func Binary(file string) (Figure, error) {
	info, err := os.Stat(file)
	if err != nil {
		return Figure{}, fmt.Errorf("looking at the binary's size: %w", err)
	}
	return Figure{"binary on disk", "MB", []float64{float64(info.Size()) / 1e6}}, nil
}
