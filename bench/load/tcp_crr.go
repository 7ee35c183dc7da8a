// SPDX-License-Identifier: Apache-2.0

package load

import (
	"time"

	"golang.org/x/sys/unix"
)

// tcpConnectRequestClose opens a connection, has one byte bounced and closes it, over and over, as a client without
// keep-alive does. The server closes first, so that the waiting (TIME-WAIT) is at its end and the client's ports last.
func tcpConnectRequestClose(t *trial) error {
	listener, err := t.listen(unix.SOCK_STREAM)
	if err != nil {
		return err
	}
	t.serve(func() error { return t.acceptAll(listener, bounceOnce) })
	t.call(func() error { return t.each(t.requestOnce) })
	t.stop = shut(listener)
	return nil
}

func bounceOnce(s int) error {
	buf := make([]byte, 1)
	n, err := receive(s, buf)
	if err == nil && n == 0 {
		err = ErrClosed
	}
	if err != nil {
		return err
	}
	return send(s, buf)
}

func (t *trial) requestOnce() error {
	s, err := connect(unix.SOCK_STREAM, t.server)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	if err := ask(s, make([]byte, 1)); err != nil {
		return err
	}
	return ended(s)
}

// each does one connection after the other.
func (t *trial) each(connection func() error) error {
	own := new(tally)
	defer t.latency.merge(own)
	for t.more() {
		before := time.Now()
		if err := connection(); err != nil {
			return err
		}
		own.add(time.Since(before))
		t.operations.Add(1)
		t.closed.Add(1)
	}
	return nil
}
