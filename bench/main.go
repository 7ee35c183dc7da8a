// SPDX-License-Identifier: Apache-2.0

// Command bench measures Hypha beside what a user would pick instead, in one run on one machine: see docs/benchmark.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/bench/awake"
	"github.com/hypha-net/hypha/bench/cluster"
)

const usage = `usage: bench run [FLAG]...                 measure; bench run -h lists the flags
       bench compare OLD.json NEW.json     say what changed beyond the noise
       bench show REPORT.json              print the tables of a report
       bench draw REPORT.json OUT.svg      draw the picture of a report; OUT.png too where rsvg-convert is
       bench scale [FLAG]...               one agent in a cluster of simulated nodes; bench scale -h lists the flags
       bench publish REPORT.json           make it the one that README.md and docs/benchmark.md speak of; in the project's directory
       (a report may be packed: .json.gz)
`

var errUsage = errors.New("bench: I do not understand that")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM, unix.SIGHUP)
	context.AfterFunc(ctx, stop) // the second ^C does not wait for the cleaning up
	signal.Ignore(unix.SIGPIPE)  // progress ends a run that nobody reads of
	err := command(ctx, os.Args[1:])
	switch {
	case err == nil:
	case errors.Is(err, flag.ErrHelp):
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "bench: interrupted: all is taken down, no report is written")
		os.Exit(1)
	case errors.Is(err, errUsage):
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errUsage
	}
	switch verb, args := args[0], args[1:]; {
	case verb == "run":
		return runCommand(ctx, args)
	case verb == "scale":
		return scaleCommand(ctx, args)
	case verb == "compare" && len(args) == 2:
		return compare(args[0], args[1])
	case verb == "show" && len(args) == 1:
		return show(args[0])
	case verb == "draw" && len(args) == 2:
		return draw(ctx, args[0], args[1])
	case verb == "publish" && len(args) == 1:
		return publish(ctx, args[0])
	case verb == "etcd" && len(args) == 2: // a child of the benchmark
		return cluster.Serve(ctx, args[0], args[1])
	case verb == "spin" && len(args) == 1: // another one
		return awake.Spin(ctx, args[0])
	case verb == "pause": // the one process of a Docker container
		<-ctx.Done()
		return nil
	}
	return errUsage
}
