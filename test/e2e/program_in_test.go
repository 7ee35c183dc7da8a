// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// in runs a command in the network namespace whose path is in the variable NAME. Unlike `ip netns exec` it keeps the mounts,
// so that the command sees the BPF file system that everybody sees.
//
//	in NAME COMMAND [ARG]...
func in(args []string) error {
	if len(args) < 2 {
		return errUsage
	}
	path, found := os.LookupEnv(args[0])
	if !found {
		return fmt.Errorf("no namespace %s", args[0])
	}
	runtime.LockOSThread()
	ns, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("entering %s: %w", path, err)
	}
	command, err := exec.LookPath(args[1])
	if err != nil {
		return err
	}
	return syscall.Exec(command, args[1:], os.Environ())
}
