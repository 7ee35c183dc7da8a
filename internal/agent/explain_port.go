// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hypha-net/hypha/internal/policy"
)

// port is what a flow is opened to.
type port struct {
	protocol policy.Protocol
	number   uint16 // of an echo request its type; 0 if the protocol has none, or as long as it goes by its name
	name     string // that the provider's labels give a number; "": it was asked for by number
}

// at is the port of a provider.
func (p port) at(provider Subject) (port, error) {
	if p.name == "" {
		return p, nil
	}
	number, found := policy.NamedPort(provider.Peer, p.name)
	if !found {
		return p, fmt.Errorf("%w: --port: who is asked for has no port named %s: give the number, or it the label port/%s=NUMBER",
			ErrQuestion, p.name, p.name)
	}
	return port{protocol: p.protocol, number: number}, nil
}

// parsePort reads "80/tcp", "http/tcp", or the name of a protocol that has no ports. "icmp" and "icmpv6" are pings, as "echo-request/icmp" is.
func parsePort(text string) (port, error) {
	number, name, ported := strings.Cut(text, "/")
	if !ported {
		number, name = "", text
	}
	protocol, err := policy.ParseProtocol(name)
	if err != nil {
		return port{}, fmt.Errorf("%w: --port: %w", ErrQuestion, err)
	}
	if echo, icmp := protocol.EchoRequest(); icmp {
		if ported && number != strconv.Itoa(int(echo)) && number != "echo-request" {
			return port{}, fmt.Errorf("%w: --port %q: of %s only echo requests (%d/%s) open a flow", ErrQuestion, text, protocol, echo, protocol)
		}
		return port{protocol: protocol, number: echo}, nil
	}
	if policy.IsPortName(number) {
		return port{protocol: protocol, name: number}, nil
	}
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil || n == 0 {
		return port{}, fmt.Errorf("%w: --port %q: write it as 80/tcp, http/tcp, 53/udp or icmp", ErrQuestion, text)
	}
	return port{protocol: protocol, number: uint16(n)}, nil
}
