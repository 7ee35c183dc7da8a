// SPDX-License-Identifier: Apache-2.0

// Package unixsocket makes the sockets that an agent is asked on: one live agent each.
package unixsocket

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// ErrInUse means that a live agent listens on the socket.
var ErrInUse = errors.New("in use by a running agent")

// Listen listens on a unix socket that root and its group may use. A socket
// that a dead agent left is taken over; ErrInUse if it is a live one's. The
// listener removes the socket when it closes.
func Listen(path string) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("making the directory of socket %s: %w", path, err)
	}
	if err := RemoveDead(path); err != nil {
		return nil, fmt.Errorf("socket %s: %w", path, err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listening on socket %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o660); err != nil { // it was made with less: see unix(7)
		l.Close()
		return nil, fmt.Errorf("socket %s: %w", path, err)
	}
	return l, nil
}

// RemoveDead removes the socket at path if nobody listens on it: ErrInUse if
// somebody does. What is not a socket is not touched.
func RemoveDead(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return errors.New("is there already, and is not a socket")
	}
	conn, err := net.DialTimeout("unix", path, time.Second)
	switch {
	case err == nil:
		conn.Close()
		return ErrInUse
	case errors.Is(err, syscall.ECONNREFUSED):
		return os.Remove(path)
	}
	return fmt.Errorf("finding out who listens: %w", err)
}
