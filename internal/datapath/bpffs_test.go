// SPDX-License-Identifier: Apache-2.0

package datapath_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/hypha-net/hypha/internal/datapath"
	"github.com/hypha-net/hypha/internal/testbed"
)

func TestMountBPF(t *testing.T) {
	testbed.NeedRoot(t)
	root := filepath.Join(t.TempDir(), "bpf")
	t.Cleanup(func() { unix.Unmount(root, unix.MNT_DETACH) })
	sub := filepath.Join(root, "a", "b")
	for _, c := range []struct{ dir, want string }{
		{root, root}, // is on no BPF filesystem
		{root, ""},   // is one by now
		{sub, ""},    // is on one
	} {
		mounted, err := datapath.MountBPF(c.dir)
		if err != nil || mounted != c.want {
			t.Fatalf("MountBPF(%s) = %q, %v; want %q", c.dir, mounted, err, c.want)
		}
	}
	m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := m.Pin(filepath.Join(sub, "map")); err != nil {
		t.Fatal(err)
	}
	if err := datapath.UnmountBPF(sub); err == nil {
		t.Error("unmounted what is not empty")
	}
	if err := m.Unpin(); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{sub, filepath.Dir(sub), root, root} { // missing is no error
		if err := datapath.UnmountBPF(dir); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s is left", dir)
		}
	}
}

func TestMountBPFRefusesFile(t *testing.T) {
	testbed.NeedRoot(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		if mounted, err := datapath.MountBPF(dir); err == nil {
			unix.Unmount(dir, unix.MNT_DETACH)
			t.Errorf("MountBPF(%s) = %q, no error", dir, mounted)
		}
	}
}
