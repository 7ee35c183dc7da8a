// SPDX-License-Identifier: Apache-2.0

package load

import (
	"time"

	"golang.org/x/sys/unix"
)

// tcpRequestResponse bounces one byte on one connection: the time of an established packet, there and back.
func tcpRequestResponse(t *trial) error {
	listener, err := t.listen(unix.SOCK_STREAM)
	if err != nil {
		return err
	}
	t.serve(func() error { return t.acceptAll(listener, bounce) })
	t.call(func() error {
		s, err := connect(unix.SOCK_STREAM, t.server)
		if err != nil {
			return err
		}
		defer unix.Close(s)
		return t.askAll(s, 1)
	})
	t.stop = shut(listener)
	return nil
}

// bounce sends back what comes, until the end of the stream.
func bounce(s int) error {
	buf := make([]byte, 1)
	for {
		n, err := receive(s, buf)
		if err != nil || n == 0 {
			return err
		}
		if err := send(s, buf[:n]); err != nil {
			return err
		}
	}
}

// askAll sends one request after the other, each when the last one was answered.
func (t *trial) askAll(s, size int) error {
	buf, own := make([]byte, size), new(tally)
	defer t.latency.merge(own)
	for t.more() {
		before := time.Now()
		if err := ask(s, buf); err != nil {
			return err
		}
		own.add(time.Since(before))
		t.operations.Add(1)
	}
	return nil
}
