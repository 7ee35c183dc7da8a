// SPDX-License-Identifier: Apache-2.0

package labels

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// strange draws text from what separates, escapes and breaks labels apart.
func strange() *rapid.Generator[string] {
	return rapid.StringOfN(rapid.SampledFrom([]rune("ab=,\\ x0\n\tüé\u202e\u00a0\x00'\"*")), 0, 6, -1)
}

// rawText draws any bytes, UTF-8 or not.
func rawText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return string(rapid.SliceOfN(rapid.Byte(), 0, 6).Draw(t, "bytes"))
	})
}

func anySet() *rapid.Generator[Set] {
	text := rapid.OneOf(strange(), rawText())
	return rapid.Custom(func(t *rapid.T) Set {
		return rapid.MapOfN(text, text, 0, 4).Draw(t, "labels")
	})
}

func TestCanonical(t *testing.T) {
	for _, c := range []struct {
		set  Set
		want string
	}{
		{nil, ""},
		{Set{}, ""},
		{Set{"role": "client"}, "role=client"},
		{Set{"b": "2", "a": "1"}, "a=1,b=2"},
		{Set{"flag": ""}, "flag="},
		{Set{"": ""}, "="},
		{Set{"a": "1,b=2"}, `a=1\,b=2`},
		{Set{"a=b": "c=d"}, `a\=b=c=d`},
		{Set{`back\slash`: `\`}, `back\\slash=\\`},
		{Set{"k": " two words "}, `k=\x20two words\x20`},
		{Set{"k": "new\nline"}, `k=new\x0aline`},
		{Set{"k": "\xff\u202e"}, `k=\xff\xe2\x80\xae`},
		{Set{"größe": "日本"}, "größe=日本"},
	} {
		if got := c.set.Canonical(); got != c.want {
			t.Errorf("%#v: got %s, want %s", c.set, got, c.want)
		}
	}
}

func TestCanonicalIsUnambiguous(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anySet().Draw(t, "a"), anySet().Draw(t, "b")
		if same := a.Canonical() == b.Canonical(); same != a.Equal(b) {
			t.Fatalf("%#v and %#v: canonical forms equal: %v", a, b, same)
		}
	})
}

func TestCanonicalIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := Filter{}.Apply(anySet().Draw(t, "set")) // no empty keys
		back, err := ParseSet(set.Canonical())
		if err != nil || !back.Equal(set) {
			t.Fatalf("%#v: %s: read back as %#v, %v", set, set, back, err)
		}
	})
}

func TestParseSet(t *testing.T) {
	for _, c := range []struct {
		text string
		want Set
		err  error
	}{
		{"", Set{}, nil},
		{"  ", Set{}, nil},
		{"k=v", Set{"k": "v"}, nil},
		{"k=v,k2=v2", Set{"k": "v", "k2": "v2"}, nil},
		{" k = v , k2 = v2 ", Set{"k": "v", "k2": "v2"}, nil},
		{"k", Set{"k": ""}, nil},
		{"k=", Set{"k": ""}, nil},
		{"k=a=b", Set{"k": "a=b"}, nil},
		{`k=a\,b`, Set{"k": "a,b"}, nil},
		{`k=\x41`, Set{"k": "A"}, nil},
		{"=v", nil, ErrEmptyKey},
		{"k=v,", nil, ErrEmptyKey},
		{",", nil, ErrEmptyKey},
		{"k=1,k=2", nil, ErrSyntax},
		{`k=\`, nil, ErrSyntax},
		{`k=\q`, nil, ErrSyntax},
		{`k=\xg0`, nil, ErrSyntax},
		{`k=\x4`, nil, ErrSyntax},
		{"k=" + strings.Repeat("v", 64<<10), nil, ErrTooLarge},
	} {
		got, err := ParseSet(c.text)
		if !errors.Is(err, c.err) || (err == nil && !got.Equal(c.want)) {
			t.Errorf("%.40q: got %#v, %v; want %#v, %v", c.text, got, err, c.want, c.err)
		}
	}
}

func TestCheckBoundary(t *testing.T) {
	fits := Set{"k": strings.Repeat("v", MaxCanonical-len("k="))}
	if err := fits.Check(); err != nil {
		t.Errorf("exactly %d bytes: %v", MaxCanonical, err)
	}
	over := Set{"k": fits["k"] + "v"}
	if err := over.Check(); !errors.Is(err, ErrTooLarge) {
		t.Errorf("one byte more: %v", err)
	}
}

func FuzzParseSet(f *testing.F) {
	for _, seed := range []string{"", "k=v", "a=1,b=2", `a\,b=\x00`, "=", `\`, "k=v,"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		set, err := ParseSet(text)
		if err != nil {
			return
		}
		back, err := ParseSet(set.Canonical())
		if err != nil || !back.Equal(set) {
			t.Fatalf("%q: %s is read back as %#v, %v", text, set, back, err)
		}
	})
}
