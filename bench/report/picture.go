// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// Sizes of the picture, in pixels.
const (
	columns    = 3
	panelWidth = 400
	nameWidth  = 118
	barWidth   = 210 // of the floor's rate
	lineHeight = 17
	headHeight = 64
	panelHead  = 30
	panelFoot  = 14
	footHeight = 34
	widest     = 1.1 // a longer bar is cut: the machine was not quiet
)

// Draw makes the picture of a report: a panel a workload, a bar a contestant, as long as its median ratio to the floor, with
// the range of the rounds. SVG.
func (r *Report) Draw(floor string) []byte {
	rows := (len(r.Workloads) + columns - 1) / columns
	panelHeight := panelHead + len(r.present())*lineHeight + panelFoot
	width, height := columns*panelWidth+20, headHeight+rows*panelHeight+footHeight
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" fill="#222">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	label(&b, 20, 28, `font-size="18" font-weight="bold"`, "Rate by that of a bare veth pair")
	label(&b, 20, 48, `fill="#666"`, fmt.Sprintf("median and range of %d interleaved rounds of %g s; longer is better", r.Rounds, r.Sample))
	for i, load := range r.Workloads {
		r.panel(&b, 20+i%columns*panelWidth, headHeight+i/columns*panelHeight, load, floor)
	}
	label(&b, 20, height-14, `fill="#666"`, fmt.Sprintf("%s, %d CPUs, Linux %s; %s", r.Machine.CPU, len(r.Machine.CPUs), r.Machine.Kernel, r.Started.Format("2006-01-02")))
	b.WriteString("</svg>\n")
	return []byte(b.String())
}

// present are the contestants that took part.
func (r *Report) present() (list []Contestant) {
	for _, c := range r.Contestants {
		if c.Absent == "" {
			list = append(list, c)
		}
	}
	return list
}

func (r *Report) panel(b *strings.Builder, x, y int, load Workload, floor string) {
	label(b, x, y+14, `font-weight="bold"`, load.Title)
	top := y + panelHead
	for i, c := range r.present() {
		r.bar(b, x, top+i*lineHeight, c, load, floor)
	}
	line := x + nameWidth + barWidth
	fmt.Fprintf(b, `<path d="M%d %dV%d" stroke="#222" stroke-dasharray="2 2"/>`+"\n", line, top-6, top+len(r.present())*lineHeight)
}

func (r *Report) bar(b *strings.Builder, x, y int, c Contestant, load Workload, floor string) {
	label(b, x+nameWidth-6, y+11, `text-anchor="end"`, c.Name)
	ratios := r.Ratios(c.Name, floor, load.Name)
	left := x + nameWidth
	if len(ratios) == 0 {
		label(b, left+4, y+11, `fill="#a00"`, "void")
		return
	}
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>`+"\n", left, y, length(ratios.Median()), lineHeight-4, color(c.Name))
	low, high := ratios.Range()
	fmt.Fprintf(b, `<path d="M%d %dH%d" stroke="#222"/>`+"\n", left+length(low), y+(lineHeight-4)/2, left+length(high))
	label(b, x+panelWidth-16, y+11, `text-anchor="end"`, fmt.Sprintf("%.2f", ratios.Median()))
}

func length(ratio float64) int { return int(barWidth * min(ratio, widest)) }

func color(name string) string {
	if strings.HasPrefix(name, "hypha") {
		return "#3c9d6b"
	}
	return "#b8bec6"
}

func label(b *strings.Builder, x, y int, attributes, text string) {
	fmt.Fprintf(b, `<text x="%d" y="%d" %s>`, x, y, attributes)
	xml.EscapeText(b, []byte(text)) //nolint:errcheck // a Builder takes everything
	b.WriteString("</text>\n")
}
