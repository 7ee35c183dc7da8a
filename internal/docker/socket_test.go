// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
)

func TestListen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plugins", "x.sock")
	live, err := listen(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != socketMode {
		t.Errorf("socket: %v, %v", info.Mode(), err)
	}
	if _, err := listen(path); !errors.Is(err, ErrSocketInUse) {
		t.Errorf("socket of a live agent: %v", err)
	}

	live.(*net.UnixListener).SetUnlinkOnClose(false) // as if killed
	live.Close()
	next, err := listen(path)
	if err != nil {
		t.Fatalf("socket of a dead agent: %v", err)
	}
	next.Close()
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("socket after its agent: %v", err)
	}

	if err := os.WriteFile(path, []byte("a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := listen(path); err == nil {
		t.Error("took a file's place")
	}
}
