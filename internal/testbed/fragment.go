// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"fmt"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// Fragments cuts a frame's IP packet into fragments of size bytes of payload, a multiple of 8.
// IPv6 extension headers of the frame go into the fragments like any payload.
func Fragments(frame []byte, size int, id uint16) (frames [][]byte) {
	packet := Decode(frame)
	ether := packet.LinkLayer().(*layers.Ethernet)
	payload := packet.NetworkLayer().LayerPayload()
	for offset := 0; offset < len(payload); offset += size {
		piece := payload[offset:min(offset+size, len(payload))]
		more := offset+size < len(payload)
		stack := []gopacket.SerializableLayer{ether}
		stack = append(stack, fragment(packet.NetworkLayer(), offset, more, id)...)
		frames = append(frames, Frame(append(stack, gopacket.Payload(piece))...))
	}
	return frames
}

// fragment is the header, or the two headers, of one fragment of a packet.
func fragment(network gopacket.NetworkLayer, offset int, more bool, id uint16) []gopacket.SerializableLayer {
	units := uint16(offset / 8)
	switch l := network.(type) {
	case *layers.IPv4:
		ip := *l
		ip.Id, ip.FragOffset, ip.Flags = id, units, 0
		if more {
			ip.Flags = layers.IPv4MoreFragments
		}
		return []gopacket.SerializableLayer{&ip}
	case *layers.IPv6:
		ip := *l
		ip.HopByHop = nil // decoded from the payload, which has it already
		return []gopacket.SerializableLayer{&ip, &layers.IPv6Fragment{
			NextHeader: l.NextHeader, FragmentOffset: units, MoreFragments: more, Identification: uint32(id),
		}}
	}
	panic(fmt.Sprintf("fragmenting a frame without IP: %v", network))
}
