// SPDX-License-Identifier: Apache-2.0

package load

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// again repeats a call that a signal interrupted: Go's runtime sends them to its threads.
func again(call func() error) error {
	for {
		switch err := call(); err {
		case unix.EINTR:
		case unix.EAGAIN, unix.EINPROGRESS: // the socket's time limit
			return ErrNoAnswer
		default:
			return err
		}
	}
}

// receive reads what there is; 0 is the end of a stream.
func receive(s int, buf []byte) (n int, err error) {
	err = again(func() (err error) {
		n, err = unix.Read(s, buf)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("receiving: %w", err)
	}
	return n, nil
}

// send writes the whole of buf, or fails.
func send(s int, buf []byte) error {
	for len(buf) > 0 {
		var n int
		err := again(func() (err error) {
			n, err = unix.Write(s, buf)
			return err
		})
		if err != nil {
			return fmt.Errorf("sending: %w", err)
		}
		buf = buf[n:]
	}
	return nil
}

// ask sends a request and waits for the answer, which is as long.
func ask(s int, buf []byte) error {
	if err := send(s, buf); err != nil {
		return err
	}
	n, err := receive(s, buf)
	if err == nil && n != len(buf) {
		err = ErrClosed
	}
	return err
}

// ended waits for the end of the stream.
func ended(s int) error {
	n, err := receive(s, make([]byte, 1))
	if err == nil && n != 0 {
		err = fmt.Errorf("%d bytes after the answer", n)
	}
	return err
}
