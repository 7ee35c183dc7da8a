// SPDX-License-Identifier: Apache-2.0

package bpf_test

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// property checks something about much garbage, one piece after the other.
func (o *outlaw) property(t *testing.T, check func()) {
	t.Helper()
	outer := o.TB
	defer func() { o.TB = outer }()
	rapid.Check(t, func(t *rapid.T) {
		o.TB = borrowed{outer, t}
		for range 20 {
			o.garbage = bytes.Clone(rapid.SampledFrom(o.frames).Draw(t, "frame"))
			for range rapid.IntRange(0, 4).Draw(t, "changes") {
				o.garbage = mutate(t, o.garbage)
			}
			check()
		}
	})
}

// mutate changes a byte behind the MAC addresses, two of them, or the length.
func mutate(t *rapid.T, frame []byte) []byte {
	const macs = 12
	if len(frame) <= macs {
		return frame
	}
	at := rapid.IntRange(macs, min(len(frame)-1, 130)).Draw(t, "at")
	switch rapid.IntRange(0, 3).Draw(t, "how") {
	case 0:
		frame[at] = rapid.Byte().Draw(t, "byte")
	case 1:
		frame[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
	case 2:
		frame = frame[:at]
	case 3:
		frame = append(frame, rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "more")...)
	}
	return frame
}

// borrowed reports failures to rapid, and has what is made cleaned up by the test.
type borrowed struct {
	testing.TB
	t *rapid.T
}

func (b borrowed) Helper()                           { b.t.Helper() }
func (b borrowed) Errorf(format string, args ...any) { b.t.Errorf(format, args...) }
func (b borrowed) Fatalf(format string, args ...any) { b.t.Fatalf(format, args...) }
