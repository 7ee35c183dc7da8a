// SPDX-License-Identifier: Apache-2.0

package load

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// chunk is what a stream writes at once: two of the largest packets that leave a socket in one piece.
const chunk = 128 << 10

// tcpStream sends as much as goes through some connections. What counts is what was received.
func tcpStream(connections int) func(*trial) error {
	return func(t *trial) error {
		listener, err := t.listen(unix.SOCK_STREAM)
		if err != nil {
			return err
		}
		for range connections {
			t.serve(func() error { return t.acceptAll(listener, t.drain) })
		}
		for range connections {
			t.call(t.pour)
		}
		t.stop = shut(listener)
		return nil
	}
}

// drain counts what comes until the end of the stream.
func (t *trial) drain(s int) error {
	buf := make([]byte, chunk)
	for {
		n, err := receive(s, buf)
		if err != nil || n == 0 {
			return err
		}
		t.bits.Add(uint64(8 * n))
	}
}

// pour fills one connection, and is through when the other end has got it all.
func (t *trial) pour() error {
	s, err := connect(unix.SOCK_STREAM, t.server)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	buf := make([]byte, chunk)
	for t.more() {
		if err := send(s, buf); err != nil {
			return err
		}
		t.operations.Add(1)
	}
	if err := unix.Shutdown(s, unix.SHUT_WR); err != nil {
		return fmt.Errorf("closing a stream: %w", err)
	}
	if err := ended(s); err != nil {
		return err
	}
	t.closed.Add(1)
	return nil
}
