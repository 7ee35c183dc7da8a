// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/hypha-net/hypha/internal/unixsocket"
)

// A directory that was there before the agent keeps what is not the agent's.
func TestCleanupLeavesOtherFilesAlone(t *testing.T) {
	for _, shared := range []bool{false, true} {
		c := Config{State: filepath.Join(t.TempDir(), "state")}
		if err := os.MkdirAll(c.recordsDir(), 0o700); err != nil {
			t.Fatal(err)
		}
		precious := filepath.Join(c.State, "precious")
		for path, wanted := range map[string]bool{precious: shared, c.dockerFile(): true, c.nodesFile(): true, filepath.Join(c.recordsDir(), "00001.json"): true} {
			if wanted {
				if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		for range 2 { // it may be repeated
			if err := c.removeState(); err != nil {
				t.Fatal(err)
			}
		}
		left, err := os.ReadDir(c.State)
		switch {
		case shared && (err != nil || len(left) != 1 || left[0].Name() != "precious"):
			t.Errorf("left %v, %v; want precious alone", left, err)
		case !shared && !errors.Is(err, fs.ErrNotExist):
			t.Errorf("left %v, %v; want no directory", left, err)
		}
	}
}

// A killed agent leaves its plugin socket; the one that another agent serves is not ours to take.
func TestCleanupTakesDeadPluginSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hypha.sock")
	listener, err := unixsocket.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := removePluginSocket(path); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("a live socket: %v; want it left alone", err)
	}
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	listener.Close()
	for range 2 { // it may be repeated
		if err := removePluginSocket(path); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a dead socket: %v; want it gone", err)
	}
}
