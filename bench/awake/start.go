// SPDX-License-Identifier: Apache-2.0

package awake

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/hypha-net/hypha/bench/machine"
	"github.com/hypha-net/hypha/bench/process"
	"github.com/hypha-net/hypha/internal/testbed"
)

// Start keeps all CPUs awake until the TB is through, by a process of its own, and returns an ear that does not hear it.
func Start(ctx context.Context, tb testbed.TB) (ear machine.Ear, err error) {
	dir, _, err := process.Directories(tb)
	if err != nil {
		return ear, err
	}
	spinner := process.New(tb, "the spinner", nil, dir, process.Self(), "spin", dir)
	err = spinner.Restart(ctx, func() error {
		ear, err = listenTo(spinner, dir)
		return err
	})
	return ear, err
}

// listenTo finds the spinner's threads, if all run by now.
func listenTo(spinner *process.Process, dir string) (ear machine.Ear, err error) {
	cpus, err := machine.CPUs()
	if err != nil {
		return ear, err
	}
	for _, cpu := range cpus {
		thread, err := os.ReadFile(filepath.Join(dir, strconv.Itoa(cpu)))
		number := 0
		if err == nil {
			number, err = strconv.Atoi(string(thread)) // it may be in the middle of writing it
		}
		if err != nil {
			return ear, err
		}
		ear.Deaf = append(ear.Deaf, fmt.Sprintf("/proc/%d/task/%d/schedstat", spinner.PID(), number))
	}
	return ear, nil
}
