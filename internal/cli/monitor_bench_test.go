// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"os"
	"testing"
)

// BenchmarkPrint prints batches of a hundred events to nobody.
func BenchmarkPrint(b *testing.B) {
	const line = `{"time":"2026-01-02T03:04:13.123456789Z","type":"verdict","verdict":"allow","reason":"forwarded","revision":8,"side":"destination",` +
		`"ruling":{"allowed":true,"egress":{"cause":"open"},"ingress":{"cause":"allow","policy":"shop","rule":"web","tier":100}},` +
		`"source":{"endpoint":"client","identity":{"number":257,"labels":{"role":"client"}},"address":"10.7.1.3","port":40000},` +
		`"destination":{"endpoint":"server","identity":{"number":256,"labels":{"role":"server"}},"address":"10.7.1.2","port":80},` +
		`"protocol":"tcp","length":60,"tcpFlags":"SYN","interface":"hyp00002"}` + "\n"
	batch := bytes.Repeat([]byte(line), 100)
	nobody, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer nobody.Close()
	for _, format := range []string{formatText, formatJSON} {
		b.Run(format, func(b *testing.B) {
			a := &app{out: nobody, format: format}
			b.ReportAllocs()
			show := a.eventPrinter()
			for n := 0; n < b.N; n += 100 {
				if err := show(batch); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
