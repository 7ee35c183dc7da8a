// SPDX-License-Identifier: Apache-2.0

package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/hypha-net/hypha/api"
)

// readBody reads the whole body, up to api.MaxBody.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, api.MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, Fault(errTooLarge, fmt.Errorf("request body is larger than %d MiB", tooLarge.Limit>>20))
	case err != nil:
		return nil, Fault(ErrInvalid, fmt.Errorf("reading the request body: %w", err))
	}
	return body, nil
}

// readJSON reads a body that is one JSON value and has no keys but T's.
func readJSON[T any](w http.ResponseWriter, r *http.Request) (value T, err error) {
	body, err := readBody(w, r)
	if err != nil {
		return value, err
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&value); err != nil {
		return value, Fault(ErrInvalid, fmt.Errorf("request body: %w", err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return value, Fault(ErrInvalid, errors.New("request body: more than one JSON value"))
	}
	return value, nil
}

// writeJSON answers with value. It is encoded first: a value that can not be
// is an error, not half an answer.
func writeJSON(w http.ResponseWriter, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		writeError(w, fmt.Errorf("encoding the answer: %w", err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(append(body, '\n')) // fails only if the client has gone
}

// writeError answers with err, in one line.
func writeError(w http.ResponseWriter, err error) {
	status := statusOf(err)
	line := strings.Join(strings.Fields(err.Error()), " ")
	body, _ := json.Marshal(api.Error{Message: line}) // one string: can not fail
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(body, '\n'))
}
