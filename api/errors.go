// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
)

// ErrNotRunning means that nobody listens on the socket.
var ErrNotRunning = errors.New("agent is not running")

// ErrNoAnswer means that the agent took too long.
var ErrNoAnswer = errors.New("agent did not answer")

// ErrGone means that the agent went away in the middle of an answer.
var ErrGone = errors.New("agent went away")

// Error is a request that the agent refused, or failed at.
type Error struct {
	Status  int    `json:"-"` // HTTP status code
	Message string `json:"error"`
}

func (e *Error) Error() string { return e.Message }

// readError reads the refusal in resp. An answer that is not the API's own
// still gives an Error, with what was said cut to one line.
func readError(resp *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("reading the agent's answer (%s): %w", resp.Status, err)
	}
	refusal := &Error{Status: resp.StatusCode}
	if json.Unmarshal(body, refusal) != nil || refusal.Message == "" {
		line, _, _ := strings.Cut(strings.TrimSpace(string(body)), "\n")
		refusal.Message = fmt.Sprintf("agent answered %s: %s", resp.Status, line)
	}
	return refusal
}

// dialError tells "nobody there" from other reasons that a dial failed for.
func dialError(socket string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w at %s", ErrNotRunning, socket)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("no permission to use %s: run as root: %w", socket, syscall.EACCES)
	}
	return fmt.Errorf("connecting to the agent: %w", err)
}
