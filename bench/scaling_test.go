// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

// A cluster that can not be is refused.
func TestScaleOfNothing(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"-nodes 0", "-nodes"},
		{"-nodes -1", "-nodes"},
		{"-label-sets 0", "-label-sets"},
		{"-nodes 10 -endpoints 9", "-endpoints"},
	} {
		_, err := parseScale(strings.Fields(c.args))
		if err == nil || !strings.HasPrefix(err.Error(), c.want+": ") {
			t.Errorf("%s: %v", c.args, err)
		}
	}
}
