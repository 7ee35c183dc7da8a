// SPDX-License-Identifier: Apache-2.0

// Package docker lets a Docker engine attach its containers to Hypha.
//
// Two conversations, in opposite directions:
//
//	engine ──POST──▶ plugin socket   NetworkDriver.* (network.go), IpamDriver.* (ipam.go)
//	engine ◀──GET─── watcher         list and events of the Engine API (watcher.go, listing.go)
//
// The first gives a container its interface and addresses, the second its name and labels. The engine holds
// locks while it waits for the plugin, so no handler of the first ever speaks to the engine.
//
// What Docker was given (addresses, pools, endpoints) stands in the ledger, on disk before Docker hears of it.
// The kernel's side is not here: the agent does it, behind Endpoints and Addresses.
package docker
