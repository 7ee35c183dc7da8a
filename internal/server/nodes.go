// SPDX-License-Identifier: Apache-2.0

package server

import "net/http"

func (s *Server) routeNodes(mux *http.ServeMux) {
	mux.HandleFunc("GET /v1/nodes", list(s.agent.Nodes))
	mux.HandleFunc("DELETE /v1/nodes/{name}", s.deleteNode)
}

func (s *Server) deleteNode(w http.ResponseWriter, r *http.Request) {
	reply(w)(struct{}{}, s.agent.DeleteNode(r.Context(), r.PathValue("name")))
}
