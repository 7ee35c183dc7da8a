// SPDX-License-Identifier: Apache-2.0

package process

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/internal/testbed"
)

// sweep ends and takes away what benchmarks left behind that were killed.
func sweep(tb testbed.TB) {
	for _, dir := range found(os.TempDir()) {
		release, err := lock(dir)
		if err != nil {
			continue // somebody has it
		}
		endOrphan(dir)
		takeAway(tb, dir)
		release()
	}
	for _, pins := range found(bpffs) {
		if dead(filepath.Base(pins)) {
			takeAway(tb, pins)
		}
	}
}

func found(parent string) []string {
	dirs, _ := filepath.Glob(filepath.Join(parent, prefix+"*")) // fails on a bad pattern only
	return dirs
}

// dead is true for hyphabench-PID-N of which no process PID runs, or this one, which has made none yet: in a namespace of
// processes, numbers come again soon.
func dead(name string) bool {
	digits, _, _ := strings.Cut(strings.TrimPrefix(name, prefix), "-")
	pid, err := strconv.Atoi(digits)
	return err == nil && pid > 0 && (pid == os.Getpid() || errors.Is(unix.Kill(pid, 0), unix.ESRCH))
}

// endOrphan kills the process whose number stands in dir, if the process of that number still is the one that has dir.
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
