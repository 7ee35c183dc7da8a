// SPDX-License-Identifier: Apache-2.0

package load

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// listen opens the trial's socket at the server's end.
func (t *trial) listen(kind int) (socket int, err error) {
	err = t.path.Server.Do(func() (err error) {
		socket, err = bind(kind, t.server)
		return err
	})
	if err == nil {
		t.hold(socket)
	}
	return socket, err
}

// accept takes one connection.
func accept(listener int) (s int, err error) {
	err = again(func() (err error) {
		s, _, err = unix.Accept4(listener, unix.SOCK_CLOEXEC)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("accepting: %w", err)
	}
	return s, nil
}

// acceptAll has each handle one connection after the other, and close it, until the listener is shut down.
func (t *trial) acceptAll(listener int, each func(s int) error) error {
	for {
		s, err := accept(listener)
		if t.over.Load() && err != nil {
			return nil
		}
		if err != nil {
			return err
		}
		err = each(s)
		unix.Close(s)
		if err != nil {
			return err
		}
	}
}

// shut wakes all threads that accept: shutdown(2) of a listening socket has accept(2) return EINVAL.
func shut(listener int) func() {
	return func() { unix.Shutdown(listener, unix.SHUT_RDWR) } //nolint:errcheck // else they end with their time limit
}
