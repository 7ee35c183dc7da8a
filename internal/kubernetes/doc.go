// SPDX-License-Identifier: Apache-2.0

// Package kubernetes reads what Kubernetes says in its own words and puts it into ours. It is a
// pure function of its inputs: no API server, no store, no log.
//
//	NetworkPolicy (JSON) → Translate → policy.Policy
//
// The translation means what the original means when the agent runs with --enforce selected;
// docs/kubernetes-networkpolicy.md is its reference, with the few differences.
package kubernetes
