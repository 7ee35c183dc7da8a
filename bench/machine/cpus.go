// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// CPUs are the ones that this process may use, ascending: asked once, of the process and not of a
// thread, for threads are bound to single ones later.
var CPUs = sync.OnceValues(func() (cpus []int, err error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(os.Getpid(), &set); err != nil {
		return nil, fmt.Errorf("asking which CPUs may be used: %w", err)
	}
	for cpu := 0; len(cpus) < set.Count(); cpu++ {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus, nil
})
