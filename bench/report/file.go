// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/hypha-net/hypha/internal/atomicfile"
)

// zipped ends the name of a file that is.
const zipped = ".gz"

// Load reads a report.
func Load(file string) (*Report, error) {
	text, err := os.ReadFile(file)
	if err == nil && strings.HasSuffix(file, zipped) {
		text, err = unzip(text)
	}
	if err != nil {
		return nil, fmt.Errorf("reading a report: %w", err)
	}
	var r Report
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%s: not a report of the benchmark: %w", file, err)
	}
	if r.Format != Format {
		return nil, fmt.Errorf("%s: format %d, and this program reads %d: measure again", file, r.Format, Format)
	}
	return &r, nil
}

// Save writes a report: all of it, or nothing.
func (r *Report) Save(file string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err == nil && strings.HasSuffix(file, zipped) {
		text, err = zip(text)
	}
	if err == nil {
		err = atomicfile.Write(file, text, 0o644)
	}
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func zip(text []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(text)
		err = errors.Join(err, w.Close())
	}
	return b.Bytes(), err
}

func unzip(data []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
