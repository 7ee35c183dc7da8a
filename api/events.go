// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Events calls each for every event that query chooses, in order, until each
// fails, ctx ends (no error), or the past events are told and query asks for no
// more. ErrGone: the agent stopped.
func (c *Client) Events(ctx context.Context, query EventQuery, each func(Event) error) error {
	var decoder EventDecoder
	return c.EventLines(ctx, query, func(lines []byte) error { return decoder.Each(lines, each) })
}

// EventLines is Events with what the agent writes: an Event as JSON a line. Each
// gets all that has come, one line or more, which are the caller's until it returns.
func (c *Client) EventLines(ctx context.Context, query EventQuery, each func(lines []byte) error) error {
	resp, err := c.open(ctx, http.MethodGet, "/v1/events?"+query.encode(), "", nil)
	if err != nil {
		return unlessDone(ctx, err)
	}
	defer resp.Body.Close()

	for lines := (lineReader{from: resp.Body}); ; {
		whole, err := lines.read()
		if len(whole) > 0 {
			if err := each(whole); err != nil {
				return err
			}
		}
		switch {
		case err == nil:
		case err == io.EOF && query.NoFollow:
			return nil
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return unlessDone(ctx, fmt.Errorf("%w: %s", ErrGone, c.socket))
		default:
			return unlessDone(ctx, fmt.Errorf("reading events: %w", err))
		}
	}
}

// unlessDone is err, or nil if ctx has ended: then err is how that shows.
func unlessDone(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (q EventQuery) encode() string {
	v := url.Values{}
	if len(q.Types) > 0 {
		v.Set("type", strings.Join(q.Types, ","))
	}
	if q.Endpoint != "" {
		v.Set("endpoint", q.Endpoint)
	}
	if q.Last > 0 {
		v.Set("last", strconv.Itoa(q.Last))
	}
	v.Set("follow", strconv.FormatBool(!q.NoFollow))
	return v.Encode()
}
