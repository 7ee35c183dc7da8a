// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// leftOf lists what there is of the benchmark whose process was pid and that had dir for its files: namespaces, directories, pins, agents.
func leftOf(t *testing.T, dir string, pid int) (left []string) {
	t.Helper()
	for _, pattern := range []string{"/run/netns/hyphatest-%d-*", dir + "hyphabench-%d-*", "/sys/fs/bpf/hyphabench-%d-*"} {
		found, err := filepath.Glob(fmt.Sprintf(pattern, pid))
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, found...)
	}
	processes, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range processes {
		words, _ := os.ReadFile(file) // it may have ended meanwhile
		if strings.Contains(string(words), dir+"hyphabench-") {
			left = append(left, strings.ReplaceAll(string(words), "\x00", " "))
		}
	}
	return left
}
