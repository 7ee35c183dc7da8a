// SPDX-License-Identifier: Apache-2.0

// Package netns opens network namespaces by path and runs functions in them.
//
// A network namespace belongs to a thread, not to a process, and a goroutine wanders between
// threads. Do is the one place that deals with that.
package netns

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// ErrNotNamespace says that a path exists and is something else than a network namespace.
var ErrNotNamespace = errors.New("not a network namespace")

// Namespace is an open network namespace. It lives at least until it is closed, even if
// its last process ends and its path is unmounted meanwhile.
type Namespace struct {
	file *os.File
}

// Open opens the network namespace at path: a bind mount as `ip netns add` makes it, or
// /proc/PID/ns/net. ErrNotNamespace if it is something else, fs.ErrNotExist if there is nothing.
func Open(path string) (*Namespace, error) {
	// Not blocking: what stands at the path may be a pipe that nobody writes to.
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not a network namespace: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("opening network namespace: %w", err)
	}
	if err := check(file); err != nil {
		file.Close()
		return nil, err
	}
	return &Namespace{file}, nil
}

// check tells a network namespace from other files and from other kinds of namespaces.
func check(file *os.File) error {
	kind, err := unix.IoctlRetInt(int(file.Fd()), unix.NS_GET_NSTYPE)
	if err != nil {
		return fmt.Errorf("%s is %w (it is not a namespace at all)", file.Name(), ErrNotNamespace)
	}
	if kind != unix.CLONE_NEWNET {
		return fmt.Errorf("%s is %w (it is a namespace of another kind)", file.Name(), ErrNotNamespace)
	}
	return nil
}

// Close releases the namespace.
func (n *Namespace) Close() error { return n.file.Close() }

// Fd is the open file descriptor, for netlink requests that name a namespace. It belongs to n.
func (n *Namespace) Fd() int { return int(n.file.Fd()) }

// Do runs f in the namespace and returns its error. What f opens there (sockets, netlink
// handles, started commands) stays in the namespace; goroutines that f starts do not run in it.
func (n *Namespace) Do(f func() error) error {
	done := make(chan error, 1)
	go func() {
		// Never unlocked: the thread ends with the goroutine, and with it the foreign
		// namespace. So there is no way back that could fail.
		runtime.LockOSThread()
		if err := unix.Setns(n.Fd(), unix.CLONE_NEWNET); err != nil {
			done <- fmt.Errorf("entering network namespace %s: %w", n.file.Name(), err)
			return
		}
		done <- f()
	}()
	return <-done
}
