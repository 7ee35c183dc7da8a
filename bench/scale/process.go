// SPDX-License-Identifier: Apache-2.0

package scale

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// tick is USER_HZ, in which the kernel gives times: always 100 on Linux.
const tick = 10 * time.Millisecond

// cpuTime is what a process has used, from proc_pid_stat(5).
func cpuTime(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("looking at the agent's CPU time: %w", err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil { // the 14th and 15th field
		return 0, fmt.Errorf("looking at the agent's CPU time: %w", err)
	}
	return time.Duration(user+system) * tick, nil
}
