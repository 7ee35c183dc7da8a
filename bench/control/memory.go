// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// Memory notes what the agent and its maps hold now. An embedded etcd is in the agent's.
func (s *Stage) Memory(ctx context.Context) error {
	resident, err := resident(s.agent.PID())
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

// resident is VmRSS of proc_pid_status(5), bytes.
func resident(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("looking at the agent's memory: %w", err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	var kilobytes float64
	if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
		return 0, fmt.Errorf("looking at the agent's memory: %w", err)
	}
	return kilobytes * 1024, nil
}

// Binary is the size of the program on disk.
func Binary(file string) (Figure, error) {
	info, err := os.Stat(file)
	if err != nil {
		return Figure{}, fmt.Errorf("looking at the binary's size: %w", err)
	}
	return Figure{"binary on disk", "MB", []float64{float64(info.Size()) / 1e6}}, nil
}
