// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/etcd/server/v3/embed"

	"github.com/hypha-net/hypha/internal/labels"
)

// server is a real etcd that listens on a unix socket, and a relay before it that can be cut.
//
//	store → relay → etcd
type server struct {
	etcd  *embed.Etcd
	relay *relay
}

func startServer(t *testing.T) *server {
	t.Helper()
	dir := t.TempDir()
	socket := url.URL{Scheme: "unix", Path: filepath.Join(dir, "etcd.sock")}
	s := &Store{log: slog.New(slog.DiscardHandler)}
	config := s.embedConfig(filepath.Join(dir, "data"))
	config.ListenClientUrls = []url.URL{socket}
	config.UnsafeNoFsync = true // no machine is killed here
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(etcd.Close)
	<-etcd.Server.ReadyNotify()
	return &server{etcd, startRelay(t, filepath.Join(dir, "relay.sock"), socket.Path)}
}

// connect returns a store on the other side of the relay.
func (s *server) connect(t *testing.T, timeout time.Duration) *Store {
	t.Helper()
	store, err := Open(t.Context(), Config{Endpoints: []string{"unix://" + s.relay.listener.Addr().String()}, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

// relay passes connections on, until it is cut.
type relay struct {
	listener net.Listener
	target   string
	lock     sync.Mutex
	isCut    bool
	open     []net.Conn
	answered counter // bytes that came back
}

// counter counts what is written to it, in bytes.
type counter struct{ atomic.Int64 }

func (c *counter) Write(data []byte) (int, error) {
	c.Add(int64(len(data)))
	return len(data), nil
}

func startRelay(t *testing.T, path, target string) *relay {
	t.Helper()
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{listener: listener, target: target}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { r.pass(in) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		r.cut(true)
		serving.Wait()
	})
	return r
}

func (r *relay) pass(in net.Conn) {
	defer in.Close()
	out, err := net.Dial("unix", r.target)
	if err != nil {
		return
	}
	defer out.Close()
	r.lock.Lock()
	if r.isCut {
		r.lock.Unlock()
		return
	}
	r.open = append(r.open, in, out)
	r.lock.Unlock()
	go io.Copy(out, in) // ends when either is closed
	io.Copy(in, io.TeeReader(out, &r.answered))
}

func (r *relay) cut(isCut bool) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.isCut = isCut
	for _, conn := range r.open {
		conn.Close()
	}
	r.open = nil
}

// TestExternalAway: while etcd can not be reached, requests fail with ErrUnavailable and Status
// says why; afterwards all works again. Opening does not need it.
func TestExternalAway(t *testing.T) {
	etcd := startServer(t)
	etcd.relay.cut(true)
	s := etcd.connect(t, 300*time.Millisecond)
	if _, err := s.NodeNumber(t.Context(), "n1", 255); !errors.Is(err, ErrUnavailable) {
		t.Fatal(err)
	}
	if status := s.Status(t.Context()); status.Mode != External || status.Healthy || !strings.Contains(status.Message, "relay.sock") {
		t.Fatalf("%+v", status)
	}
	known := s.away
	s.away.until = time.Now().Add(time.Hour)
	if _, _, err := s.AllocateIdentity(t.Context(), labels.Set{"a": "b"}); !errors.Is(err, known.err) {
		t.Errorf("asked again at once, and got %v, want %v as before", err, known.err)
	}
	s.away = known
	etcd.relay.cut(false)
	eventually(t, "the store answers again", func() bool {
		number, err := s.NodeNumber(t.Context(), "n1", 255)
		return err == nil && number == 1
	})
	if status := s.Status(t.Context()); !status.Healthy || status.Bytes == 0 {
		t.Fatalf("%+v", status)
	}
}

func TestBadEndpoints(t *testing.T) {
	for _, endpoint := range []string{"", "10.0.0.1:2379", "ftp://x", "http://[::1"} {
		if _, err := Open(t.Context(), Config{Endpoints: []string{endpoint}}); err == nil {
			t.Errorf("opened %q", endpoint)
		}
	}
}

// TestNobodyIsLeft: a store that can not be opened, for want of the user's password, leaves no connection.
func TestNobodyIsLeft(t *testing.T) {
	for name, password := range map[string]func() (string, error){
		"no password":    func() (string, error) { return "", errors.New("no such file") },
		"nobody answers": func() (string, error) { return "secret", nil },
	} {
		s := &Store{log: slog.New(slog.DiscardHandler), timeout: time.Millisecond}
		err := s.connect(t.Context(), Config{Endpoints: []string{"unix:///nonexistent"}, User: "hypha", Password: password})
		if err == nil || s.nobody.Ctx().Err() == nil {
			t.Errorf("%s: %v, and the client is still open", name, err)
		}
	}
}

// TestWatchOutlivesCompaction cuts the watch off while identities come and go and etcd forgets how.
// The watch lists anew, and knows in the end what there is.
func TestWatchOutlivesCompaction(t *testing.T) {
	etcd := startServer(t)
	direct := etcd.connect(t, patience) // cut as well, but not when it matters
	watched := watchIdentities(t, etcd.connect(t, time.Second))
	allocate := func(name string) {
		if _, _, err := direct.AllocateIdentity(t.Context(), labels.Set{"name": name}); err != nil {
			t.Fatal(err)
		}
	}
	allocate("a")
	allocate("b")
	eventually(t, "two identities", func() bool { return watched.is("name=a", "name=b") })

	etcd.relay.cut(true)
	inside := inProcess(etcd)
	defer inside.client.Close()
	if _, _, err := inside.AllocateIdentity(t.Context(), labels.Set{"name": "c"}); err != nil {
		t.Fatal(err)
	}
	gone, err := inside.client.Delete(t.Context(), numberKey(identityNumbers, 256))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := inside.client.Compact(t.Context(), gone.Header.Revision); err != nil {
		t.Fatal(err)
	}
	etcd.relay.cut(false)
	eventually(t, "the list after compaction", func() bool { return watched.is("name=b", "name=c") })
	if lists := watched.count(); lists != 2 {
		t.Errorf("%d lists, want one at the start and one after compaction", lists)
	}
	allocate("d")
	eventually(t, "a change after that", func() bool { return watched.is("name=b", "name=c", "name=d") })
}

// watchContext returns a context that ends before the store is closed, and waits for run.
func watchContext(t *testing.T, run func(ctx context.Context) error) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("the watch ended with %v", err)
		}
	})
}
