// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// highest is the nice value (sched(7)) that wins against everybody else's: at 0, a thread beside it gets one part in 87.
const highest = -20

// GoFirst has this process, with all that it will start, run before others: agents and readers of events as much as the ends of the
// traffic. Undo takes back what would stay.
func GoFirst() (undo func(), err error) {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return nil, fmt.Errorf("listing this process's threads: %w", err)
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err == nil {
			err = unix.Setpriority(unix.PRIO_PROCESS, id, highest)
		}
		if err != nil && !errors.Is(err, unix.ESRCH) { // it may have ended meanwhile
			return nil, fmt.Errorf("going before other processes: %w", err)
		}
	}
	return sessionFirst(autogroup)
}

// autogroup is the nice value of this process's session, where the kernel has one: its processes' own values count among themselves
// only (sched(7), the autogroup feature).
const autogroup = "/proc/self/autogroup"

// sessionFirst has a session go before others. Without one there is nothing to do: a kernel without the feature has no such file, and
// for a process of the first session, which a container's or a machine's init may have started, it is empty.
func sessionFirst(file string) (undo func(), err error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(text) == 0 {
		return func() {}, nil
	}
	var number, was int
	if err == nil {
		_, err = fmt.Sscanf(string(text), "/autogroup-%d nice %d", &number, &was)
	}
	if err == nil {
		err = os.WriteFile(file, []byte(strconv.Itoa(highest)), 0)
	}
	if err != nil {
		return nil, fmt.Errorf("putting this session before others: %w", err)
	}
	return func() {
		os.WriteFile(file, []byte(strconv.Itoa(was)), 0) //nolint:errcheck // it ends with the session
	}, nil
}
