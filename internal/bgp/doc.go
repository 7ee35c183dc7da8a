// SPDX-License-Identifier: Apache-2.0

// Package bgp announces this node's prefixes to BGP peers, the switches that it is connected to. It only announces: what they
// send is neither installed nor passed on.
//
//	hypha agent ── Config, then Routes at each change ──▶ hypha-bgp ◀── TCP port 179 ──▶ peers
//	            ◀── Sessions at each change ─────────────
//
// The speaker (package speaker, on gobgp) is a process of its own, with which an agent talks by lines of JSON: who announces
// nothing has none of it in memory, and what a peer sends is read by a process that has no part in the node's traffic.
package bgp
