// SPDX-License-Identifier: Apache-2.0

// Package api is the agent's HTTP/JSON API: the types on the wire and a client.
//
// The agent listens on a unix socket (DefaultSocket). Bodies are JSON with
// lowerCamelCase keys; a policy is applied as the YAML its author wrote.
//
//	GET    /v1/status
//	GET    /v1/endpoints            POST   /v1/endpoints
//	GET    /v1/endpoints/{name}     DELETE /v1/endpoints/{name}
//	PUT    /v1/endpoints/{name}/labels
//	PUT    /v1/endpoints/{name}/trace
//	POST   /v1/endpoints/{name}/regenerate
//	GET    /v1/policies             POST   /v1/policies?source=FILE
//	GET    /v1/policies/{name}      DELETE /v1/policies/{name}
//	POST   /v1/explain
//	GET    /v1/events?type=drop,verdict,trace,notice&endpoint=NAME&last=N&follow=true
//	GET    /v1/stats
//	GET    /v1/identities
//	GET    /v1/nodes
//	GET    /v1/conntrack?limit=N
//	GET    /metrics                 for Prometheus
//
// /v1/events answers with one Event a line, in chunks as they happen. A request
// that is refused answers with a 4xx or 5xx status and {"error": "one line"}.
package api

// DefaultSocket is where an agent listens that was given no other place.
const DefaultSocket = "/run/hypha/hypha.sock"

// MaxBody is the largest request body that an agent reads, in bytes.
const MaxBody = 8 << 20
