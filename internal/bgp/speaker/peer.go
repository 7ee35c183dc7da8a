// SPDX-License-Identifier: Apache-2.0

package speaker

import (
	"time"

	"github.com/osrg/gobgp/v4/api"

	"github.com/hypha-net/hypha/internal/bgp"
)

// retrySeconds is how long a peer that is away has rest before it is dialled again.
const retrySeconds = 5

// deferralSeconds is how long a speaker that comes back waits for what its peers have to say before it announces anything: the
// least that gobgp takes. Nothing that they say changes what is announced.
const deferralSeconds = 1

// peerOf is a peer as gobgp knows it.
func peerOf(config bgp.Config, peer bgp.Peer) *api.Peer {
	p := &api.Peer{
		Conf:   &api.PeerConf{NeighborAddress: peer.Address.String(), PeerAsn: peer.ASN, AuthPassword: string(peer.Password)},
		Timers: &api.Timers{Config: &api.TimersConfig{ConnectRetry: retrySeconds}},
	}
	if config.RestartTime > 0 {
		p.GracefulRestart = &api.GracefulRestart{
			Enabled: true, RestartTime: uint32(config.RestartTime / time.Second), DeferralTime: deferralSeconds,
			LocalRestarting: true, // the datapath has gone on: what an earlier speaker has announced is still true
		}
	}
	for _, family := range familiesOf(config) {
		p.AfiSafis = append(p.AfiSafis, &api.AfiSafi{
			Config:            &api.AfiSafiConfig{Family: family, Enabled: true},
			MpGracefulRestart: &api.MpGracefulRestart{Config: &api.MpGracefulRestartConfig{Enabled: config.RestartTime > 0}},
		})
	}
	return p
}

func familiesOf(config bgp.Config) []*api.Family {
	families := []*api.Family{{Afi: api.Family_AFI_IP6, Safi: api.Family_SAFI_UNICAST}}
	if config.IPv4 {
		families = append(families, &api.Family{Afi: api.Family_AFI_IP, Safi: api.Family_SAFI_UNICAST})
	}
	return families
}
