// SPDX-License-Identifier: Apache-2.0

package policy

import "bytes"

// splitDocuments splits at lines that start or end a document, "---" and "...": YAML allows
// neither at the start of a line within one (YAML 1.2.2, section 9.1.4).
func splitDocuments(data []byte) []Document {
	documents := []Document{{}}
	line := 0
	for text := range bytes.Lines(data) {
		ends := isMarker(text, "...")
		if ends || isMarker(text, "---") {
			documents = append(documents, Document{before: line})
		}
		last := &documents[len(documents)-1]
		if ends {
			last.before++
		} else {
			last.text = append(last.text, text...)
		}
		line++
	}
	return documents
}

// blank reports, without parsing, that nothing is in the document.
func (d *Document) blank() bool {
	return len(bytes.TrimSpace(bytes.TrimPrefix(d.text, []byte("---")))) == 0
}

func isMarker(line []byte, marker string) bool {
	rest, found := bytes.CutPrefix(line, []byte(marker))
	return found && (len(bytes.TrimSpace(rest)) == 0 || rest[0] == ' ' || rest[0] == '\t')
}
