// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// ExtensionHeader is any IPv6 extension header that has the usual form (RFC 6564): next
// header, length in units of 8 bytes without the first, contents. Unlike gopacket's own
// layers it can be of any size, wrong ones too.
type ExtensionHeader struct {
	Protocol layers.IPProtocol // its own number: 0 hop-by-hop, 43 routing, 60 destination options
	Next     layers.IPProtocol
	Length   uint8
	Contents []byte
}

// Extension is an extension header of size bytes (a multiple of 8) filled by one option that
// everybody skips who does not know it: valid as hop-by-hop and as destination options.
// (Padding would do for 8 bytes only: Linux takes more than 7 bytes of it for an attack.)
func Extension(protocol layers.IPProtocol, size int) *ExtensionHeader {
	const experiment = 0x1e // RFC 4727, section 3.3
	contents := make([]byte, size-2)
	contents[0], contents[1] = experiment, byte(len(contents)-2)
	return &ExtensionHeader{Protocol: protocol, Length: uint8(size/8 - 1), Contents: contents}
}

// LayerType is what gopacket files it under; nothing depends on it.
func (e *ExtensionHeader) LayerType() gopacket.LayerType { return gopacket.LayerTypePayload }

// SerializeTo puts the header in front of what is there.
func (e *ExtensionHeader) SerializeTo(b gopacket.SerializeBuffer, _ gopacket.SerializeOptions) error {
	bytes, err := b.PrependBytes(2 + len(e.Contents))
	if err != nil {
		return err
	}
	bytes[0], bytes[1] = byte(e.Next), e.Length
	copy(bytes[2:], e.Contents)
	return nil
}
