// SPDX-License-Identifier: Apache-2.0

package load

import "golang.org/x/sys/unix"

// connectors is how many threads connect, and how many accept.
const connectors = 4

// tcpConnect opens connections and closes them, without a byte in them, from several threads at once.
func tcpConnect(t *trial) error {
	listener, err := t.listen(unix.SOCK_STREAM)
	if err != nil {
		return err
	}
	for range connectors {
		t.serve(func() error { return t.acceptAll(listener, func(int) error { return nil }) })
	}
	for range connectors {
		t.call(func() error { return t.each(t.connectOnce) })
	}
	t.stop = shut(listener)
	return nil
}

func (t *trial) connectOnce() error {
	s, err := connect(unix.SOCK_STREAM, t.server)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	return ended(s)
}
