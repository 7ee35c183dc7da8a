// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"
)

// callTimeout bounds every call but Events.
const callTimeout = 2 * time.Minute

// Client calls one agent. Its methods may be used concurrently. They return an
// *Error if the agent refuses, ErrNotRunning if there is none.
type Client struct {
	socket string
	http   *http.Client
}

// NewClient returns a client of the agent that listens on socket. It connects
// when it is first used.
func NewClient(socket string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
		if err != nil {
			return nil, dialError(socket, err)
		}
		return conn, nil
	}
	return &Client{socket: socket, http: &http.Client{Transport: &http.Transport{DialContext: dial}}}
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// call sends in, if it is not nil, as JSON, and returns the answer.
func call[T any](ctx context.Context, c *Client, method, path string, in any) (T, error) {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			var none T
			return none, fmt.Errorf("encoding the request: %w", err)
		}
	}
	return send[T](ctx, c, method, path, "application/json", body)
}

// send is call with a body of any content type.
func send[T any](ctx context.Context, c *Client, method, path, contentType string, body []byte) (answer T, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, fmt.Errorf("%w within %v", ErrNoAnswer, callTimeout))
	defer cancel()
	resp, err := c.open(ctx, method, path, contentType, body)
	if err != nil {
		return answer, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return answer, fmt.Errorf("reading the agent's answer: %w", err)
	}
	return answer, nil
}

// open sends a request and returns the answer, whose body is the caller's to
// close. A status other than 2xx is an error.
func (c *Client) open(ctx context.Context, method, path, contentType string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://hypha"+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("building the request: %w", err)
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.transportError(ctx, err)
	}
	if resp.StatusCode/100 != 2 {
		defer resp.Body.Close()
		return nil, readError(resp)
	}
	return resp, nil
}

// transportError takes off err what net/http puts around it: a made-up URL.
func (c *Client) transportError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var wrapper *url.Error
	if errors.As(err, &wrapper) {
		err = wrapper.Err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		return fmt.Errorf("%w: %s", ErrGone, c.socket)
	}
	return err
}
