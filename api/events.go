// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
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
	resp, err := c.open(ctx, http.MethodGet, "/v1/events?"+query.encode(), "", nil)
	if err != nil {
		return unlessDone(ctx, err)
	}
	defer resp.Body.Close()

	for lines := json.NewDecoder(resp.Body); ; {
		var event Event
		err := lines.Decode(&event)
		switch {
		case err == nil:
		case errors.Is(err, io.EOF) && query.NoFollow:
			return nil
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return unlessDone(ctx, fmt.Errorf("%w: %s", ErrGone, c.socket))
		default:
			return unlessDone(ctx, fmt.Errorf("reading events: %w", err))
		}
		if err := each(event); err != nil {
			return err
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
