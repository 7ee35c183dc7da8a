// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
)

// connector makes connections for gRPC, and remembers why the last one failed: gRPC goes on trying, and a request that waits for it ends
// with a deadline that says nothing.
type connector struct {
	secure  bool                  // a handshake follows
	failure atomic.Pointer[error] // of the last connection; nil: none
}

// dial connects to HOST:PORT or unix:PATH.
func (c *connector) dial(ctx context.Context, address string) (net.Conn, error) {
	network := "tcp"
	if path, local := strings.CutPrefix(address, "unix:"); local {
		network, address = "unix", "/"+strings.TrimLeft(path, "/")
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		c.note(err)
		return nil, err
	}
	if c.secure {
		return conn, nil
	}
	return &answeredConn{conn, c, func(err error) error { return err }}, nil
}

func (c *connector) note(err error) {
	if !errors.Is(err, context.Canceled) { // gRPC has found another member first
		c.failure.Store(&err)
	}
}

// why returns why the last connection failed, nil if it did not.
func (c *connector) why() error {
	if c == nil || c.failure.Load() == nil {
		return nil
	}
	return *c.failure.Load()
}

// answeredConn notes that etcd answers, or breaks the connection off: in TLS 1.3 it looks at the client's certificate after the client
// is done.
type answeredConn struct {
	net.Conn
	connector *connector
	advise    func(error) error
}

func (c *answeredConn) Read(into []byte) (int, error) {
	n, err := c.Conn.Read(into)
	switch {
	case err == nil:
		c.connector.failure.Store(nil)
	case isAlert(err):
		c.connector.note(c.advise(err))
	}
	return n, err
}

// isAlert reports whether err is what the other side has said before it broke a connection off.
func isAlert(err error) bool {
	broken, ok := errors.AsType[*net.OpError](err)
	return ok && broken.Op == "remote error" // as crypto/tls calls it
}
