// SPDX-License-Identifier: Apache-2.0

package endpoint

import (
	"errors"
	"fmt"
)

// ErrInvalid is returned for an endpoint that contradicts itself.
var ErrInvalid = errors.New("invalid endpoint")

// Validate refuses an endpoint that can not exist: without number, name, state or address, or with
// an address of the wrong family.
func (e Endpoint) Validate() error {
	if err := ValidateName(e.Name); err != nil {
		return err
	}
	switch {
	case e.ID == 0:
		return fmt.Errorf("%w %s: number 0 is reserved", ErrInvalid, e.Name)
	case !e.State.Valid():
		return fmt.Errorf("%w %s: state %q", ErrInvalid, e.Name, e.State)
	case !e.IPv6.IsValid() && !e.IPv4.IsValid():
		return fmt.Errorf("%w %s: no address", ErrInvalid, e.Name)
	case e.IPv6.IsValid() && (!e.IPv6.Is6() || e.IPv6.Is4In6() || e.IPv6.Zone() != ""):
		return fmt.Errorf("%w %s: %s is no plain IPv6 address", ErrInvalid, e.Name, e.IPv6)
	case e.IPv4.IsValid() && !e.IPv4.Is4():
		return fmt.Errorf("%w %s: %s is no IPv4 address", ErrInvalid, e.Name, e.IPv4)
	}
	return nil
}
