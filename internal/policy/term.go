// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	selectors "k8s.io/apimachinery/pkg/labels"
)

var (
	// ErrSelector is returned for a broken selector.
	ErrSelector = errors.New("broken selector")
	// ErrCIDR is returned for a broken "cidr:" peer.
	ErrCIDR = errors.New("broken CIDR")
)

// cidrMark starts a peer that is a prefix.
const cidrMark = "cidr:"

// term is one expression that a peer matches or not: a word, a prefix or a selector; just one of
// them is set.
type term struct {
	word     word
	prefix   netip.Prefix
	selector selectors.Selector
}

// parsePeer reads an item of from or to.
func parsePeer(item string) (term, error) {
	if isWord(item) {
		return term{word: word(item)}, nil
	}
	if prefix, marked := strings.CutPrefix(item, cidrMark); marked {
		return parseCIDR(prefix)
	}
	if strings.TrimSpace(item) == "" {
		return term{}, fmt.Errorf("%w: it is empty: write cluster or any", ErrSelector)
	}
	return parseSelector(item)
}

// parseSelect reads a rule's select. The empty one is every endpoint.
func parseSelect(text string) (term, error) {
	switch {
	case strings.TrimSpace(text) == "":
		return term{word: wordCluster}, nil
	case text == string(wordInit), text == string(wordHealth):
		return term{word: word(text)}, nil
	case isWord(text):
		return term{}, fmt.Errorf("%w: a rule can not be about %s: select endpoints by label, or all by \"\"",
			ErrSelector, text)
	}
	return parseSelector(text)
}

func parseCIDR(text string) (term, error) {
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return term{}, fmt.Errorf("%w: write cidr:ADDRESS/LENGTH", ErrCIDR)
	case prefix.Addr().Is4In6():
		return term{}, fmt.Errorf("%w: write IPv4 prefixes in IPv4 form", ErrCIDR)
	case prefix != prefix.Masked():
		return term{}, fmt.Errorf("%w: it has host bits set: write cidr:%s", ErrCIDR, prefix.Masked())
	}
	return term{prefix: prefix}, nil
}

// parseSelector reads Kubernetes' label selector syntax with Kubernetes' own parser.
func parseSelector(text string) (term, error) {
	selector, err := selectors.Parse(text)
	if err != nil {
		return term{}, fmt.Errorf("%w: %s", ErrSelector, oneLine(err.Error()))
	}
	if selector.Empty() {
		return term{}, fmt.Errorf("%w: it names no label", ErrSelector)
	}
	return term{selector: selector}, nil
}

// oneLine folds another package's message, which may quote its input, into one short line.
func oneLine(message string) string {
	const limit = 200
	line := strings.Join(strings.Fields(message), " ")
	if len(line) > limit {
		line = strings.ToValidUTF8(line[:limit], "") + "..."
	}
	return line
}

// key names the term among others: two terms with the same key match the same peers.
func (t term) key() string {
	switch {
	case t.word != "":
		return string(t.word)
	case t.prefix.IsValid():
		return cidrMark + t.prefix.String()
	}
	return "=" + t.selector.String()
}

// matches reports whether the term is about p. A selector is only about label sets.
func (t term) matches(p Peer) bool {
	switch {
	case t.word != "":
		return t.word.matches(p)
	case t.prefix.IsValid():
		return p.isCIDR() && t.prefix.Bits() <= p.Prefix.Bits() && t.prefix.Contains(p.Prefix.Addr())
	}
	return p.hasLabelSet() && t.selector.Matches(selectors.Set(p.Labels))
}
