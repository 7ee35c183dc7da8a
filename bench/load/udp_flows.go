// SPDX-License-Identifier: Apache-2.0

package load

import (
	"errors"
	"net/netip"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// firstPorts are the server's, and there are as many packets from each of the client's.
const firstPorts = 100

// lastSource is the client's port that was used last. No trial begins the flow of an earlier one again, for as long as ports last.
var lastSource atomic.Uint32

// udpFlows sends packets of which each is the first of a flow, and is never answered. What counts is what was sent: nobody reads.
func udpFlows(t *trial) error {
	for i := range uint16(firstPorts) {
		at := netip.AddrPortFrom(t.server.Addr(), Port+i)
		err := t.path.Server.Do(func() error {
			s, err := bind(unix.SOCK_DGRAM, at)
			if err == nil {
				t.hold(s)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	t.call(func() error {
		for t.more() {
			if err := t.beginFlows(); err != nil {
				return err
			}
		}
		return nil
	})
	return nil
}

// beginFlows sends one packet to each of the server's ports from one of the client's.
func (t *trial) beginFlows() error {
	s, err := bindNext(t.path.Client.IPv6)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	buf := make([]byte, small)
	for i := range uint16(firstPorts) {
		to := netip.AddrPortFrom(t.server.Addr(), Port+i)
		if err := again(func() error { return unix.Sendto(s, buf, 0, sockaddr(to)) }); err != nil {
			return err
		}
		t.operations.Add(1)
	}
	return nil
}

// bindNext opens a socket at the next port that is free.
func bindNext(address netip.Addr) (int, error) {
	const low, count = 10_000, 55_000
	for {
		port := low + uint16(lastSource.Add(1)%count)
		s, err := bind(unix.SOCK_DGRAM, netip.AddrPortFrom(address, port))
		if !errors.Is(err, unix.EADDRINUSE) {
			return s, err
		}
	}
}
