// SPDX-License-Identifier: Apache-2.0

package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/internal/testbed"
)

// prefix starts the names of a process's two directories; the benchmark's own number and a random one follow.
const prefix = "hyphabench-"

const bpffs = "/sys/fs/bpf"

var sweepOnce sync.Once

// Directories makes one for files, and says where the pins shall be. Both are gone with the TB. The first is locked meanwhile, by
// flock(2): so that others see that somebody has it.
func Directories(tb testbed.TB) (dir, pins string, err error) {
	sweepOnce.Do(func() { sweep(tb) })
	dir, err = os.MkdirTemp("", fmt.Sprintf("%s%d-*", prefix, os.Getpid()))
	if err != nil {
		return "", "", fmt.Errorf("making a directory: %w", err)
	}
	pins = filepath.Join(bpffs, filepath.Base(dir))
	tb.Cleanup(func() { takeAway(tb, dir, pins) })
	release, err := lock(dir)
	if err != nil {
		return "", "", fmt.Errorf("locking a directory: %w", err)
	}
	tb.Cleanup(release)
	return dir, pins, nil
}

// lock takes the lock of a directory, if nobody has it. The kernel gives it back when the process ends, whatever way.
func lock(dir string) (release func(), err error) {
	file, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		file.Close()
		return nil, err
	}
	return func() { file.Close() }, nil
}

func takeAway(tb testbed.TB, dirs ...string) {
	for _, dir := range dirs {
		if err := os.RemoveAll(dir); err != nil {
			tb.Logf("cleaning up: %v", err)
		}
	}
}

// remember writes down which process is to be ended if this one is killed.
func remember(dir string, pid int) error {
	return os.WriteFile(filepath.Join(dir, "pid"), []byte(strconv.Itoa(pid)), 0o600)
}
