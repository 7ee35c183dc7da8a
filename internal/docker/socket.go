// SPDX-License-Identifier: Apache-2.0

package docker

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
)

// ErrSocketInUse: a live process serves the plugin socket.
var ErrSocketInUse = errors.New("socket is in use by a running agent")

const socketMode = 0o660

// listen makes the unix socket at path, taking over one that no process serves any more. It is removed on Close.
func listen(path string) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("make plugin socket: %w", err)
	}
	if err := removeDead(path); err != nil {
		return nil, fmt.Errorf("make plugin socket %s: %w", path, err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("make plugin socket: %w", err)
	}
	if err := os.Chmod(path, socketMode); err != nil {
		return nil, errors.Join(fmt.Errorf("make plugin socket: %w", err), listener.Close())
	}
	return listener, nil
}

// removeDead removes a socket that refuses connections. What is no socket is left alone.
func removeDead(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return errors.New("a file that is no socket is in the way: remove it")
	}
	conn, err := net.Dial("unix", path)
	if err == nil {
		conn.Close()
		return ErrSocketInUse
	}
	return os.Remove(path)
}
