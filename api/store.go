// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// ExportStore writes all that the cluster's store has to keep to w, as it is at one moment, for "hypha store import". Its last line says
// that it is whole.
func (c *Client) ExportStore(ctx context.Context, w io.Writer) error {
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, fmt.Errorf("%w within %v", ErrNoAnswer, callTimeout))
	defer cancel()
	resp, err := c.open(ctx, http.MethodGet, "/v1/store", "application/json", nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("reading the agent's answer: %w", err)
	}
	return nil
}
