// SPDX-License-Identifier: Apache-2.0

// Command hypha is the agent and its command line.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/hypha-net/hypha/internal/cli"
)

// version is set when a release is built: -ldflags "-X main.version=1.2.3".
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills
	deps := cli.Deps{Version: version, Agent: runAgent, Cleanup: cleanup, ExportStore: exportStore, ImportStore: importStore}
	status := cli.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, deps)
	os.Exit(status)
}
