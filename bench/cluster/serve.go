// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime/debug"

	"go.etcd.io/etcd/server/v3/embed"
)

// URL is where etcd listens if the agent of its node is the only one.
const URL = "http://127.0.0.1:2379"

func socket(dir string) string { return filepath.Join(dir, "etcd.sock") }

// Serve is etcd in this process, with its files below dir and for clients at a URL, until ctx is done. It does not wait for the disk, and
// collects garbage seldom: what is measured is an agent.
func Serve(ctx context.Context, dir, at string) error {
	debug.SetGCPercent(400)
	tcp, err := url.Parse(at)
	if err != nil {
		return err
	}
	client := []url.URL{*tcp, {Scheme: "unix", Path: socket(dir)}}
	nowhere := []url.URL{{Scheme: "unix", Host: "bench"}} // there is no other member
	c := embed.NewConfig()
	c.Name, c.Dir = "bench", filepath.Join(dir, "data")
	c.ListenClientUrls, c.AdvertiseClientUrls = client, client[:1]
	c.ListenPeerUrls, c.AdvertisePeerUrls = nil, nowhere
	c.InitialCluster = c.Name + "=" + nowhere[0].String()
	c.UnsafeNoFsync = true
	c.QuotaBackendBytes = 8 << 30
	c.LogLevel, c.LogOutputs = "error", []string{embed.StdErrLogOutput}
	server, err := embed.StartEtcd(c)
	if err != nil {
		return fmt.Errorf("starting etcd: %w", err)
	}
	defer server.Close()
	select {
	case <-ctx.Done():
		return nil
	case err := <-server.Err():
		return fmt.Errorf("etcd: %w", err)
	}
}
