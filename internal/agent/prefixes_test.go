// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hypha-net/hypha/internal/identity"
)

func prefixesOf(texts ...string) (prefixes []netip.Prefix) {
	for _, text := range texts {
		prefixes = append(prefixes, netip.MustParsePrefix(text))
	}
	return prefixes
}

func TestPrefixesKeepTheirNumbers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "prefixes.json")
	number := func(texts ...string) map[netip.Prefix]identity.Number {
		t.Helper()
		p, err := openPrefixNumbers(file) // anew each time, as after a restart
		if err != nil {
			t.Fatal(err)
		}
		numbers, err := p.of(prefixesOf(texts...))
		if err != nil {
			t.Fatal(err)
		}
		if len(numbers) != len(texts) {
			t.Errorf("%d numbers for %d prefixes", len(numbers), len(texts))
		}
		for prefix, number := range p.numbers { // also those that are not asked for
			if got := p.prefix(number); got != prefix {
				t.Errorf("%v is the number of %s, want %s", number, got, prefix)
			}
		}
		return numbers
	}
	first := number("10.0.0.0/8", "2001:db8::/32")
	number("192.0.2.0/24") // the others are named by no rule for a while
	again := number("2001:db8::/32", "10.0.0.0/8")
	if !maps.Equal(first, again) {
		t.Errorf("numbers were %v and are %v", first, again)
	}
	third := number("192.0.2.0/24")
	for prefix, n := range first {
		if !n.IsCIDR() || n == third[netip.MustParsePrefix("192.0.2.0/24")] {
			t.Errorf("%s has number %v beside %v", prefix, n, third)
		}
	}
}

func TestPrefixesAreSavedBeforeTheyCount(t *testing.T) {
	dir := t.TempDir()
	p, err := openPrefixNumbers(filepath.Join(dir, "gone", "prefixes.json"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.of(prefixesOf("10.0.0.0/8")); err == nil {
		t.Fatal("saved in a directory that does not exist")
	}
	if len(p.numbers) != 0 || p.next != identity.FirstCIDR {
		t.Errorf("a number that is not saved counts: %v", p.numbers)
	}
}

func TestDamagedPrefixesAreRefused(t *testing.T) {
	for name, data := range map[string]string{
		"empty":             "",
		"cut short":         `{"10.0.0.0/8": 1677`,
		"no prefix":         `{"ten": 16777216}`,
		"no number":         `{"10.0.0.0/8": "a"}`,
		"negative":          `{"10.0.0.0/8": -1}`,
		"the host's number": `{"10.0.0.0/8": 1}`,
		"a label set's":     `{"10.0.0.0/8": 300}`,
		"one number twice":  `{"10.0.0.0/8": 16777216, "10.1.0.0/16": 16777216}`,
	} {
		file := filepath.Join(t.TempDir(), "prefixes.json")
		if err := os.WriteFile(file, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openPrefixNumbers(file); err == nil || !strings.Contains(err.Error(), "remove "+file) {
			t.Errorf("%s: %v, want an error that says what to do", name, err)
		}
	}
	file := filepath.Join(t.TempDir(), "prefixes.json")
	if err := os.WriteFile(file, []byte("null"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := openPrefixNumbers(file)
	if err != nil {
		t.Fatal(err)
	}
	if numbers, err := p.of(prefixesOf("10.0.0.0/8")); err != nil || len(numbers) != 1 {
		t.Errorf("after null: %v, %v", numbers, err)
	}
}
