// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"io"
	"net"
)

// answer sends back, on every port given and for ever, what comes over TCP and UDP.
//
//	answer PORT...
func answer(ports []string) error {
	if len(ports) == 0 {
		return errUsage
	}
	addresses, err := ownAddresses()
	if err != nil {
		return err
	}
	failed := make(chan error)
	var serve []func() error // when all are open: one that answers tells of the others
	for _, port := range ports {
		l, err := net.Listen("tcp", ":"+port)
		if err != nil {
			return err
		}
		serve = append(serve, func() error { return answerTCP(l) })
		for _, address := range addresses {
			c, err := net.ListenPacket("udp", net.JoinHostPort(address, port))
			if err != nil {
				return err
			}
			serve = append(serve, func() error { return answerUDP(c) })
		}
	}
	for _, one := range serve {
		go func() { failed <- one() }()
	}
	return <-failed
}

// ownAddresses are those of the namespace, without those of one link: a datagram is answered from where it was sent to.
func ownAddresses() (addresses []string, err error) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		if prefix, ok := a.(*net.IPNet); ok && !prefix.IP.IsLinkLocalUnicast() {
			addresses = append(addresses, prefix.IP.String())
		}
	}
	return addresses, nil
}

func answerTCP(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			io.Copy(c, c) //nolint:errcheck // the other end sees what became of its bytes
		}()
	}
}

func answerUDP(c net.PacketConn) error {
	buffer := make([]byte, 1<<16)
	for {
		n, from, err := c.ReadFrom(buffer)
		if errors.Is(err, net.ErrClosed) {
			return err
		}
		if err == nil { // an ICMP error about an earlier answer is none of ours
			c.WriteTo(buffer[:n], from) //nolint:errcheck // a datagram may get lost
		}
	}
}
