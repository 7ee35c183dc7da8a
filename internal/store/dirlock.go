// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrInUse is returned when another process has the data directory open.
var ErrInUse = errors.New("store's data directory is in use by another agent")

// dirLock keeps a second agent out of a directory. The kernel drops it when the process ends,
// however it ends.
type dirLock struct {
	file *os.File
}

// lockDir takes the lock without waiting. (etcd has one of its own, on which it waits for ever.)
func lockDir(dir string) (*dirLock, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the store's lock file: %w", err)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return &dirLock{file}, nil
	}
	file.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, fmt.Errorf("%w: %s: stop it, or give this one another --state", ErrInUse, dir)
	}
	return nil, fmt.Errorf("lock %s: %w", dir, err)
}

func (l *dirLock) release() error {
	return l.file.Close()
}
