// SPDX-License-Identifier: Apache-2.0

package unixsocket_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hypha-net/hypha/internal/unixsocket"
)

func TestListenRefusesLiveSocket(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "hypha.sock")
	live, err := unixsocket.Listen(socket)
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	if _, err := unixsocket.Listen(socket); !errors.Is(err, unixsocket.ErrInUse) {
		t.Errorf("Listen = %v, want %v", err, unixsocket.ErrInUse)
	}
	if conn, err := net.Dial("unix", socket); err != nil {
		t.Errorf("the agent that was there first: %v", err)
	} else {
		conn.Close()
	}
}

func TestListenTakesOverDeadSocket(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "run", "hypha.sock")
	dead, err := unixsocket.Listen(socket)
	if err != nil {
		t.Fatal(err)
	}
	dead.(*net.UnixListener).SetUnlinkOnClose(false)
	dead.Close()

	live, err := unixsocket.Listen(socket)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(socket)
	if err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("socket: %v, %v; want mode 0660", info, err)
	}
	live.Close()
	if _, err := os.Lstat(socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Close: %v, want the socket gone", err)
	}
}

func TestListenLeavesOtherFilesAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(path, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := unixsocket.Listen(path); err == nil || !strings.Contains(err.Error(), "is not a socket") {
		t.Errorf("Listen on a file = %v, want a refusal", err)
	}
	if data, err := os.ReadFile(path); string(data) != "data" {
		t.Errorf("the file holds %q, %v", data, err)
	}
}
