// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"go.etcd.io/etcd/server/v3/storage/wal"
)

// ErrDamaged is returned when the embedded etcd can not read its data directory.
var ErrDamaged = errors.New("store's data directory is damaged")

// The embedded etcd has one member and little to keep: some thousand label sets and policies.
const (
	quotaBytes    = 2 << 30 // of the database, as etcd has it by default; only address space until used
	segmentBytes  = 8 << 20 // of the log, allocated ahead; etcd's 64 MB suit a busy cluster
	snapshotCount = 2000    // requests between snapshots of the log, which is in memory up to then
	catchUpCount  = 100     // there is no other member to catch up
	keepRevisions = "1000"  // of history; a watch that was away for longer lists anew

	readyTimeout = time.Minute // a healthy one takes a fraction of a second

	tickMillis     = 50  // with one member, an election is a formality, but it takes
	electionMillis = 250 // up to two of these after each start
)

// The size of the log's files is a variable of etcd, not in its configuration.
func init() {
	wal.SegmentSizeBytes = segmentBytes
}

// start runs etcd in this process. It listens nowhere: the client calls its functions. So agents on
// one machine can not collide, and nobody else can get at it.
func (s *Store) start(ctx context.Context, dir string) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the store's data directory: %w", err)
	}
	if s.lock, err = lockDir(dir); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			s.lock.release()
		}
	}()
	data := filepath.Join(dir, "etcd")
	if err := s.setAsideIncomplete(data); err != nil {
		return err
	}
	if s.server, err = launch(s.embedConfig(data)); err != nil {
		return fmt.Errorf("%w: %s: %w: restore it from a copy, or remove it and apply the policies again "+
			"(running endpoints get new identities)", ErrDamaged, data, err)
	}
	waiting, stop := context.WithTimeout(ctx, readyTimeout)
	defer stop()
	select {
	case <-s.server.Server.ReadyNotify():
	case <-waiting.Done():
		s.server.Close()
		return fmt.Errorf("wait for the embedded etcd in %s to be ready: %w", data, waiting.Err())
	}
	s.client = v3client.New(s.server.Server)
	return nil
}

func (s *Store) embedConfig(dir string) *embed.Config {
	nowhere := []url.URL{{Scheme: "unix", Host: "hypha"}} // etcd wants a name for its one member's address
	c := embed.NewConfig()
	c.Name = "hypha"
	c.Dir = dir
	c.ListenPeerUrls, c.ListenClientUrls = nil, nil
	c.AdvertisePeerUrls, c.AdvertiseClientUrls = nowhere, nowhere
	c.InitialCluster = c.Name + "=" + nowhere[0].String()
	c.TickMs, c.ElectionMs = tickMillis, electionMillis
	c.SnapshotCount, c.SnapshotCatchUpEntries = snapshotCount, catchUpCount
	c.QuotaBackendBytes = quotaBytes
	c.AutoCompactionMode, c.AutoCompactionRetention = embed.CompactorModeRevision, keepRevisions
	c.ZapLoggerBuilder = embed.NewZapLoggerBuilder(etcdLogger(s.log))
	return c
}

// launch starts etcd on data that it can read. On other data etcd panics or would exit.
func launch(c *embed.Config) (server *embed.Etcd, err error) {
	if err := checkDatabase(c.Dir); err != nil {
		return nil, err
	}
	err = guard(func() (err error) {
		server, err = embed.StartEtcd(c)
		return err
	})
	return server, err
}
