// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"io"
)

// lineReader reads lines, as many as there are at once.
type lineReader struct {
	from io.Reader
	text []byte // read; its cap is the room for more
	told int    // bytes of text that were returned
}

// read waits until there is a line, and returns all that are there, until the next call. With an error, which is
// io.EOF at the end and io.ErrUnexpectedEOF in the middle of a line, come the last ones.
func (r *lineReader) read() ([]byte, error) {
	r.text = append(r.text[:0], r.text[r.told:]...)
	r.told = 0
	for {
		if len(r.text) == cap(r.text) {
			r.text = append(make([]byte, 0, max(64<<10, 2*cap(r.text))), r.text...)
		}
		n, err := r.from.Read(r.text[len(r.text):cap(r.text)])
		fresh := len(r.text)
		r.text = r.text[:fresh+n]
		if end := bytes.LastIndexByte(r.text[fresh:], '\n'); end >= 0 {
			r.told = fresh + end + 1
		}
		if err == io.EOF && r.told < len(r.text) {
			err = io.ErrUnexpectedEOF
		}
		if r.told > 0 || err != nil {
			return r.text[:r.told], err
		}
	}
}
