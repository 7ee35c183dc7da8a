// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hypha-net/hypha/bench/load"
)

// sampled is a report with the given rates, a round each.
func sampled(floor, hypha []float64) *Report {
	r := &Report{
		Format: Format, Rounds: len(floor),
		Contestants: []Contestant{{Name: "floor"}, {Name: "hypha"}, {Name: "docker", Absent: "no engine"}},
		Workloads:   []Workload{{"tcp-rr", "TCP request/response", "transactions/s"}},
	}
	for i := range floor {
		r.Add("floor", "tcp-rr", Sample{Sample: load.Sample{Rate: floor[i]}, OfFloor: 1})
		r.Add("hypha", "tcp-rr", Sample{Sample: load.Sample{Rate: hypha[i]}, OfFloor: hypha[i] / floor[i]})
	}
	return r
}

// A machine at half its speed in one round changes rates, and no ratio.
func TestRatiosAreTakenWithinARound(t *testing.T) {
	r := sampled([]float64{100, 50, 200}, []float64{90, 45, 180})
	if diff := cmp.Diff(Values{0.9, 0.9, 0.9}, r.Ratios("hypha", "floor", "tcp-rr")); diff != "" {
		t.Error(diff)
	}
}

func TestVoidSamplesCountNowhere(t *testing.T) {
	r := sampled([]float64{100, 100}, []float64{90, 80})
	r.Series[1].Samples[0] = Sample{Error: "no answer"}
	if got := r.Ratios("hypha", "floor", "tcp-rr"); len(got) != 1 || got[0] != 0.8 || r.Void() != 1 {
		t.Errorf("ratios %v with %d void samples, want 0.8 alone with one", got, r.Void())
	}
}

func TestChangeBeyondNoise(t *testing.T) {
	for _, c := range []struct {
		name     string
		old, now Values
		want     bool
	}{
		{"apart", Values{1, 2, 3, 4, 5}, Values{6, 7, 8, 9, 10}, true},
		{"apart, downwards", Values{6, 7, 8, 9, 10}, Values{1, 2, 3, 4, 5}, true},
		{"one value overlaps", Values{1, 2, 3, 4, 7}, Values{6, 7, 8, 9, 10}, false},
		{"too few to tell", Values{1, 2, 3, 4}, Values{6, 7, 8, 9}, false},
		{"one of many overlaps", Values{1, 2, 3, 4, 5, 6, 7, 8, 21}, Values{11, 12, 13, 14, 15, 16, 17, 18, 19}, true},
		{"the same", Values{1, 2, 3, 4, 5}, Values{1, 2, 3, 4, 5}, false},
		{"all equal", Values{1, 1, 1, 1, 1}, Values{1, 1, 1, 1, 1}, false},
		{"nothing", Values{}, Values{1}, false},
	} {
		if got := (Change{"", c.old, c.now}).Beyond(); got != c.want {
			t.Errorf("%s: beyond the noise: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestCompareNamesWhatChanged(t *testing.T) {
	before := sampled([]float64{100, 101, 99, 100, 100}, []float64{80, 81, 79, 80, 80})
	now := sampled([]float64{100, 99, 101, 100, 100}, []float64{95, 96, 94, 95, 95})
	var out bytes.Buffer
	if err := Compare(&out, before, now, "floor"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "tcp-rr, hypha ÷ floor") || !strings.Contains(out.String(), "1 measurements within the noise") {
		t.Errorf("it says:\n%s", &out)
	}
}

func TestReportIsRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "r.json")
	r := sampled([]float64{100}, []float64{90})
	if err := r.Save(file); err != nil {
		t.Fatal(err)
	}
	got, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, got); diff != "" {
		t.Error(diff)
	}
	r.Format++
	if err := r.Save(file); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(file); err == nil {
		t.Error("a report of another format is read")
	}
}

func TestQuantiles(t *testing.T) {
	v := Values{4, 1, 3, 2}
	if v.Median() != 2.5 || v.Quantile(0) != 1 || v.Quantile(1) != 4 || v.Spread() != 0.6 {
		t.Errorf("median %v, range %v to %v, spread %v", v.Median(), v.Quantile(0), v.Quantile(1), v.Spread())
	}
	if !math.IsNaN(Values{}.Median()) {
		t.Error("nothing has a median")
	}
}

func TestPictureIsWellFormed(t *testing.T) {
	picture := sampled([]float64{100}, []float64{90}).Draw("floor")
	decoder := xml.NewDecoder(bytes.NewReader(picture))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, picture)
		}
	}
	if !bytes.Contains(picture, []byte(">0.90<")) || bytes.Contains(picture, []byte("docker")) {
		t.Errorf("it shows not what was measured:\n%s", picture)
	}
}
