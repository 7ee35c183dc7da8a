// SPDX-License-Identifier: Apache-2.0

// Command app is the one program in the demo's container image: a web server that can answer at once, for long, or for ever, and
// the client that talks to it.
//
//	app serve [NAME]            serves on port 80, IPv4 and IPv6, and calls itself NAME, or what the host is called
//	app get [-4|-6] URL         prints the answer; gives up after two seconds
//	app download [-4|-6] URL    reads the answer to its end, and says whether all of it came
//	app hold [-4|-6] URL        prints the answer line by line, as long as lines come
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

var errUsage = errors.New("usage: app serve [NAME] | get [-4|-6] URL | download [-4|-6] URL | hold [-4|-6] URL")

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "app:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	if args[0] == "serve" {
		return serve(":80", args[1:])
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	only4 := flags.Bool("4", false, "IPv4 only")
	only6 := flags.Bool("6", false, "IPv6 only")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	commands := map[string]func(context.Context, client, string, io.Writer) error{"get": get, "download": download, "hold": hold}
	command, ok := commands[args[0]]
	if !ok || flags.NArg() != 1 {
		return errUsage
	}
	return command(ctx, newClient(*only4, *only6), flags.Arg(0), out)
}
