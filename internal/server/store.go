// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"context"
	"io"
	"net/http"
)

// exportStore answers with the whole store, or with why it can not: never with a part of it.
func (s *Server) exportStore(w http.ResponseWriter, r *http.Request) {
	var document bytes.Buffer
	if err := s.agent.ExportStore(r.Context(), &document); err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	document.WriteTo(w) //nolint:errcheck // who asked has gone
}

// ExportStore implements Agent.
func (n *Node) ExportStore(ctx context.Context, w io.Writer) error {
	_, err := n.agent.ExportStore(ctx, w)
	return faultOf(err)
}
