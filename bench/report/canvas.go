// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// canvas is an SVG in the making. What is drawn has a class; the style gives it its colours.
type canvas struct {
	width, height int
	b             strings.Builder
}

// style has the dark colours for those who prefer them; a program that knows no media queries paints the light ones.
const style = `<style>
text { font: 12px sans-serif; fill: #24292f }
.title { font-size: 17px; font-weight: bold }
.workload { font-weight: bold }
.note { fill: #656d76; font-size: 11px }
.name, .value { text-anchor: end }
.void { fill: #cf222e }
.ground { fill: #ffffff; stroke: #d0d7de }
.ours { fill: #2da44e }
.rival { fill: #afb8c1 }
.spread { stroke: #24292f; stroke-width: 1.5 }
.floor { stroke: #656d76; stroke-dasharray: 2 2 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.note { fill: #8d96a0 }
.void { fill: #f85149 }
.ground { fill: #0d1117; stroke: #30363d }
.ours { fill: #2ea043 }
.rival { fill: #6e7681 }
.spread { stroke: #e6edf3 }
.floor { stroke: #8d96a0 }
}
</style>
`

func newCanvas(width, height int) *canvas {
	c := &canvas{width: width, height: height}
	fmt.Fprintf(&c.b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d">`+"\n%s", width, height, style)
	fmt.Fprintf(&c.b, `<rect class="ground" x="0.5" y="0.5" width="%d" height="%d" rx="6"/>`+"\n", width-1, height-1)
	return c
}

func (c *canvas) rect(x, y, width, height int, class string) {
	fmt.Fprintf(&c.b, `<rect class="%s" x="%d" y="%d" width="%d" height="%d"/>`+"\n", class, x, y, width, height)
}

func (c *canvas) line(x1, y1, x2, y2 int, class string) {
	fmt.Fprintf(&c.b, `<line class="%s" x1="%d" y1="%d" x2="%d" y2="%d"/>`+"\n", class, x1, y1, x2, y2)
}

func (c *canvas) text(x, y int, class, text string) {
	fmt.Fprintf(&c.b, `<text class="%s" x="%d" y="%d">`, class, x, y)
	xml.EscapeText(&c.b, []byte(text)) //nolint:errcheck // a Builder takes everything
	c.b.WriteString("</text>\n")
}

func (c *canvas) svg() []byte { return []byte(c.b.String() + "</svg>\n") }
