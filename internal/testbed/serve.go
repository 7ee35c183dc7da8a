// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"io"
	"net"
	"net/http"
	"net/netip"
)

// ServeTCP sends back whatever is sent to it, and returns its address. Address ":0" will do.
func (n *Namespace) ServeTCP(address string) netip.AddrPort {
	n.tb.Helper()
	l := n.Listen("tcp", address)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // the testbed ends
			}
			go func() {
				defer c.Close()
				io.Copy(c, c) //nolint:errcheck // the client sees what became of its bytes
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// ServeUDP sends every datagram back, and returns its address.
func (n *Namespace) ServeUDP(address string) netip.AddrPort {
	n.tb.Helper()
	c := n.ListenPacket("udp", address)
	go func() {
		buf := make([]byte, 1<<16)
		for {
			size, from, err := c.ReadFrom(buf)
			if err != nil {
				return // the testbed ends
			}
			c.WriteTo(buf[:size], from) //nolint:errcheck // a datagram may get lost
		}
	}()
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

// ServeHTTP runs an HTTP server and returns its address.
func (n *Namespace) ServeHTTP(address string, handler http.Handler) netip.AddrPort {
	n.tb.Helper()
	l := n.Listen("tcp", address)
	server := &http.Server{Handler: handler}
	go server.Serve(l) //nolint:errcheck // ends when the listener closes
	n.tb.Cleanup(func() { server.Close() })
	return l.Addr().(*net.TCPAddr).AddrPort()
}
