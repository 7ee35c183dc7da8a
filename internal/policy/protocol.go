// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"strconv"
)

// Protocol is an IANA protocol number, as in the IPv4 protocol and IPv6 next header fields.
type Protocol uint8

// The protocols whose ports rules can name.
const (
	ICMP   Protocol = 1
	TCP    Protocol = 6
	UDP    Protocol = 17
	ICMPv6 Protocol = 58
	SCTP   Protocol = 132
)

var protocolNames = map[Protocol]string{
	ICMP: "icmp", TCP: "tcp", UDP: "udp", ICMPv6: "icmpv6", SCTP: "sctp",
}

// String returns the protocol's name in the policy language, or its number.
func (p Protocol) String() string {
	if name, known := protocolNames[p]; known {
		return name
	}
	return strconv.Itoa(int(p))
}

// ParseProtocol reads the name of a protocol that rules can name: tcp, udp, sctp, icmp, icmpv6.
func ParseProtocol(name string) (Protocol, error) {
	for protocol, known := range protocolNames {
		if name == known {
			return protocol, nil
		}
	}
	return 0, fmt.Errorf("%w: unknown protocol %.40q: use tcp, udp, sctp, icmp or icmpv6", ErrPort, name)
}

// hasPorts reports whether packets of the protocol carry ports; the port of others is 0.
func (p Protocol) hasPorts() bool {
	return p == TCP || p == UDP || p == SCTP
}
