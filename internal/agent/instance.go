// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrStateInUse is returned when another agent has the state directory.
var ErrStateInUse = errors.New("the state directory is in use by another agent")

// bootIDFile names this run of the machine's kernel.
const bootIDFile = "/proc/sys/kernel/random/boot_id"

// instance tells the agents of this state directory from all others of the same name. While it is open no other agent has it.
type instance struct {
	id    string // random, as old as the directory; a copy has the same
	place string // where that lies, in this run of the machine: no other directory in the world has the same at the same time
	file  *os.File
}

// openInstance reads the file, and makes it if there is none. ErrStateInUse.
func openInstance(path string) (i *instance, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening this node's instance: %w", err)
	}
	defer func() {
		if err != nil {
			file.Close()
		}
	}()
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, fmt.Errorf("%w: %s: stop that one, or give this one another --state", ErrStateInUse, path)
	}
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	i = &instance{file: file}
	if i.id, err = readInstance(file); err != nil {
		return nil, fmt.Errorf("reading this node's instance: %w", err)
	}
	if i.place, err = placeOf(file); err != nil {
		return nil, err
	}
	return i, nil
}

// readInstance returns what is in the file. One that is empty is new, or was never finished.
func readInstance(file *os.File) (string, error) {
	content, err := io.ReadAll(file)
	if err != nil || len(content) > 0 {
		return strings.TrimSpace(string(content)), err
	}
	raw := make([]byte, 16)
	rand.Read(raw)
	id := hex.EncodeToString(raw)
	if _, err := file.WriteString(id + "\n"); err != nil {
		return "", err
	}
	return id, file.Sync()
}

// placeOf is this run of the kernel, and device and inode of a file.
func placeOf(file *os.File) (string, error) {
	boot, err := os.ReadFile(bootIDFile)
	if err != nil {
		return "", fmt.Errorf("reading which run of the kernel this is: %w", err)
	}
	var stat unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &stat); err != nil {
		return "", fmt.Errorf("looking at %s: %w", file.Name(), err)
	}
	return fmt.Sprintf("%s %d:%d:%d", strings.TrimSpace(string(boot)), unix.Major(stat.Dev), unix.Minor(stat.Dev), stat.Ino), nil
}

// close lets another agent have the state directory.
func (i *instance) close() error { return i.file.Close() }
