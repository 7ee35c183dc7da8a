// SPDX-License-Identifier: Apache-2.0

package awake

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/bench/machine"
)

// Spin has a thread for each CPU do nothing, until ctx is done or the parent is gone. Below each CPU stands a file of dir with the number
// of its thread. The threads run when nobody else wants to, and make way at once: sched(7), SCHED_IDLE.
func Spin(ctx context.Context, dir string) error {
	cpus, err := machine.CPUs()
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(len(cpus) + 1) // one more for who ends it
	failed := make(chan error)
	for _, cpu := range cpus {
		go func() { failed <- spin(cpu, filepath.Join(dir, strconv.Itoa(cpu))) }()
	}
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for parent := os.Getppid(); os.Getppid() == parent; {
		select {
		case err := <-failed:
			return err
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
	}
	return nil
}

// spin returns on an error only.
func spin(cpu int, file string) error {
	runtime.LockOSThread()
	var only unix.CPUSet
	only.Set(cpu)
	idle := unix.SchedAttr{Policy: unix.SCHED_IDLE}
	err := errors.Join(unix.SchedSetaffinity(0, &only), unix.SchedSetAttr(0, &idle, 0))
	if err == nil {
		err = os.WriteFile(file, []byte(strconv.Itoa(unix.Gettid())), 0o600)
	}
	if err != nil {
		return fmt.Errorf("keeping CPU %d awake: %w", cpu, err)
	}
	//lint:ignore SA5002 that is what it is for
	for {
	}
}
