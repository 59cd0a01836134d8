package file

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/canvas"
)

// readOrigins reads the records of accepted fills, one a line; a damaged one costs itself.
func (o *opening) readOrigins() {
	lost := 0
	defer func() {
		if o.doc != nil && lost == 0 && len(o.state.Origins) < o.doc.Fills {
			o.note(true, "Records of accepted fills are missing")
		}
	}()
	for _, line := range o.lines(originMember, "The records of accepted fills") {
		var d originDoc
		if json.Unmarshal(line, &d) != nil || !reasonable(d.Rect) {
			lost++
			continue
		}
		r := &canvas.Origin{Rect: d.Rect, Layer: d.Layer, Recipe: []byte(d.Recipe)}
		if d.Recipe == nil {
			r.Recipe = d.Bytes
		}
		if l := o.state.Layer(d.Layer); d.Laid && l != nil {
			r.Offset = d.Offset
			if d.Mask != "" {
				r.Mask, _ = UnpackMask(d.Mask, d.Rect) // a damaged one: all of the rectangle counts
			}
			r.Settle(l)
		}
		o.state.Origins = append(o.state.Origins, r)
	}
	if lost > 0 {
		o.note(true, "%d records of accepted fills are damaged and were left out", lost)
	}
}

// readData reads the program's own lists.
func (o *opening) readData() {
	if o.doc == nil {
		return
	}
	for _, name := range o.doc.Data[:min(len(o.doc.Data), 64)] {
		if !safeName(name) {
			continue
		}
		for _, line := range o.lines(dataFolder+name+".jsonl", fmt.Sprintf("The part %q of the project", name)) {
			if json.Valid(line) {
				o.p.Data[name] = append(o.p.Data[name], json.RawMessage(line))
			} else {
				o.note(true, "A line of the part %q of the project is damaged and was left out", name)
			}
		}
	}
}

// lines reads a member of ours line by line; what names it in a notice. A member that
// ends in damage gives the lines before it.
func (o *opening) lines(name, what string) [][]byte {
	const most = 1 << 16
	f := o.a.members[name]
	if f == nil {
		if name != originMember {
			o.note(true, "%s is missing", what)
		}
		return nil
	}
	limit := max(maxDocument, 20*f.CompressedSize64)
	r, err := f.Open()
	if err != nil {
		o.note(true, "%s cannot be read", what)
		return nil
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, int64(min(limit, maxLists))))
	if err != nil || uint64(len(b)) < f.UncompressedSize64 {
		o.note(true, "%s is damaged: what could be read of it was", what)
		b = b[:bytes.LastIndexByte(b, '\n')+1]
	}
	var out [][]byte
	for line := range bytes.Lines(b) {
		line = bytes.TrimSpace(line)
		if len(out) == most || len(line) > maxDocument {
			o.note(true, "%s holds more than is read: the rest was left out", what)
			break
		}
		if len(line) > 0 {
			out = append(out, line)
		}
	}
	return out
}

// maxLists bounds one member of lines.
const maxLists = 256 << 20

// keepForeign keeps the members that are neither OpenRaster's nor ours, so that saving
// writes them again.
func (o *opening) keepForeign() {
	ours := map[string]bool{mimeMember: true, stackMember: true, mergedMember: true, thumbMember: true}
	for _, l := range o.leaves {
		for _, p := range l.parts {
			ours[p.src] = true
		}
	}
	left := int64(maxForeign)
	var lost []string
	for _, f := range o.a.order {
		if ours[f.Name] || ownMember(f.Name, o.doc) || strings.HasSuffix(f.Name, "/") {
			continue
		}
		if left -= int64(f.CompressedSize64) + 1024; left < 0 {
			lost = append(lost, f.Name)
			continue
		}
		r, err := f.OpenRaw()
		if err != nil {
			continue
		}
		if b, err := io.ReadAll(r); err == nil && uint64(len(b)) == f.CompressedSize64 {
			o.out.others = append(o.out.others, foreign{memberOf(f), b})
		}
	}
	if len(lost) > 0 {
		o.note(true, "%d parts of another program, such as %q, are too large to be kept", len(lost), lost[0])
	}
}

// ownMember says whether a member is one that saving rewrites. Where our document is
// lost (d is nil) all that it spoke of is: kept, it would be taken for the new one's.
func ownMember(name string, d *projectDoc) bool {
	if name == docMember || name == originMember || name == maskMember || name == selectMember || name == exactMember ||
		strings.HasPrefix(name, ownFolder+"pictures/") || strings.HasPrefix(name, ownFolder+"channels/") || strings.HasPrefix(name, maskFolder) {
		return true
	}
	data, ok := strings.CutPrefix(name, dataFolder)
	return ok && (d == nil || slices.Contains(d.Data, strings.TrimSuffix(data, ".jsonl")))
}

var errTooMuch = errors.New("it unpacks to more than such a file may")

// baseName is a name for messages.
func baseName(src string) string { return filepath.Base(filepath.FromSlash(src)) }
