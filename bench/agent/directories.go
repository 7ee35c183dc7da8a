// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/internal/testbed"
)

// prefix starts the names of an agent's two directories; the process and a number follow.
const prefix = "hyphabench-"

const bpffs = "/sys/fs/bpf"

var (
	sweepOnce sync.Once
	serial    atomic.Uint32
)

// directories makes one for files, and says where the pins shall be. Both are gone with the TB.
func directories(tb testbed.TB) (dir, pins string, err error) {
	sweepOnce.Do(func() { sweep(tb) })
	name := fmt.Sprintf("%s%d-%d", prefix, os.Getpid(), serial.Add(1))
	dir, pins = filepath.Join(os.TempDir(), name), filepath.Join(bpffs, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", "", fmt.Errorf("making the agent's directory: %w", err)
	}
	tb.Cleanup(func() { takeAway(tb, dir, pins) })
	return dir, pins, nil
}

func takeAway(tb testbed.TB, dirs ...string) {
	for _, dir := range dirs {
		if err := os.RemoveAll(dir); err != nil {
			tb.Logf("cleaning up: %v", err)
		}
	}
}

// remember writes down which process is to be ended if this one is killed.
func (a *Agent) remember() error {
	return os.WriteFile(filepath.Join(a.dir, "pid"), []byte(strconv.Itoa(a.PID())), 0o600)
}

// sweep ends and takes away what benchmarks left behind that were killed.
func sweep(tb testbed.TB) {
	for _, parent := range []string{os.TempDir(), bpffs} {
		dirs, _ := filepath.Glob(filepath.Join(parent, prefix+"*")) // fails on a bad pattern only
		for _, dir := range dirs {
			if stale(filepath.Base(dir)) {
				endOrphan(dir)
				takeAway(tb, dir)
			}
		}
	}
}

// stale is true for hyphabench-PID-N of which no process PID runs.
func stale(name string) bool {
	digits, _, _ := strings.Cut(strings.TrimPrefix(name, prefix), "-")
	pid, err := strconv.Atoi(digits)
	return err == nil && pid > 0 && errors.Is(unix.Kill(pid, 0), unix.ESRCH)
}

// endOrphan kills the agent that wrote its number into dir, if the process of that number still is this agent.
func endOrphan(dir string) {
	digits, _ := os.ReadFile(filepath.Join(dir, "pid"))
	pid, err := strconv.Atoi(string(digits))
	if err != nil || pid <= 0 {
		return
	}
	words, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err == nil && strings.Contains(string(words), dir) {
		unix.Kill(pid, unix.SIGKILL) //nolint:errcheck // it may end by itself at this moment
	}
}
