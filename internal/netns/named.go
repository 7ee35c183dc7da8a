// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"

	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// Dir is where iproute2 keeps named network namespaces, and so do we.
const Dir = "/run/netns"

// Path is the path of the named network namespace.
func Path(name string) string { return filepath.Join(Dir, name) }

// Current opens the network namespace of the calling thread.
func Current() (*Namespace, error) { return Open("/proc/thread-self/ns/net") }

// Create makes a new, empty network namespace that `ip netns` knows by name.
// fs.ErrExist if the name is taken.
func Create(name string) (*Namespace, error) {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // for good, as in Do
		handle, err := netns.NewNamed(name)
		if err == nil {
			err = handle.Close()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		return nil, fmt.Errorf("creating network namespace %s: %w", name, err)
	}
	return Open(Path(name))
}

// Delete takes the name away; the namespace goes when nobody is in it any more.
// A name that is missing is no error.
func Delete(name string) error {
	err := unix.Unmount(Path(name), unix.MNT_DETACH)
	if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("unmounting network namespace %s: %w", name, err)
	}
	if err := unix.Unlink(Path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("deleting network namespace %s: %w", name, err)
	}
	return nil
}
