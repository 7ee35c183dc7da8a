// SPDX-License-Identifier: Apache-2.0

package load

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

var (
	// ErrClosed says that the other end closed a connection in the middle of an operation.
	ErrClosed = errors.New("the other end closed the connection")
	// ErrNoAnswer says that a packet, or its answer, was lost.
	ErrNoAnswer = fmt.Errorf("no answer within %v", patience)
)

// patience bounds every system call: long against any path here, short against a retransmitted SYN's third try.
const patience = 3 * time.Second

// open makes a socket of kind SOCK_STREAM or SOCK_DGRAM in the calling thread's namespace.
func open(kind int, family netip.Addr) (int, error) {
	domain := unix.AF_INET6
	if family.Is4() {
		domain = unix.AF_INET
	}
	s, err := unix.Socket(domain, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("opening a socket: %w", err)
	}
	limit := unix.NsecToTimeval(int64(patience))
	err = errors.Join(
		unix.SetsockoptTimeval(s, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit),
		unix.SetsockoptTimeval(s, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &limit),
	)
	if kind == unix.SOCK_STREAM {
		err = errors.Join(err, unix.SetsockoptInt(s, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1))
	}
	if err != nil {
		unix.Close(s)
		return 0, fmt.Errorf("preparing a socket: %w", err)
	}
	return s, nil
}

// connect opens a socket that is connected to the server.
func connect(kind int, to netip.AddrPort) (int, error) {
	s, err := open(kind, to.Addr())
	if err != nil {
		return 0, err
	}
	if err := again(func() error { return unix.Connect(s, sockaddr(to)) }); err != nil {
		unix.Close(s)
		return 0, fmt.Errorf("connecting to %v: %w", to, err)
	}
	return s, nil
}

// bind opens the server's socket; a stream's listens.
func bind(kind int, at netip.AddrPort) (int, error) {
	s, err := open(kind, at.Addr())
	if err != nil {
		return 0, err
	}
	err = errors.Join(unix.SetsockoptInt(s, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1), unix.Bind(s, sockaddr(at)))
	if err == nil && kind == unix.SOCK_STREAM {
		err = unix.Listen(s, 4096)
	}
	if err != nil {
		unix.Close(s)
		return 0, fmt.Errorf("listening on %v: %w", at, err)
	}
	return s, nil
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}
