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
	blend.ColourDodge: "svg:color-dodge", blend.ColourBurn: "svg:color-burn", blend.HardLight: "svg:hard-light", blend.SoftLight: "svg:soft-light",
	blend.Difference: "svg:difference", blend.Exclusion: "svg:exclusion", blend.Hue: "svg:hue", blend.Saturation: "svg:saturation", blend.Colour: "svg:color",
	blend.Luminosity: "svg:luminosity", blend.SourceAtop: "svg:src-atop", blend.DestinationIn: "svg:dst-in", blend.DestinationOut: "svg:dst-out", blend.DestinationAtop: "svg:dst-atop",
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
	maxDepth     = 1 << 10
	maxPlace     = 1 << 28 // pixels from the origin; nobody paints that far out
	maxFrameSide = 1 << 20 // a fill looks at all of its frame
	maxFrame     = 1 << 29
	maxAttribute = 1 << 16 // bytes of others' attributes of one element
)

// attr is an attribute as it was written, "prefix:name".
type attr struct{ name, value string }

// node is a <layer> or, with children, a <stack>.
type node struct {
	stack    bool
	name     string
	src      string
	x, y     int
	opacity  float64
	visible  bool
	op       string
	selected bool
	locked   bool   // edit-locked
	isolated string // isolation, "" where it is not said
	group    uint64 // pentimento:group, the ID of a group of ours
	others   []attr
	children []*node // the uppermost first
}

// page is the <image> element.
type page struct {
	w, h   int
	inch   [2]float64 // pixels an inch, across and down; 0: not said
	groups bool       // some node has a group's ID
	others []attr
	root   *node
}

// prefix is that of our own attributes; groupAttr tells which group of ours a <stack> is.
const (
	prefix    = "pentimento"
	groupAttr = prefix + ":group"
)

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
				} else if len(open) == 1 && p.root == nil && n.stack {
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
		case "version", "xmlns:" + prefix:
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
	n := &node{stack: e.Name.Local == "stack", opacity: 1, visible: true}
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
		case "edit-locked":
			n.locked = a.Value == "true" || a.Value == "1"
		case "isolation":
			n.isolated = a.Value
		case groupAttr:
			n.group, _ = strconv.ParseUint(a.Value, 10, 62)
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
	if p.groups {
		put(&b, "xmlns:"+prefix, "urn:pentimento:layers")
	}
	putAll(&b, p.others)
	b.WriteString(">\n")
	p.root.write(&b, " ")
	b.WriteString("</image>\n")
	return b.Bytes()
}

func (n *node) write(b *bytes.Buffer, indent string) {
	kind := "layer"
	if n.stack {
		kind = "stack"
	}
	b.WriteString(indent + "<" + kind)
	if len(indent) > 1 { // the outermost stack has no properties
		put(b, "name", n.name)
		if !n.stack {
			put(b, "src", n.src)
		}
		if !n.stack || n.x != 0 || n.y != 0 {
			put(b, "x", strconv.Itoa(n.x))
			put(b, "y", strconv.Itoa(n.y))
		}
		put(b, "opacity", strconv.FormatFloat(n.opacity, 'f', -1, 64))
		put(b, "visibility", map[bool]string{true: "visible", false: "hidden"}[n.visible])
		put(b, "composite-op", n.op)
		if n.selected {
			put(b, "selected", "true")
		}
		if n.locked {
			put(b, "edit-locked", "true")
		}
		if n.group != 0 {
			put(b, groupAttr, strconv.FormatUint(n.group, 10))
		}
	}
	if n.isolated != "" {
		put(b, "isolation", n.isolated)
	}
	putAll(b, n.others)
	if !n.stack {
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
