// SPDX-License-Identifier: Apache-2.0

package netns

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	file, fifo := filepath.Join(dir, "file"), filepath.Join(dir, "fifo")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		want error
	}{
		{filepath.Join(dir, "nothing"), fs.ErrNotExist},
		{file, ErrNotNamespace},
		{fifo, ErrNotNamespace},
		{dir, ErrNotNamespace},
		{"/dev/null", ErrNotNamespace},
		{"/proc/self/ns/mnt", ErrNotNamespace},
		{"/proc/self/status", ErrNotNamespace},
	} {
		n, err := Open(c.path)
		if !errors.Is(err, c.want) {
			t.Errorf("Open(%s) = %v, %v; want %v", c.path, n, err, c.want)
		}
	}
}

func TestCreateDoDelete(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: creates a network namespace")
	}
	name := fmt.Sprintf("hyphatest-%d-create", os.Getpid())
	n, err := Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	defer Delete(name)

	if _, err := Create(name); !errors.Is(err, fs.ErrExist) {
		t.Errorf("creating it again: %v, want %v", err, fs.ErrExist)
	}
	if got := interfaces(t, n); len(got) != 1 || got[0] != "lo" {
		t.Errorf("interfaces in a new namespace: %v, want lo alone", got)
	}
	wrong := errors.New("wrong")
	if err := n.Do(func() error { return wrong }); err != wrong {
		t.Errorf("Do returned %v, want the function's error", err)
	}
	for range 2 { // what is missing is no error
		if err := Delete(name); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(Path(name)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Delete, %s: %v", Path(name), err)
	}
}

func interfaces(t *testing.T, n *Namespace) (names []string) {
	t.Helper()
	err := n.Do(func() error {
		all, err := net.Interfaces()
		for _, i := range all {
			if i.Name != "ifb0" && i.Name != "ifb1" { // made by a kernel with ifb built in
				names = append(names, i.Name)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
