// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"
)

// Sizes of the picture, in pixels. It is as wide as a README is shown.
const (
	columns    = 4
	nameWidth  = 206
	panelWidth = 184
	barWidth   = 118 // of the floor's rate
	lineHeight = 17
	barHeight  = lineHeight - 5
	headHeight = 66
	panelHead  = 40
	panelFoot  = 16
	footHeight = 26
	margin     = 16
	widest     = 1.1 // a longer bar is cut: the machine was not quiet
)

// Draw makes the picture of a report: a panel a workload, a bar a contestant, as long as the median of its ratios to the floor, with
// the interval in which that lies. SVG, in light and in dark.
func (r *Report) Draw(floor string) []byte {
	rows := (len(r.Workloads) + columns - 1) / columns
	panelHeight := panelHead + len(r.present())*lineHeight + panelFoot
	c := newCanvas(2*margin+nameWidth+columns*panelWidth, headHeight+rows*panelHeight+footHeight)
	c.text(margin, 28, "title", "Rate by that of a bare veth pair")
	c.text(margin, 48, "note", fmt.Sprintf("median of %d rounds, and the interval in which it lies with 95 %% confidence; longer is better", r.Rounds))
	for row := range rows {
		r.row(c, headHeight+row*panelHeight, r.Workloads[row*columns:min((row+1)*columns, len(r.Workloads))], floor)
	}
	c.text(margin, c.height-12, "note", fmt.Sprintf("%s, %d CPUs, Linux %s; %s; docs/benchmark.md says how",
		r.Machine.CPU, len(r.Machine.CPUs), r.Machine.Kernel, r.Started.Format("2006-01-02")))
	return c.svg()
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

// row has the contestants' names on the left, and some workloads.
func (r *Report) row(c *canvas, y int, workloads []Workload, floor string) {
	for i, who := range r.present() {
		c.text(margin+nameWidth-8, y+panelHead+i*lineHeight+barHeight-2, "name", who.Title)
	}
	for i, load := range workloads {
		r.panel(c, margin+nameWidth+i*panelWidth, y, load, floor)
	}
}

func (r *Report) panel(c *canvas, x, y int, load Workload, floor string) {
	title, rest, _ := strings.Cut(load.Title, ", ")
	c.text(x, y+14, "workload", title)
	c.text(x, y+28, "note", rest)
	top := y + panelHead
	for i, who := range r.present() {
		r.bar(c, x, top+i*lineHeight, who, load, floor)
	}
	c.line(x+barWidth, top-4, x+barWidth, top+len(r.present())*lineHeight-2, "floor")
}

func (r *Report) bar(c *canvas, x, y int, who Contestant, load Workload, floor string) {
	ratios := r.Ratios(who.Name, floor, load.Name)
	if len(ratios) == 0 {
		c.text(x, y+barHeight-2, "void", "void")
		return
	}
	kind := "rival"
	if strings.HasPrefix(who.Name, "hypha") {
		kind = "ours"
	}
	c.rect(x, y, length(ratios.Median()), barHeight, kind)
	low, high := ratios.Interval()
	c.line(x+length(low), y+barHeight/2, x+length(high), y+barHeight/2, "spread")
	c.text(x+panelWidth-14, y+barHeight-2, "value", fmt.Sprintf("%.2f", ratios.Median()))
}

func length(ratio float64) int { return int(barWidth * min(ratio, widest)) }
