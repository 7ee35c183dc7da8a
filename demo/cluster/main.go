// SPDX-License-Identifier: Apache-2.0

// Command cluster is the demo of several nodes: it builds three of them as network namespaces, with an etcd, and a container on
// each.
//
//	etcd1      a      b      c      2001:db8::1 to ::4
//	  |       web     db   mouse    role=web, role=db, role=mouse
//	+-+--------+------+------+-+
//	|          world           |
//	+--------------------------+
//
// It tells what happens between them, command by command, with their real output, and fails where one does not do what is said
// of it. hypha, etcd, tcpdump and app (../app) have to be on the PATH. With MODE=native packets travel as they are, else in the overlay. With KEEP=1 it ends in a shell on that stage, and takes it
// away when the shell ends.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/internal/testbed"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM)
	defer stop()
	err := testbed.Run(func(tb testbed.TB) { tell(ctx, tb) })
	switch {
	case ctx.Err() != nil:
		os.Exit(130)
	case err != nil:
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// tell is the whole story. It ends where something fails, or ctx does.
func tell(ctx context.Context, tb testbed.TB) {
	began := time.Now()
	s := newStory(ctx, tb)
	for _, scene := range []func(*story){
		nodes, containers, denied, allowed, captured, revoked, dead, returned, counted,
	} {
		scene(s)
	}
	fmt.Printf("\nThat was three nodes, in %d seconds.\n", int(time.Since(began).Seconds()))
	if os.Getenv("KEEP") == "1" {
		s.playOn()
	}
}
