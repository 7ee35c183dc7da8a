// SPDX-License-Identifier: Apache-2.0

// Package atomicfile replaces files in one step: after a crash at any moment a reader finds the
// whole old content or the whole new one, never a mixture, and never nothing.
package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// temporary marks the names of unfinished files: ".NAME.tmp-RANDOM", beside the target.
const temporary = ".tmp-"

// Write makes path a file with exactly data and perm (not subject to the umask), and returns once
// that survives a power cut: temporary file, fsync, rename, fsync of the directory. The directory
// must exist. On an error the old file is still there.
func Write(path string, data []byte, perm os.FileMode) error {
	if err := replace(path, data, perm, durable); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return SyncDir(filepath.Dir(path))
}

// Note is Write for what need not survive a power cut: it waits for no disk. A power cut may leave nothing at path, or an empty
// file, and later Write has to be called for path.
func Note(path string, data []byte, perm os.FileMode) error {
	if err := replace(path, data, perm, !durable); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// durable is a file that is on the disk before it is renamed.
const durable = true

// replace renames a complete temporary file over path, or leaves no trace.
func replace(path string, data []byte, perm os.FileMode, durable bool) (err error) {
	dir, name := filepath.Split(path)
	file, err := os.CreateTemp(filepath.Clean(dir), "."+name+temporary+"*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(file.Name())
		}
	}()
	if err := errors.Join(fill(file, data, perm, durable), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

func fill(file *os.File, data []byte, perm os.FileMode, durable bool) error {
	if _, err := file.Write(data); err != nil {
		return err
	}
	if err := file.Chmod(perm); err != nil {
		return err
	}
	if !durable {
		return nil
	}
	return file.Sync()
}

// SyncDir makes renames and removals in dir survive a power cut.
func SyncDir(dir string) error {
	handle, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open directory to sync it: %w", err)
	}
	defer handle.Close()
	if err := handle.Sync(); err != nil {
		return fmt.Errorf("sync directory %s: %w", dir, err)
	}
	return nil
}

// Leftover reports whether name (without directory) is a file that an interrupted Write left
// behind. Whoever owns the directory may remove it when no Write is under way.
func Leftover(name string) bool {
	return strings.HasPrefix(name, ".") && strings.Contains(name, temporary)
}
