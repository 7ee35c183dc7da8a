// SPDX-License-Identifier: Apache-2.0

// Package api is the agent's HTTP/JSON API: the types on the wire and a client.
//
// The agent listens on a unix socket (DefaultSocket). Bodies are JSON with
// lowerCamelCase keys; policies are applied as the YAML text their author wrote.
//
//	GET    /v1/status
//	GET    /v1/endpoints            POST   /v1/endpoints
//	GET    /v1/endpoints/{name}?rows=N
//	DELETE /v1/endpoints/{name}
//	PUT    /v1/endpoints/{name}/labels
//	PUT    /v1/endpoints/{name}/trace
//	POST   /v1/endpoints/{name}/regenerate
//	GET    /v1/policies?revision=N  POST   /v1/policies
//	GET    /v1/policies/{name}?revision=N
//	DELETE /v1/policies/{name}?dry-run=true
//	GET    /v1/enforcement?revision=N&seconds=N
//	GET    /v1/history?limit=N
//	POST   /v1/rollback
//	POST   /v1/explain
//	POST   /v1/suggest
//	POST   /v1/verify
//	GET    /v1/events?type=drop,verdict,trace,notice&endpoint=NAME&last=N&follow=true
//	GET    /v1/stats?by=pair|rule|endpoint
//	GET    /v1/identities
//	GET    /v1/nodes
//	DELETE /v1/nodes/{name}
//	GET    /v1/store                for "hypha store import"
//	GET    /v1/conntrack?limit=N
//	GET    /metrics                 for Prometheus
//
// /v1/events answers with one Event a line, in chunks as they happen, those of
// some milliseconds together, /v1/store with the cluster's store, one JSON
// document a line. /v1/enforcement answers when all nodes enforce the revision,
// or after that many seconds. A request that is refused answers with a 4xx or
// 5xx status and {"error": "one line"}.
package api

// DefaultSocket is where an agent listens that was given no other place.
const DefaultSocket = "/run/hypha/hypha.sock"

// MaxBody is the largest request body that an agent reads, in bytes.
const MaxBody = 32 << 20

// DefaultRows is how many rows of a policy table an Endpoint has that is asked
// for no other number.
const DefaultRows = 50
