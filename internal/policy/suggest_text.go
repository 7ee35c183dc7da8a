// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// ruleMark starts a rule in what Marshal writes: the items of rules are the only ones that are not indented.
const ruleMark = "- "

// YAML writes the policy with a comment before each rule that says what it is for, and one for each flow that no rule
// helps. ParseDocuments reads the policy back; without a rule there is none: ErrEmpty.
func (s Suggestion) YAML() ([]byte, error) {
	var text bytes.Buffer
	if len(s.Policy.Rules) > 0 {
		plain, err := Marshal(s.Policy)
		if err != nil {
			return nil, err
		}
		notes := s.Notes
		for line := range bytes.Lines(plain) {
			if bytes.HasPrefix(line, []byte(ruleMark)) && len(notes) > 0 {
				fmt.Fprintf(&text, "# %v\n", notes[0])
				notes = notes[1:]
			}
			text.Write(line)
		}
	}
	for _, u := range s.Unhelped {
		fmt.Fprintf(&text, "# not helped: %s\n", u)
	}
	return text.Bytes(), nil
}

// String is one line: "214 packets, last 2006-01-02 15:04:05".
func (n Note) String() string {
	text := fmt.Sprintf("%d packets", n.Packets)
	if n.Packets == 1 {
		text = "1 packet"
	}
	if !n.Last.IsZero() {
		text += ", last " + n.Last.Format(time.DateTime)
	}
	return text
}

// String is one line: "role=web -> role=db, 80/tcp, 3 packets: no rule can allow it: ...".
func (u Unhelped) String() string {
	return fmt.Sprintf("%s -> %s, %s, %v: %s", u.From.describe(), u.To.describe(), u.portText(), Note{u.Packets, u.Last}, u.Advice)
}

// describe is the peer's labels, or what it is called; one line, whatever the labels are.
func (p Peer) describe() string {
	switch {
	case !p.hasLabelSet():
		return p.outsider()
	case len(p.Labels) == 0:
		return fmt.Sprintf("no labels [%v]", p.ID)
	}
	return p.Labels.Canonical()
}

func (f Flow) portText() string {
	ranges := f.ranges()
	switch {
	case ranges != nil:
		return strings.Join(portsOf(ranges[:1]).items(), ", ")
	case f.Protocol.hasPorts():
		return fmt.Sprintf("%d/%v", f.Port, f.Protocol)
	}
	return fmt.Sprintf("protocol %v", f.Protocol)
}
