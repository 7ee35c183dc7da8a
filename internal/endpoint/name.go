// SPDX-License-Identifier: Apache-2.0

package endpoint

import (
	"errors"
	"fmt"
	"regexp"
)

// MaxName is the longest name, in bytes: that of a DNS name.
const MaxName = 253

// ErrName is returned for a name that no endpoint can have.
var ErrName = errors.New("bad endpoint name")

var nameForm = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.@/-]*$`)

// ValidateName refuses what would not survive a shell, a log line or a table unquoted. A name
// starts with a letter or digit and goes on with those and _ . @ / - : what Docker allows, and "/"
// and "@" for orchestrators that put a scope before the name. At most MaxName bytes.
func ValidateName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: it is empty", ErrName)
	case len(name) > MaxName:
		return fmt.Errorf("%w %.20q...: %d bytes, at most %d", ErrName, name, len(name), MaxName)
	case !nameForm.MatchString(name):
		return fmt.Errorf("%w %q: use letters, digits and _ . @ / -, starting with a letter or digit", ErrName, name)
	}
	return nil
}
