// SPDX-License-Identifier: Apache-2.0

package endpoint

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/internal/labels"
)

var addrEqual = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

func sample(id ID) Endpoint {
	return Endpoint{
		ID: id, Name: "shop/web-1", Owner: OwnerDocker, OwnerID: "5f2a", Container: "c0ffee", Network: "n1",
		State: Ready, Labels: labels.Set{"role": "web", "odd, key": "a=b\n"}, Identity: 256,
		IPv6: netip.MustParseAddr("fd00:1:2:3:0:1:0:7"), IPv4: netip.MustParseAddr("10.1.2.3"),
		MAC: MAC{2, 0x42, 0xac, 0x11, 0, 2}, Interface: "hyp00007", PeerInterface: "eth0", Netns: "/run/netns/x",
		MTU: 1450, Trace: true, Created: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC),
	}
}

func openRecords(t *testing.T) Records {
	t.Helper()
	records, err := OpenRecords(filepath.Join(t.TempDir(), "endpoints"))
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func TestSavedEndpointsComeBackUnchanged(t *testing.T) {
	records := openRecords(t)
	unknown, empty := sample(2), sample(65535)
	unknown.Labels, unknown.IPv4, unknown.MAC = nil, netip.Addr{}, nil
	empty.Labels, empty.IPv6, empty.State, empty.Message = labels.Set{}, netip.Addr{}, Failed, "no such netns"
	want := []Endpoint{sample(1), unknown, empty}
	for _, e := range want {
		if err := records.Save(e); err != nil {
			t.Fatal(err)
		}
	}
	got, bad, err := records.LoadAll()
	if err != nil || len(bad) > 0 {
		t.Fatal(err, bad)
	}
	if diff := cmp.Diff(want, got, addrEqual); diff != "" {
		t.Fatal(diff)
	}
}

func TestSaveReplacesAndDeleteForgets(t *testing.T) {
	records := openRecords(t)
	e := sample(7)
	for _, e.Trace = range []bool{true, false} {
		if err := records.Save(e); err != nil {
			t.Fatal(err)
		}
	}
	if got, _, _ := records.LoadAll(); len(got) != 1 || got[0].Trace {
		t.Fatalf("loaded %+v", got)
	}
	for range 2 { // the second time there is nothing to delete
		if err := records.Delete(7); err != nil {
			t.Fatal(err)
		}
	}
	if got, bad, err := records.LoadAll(); len(got)+len(bad) != 0 || err != nil {
		t.Fatal(got, bad, err)
	}
}

// TestTruncatedAtEveryLength: whatever a torn disk leaves of a record, it loads whole or not at
// all, and its neighbour loads.
func TestTruncatedAtEveryLength(t *testing.T) {
	whole, err := encode(sample(1))
	if err != nil {
		t.Fatal(err)
	}
	records := openRecords(t)
	if err := records.Save(sample(2)); err != nil {
		t.Fatal(err)
	}
	for length := 1; length < len(whole)-1; length++ { // the last byte is the newline
		if err := os.WriteFile(records.path(1), whole[:length], 0o600); err != nil {
			t.Fatal(err)
		}
		got, bad, err := records.LoadAll()
		if err != nil || len(got) != 1 || got[0].ID != 2 || len(bad) != 1 || !errors.Is(bad[0], ErrDamaged) {
			t.Fatalf("cut to %d bytes: loaded %v, bad %v, error %v", length, got, bad, err)
		}
		if kept, err := os.ReadFile(records.path(1) + damagedSuffix); err != nil || len(kept) != length {
			t.Fatalf("cut to %d bytes: set aside %d bytes, error %v", length, len(kept), err)
		}
	}
}

// What a power cut leaves of Note is nothing, or an empty file.
func TestNotedAndEmptied(t *testing.T) {
	records := openRecords(t)
	want := sample(1)
	if err := records.Note(want); err != nil {
		t.Fatal(err)
	}
	got, bad, err := records.LoadAll()
	if err != nil || len(bad) > 0 {
		t.Fatal(err, bad)
	}
	if diff := cmp.Diff([]Endpoint{want}, got, addrEqual); diff != "" {
		t.Fatal(diff)
	}
	if err := os.Truncate(records.path(1), 0); err != nil {
		t.Fatal(err)
	}
	if got, bad, err := records.LoadAll(); len(got)+len(bad) != 0 || err != nil {
		t.Fatal(got, bad, err)
	}
	if left, err := os.ReadDir(records.dir); len(left) != 0 || err != nil {
		t.Fatal(left, err)
	}
}

func TestBadRecords(t *testing.T) {
	whole, err := encode(sample(1))
	if err != nil {
		t.Fatal(err)
	}
	replaced := func(old, new string) string {
		if !strings.Contains(string(whole), old) {
			t.Fatalf("the record has no %s", old)
		}
		return strings.Replace(string(whole), old, new, 1)
	}
	for name, test := range map[string]struct {
		data string
		want error
	}{
		"other endpoint": {replaced(`"id": 1`, `"id": 2`), ErrDamaged},
		"number 0":       {replaced(`"id": 1`, `"id": 0`), ErrDamaged},
		"number 70000":   {replaced(`"id": 1`, `"id": 70000`), ErrDamaged},
		"no state":       {replaced(`"ready"`, `""`), ErrDamaged},
		"bad name":       {replaced(`"shop/web-1"`, `"-rf *"`), ErrDamaged},
		"family":         {replaced(`"10.1.2.3"`, `"fd00::1"`), ErrDamaged},
		"MAC":            {replaced(`"02:42:ac:11:00:02"`, `"02:42:ac:11:00:02:00:01"`), ErrDamaged},
		"no version":     {replaced(`"version": 1`, `"version": 0`), ErrDamaged},
		"newer":          {replaced(`"version": 1`, `"version": 2`), ErrNewer},
		"trailing":       {string(whole) + "{}", ErrDamaged},
		"null":           {"null", ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			records := openRecords(t)
			if err := os.WriteFile(records.path(1), []byte(test.data), 0o600); err != nil {
				t.Fatal(err)
			}
			got, bad, err := records.LoadAll()
			if err != nil || len(got) != 0 || len(bad) != 1 || !errors.Is(bad[0], test.want) {
				t.Fatalf("loaded %v, bad %v, error %v", got, bad, err)
			}
			_, err = os.Stat(records.path(1))
			if inPlace := err == nil; inPlace != (test.want == ErrNewer) {
				t.Fatalf("record still in place: %v", inPlace)
			}
		})
	}
}

func TestOpenClearsUnfinishedRecords(t *testing.T) {
	records := openRecords(t)
	unfinished := filepath.Join(records.dir, ".00001.json.tmp-42")
	if err := os.WriteFile(unfinished, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenRecords(records.dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(unfinished); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("%s is still there: %v", unfinished, err)
	}
}

func TestSaveRefusesWhatLoadWould(t *testing.T) {
	records := openRecords(t)
	e := sample(0)
	if err := records.Save(e); !errors.Is(err, ErrInvalid) {
		t.Fatal(err)
	}
}

// FuzzDecode: no input crashes the loader, and what it accepts can be saved and read again.
func FuzzDecode(f *testing.F) {
	whole, err := encode(sample(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`{"version":1,"endpoint":{"id":1,"name":"a","state":"ready","ipv4":"10.0.0.1"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := decode(data)
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNewer) {
				t.Fatal(err)
			}
			return
		}
		again, err := encode(e)
		if err != nil {
			t.Fatalf("read %+v but can not write it: %v", e, err)
		}
		back, err := decode(again)
		if diff := cmp.Diff(e, back, addrEqual); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
	})
}
