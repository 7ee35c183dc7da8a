// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// Whatever pieces a text comes in, its whole lines come out, and the end says whether there was more.
func TestLinesOfPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([a-c]{0,9}\n?){0,20}`).Draw(t, "text")
		from := io.Reader(strings.NewReader(text))
		switch rapid.IntRange(0, 3).Draw(t, "how") {
		case 0:
			from = iotest.OneByteReader(from)
		case 1:
			from = iotest.DataErrReader(from)
		case 2:
			from = iotest.HalfReader(from)
		}
		lines := lineReader{from: from}
		var got strings.Builder
		var err error
		for err == nil {
			var some []byte
			some, err = lines.read()
			got.Write(some)
		}
		whole := text[:strings.LastIndexByte(text, '\n')+1]
		if got.String() != whole {
			t.Fatalf("got %q of %q", got.String(), text)
		}
		if cut := errors.Is(err, io.ErrUnexpectedEOF); cut != (whole != text) || !cut && err != io.EOF {
			t.Fatalf("%q ends with %v", text, err)
		}
	})
}

func TestALineLongerThanTheRoomForIt(t *testing.T) {
	text := strings.Repeat("x", 300<<10) + "\n"
	lines := lineReader{from: strings.NewReader(text + text)}
	for range 2 {
		if got, err := lines.read(); err != nil || string(got) != text {
			t.Errorf("got %d bytes and %v, want %d", len(got), err, len(text))
		}
	}
}
