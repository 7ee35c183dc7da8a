// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/hypha-net/hypha/internal/labels"
)

// filled returns an embedded store with some of everything, and what it exports.
func filled(t *testing.T) (*Store, Cluster, []byte) {
	t.Helper()
	s := open(t, t.TempDir())
	cluster, err := s.JoinCluster(t.Context(), ClusterRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if err := announce(t, s, nodeCalled(t, s, "n1", "i")).Enforces(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		if _, _, err := s.AllocateIdentity(t.Context(), labels.Set{"set": name}); err != nil {
			t.Fatal(err)
		}
	}
	apply(t, s, doc("shop", `{"a":1}`), Doc{Name: "raw", JSON: []byte("1"), Source: []byte{0xff, 0, '\n'}})
	apply(t, s, manyDocs(300)...)
	lease, err := s.client.Grant(t.Context(), 60)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.commit(t.Context(), nil, clientv3.OpPut(usesKey(1), "{}", clientv3.WithLease(lease.ID))); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if exported, err := s.Export(t.Context(), &out); err != nil || exported.Cluster != cluster.ID || exported.Keys < 300 {
		t.Fatal(exported, err)
	}
	return s, cluster, out.Bytes()
}

// TestMoveIntoEtcd: what one node's embedded store has goes into a shared etcd: the node joins it with its numbers and addresses, and its
// policies and their history are there.
func TestMoveIntoEtcd(t *testing.T) {
	from, cluster, exported := filled(t)
	etcd := startEtcd(t, 1, nil)
	to := etcd.mustOpen(Config{Prefix: "/blue"})
	imported, err := to.Import(t.Context(), bytes.NewReader(exported))
	if err != nil || imported.Cluster != cluster.ID {
		t.Fatal(imported, err)
	}
	if again, err := to.JoinCluster(t.Context(), ClusterRequest{}); err != nil || again != cluster {
		t.Fatal(again, err)
	}
	if number, err := to.NodeNumber(t.Context(), "n1", 255); err != nil || number != 1 {
		t.Error(number, err)
	}
	if number, err := to.NodeNumber(t.Context(), "n2", 255); err != nil || number != 2 {
		t.Error(number, err)
	}
	if number, _, err := to.AllocateIdentity(t.Context(), labels.Set{"set": "b"}); err != nil || number != 257 {
		t.Error(number, err)
	}
	for revision := uint64(1); revision <= 2; revision++ {
		before, err := from.PoliciesAt(t.Context(), revision)
		if err != nil {
			t.Fatal(err)
		}
		if after, err := to.PoliciesAt(t.Context(), revision); err != nil || textOf(after) != textOf(before) {
			t.Errorf("revision %d is another one, %v", revision, err)
		}
	}
	for _, alive := range []string{identityNodes, nodePresent, nodeEnforced} {
		if left, err := to.get(t.Context(), alive, clientv3.WithPrefix()); err != nil || len(left.Kvs) != 0 {
			t.Errorf("who is alive was exported: %v %v", left, err)
		}
	}
	if _, err := to.Import(t.Context(), bytes.NewReader(exported)); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("imported into a store that is not empty: %v", err)
	}
	var again bytes.Buffer
	if _, err := etcd.mustOpen(Config{Prefix: "/green"}).Export(t.Context(), &again); !errors.Is(err, ErrNoCluster) || again.Len() > 0 {
		t.Errorf("exported what is not there: %v", err)
	}
}

