// SPDX-License-Identifier: Apache-2.0

package load

import (
	"errors"

	"golang.org/x/sys/unix"
)

// small is the payload of the smallest Ethernet frame that carries UDP over IPv4.
const small = 18

// udpSmall sends small datagrams of one flow as fast as it can. What counts is what arrives: the two ends share
// the work of a packet differently from contestant to contestant, and the slower one bounds it.
func udpSmall(t *trial) error {
	server, err := t.listen(unix.SOCK_DGRAM)
	if err != nil {
		return err
	}
	if err := impatient(server); err != nil {
		return err
	}
	t.serve(func() error { return t.countDatagrams(server) })
	t.call(t.flood)
	if err := t.run(func() {}); err != nil {
		return err
	}
	t.lost.Store(t.lost.Load() - t.operations.Load())
	return nil
}

func (t *trial) flood() error {
	s, err := connect(unix.SOCK_DGRAM, t.server)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	sent, buf := uint64(0), make([]byte, small)
	for ; t.more(sent); sent++ { // and not a counter that both ends write
		if err := send(s, buf); err != nil {
			return err
		}
	}
	t.lost.Store(sent)
	return nil
}

// countDatagrams reads until the trial is over and no more comes.
func (t *trial) countDatagrams(server int) error {
	received, buf := uint64(0), make([]byte, 64)
	for {
		_, err := unix.Read(server, buf)
		switch {
		case err == nil:
			received++
		case errors.Is(err, unix.EAGAIN) && t.over.Load():
			t.operations.Store(received)
			return nil
		case !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR):
			return err
		}
	}
}
