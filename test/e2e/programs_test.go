// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"fmt"
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

// errUsage is for a script that is wrong.
var errUsage = errors.New("wrong usage: see the program's source for what it takes")

// programs are the commands that the test binary is when it is called by these names.
func programs() map[string]func() {
	return map[string]func(){
		"in":         program(in),
		"on":         program(on),
		"eventually": program(eventually),
		"parallel":   program(parallel),
		"answer":     program(answer),
		"say":        program(say),
		"silence":    program(silence),
		"talk":       program(talk),
		"call":       program(call),
		"change":     program(change),
		"crowd":      program(crowd),
		"spoof":      program(spoof),
		"json":       program(readJSON),
		"leaf":       program(leafProgram),
		"etcd":       func() { etcdmain.Main(os.Args) },
	}
}

func program(run func(args []string) error) func() {
	return func() {
		if err := run(os.Args[1:]); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[0], err)
			os.Exit(1)
		}
	}
}
