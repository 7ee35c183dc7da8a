// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/hypha-net/hypha/internal/labels"
)

// TestCertificates: with the right ones the store works; with any others, one line says which are wrong.
func TestCertificates(t *testing.T) {
	ours, others := newAuthority(t), newAuthority(t)
	etcd := startEtcd(t, 1, ours)
	good := ours.sign("node", time.Now().Add(time.Hour))
	etcd.mustOpen(Config{TLS: good})
	expired := ours.sign("late", time.Now().Add(-time.Minute))
	unknown := others.sign("node", time.Now().Add(time.Hour))
	noPEM := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(noPEM, []byte("nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		files TLS
		want  string // in the error
	}{
		"another CA":              {TLS{CA: unknown.CA, Cert: good.Cert, Key: good.Key}, "the CA in " + unknown.CA + " has not signed etcd's certificate"},
		"the machine's CAs":       {TLS{Cert: good.Cert, Key: good.Key}, "the CA in the machine's store has not signed"},
		"no client certificate":   {TLS{CA: good.CA}, "etcd wants a certificate: give --etcd-cert and --etcd-key"},
		"expired":                 {TLS{CA: good.CA, Cert: expired.Cert, Key: expired.Key}, "etcd does not accept the certificate in " + expired.Cert},
		"signed by another CA":    {TLS{CA: good.CA, Cert: unknown.Cert, Key: unknown.Key}, "etcd does not accept the certificate in " + unknown.Cert},
		"another server's name":   {TLS{CA: good.CA, Cert: good.Cert, Key: good.Key, ServerName: "etcd.example"}, "etcd's certificate is for another name: give --etcd-server-name"},
		"a key without its other": {TLS{CA: good.CA, Cert: good.Cert}, "a certificate and its key go together"},
		"a key of another":        {TLS{CA: good.CA, Cert: good.Cert, Key: expired.Key}, "private key does not match public key"},
		"no CA file":              {TLS{CA: "/nonexistent/ca.pem"}, "open /nonexistent/ca.pem: no such file"},
		"no PEM":                  {TLS{CA: noPEM}, noPEM + " holds no certificate in PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := etcd.open(Config{TLS: c.files, Timeout: 10 * time.Second})
			if err == nil {
				_, err = s.JoinCluster(t.Context(), ClusterRequest{})
			}
			if !errors.Is(err, ErrCertificates) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// TestServerName: the name that etcd's certificate is for may be given.
func TestServerName(t *testing.T) {
	ours := newAuthority(t)
	files := ours.sign("node", time.Now().Add(time.Hour))
	files.ServerName = "server"
	startEtcd(t, 1, ours).mustOpen(Config{TLS: files})
}

// TestRotatedCertificates: files that are replaced count from the next connection on, with no new store. The old ones would not do:
// everything, etcd's own certificate too, is signed by a new authority.
func TestRotatedCertificates(t *testing.T) {
	before, after := newAuthority(t), newAuthority(t)
	etcd := startEtcd(t, 1, before)
	files := before.sign("node", time.Now().Add(time.Hour))
	s := etcd.mustOpen(Config{TLS: files})
	if _, err := s.JoinCluster(t.Context(), ClusterRequest{}); err != nil {
		t.Fatal(err)
	}
	fresh := after.sign("node", time.Now().Add(time.Hour))
	kill(etcd.members[0].process)
	for from, to := range map[string]string{
		fresh.CA: files.CA, fresh.Cert: files.Cert, fresh.Key: files.Key,
		after.server.Cert: before.server.Cert, after.server.Key: before.server.Key,
	} {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	etcd.start(etcd.members[0])
	eventually(t, "the store answers with new certificates", func() bool { return s.Status(t.Context()).Healthy })
}

// TestUsers: who is let in, and what everybody else is told.
func TestUsers(t *testing.T) {
	etcd := startEtcd(t, 1, nil)
	etcd.addUsers()
	open := func(c Config) error {
		c.Timeout = 10 * time.Second
		s, err := etcd.open(c)
		if err == nil {
			_, err = s.JoinCluster(t.Context(), ClusterRequest{})
		}
		if err == nil {
			_, _, err = s.AllocateIdentity(t.Context(), labels.Set{"user": c.User + c.Prefix[1:]})
		}
		return err
	}
	for name, c := range map[string]struct {
		config Config
		want   string // in the error; empty: none
	}{
		"hypha, below its prefix": {Config{User: "hypha", Password: password("secret"), Prefix: "/blue"}, ""},
		"hypha, elsewhere":        {Config{User: "hypha", Password: password("secret"), Prefix: "/green"}, "must be given all (readwrite) below the --etcd-prefix"},
		"one who may only read":   {Config{User: "reader", Password: password("secret"), Prefix: "/blue"}, "must be given all (readwrite) below the --etcd-prefix"},
		"a wrong password":        {Config{User: "hypha", Password: password("guess"), Prefix: "/blue"}, "wrong --etcd-user or password"},
		"somebody nobody knows":   {Config{User: "nobody", Password: password("secret"), Prefix: "/blue"}, "wrong --etcd-user or password"},
		"somebody without a name": {Config{Prefix: "/blue"}, "wants to know who asks: give --etcd-user"},
	} {
		t.Run(name, func(t *testing.T) {
			err := open(c.config)
			if c.want == "" && err == nil {
				return
			}
			if !errors.Is(err, ErrRefused) || !strings.Contains(fmt.Sprint(err), c.want) || strings.Contains(fmt.Sprint(err), "secret") {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func password(is string) func() (string, error) {
	return func() (string, error) { return is, nil }
}

// TestRotatedPassword: a node whose user gets another password is let in again as soon as it is told; what it follows goes on. With the
// change etcd forgets whom it has let in, as it does after some minutes without a request.
func TestRotatedPassword(t *testing.T) {
	etcd := startEtcd(t, 1, nil)
	etcd.addUsers()
	var current atomic.Value
	current.Store("secret")
	read := func() (string, error) { return current.Load().(string), nil }
	s := etcd.mustOpen(Config{User: "hypha", Password: read, Prefix: "/blue"})
	if _, err := s.JoinCluster(t.Context(), ClusterRequest{}); err != nil {
		t.Fatal(err)
	}
	presence, err := s.Announce(t.Context(), nodeCalled(t, s, "a", "1"), shortLease)
	if err != nil {
		t.Fatal(err)
	}
	defer presence.Close()
	seen := watchIdentities(t, s)
	root, err := clientv3.New(clientv3.Config{Endpoints: etcd.urls(), Username: "root", Password: "secret", Logger: etcdLogger(quiet)})
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := root.UserChangePassword(t.Context(), "hypha", "changed"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Policies(t.Context()); !errors.Is(err, ErrRefused) || !strings.Contains(fmt.Sprint(err), "wrong --etcd-user or password") {
		t.Errorf("with the old password: %v", err)
	}
	current.Store("changed")
	if _, _, err := s.AllocateIdentity(t.Context(), labels.Set{"password": "changed"}); err != nil {
		t.Errorf("with the new password: %v", err)
	}
	eventually(t, "what is followed", func() bool { return seen.is("password=changed") })
	if err := presence.Enforces(t.Context(), 1); err != nil {
		t.Errorf("the lease: %v", err)
	}
}

// addUsers has etcd ask who comes: root; hypha, who may do all below /blue; reader, who may read there.
func (e *etcd) addUsers() {
	e.t.Helper()
	e.mustOpen(Config{})
	admin := e.admin()
	ctx, end := e.t.Context(), clientv3.GetPrefixRangeEnd("/blue/")
	role := func(name string, may clientv3.PermissionType) error {
		_, made := admin.RoleAdd(ctx, name)
		_, granted := admin.RoleGrantPermission(ctx, name, "/blue/", end, may)
		return errors.Join(made, granted)
	}
	user := func(name, role string) error {
		_, made := admin.UserAdd(ctx, name, "secret")
		_, granted := admin.UserGrantRole(ctx, name, role)
		return errors.Join(made, granted)
	}
	_, made := admin.RoleAdd(ctx, "root")
	err := errors.Join(made, user("root", "root"),
		role("hypha", clientv3.PermissionType(clientv3.PermReadWrite)), user("hypha", "hypha"),
		role("reader", clientv3.PermissionType(clientv3.PermRead)), user("reader", "reader"))
	if err != nil {
		e.t.Fatal(err)
	}
	if _, err := admin.AuthEnable(ctx); err != nil {
		e.t.Fatal(err)
	}
}

// admin is a client that nothing confines.
func (e *etcd) admin() *clientv3.Client {
	e.t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: e.urls(), Logger: etcdLogger(quiet)})
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { client.Close() })
	return client
}

// TestNobodyListens: where etcd is not, the error says so, and where that is.
func TestNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	url := "http://" + listener.Addr().String()
	s, err := Open(t.Context(), Config{Endpoints: []string{url}, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, err = s.JoinCluster(t.Context(), ClusterRequest{})
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), url) || !strings.Contains(err.Error(), "connection refused") {
		t.Error(err)
	}
	if _, err := Open(t.Context(), Config{Endpoints: []string{url, "https://127.0.0.1:1"}}); !errors.Is(err, errMixed) {
		t.Error(err)
	}
}
