// SPDX-License-Identifier: Apache-2.0

// Package control measures the agent: how long endpoints and policies take, and what they cost in memory. Each endpoint has
// an identity of its own, which is the dear case: no table is shared.
package control
