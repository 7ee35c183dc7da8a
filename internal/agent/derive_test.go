// SPDX-License-Identifier: Apache-2.0

package agent

import "testing"

func TestNamesOfInterfacesFit(t *testing.T) {
	for _, name := range []string{interfaceOf(65535), handoverOf(65535)} {
		if len(name) > 15 {
			t.Errorf("%s is longer than the kernel's 15 bytes", name)
		}
	}
	if a, b := macOf(1), macOf(256); string(a) == string(b) || a[0]&3 != 2 {
		t.Errorf("MAC addresses %v and %v: want different ones, locally administered, of one receiver", a, b)
	}
}
