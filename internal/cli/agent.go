// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

func (a *app) agentCommand() *cobra.Command {
	var config AgentConfig
	var file string
	level := slog.LevelInfo
	c := &cobra.Command{
		Use:   "agent",
		Short: "Run this node's agent until it is interrupted",
		Long: "Run this node's agent until it is interrupted. What it set up in the kernel goes on\n" +
			"without it; the next agent takes it over, and \"hypha cleanup\" takes it away.\n\n" +
			"A flag may also be a variable (--log-level: HYPHA_LOG_LEVEL) or a key of the YAML file\n" +
			"that --config names (log-level: debug). A flag wins over a variable, and that over the file.",
		Example: "  hypha agent\n" +
			"  hypha agent --config /etc/hypha.yaml --enforce audit\n" +
			"  hypha agent --state /tmp/a/state --run /tmp/a/run --bpf /sys/fs/bpf/a",
		Args: cobra.NoArgs,
	}
	agentFlags(c, &config, &file, &level)
	c.PreRunE = func(c *cobra.Command, _ []string) error {
		if file == "" {
			file = os.Getenv(variableOf("config"))
		}
		if err := settle(c, file); err != nil {
			return err
		}
		config.Version = a.deps.Version
		config.Socket = a.agentSocket(c, config.Run)
		return config.checkDirectories()
	}
	c.RunE = a.run(func(ctx context.Context, _ []string) error {
		log := slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: level}))
		return a.deps.Agent(ctx, config, log)
	})
	return c
}

// agentSocket is where an agent listens: where it was told, else in its run
// directory, so that several agents of one machine do not meet.
func (a *app) agentSocket(c *cobra.Command, run string) string {
	if c.Flags().Changed("socket") {
		return a.socket
	}
	return filepath.Join(run, "hypha.sock")
}