// TestImportCutOff cuts an import off after each of its requests. Nobody can join then, and the next import does it all.
func TestImportCutOff(t *testing.T) {
	_, cluster, exported := filled(t)
	server := startServer(t)
	for steps := range 1000 {
		s := inProcess(server)
		defer s.client.Close()
		whole := s.client.KV
		s.client.KV = &mortal{KV: whole, left: steps}
		_, err := s.Import(t.Context(), bytes.NewReader(exported))
		s.client.KV = whole
		if err == nil {
			if steps < 6 {
				t.Errorf("it was done after %d requests", steps)
			}
			break
		}
		if !errors.Is(err, errCut) {
			t.Fatal(err)
		}
		_, err = s.JoinCluster(t.Context(), ClusterRequest{})
		if steps > 1 && !errors.Is(err, ErrImporting) {
			t.Fatalf("after %d requests somebody may join: %v", steps, err)
		}
		if steps <= 1 { // it had not begun: that made a cluster
			if _, err := whole.Delete(t.Context(), clusterKey); err != nil {
				t.Fatal(err)
			}
		}
	}
	if again, err := inProcess(server).JoinCluster(t.Context(), ClusterRequest{}); err != nil || again != cluster {
		t.Error(again, err)
	}
}

var errCut = errors.New("cut off")

// mortal lets some transactions pass, and then none.
type mortal struct {
	clientv3.KV
	left int
}

func (m *mortal) Txn(ctx context.Context) clientv3.Txn {
	m.left--
	if m.left < 0 {
		return deadTxn{}
	}
	return m.KV.Txn(ctx)
}

type deadTxn struct{}

func (d deadTxn) If(...clientv3.Cmp) clientv3.Txn        { return d }
func (d deadTxn) Then(...clientv3.Op) clientv3.Txn       { return d }
func (d deadTxn) Else(...clientv3.Op) clientv3.Txn       { return d }
func (d deadTxn) Commit() (*clientv3.TxnResponse, error) { return nil, errCut }

// TestOvertakenImport: of two imports at once the one that began later wins, and the other leaves nothing.
func TestOvertakenImport(t *testing.T) {
	_, cluster, exported := filled(t)
	s := open(t, t.TempDir())
	first, err := s.beginImport(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.importStep(t.Context(), first, clientv3.OpPut("policies/left", "over")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Import(t.Context(), bytes.NewReader(exported)); err != nil {
		t.Fatal(err)
	}
	if err := s.importStep(t.Context(), first, clientv3.OpPut("policies/late", "comer")); !errors.Is(err, ErrOvertaken) {
		t.Error(err)
	}
	if again, err := s.JoinCluster(t.Context(), ClusterRequest{}); err != nil || again != cluster {
		t.Error(again, err)
	}
	if left, err := s.get(t.Context(), "policies/l", clientv3.WithPrefix()); err != nil || len(left.Kvs) > 0 {
		t.Error(left, err)
	}
}

// TestBadDocuments: what is not a whole export is refused, and nothing of it gets into the store.
func TestBadDocuments(t *testing.T) {
	_, _, exported := filled(t)
	lines := bytes.SplitAfter(exported, []byte("\n"))
	s := open(t, t.TempDir())
	var other bytes.Buffer
	if err := writeDocument(&other, head{documentKind, 2, "x", 1}, nil); err != nil {
		t.Fatal(err)
	}
	var none bytes.Buffer
	if err := writeDocument(&none, head{documentKind, documentVersion, "x", 1}, []pair{{Key: "a"}}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text []byte
		want string
	}{
		"empty":             {nil, "its last line is missing"},
		"cut off":           {exported[:len(exported)/2], "its last line is missing"},
		"no foot":           {bytes.Join(lines[:len(lines)-2], nil), "its last line is missing"},
		"a line less":       {bytes.Join(append(lines[:5:5], lines[6:]...), nil), "it was altered"},
		"another character": {bytes.Replace(exported, []byte(`\"a\":1`), []byte(`\"a\":2`), 1), "it was altered"},
		"another version":   {other.Bytes(), "it has version 2, and this hypha reads 1"},
		"no cluster":        {none.Bytes(), "it has no cluster"},
		"something else":    {[]byte("kind: Policy\n"), "its last line is missing"},
	} {
		_, err := s.Import(t.Context(), bytes.NewReader(c.text))
		if !errors.Is(err, ErrDocument) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if status := s.Status(t.Context()); status.Keys != 0 {
		t.Errorf("%d keys", status.Keys)
	}
}
