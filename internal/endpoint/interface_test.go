// SPDX-License-Identifier: Apache-2.0

package endpoint

import (
	"errors"
	"strings"
	"testing"
)

func TestValidateInterface(t *testing.T) {
	for _, name := range []string{"eth0", "a", "net-1.200@x", strings.Repeat("x", 15)} {
		if err := ValidateInterface(name); err != nil {
			t.Errorf("ValidateInterface(%q) = %v", name, err)
		}
	}
	for _, name := range []string{"", ".", "..", "a/b", "a:1", "eth 0", "eth0\n", "größe", strings.Repeat("x", 16)} {
		if err := ValidateInterface(name); !errors.Is(err, ErrInvalid) {
			t.Errorf("ValidateInterface(%q) = %v, want ErrInvalid", name, err)
		}
	}
}
