// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"fmt"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// Frame builds the bytes of layers, outermost first:
//
//	Frame(Ethernet(a, b), IP(from, to), Extension(60, 8), TCP(1234, 80, "S"), Data(10))
//
// Lengths and checksums are filled in and are right, and so is what each header says about the next one
// if that is a layer known here. Before a bare Data (an unknown protocol, a fragment) the
// caller's value stays. What is to be wrong is made wrong in the bytes afterwards.
// It panics on layers that can not be serialized: that is a bug of the test.
func Frame(stack ...gopacket.SerializableLayer) []byte {
	chain(stack)
	buf := gopacket.NewSerializeBuffer()
	opts := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(buf, opts, stack...); err != nil {
		panic(fmt.Sprintf("building a frame: %v", err))
	}
	return buf.Bytes()
}

// chain fills in what each layer has to know about the others.
func chain(stack []gopacket.SerializableLayer) {
	var network gopacket.NetworkLayer
	for i, layer := range stack {
		if i+1 < len(stack) {
			announce(layer, stack[i+1])
		}
		if n, ok := layer.(gopacket.NetworkLayer); ok {
			network = n
		}
		if l, ok := layer.(pseudoHeader); ok && network != nil {
			if err := l.SetNetworkLayerForChecksum(network); err != nil {
				panic(fmt.Sprintf("building a frame: %v", err))
			}
		}
	}
}

// pseudoHeader is a layer whose checksum covers the addresses: TCP, UDP, ICMPv6.
type pseudoHeader interface {
	SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
}

// announce writes the number of the next header into this one.
func announce(layer, next gopacket.SerializableLayer) {
	number, known := protocolNumber(next)
	if !known {
		return
	}
	switch l := layer.(type) {
	case *layers.Ethernet:
		l.EthernetType = etherType(next)
	case *layers.IPv4:
		l.Protocol = number
	case *layers.IPv6:
		l.NextHeader = number
	case *layers.IPv6Fragment:
		l.NextHeader = number
	case *ExtensionHeader:
		l.Next = number
	}
}

func etherType(l gopacket.SerializableLayer) layers.EthernetType {
	switch l.(type) {
	case *layers.ARP:
		return layers.EthernetTypeARP
	case *layers.IPv4:
		return layers.EthernetTypeIPv4
	default:
		return layers.EthernetTypeIPv6
	}
}

// protocolNumber is the IANA protocol number of a layer; false for bare data.
func protocolNumber(l gopacket.SerializableLayer) (layers.IPProtocol, bool) {
	switch l := l.(type) {
	case *layers.ARP:
		return 0, true // has an Ethernet type only
	case *layers.ICMPv4:
		return layers.IPProtocolICMPv4, true
	case *layers.IPv4:
		return layers.IPProtocolIPv4, true
	case *layers.TCP:
		return layers.IPProtocolTCP, true
	case *layers.UDP:
		return layers.IPProtocolUDP, true
	case *layers.IPv6:
		return layers.IPProtocolIPv6, true
	case *layers.IPv6Fragment:
		return layers.IPProtocolIPv6Fragment, true
	case *layers.ICMPv6:
		return layers.IPProtocolICMPv6, true
	case *layers.SCTP:
		return layers.IPProtocolSCTP, true
	case *ExtensionHeader:
		return l.Protocol, true
	}
	return 0, false
}
