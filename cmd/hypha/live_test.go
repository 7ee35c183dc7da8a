// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hypha-net/hypha/internal/cli"
	"github.com/hypha-net/hypha/internal/unixsocket"
)

// Neither a second agent nor a cleanup touches what a live agent uses.
func TestLiveAgentIsLeftAlone(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: cleanup refuses anybody else first")
	}
	dir := t.TempDir()
	state, run, bpf := filepath.Join(dir, "state"), filepath.Join(dir, "run"), filepath.Join(dir, "bpf")
	socket := filepath.Join(run, "hypha.sock")
	live, err := unixsocket.Listen(socket)
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}

	second := runAgent(t.Context(), cli.AgentConfig{State: state, Run: run, BPF: bpf, Socket: socket, Node: "second"}, slog.New(slog.DiscardHandler))
	var told strings.Builder
	for what, err := range map[string]error{
		"agent":   second,
		"cleanup": cleanup(t.Context(), cli.CleanupConfig{State: state, Run: run, BPF: bpf}, &told),
	} {
		if !errors.Is(err, unixsocket.ErrInUse) {
			t.Errorf("%s = %v, want ErrInUse", what, err)
		}
	}
	if made, err := os.ReadDir(state); err != nil || len(made) != 0 || told.Len() != 0 {
		t.Errorf("state holds %v, %v; cleanup told %q; want nothing done", made, err, told.String())
	}
}
