// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/hypha-net/hypha/internal/agent"
	"github.com/hypha-net/hypha/internal/cli"
	"github.com/hypha-net/hypha/internal/unixsocket"
)

var errCleanupNotRoot = errors.New("cleanup needs root: it takes programs out of the kernel and removes interfaces")

// cleanup takes what an agent left off the machine. It holds the agent's socket meanwhile: no agent runs, and none starts.
func cleanup(_ context.Context, config cli.CleanupConfig, out io.Writer) error {
	if os.Geteuid() != 0 {
		return errCleanupNotRoot
	}
	listener, err := unixsocket.Listen(filepath.Join(config.Run, "hypha.sock"))
	if errors.Is(err, unixsocket.ErrInUse) {
		return fmt.Errorf("%w: stop it first", err)
	}
	if err != nil {
		return err
	}
	defer listener.Close()
	return agent.Cleanup(agent.CleanupConfig{State: config.State, Run: config.Run, BPF: config.BPF}, out)
}
