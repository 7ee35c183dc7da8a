// SPDX-License-Identifier: Apache-2.0

package endpoint

import (
	"fmt"
	"regexp"
)

// interfaceForm is the kernel's rule (dev_valid_name in net/core/dev.c: at most 15 bytes, no slash, colon or space), without
// what a terminal would have to escape.
var interfaceForm = regexp.MustCompile(`^[!-.0-9;-~]{1,15}$`)

// ValidateInterface refuses a name that no network interface can have: ErrInvalid.
func ValidateInterface(name string) error {
	if !interfaceForm.MatchString(name) || name == "." || name == ".." {
		return fmt.Errorf("%w: interface name %.40q: use 1 to 15 characters, no slash, colon or space", ErrInvalid, name)
	}
	return nil
}
