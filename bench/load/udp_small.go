// SPDX-License-Identifier: Apache-2.0

package load

import (
	"errors"
	"time"

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
	t.drained = t.untilRead
	return nil
}

func (t *trial) flood() error {
	s, err := connect(unix.SOCK_DGRAM, t.server)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	sent, buf := uint64(0), make([]byte, small)
	for ; t.more(); sent++ { // and not a counter that both ends write
		if err := send(s, buf); err != nil {
			return err
		}
	}
	t.sent.Store(sent)
	return nil
}

// untilRead waits until the server has read what was on its way at the end of a turn, and returns how long that took.
func (t *trial) untilRead() (took time.Duration) {
	const look, quiet = 50 * time.Microsecond, time.Millisecond // the slowest contestant's packet takes a tenth of that
	since, read := time.Now(), t.operations.Load()
	for time.Since(since) < took+quiet {
		time.Sleep(look)
		if now := t.operations.Load(); now != read {
			took, read = time.Since(since), now
		}
	}
	return took
}

// countDatagrams reads until the trial is over and no more comes.
func (t *trial) countDatagrams(server int) error {
	buf := make([]byte, 64)
	for {
		_, err := unix.Read(server, buf)
		switch {
		case err == nil:
			t.operations.Add(1)
		case errors.Is(err, unix.EAGAIN) && t.over.Load():
			return nil
		case !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR):
			return err
		}
	}
}
