// SPDX-License-Identifier: Apache-2.0

package load

import (
	"errors"

	"golang.org/x/sys/unix"
)

// udpRequestResponse bounces a datagram of one byte between two sockets.
func udpRequestResponse(t *trial) error {
	server, err := t.listen(unix.SOCK_DGRAM)
	if err != nil {
		return err
	}
	if err := impatient(server); err != nil {
		return err
	}
	t.serve(func() error { return t.bounceDatagrams(server) })
	t.call(func() error {
		s, err := connect(unix.SOCK_DGRAM, t.server)
		if err != nil {
			return err
		}
		defer unix.Close(s)
		return t.askAll(s, 1)
	})
	return nil
}

// bounceDatagrams answers until the trial is over and no more comes.
func (t *trial) bounceDatagrams(server int) error {
	buf := make([]byte, 64)
	for {
		n, from, err := unix.Recvfrom(server, buf, 0)
		switch {
		case errors.Is(err, unix.EAGAIN) && t.over.Load():
			return nil
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
			continue
		case err == nil:
			err = unix.Sendto(server, buf[:n], 0, from)
		}
		if err != nil {
			return err
		}
	}
}

// impatient has a socket look up often: nothing else tells a server of datagrams that no more will come.
func impatient(s int) error {
	limit := unix.Timeval{Usec: 20_000}
	return unix.SetsockoptTimeval(s, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit)
}
