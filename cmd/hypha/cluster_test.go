// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/url"
	"strconv"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"

	"github.com/hypha-net/hypha/internal/testbed"
)

// cluster is an etcd of its own, for an agent that is given its URL.
type cluster struct {
	url  string
	etcd *clientv3.Client
}

// startCluster lets it listen on the machine that the agent runs on.
func startCluster(t *testing.T, machine *testbed.Namespace) *cluster {
	t.Helper()
	clients, peers := url.URL{Scheme: "http", Host: "127.0.0.1:2379"}, url.URL{Scheme: "http", Host: "127.0.0.1:2380"}
	config := embed.NewConfig()
	config.Dir = t.TempDir()
	config.LogLevel = "fatal" // it reports its end as an error
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{clients}, []url.URL{clients}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{peers}, []url.URL{peers}
	config.InitialCluster = config.InitialClusterFromName("")
	var etcd *embed.Etcd
	machine.Must(func() (err error) {
		etcd, err = embed.StartEtcd(config)
		return err
	})
	t.Cleanup(etcd.Close)
	<-etcd.Server.ReadyNotify()
	return &cluster{clients.String(), v3client.New(etcd.Server)}
}

// forget takes an identity out of the cluster, as one that no node has any more.
func (c *cluster) forget(t *testing.T, number uint32) {
	t.Helper()
	if gone, err := c.etcd.Delete(t.Context(), "/hypha/v1/identities/numbers/"+strconv.Itoa(int(number))); err != nil || gone.Deleted != 1 {
		t.Fatalf("%+v, %v", gone, err)
	}
}
