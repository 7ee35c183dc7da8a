// SPDX-License-Identifier: Apache-2.0

// Package cli is the hypha command line: one file a noun. Every command but
// agent, cleanup, policy validate and store import asks a running agent over its socket.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"
)

// Exit statuses; scripts depend on them.
const (
	exitDone   = 0
	exitFailed = 1 // refused or failed
	exitUsage  = 2 // wrong usage
)

// Deps is what the command line starts but is not made of.
type Deps struct {
	Version string
	// Agent runs until ctx ends.
	Agent func(ctx context.Context, config AgentConfig, log *slog.Logger) error
	// Cleanup tells out what it took away.
	Cleanup func(ctx context.Context, config CleanupConfig, out io.Writer) error
	// ExportStore and ImportStore need no agent.
	ExportStore func(ctx context.Context, config StoreConfig, to io.Writer) error
	ImportStore func(ctx context.Context, config StoreConfig, from io.Reader) (Imported, error)
}

// Main runs one command and returns the exit status. What went wrong is one
// line on stderr.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, deps Deps) int {
	a := &app{deps: deps, in: stdin, out: stdout, err: stderr}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	var misuse usageError
	var refused refusal
	if errors.As(err, &misuse) || !a.started && !errors.As(err, &refused) {
		fmt.Fprintf(stderr, "hypha: %s; see %s --help\n", oneLine(err), command.CommandPath())
		return exitUsage
	}
	fmt.Fprintf(stderr, "hypha: %s\n", oneLine(advise(err)))
	return exitFailed
}

// usageError is an error in how a command was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// refusal is an error found before a command's own code runs that is yet none
// in how it was called.
type refusal struct{ error }

// oneLine is the text of err with its line breaks and control characters gone.
func oneLine(err error) string { return clean(strings.Join(strings.Fields(err.Error()), " ")) }

// app is one run of the command line.
type app struct {
	deps     Deps
	in       io.Reader
	out, err io.Writer
	socket   string
	format   string // "text", "json" or "yaml"
	inUsed   bool   // the standard input has been read
	started  bool   // a command's own code runs: errors are no longer about usage
}

// run is what a command does, in cobra's shape.
func (a *app) run(do func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(command *cobra.Command, args []string) error {
		a.started = true
		return do(command.Context(), args)
	}
}
