// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// ErrDocument is returned for what is no exported store, or not all of one.
var ErrDocument = errors.New("not a whole exported store")

// An exported store is a document of lines, each a JSON object: a head, the keys in order, a foot.
//
//	{"kind":"hypha-store","version":1,"cluster":"...","revision":1234}
//	{"key":"cluster","value":"..."}
//	{"key":"policies/bodies/5/...","base64":"..."}     a value that is no text
//	{"keys":2,"sha256":"..."}                          of all lines before
const (
	documentKind    = "hypha-store"
	documentVersion = 1
)

// head begins a document.
type head struct {
	Kind     string `json:"kind"`
	Version  int    `json:"version"`
	Cluster  string `json:"cluster"`  // Cluster.ID
	Revision int64  `json:"revision"` // of etcd; says which of two exports is the newer one
}

// pair is a key, below the cluster's prefix, and its value.
type pair struct {
	Key    string `json:"key"`
	Value  string `json:"value,omitempty"`
	Base64 []byte `json:"base64,omitempty"`
}

func newPair(key, value []byte) pair {
	if utf8.Valid(value) {
		return pair{Key: string(key), Value: string(value)}
	}
	return pair{Key: string(key), Base64: value}
}

func (p pair) value() string { return p.Value + string(p.Base64) }

// foot ends a document.
type foot struct {
	Keys   int    `json:"keys"`
	SHA256 string `json:"sha256"`
}

// writeDocument writes all of it.
func writeDocument(w io.Writer, h head, pairs []pair) error {
	sum := sha256.New()
	lines := json.NewEncoder(io.MultiWriter(w, sum))
	lines.SetEscapeHTML(false)
	if err := lines.Encode(h); err != nil {
		return fmt.Errorf("write the store: %w", err)
	}
	for _, p := range pairs {
		if err := lines.Encode(p); err != nil {
			return fmt.Errorf("write the store: %w", err)
		}
	}
	if err := json.NewEncoder(w).Encode(foot{len(pairs), hex.EncodeToString(sum.Sum(nil))}); err != nil {
		return fmt.Errorf("write the store: %w", err)
	}
	return nil
}

// readDocument reads all of it: ErrDocument if anything is missing or altered.
func readDocument(r io.Reader) (h head, pairs []pair, err error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return h, nil, fmt.Errorf("read the store: %w", err)
	}
	body := bytes.TrimSuffix(text, []byte("\n"))
	last := bytes.LastIndexByte(body, '\n') + 1
	var f foot
	if json.Unmarshal(body[last:], &f) != nil || f.SHA256 == "" {
		return h, nil, fmt.Errorf("%w: its last line is missing", ErrDocument)
	}
	if sum := sha256.Sum256(body[:last]); hex.EncodeToString(sum[:]) != f.SHA256 {
		return h, nil, fmt.Errorf("%w: it was altered", ErrDocument)
	}
	lines := json.NewDecoder(bufio.NewReader(bytes.NewReader(body[:last])))
	if err := lines.Decode(&h); err != nil || h.Kind != documentKind {
		return h, nil, fmt.Errorf("%w: it does not begin as one", ErrDocument)
	}
	if h.Version != documentVersion {
		return h, nil, fmt.Errorf("%w: it has version %d, and this hypha reads %d", ErrDocument, h.Version, documentVersion)
	}
	for range f.Keys {
		var p pair
		if err := lines.Decode(&p); err != nil || p.Key == "" {
			return h, nil, fmt.Errorf("%w: a line is no key with a value", ErrDocument)
		}
		pairs = append(pairs, p)
	}
	return h, pairs, nil
}
