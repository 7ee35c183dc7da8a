// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// ErrBusy says that another benchmark runs on this machine: both would measure the other.
var ErrBusy = errors.New("another benchmark runs: wait for its end")

// Alone takes the machine's one lock of benchmarks. The kernel gives it back when the process ends, whatever way.
func Alone(file string) (release func(), err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the benchmark's lock: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s: %w", file, ErrBusy)
		}
		return nil, fmt.Errorf("taking the benchmark's lock: %w", err)
	}
	return func() { f.Close() }, nil
}
