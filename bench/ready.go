// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// ready looks for what would fail at the end, after an hour.
func (o options) ready() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("it makes network namespaces and loads programs: run it as root")
	}
	if _, err := exec.LookPath(o.hypha); err != nil {
		return fmt.Errorf("the binary to be measured: %w: make build, or name another one with -hypha", err)
	}
	for _, file := range []string{o.out, o.picture} {
		if file == "" {
			continue
		}
		if err := writable(file); err != nil {
			return err
		}
	}
	return nil
}

// writable leaves nothing.
func writable(file string) error {
	probe, err := os.CreateTemp(filepath.Dir(file), ".bench-*")
	if err != nil {
		return fmt.Errorf("%s could not be written in the end: %w", file, err)
	}
	probe.Close()
	return os.Remove(probe.Name())
}
