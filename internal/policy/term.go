// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	selectors "k8s.io/apimachinery/pkg/labels"
)

// ErrSelector is returned for a broken selector.
var ErrSelector = errors.New("broken selector")

// term is one expression that a peer matches or not: a word, a prefix or a selector; just one of
// them is set.
type term struct {
	word     word
	prefix   netip.Prefix
	except   []netip.Prefix // cut out of prefix; sorted, each inside of it, no two overlap
	selector selectors.Selector
}

// parsePeer reads an item of from or to.
func parsePeer(item string) (term, error) {
	item = strings.TrimSpace(item)
	if isWord(item) {
		return term{word: word(item)}, nil
	}
	if prefix, marked := strings.CutPrefix(item, cidrMark); marked {
		return parseCIDR(prefix)
	}
	switch {
	case item == "":
		return term{}, fmt.Errorf("%w: it is empty: write cluster or any", ErrSelector)
	case isAddress(item):
		return term{}, fmt.Errorf("%w: write cidr:ADDRESS/LENGTH", ErrCIDR)
	}
	return parseSelector(item)
}

// parseSelect reads a rule's select. The empty one is every endpoint.
func parseSelect(text string) (term, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return term{word: wordCluster}, nil
	case text == string(wordInit), text == string(wordHealth):
		return term{word: word(text)}, nil
	case isWord(text), isAddress(text), strings.HasPrefix(text, cidrMark):
		return term{}, fmt.Errorf("%w: a rule can not be about %.80s: select endpoints by label, or all by \"\"",
			ErrSelector, text)
	}
	return parseSelector(text)
}

// parseSelector reads Kubernetes' label selector syntax with Kubernetes' own parser.
func parseSelector(text string) (term, error) {
	selector, err := selectors.Parse(text)
	if err != nil {
		message := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "unable to parse requirement: "), "<nil>: ")
		return term{}, fmt.Errorf("%w: %s", ErrSelector, oneLine(message))
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
		return cidrMark + prefixesKey(t.prefix, t.except)
	}
	return "=" + t.selector.String()
}

// matches reports whether the term is about p. A selector is only about label sets.
func (t term) matches(p Peer) bool {
	switch {
	case t.word != "":
		return t.word.matches(p)
	case t.prefix.IsValid():
		return p.isCIDR() && covers(t.prefix, p.Prefix) && !t.excepts(p.Prefix)
	}
	return p.hasLabelSet() && t.selector.Matches(selectors.Set(p.Labels))
}
