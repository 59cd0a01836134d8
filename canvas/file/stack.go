package file

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"pentimento/canvas/blend"
	"pentimento/fault"
)

// stack.xml is OpenRaster's list of layers: an <image> with nested <stack>s and <layer>s,
// the uppermost first (www.openraster.org/baseline/layer-stack-spec.html). It is read by
// tokens without resolving name spaces, so that attributes of other programs can be
// written again as they stood.

// composites are OpenRaster's names of our modes. Those of other modes are kept with a
// layer and written again for as long as its mode is not changed.
var composites = map[blend.Mode]string{
	blend.Normal: "svg:src-over", blend.Multiply: "svg:multiply", blend.Screen: "svg:screen",
	blend.Overlay: "svg:overlay", blend.Darken: "svg:darken", blend.Lighten: "svg:lighten", blend.Add: "svg:plus",
}

// aliases are other names that programs write for the same modes.
var aliases = map[string]blend.Mode{"": blend.Normal, "svg:add": blend.Add, "krita:addition": blend.Add, "add": blend.Add}

// ownMode goes before the name of a mode that OpenRaster has none for.
const ownMode = "pentimento:"

func compositeOf(m blend.Mode) string {
	if name, ok := composites[m]; ok {
		return name
	}
	return ownMode + m.String()
}

// modeOf finds a mode by its OpenRaster name.
func modeOf(op string) (blend.Mode, bool) {
	if own, ok := strings.CutPrefix(op, ownMode); ok {
		return blend.Parse(own)
	}
	for m, name := range composites {
		if name == op {
			return m, true
		}
	}
	m, ok := aliases[op]
	return m, ok
}

const (
	maxElements  = 1 << 14
	maxDepth     = 64
	maxPlace     = 1 << 28 // pixels from the origin; nobody paints that far out
	maxAttribute = 1 << 16 // bytes of others' attributes of one element
)

// attr is an attribute as it was written, "prefix:name".
type attr struct{ name, value string }

// node is a <layer> or, with children, a <stack>.
type node struct {
	group    bool
	name     string
	src      string
	x, y     int
	opacity  float64
	visible  bool
	op       string
	selected bool
	others   []attr
	children []*node // the uppermost first
}

// page is the <image> element.
type page struct {
	w, h   int
	inch   [2]float64 // pixels an inch, across and down; 0: not said
	others []attr
	root   *node
}

// parseStack reads stack.xml. What it does not know is named in notes.
func parseStack(data []byte) (p *page, notes []string, err error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	var open []*node // nil: an element that is passed over
	seen := map[string]bool{}
	for count := 0; ; {
		t, err := d.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, nil, fault.Told("its list of layers is not XML", damaged, err)
		}
		switch e := t.(type) {
		case xml.StartElement:
			if count++; count > maxElements || len(open) > maxDepth {
				return nil, nil, fault.New(fmt.Sprintf("its list of layers has more than %d parts or is nested deeper than %d", maxElements, maxDepth), damaged)
			}
			n := (*node)(nil)
			switch {
			case e.Name.Local == "image" && p == nil:
				p = readPage(e)
			case p == nil:
				return nil, nil, fault.New(fmt.Sprintf("its list of layers begins with <%s>, want <image>", e.Name.Local), damaged)
			case e.Name.Local == "stack" || e.Name.Local == "layer":
				n = readNode(e)
				if len(open) > 1 && open[len(open)-1] != nil {
					up := open[len(open)-1]
					up.children = append(up.children, n)
				} else if len(open) == 1 && p.root == nil && n.group {
					p.root = n
				}
			case !seen[e.Name.Local]:
				seen[e.Name.Local] = true
				notes = append(notes, fmt.Sprintf("parts of the kind %q are not known here and were left out", e.Name.Local))
			}
			open = append(open, n)
		case xml.EndElement:
			if len(open) == 0 {
				return nil, nil, fault.New("its list of layers ends an element it never began", damaged)
			}
			open = open[:len(open)-1]
		}
	}
	if p == nil || p.root == nil {
		return nil, nil, fault.New("its list of layers is empty", damaged)
	}
	return p, notes, nil
}

