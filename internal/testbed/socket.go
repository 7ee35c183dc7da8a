// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"net"
	"net/http"
)

// Listen listens inside the namespace, until the testbed ends.
func (n *Namespace) Listen(network, address string) net.Listener {
	n.tb.Helper()
	var l net.Listener
	n.Must(func() (err error) {
		l, err = new(net.ListenConfig).Listen(context.Background(), network, address)
		return err
	})
	n.tb.Cleanup(func() { l.Close() })
	return l
}

// ListenPacket opens a datagram or raw IP socket inside the namespace, until the testbed ends.
func (n *Namespace) ListenPacket(network, address string) net.PacketConn {
	n.tb.Helper()
	var c net.PacketConn
	n.Must(func() (err error) {
		c, err = new(net.ListenConfig).ListenPacket(context.Background(), network, address)
		return err
	})
	n.tb.Cleanup(func() { c.Close() })
	return c
}

// Dial connects from inside the namespace. The address must be numeric: the socket is
// made on the calling thread then, and no resolver is asked.
func (n *Namespace) Dial(ctx context.Context, network, address string) (c net.Conn, err error) {
	err = n.Do(func() (err error) {
		c, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return c, err
}

// HTTPClient is a client that speaks from inside the namespace, one connection a request.
func (n *Namespace) HTTPClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext:       n.Dial,
		DisableKeepAlives: true,
	}}
}
