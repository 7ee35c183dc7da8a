// SPDX-License-Identifier: Apache-2.0

package datapath

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// bpffs is where systemd, and everybody else, mounts the BPF filesystem.
const bpffs = "/sys/fs/bpf"

// MountBPF makes dir a directory on a BPF filesystem. If it is on none, one is mounted: at
// /sys/fs/bpf if dir is below, else at dir itself. It returns where it has mounted; "" if there was no need.
//
// A mount made inside `ip netns exec` is seen only there and goes with the last process there, with all
// that is pinned in it: mount one outside first.
func MountBPF(dir string) (mounted string, err error) {
	on, err := onBPF(dir)
	if err != nil {
		return "", err
	}
	if !on {
		if mounted, err = mountAround(dir); err != nil {
			return "", err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return mounted, fmt.Errorf("making BPF directory: %w", err)
	}
	return mounted, nil
}

// UnmountBPF removes dir, which must be empty, and unmounts the BPF filesystem if that is mounted
// at dir itself. /sys/fs/bpf stays. Missing is no error.
func UnmountBPF(dir string) error {
	err := unix.Rmdir(dir)
	if errors.Is(err, unix.EBUSY) { // a mount point
		err = unix.Unmount(dir, 0)
		if err == nil {
			err = unix.Rmdir(dir)
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing BPF directory %s: %w", dir, err)
	}
	return nil
}

// onBPF says whether dir is on a BPF filesystem, or would be if it were made.
func onBPF(dir string) (bool, error) {
	for {
		var stat unix.Statfs_t
		err := unix.Statfs(dir, &stat)
		if errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir) {
			dir = filepath.Dir(dir)
			continue
		}
		if err != nil {
			return false, fmt.Errorf("looking for a BPF filesystem at %s: %w", dir, err)
		}
		return stat.Type == unix.BPF_FS_MAGIC, nil
	}
}

func mountAround(dir string) (string, error) {
	at := filepath.Clean(dir)
	if at == bpffs || strings.HasPrefix(at, bpffs+"/") {
		at = bpffs // a directory of sysfs: it is there, or the kernel has no BPF
	} else if err := os.MkdirAll(at, 0o700); err != nil {
		return "", fmt.Errorf("making BPF directory: %w", err)
	}
	if err := unix.Mount("bpf", at, "bpf", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "mode=0700"); err != nil {
		return "", fmt.Errorf("mounting a BPF filesystem at %s: %w", at, err)
	}
	return at, nil
}