func readPage(e xml.StartElement) *page {
	p := &page{}
	for _, a := range e.Attr {
		switch name := attrName(a); name {
		case "w":
			p.w = wholeNumber(a.Value)
		case "h":
			p.h = wholeNumber(a.Value)
		case "xres", "yres":
			if v, err := strconv.ParseFloat(strings.TrimSpace(a.Value), 64); err == nil && v > 0 {
				p.inch[int(name[0]-'x')] = v
			}
		case "version":
		default:
			p.others = keepAttr(p.others, name, a.Value)
		}
	}
	if p.inch[1] == 0 {
		p.inch[1] = p.inch[0]
	}
	return p
}

func readNode(e xml.StartElement) *node {
	n := &node{group: e.Name.Local == "stack", opacity: 1, visible: true}
	for _, a := range e.Attr {
		switch name := attrName(a); name {
		case "name":
			n.name = a.Value
		case "src":
			n.src = a.Value
		case "x":
			n.x = wholeNumber(a.Value)
		case "y":
			n.y = wholeNumber(a.Value)
		case "opacity":
			if f, err := strconv.ParseFloat(strings.TrimSpace(a.Value), 64); err == nil && f >= 0 {
				n.opacity = min(f, 1)
			}
		case "visibility":
			n.visible = a.Value != "hidden"
		case "composite-op":
			n.op = a.Value
		case "selected":
			n.selected = a.Value == "true" || a.Value == "1"
		default:
			n.others = keepAttr(n.others, name, a.Value)
		}
	}
	return n
}

func attrName(a xml.Attr) string {
	if a.Name.Space != "" {
		return a.Name.Space + ":" + a.Name.Local
	}
	return a.Name.Local
}

func keepAttr(list []attr, name, value string) []attr {
	size := len(name) + len(value)
	for _, a := range list {
		size += len(a.name) + len(a.value)
	}
	if size > maxAttribute || len(list) >= 64 {
		return list
	}
	return append(list, attr{name, value})
}

// wholeNumber reads a number of pixels, 0 where there is none that makes sense.
func wholeNumber(s string) int {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > maxPlace {
		return 0
	}
	return int(math.Round(f))
}

// write renders the page as stack.xml.
func (p *page) write() []byte {
	var b bytes.Buffer
	b.WriteString("<?xml version='1.0' encoding='UTF-8'?>\n<image")
	put(&b, "version", "0.0.3")
	put(&b, "w", strconv.Itoa(p.w))
	put(&b, "h", strconv.Itoa(p.h))
	for i, name := range []string{"xres", "yres"} {
		if p.inch[i] > 0 {
			put(&b, name, strconv.FormatFloat(p.inch[i], 'f', -1, 64))
		}
	}
	putAll(&b, p.others)
	b.WriteString(">\n")
	p.root.write(&b, " ")
	b.WriteString("</image>\n")
	return b.Bytes()
}

func (n *node) write(b *bytes.Buffer, indent string) {
	kind := "layer"
	if n.group {
		kind = "stack"
	}
	b.WriteString(indent + "<" + kind)
	if len(indent) > 1 { // the outermost stack has no properties
		put(b, "name", n.name)
		if !n.group {
			put(b, "src", n.src)
		}
		if !n.group || n.x != 0 || n.y != 0 {
			put(b, "x", strconv.Itoa(n.x))
			put(b, "y", strconv.Itoa(n.y))
		}
		put(b, "opacity", strconv.FormatFloat(n.opacity, 'f', -1, 64))
		put(b, "visibility", map[bool]string{true: "visible", false: "hidden"}[n.visible])
		put(b, "composite-op", n.op)
		if n.selected {
			put(b, "selected", "true")
		}
	}
	putAll(b, n.others)
	if !n.group {
		b.WriteString("/>\n")
		return
	}
	b.WriteString(">\n")
	for _, c := range n.children {
		c.write(b, indent+" ")
	}
	b.WriteString(indent + "</" + kind + ">\n")
}

func put(b *bytes.Buffer, name, value string) {
	b.WriteString(" " + name + "=\"")
	_ = xml.EscapeText(b, []byte(value)) // a Buffer takes all
	b.WriteString("\"")
}

func putAll(b *bytes.Buffer, list []attr) {
	for _, a := range list {
		put(b, a.name, a.value)
	}
}
