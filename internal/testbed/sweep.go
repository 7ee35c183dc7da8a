// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/internal/netns"
)

// Sweep deletes the namespaces that testbeds of dead processes left behind.
func Sweep(tb TB) {
	tb.Helper()
	entries, err := os.ReadDir(netns.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		tb.Fatalf("sweeping stale namespaces: %v", err)
	}
	for _, e := range entries {
		if !stale(e.Name()) {
			continue
		}
		if err := netns.Delete(e.Name()); err != nil {
			tb.Logf("sweeping stale namespaces: %v", err)
		}
	}
}

// stale is true for hyphatest-PID-... of which no process PID runs.
func stale(name string) bool {
	rest, ours := strings.CutPrefix(name, prefix)
	digits, _, _ := strings.Cut(rest, "-")
	pid, err := strconv.Atoi(digits)
	if !ours || err != nil || pid <= 0 {
		return false
	}
	return errors.Is(unix.Kill(pid, 0), unix.ESRCH)
}
