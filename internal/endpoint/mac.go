// SPDX-License-Identifier: Apache-2.0

package endpoint

import (
	"fmt"
	"net"
)

// MAC is an Ethernet address that reads and writes as text ("02:42:ac:11:00:02") in JSON. nil is
// none, and its text is "".
type MAC net.HardwareAddr

// String returns the usual text form.
func (m MAC) String() string {
	return net.HardwareAddr(m).String()
}

// MarshalText is String.
func (m MAC) MarshalText() ([]byte, error) {
	return []byte(m.String()), nil
}

// UnmarshalText reads six bytes in any of net.ParseMAC's forms, or "".
func (m *MAC) UnmarshalText(text []byte) error {
	*m = nil
	if len(text) == 0 {
		return nil
	}
	addr, err := net.ParseMAC(string(text))
	if err != nil {
		return err
	}
	if len(addr) != 6 {
		return fmt.Errorf("address %s is not an Ethernet address: want 6 bytes", text)
	}
	*m = MAC(addr)
	return nil
}
