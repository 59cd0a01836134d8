package file

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// data writes the program's lists, one JSON document a line.
func (s *saving) data() error {
	s.doc.Data = slices.Sorted(maps.Keys(s.p.Data))
	for _, name := range s.doc.Data {
		if !safeName(name) {
			return fmt.Errorf("project: data %q, want a name of small letters", name)
		}
		var b bytes.Buffer
		for _, line := range s.p.Data[name] {
			if err := json.Compact(&b, line); err != nil {
				return fmt.Errorf("project: data %q: %w", name, err)
			}
			b.WriteByte('\n')
		}
		if err := s.pack.deflated(dataFolder+name+".jsonl", b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

func (s *saving) origins() error {
	if s.doc.Fills = len(s.state.Origins); s.doc.Fills == 0 {
		return nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, o := range s.state.Origins {
		d := originDoc{Rect: o.Rect, Layer: o.Layer, Recipe: o.Recipe}
		if o.Settled() {
			d.Offset, d.Laid = o.Offset, true
			if still := s.state.Still(o); still != nil {
				mask, err := PackMask(still)
				if err != nil {
					return fmt.Errorf("project: a fill's mask: %w", err)
				}
				d.Mask = mask
			}
		}
		var tight bytes.Buffer
		if err := json.Compact(&tight, o.Recipe); err != nil || !bytes.Equal(tight.Bytes(), o.Recipe) || !utf8.Valid(o.Recipe) {
			d.Recipe, d.Bytes = nil, o.Recipe
		}
		if err := enc.Encode(d); err != nil {
			return fmt.Errorf("project: a fill's record: %w", err)
		}
	}
	return s.pack.deflated(originMember, b.Bytes())
}

// document writes our own description, with what a newer version had put there.
func (s *saving) document() error {
	known, err := json.Marshal(s.doc)
	if err != nil {
		return fmt.Errorf("project: %w", err)
	}
	all := maps.Clone(s.out.unknown)
	if all == nil {
		all = map[string]json.RawMessage{}
	}
	if err := json.Unmarshal(known, &all); err != nil {
		return fmt.Errorf("project: %w", err)
	}
	b, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return fmt.Errorf("project: %w", err)
	}
	return s.pack.deflated(docMember, b)
}

// foreign writes the members of other programs as they were packed, but for those whose
// names are ours by now.
func (s *saving) foreign() error {
	for _, f := range s.out.others {
		if s.pack.names[f.member.name] {
			continue
		}
		w, err := s.pack.raw(f.member)
		if err == nil {
			_, err = w.Write(f.packed)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Beyond these the flattened picture is written fitted into smallMerged pixels: a canvas
// without edges may hold two strokes a kilometre apart.
const (
	maxMergedSide = 32767
	maxMergedArea = 1 << 28
	smallMerged   = 4096
)

// merged writes the flattened picture, for programs that show nothing else.
func (s *saving) merged() error {
	same := s.last.state == s.state && slices.Equal(s.last.texts, s.out.texts) && s.last.page == s.out.page
	if f := s.old.find(s.last.merged); f != nil && same {
		m, err := s.pack.copy(f, mergedMember)
		s.out.merged = m
		return err
	}
	texts := slices.Clone(s.colours)
	for _, t := range s.out.texts {
		var err error
		if texts, err = appendText(texts, t); err != nil {
			return err
		}
	}
	pix := raster{s.rect.Dx(), s.rect.Dy(), 4, func(dst []byte, y0, y1 int) {
		r := image.Rect(s.rect.Min.X, s.rect.Min.Y+y0, s.rect.Max.X, s.rect.Min.Y+y1)
		copy(dst, s.p.Flatten(r).Pix)
	}}
	if s.state.Source.Deep() {
		pix.channels, pix.read = 8, s.deepRows
	}
	if pix.w > maxMergedSide || pix.h > maxMergedSide || pix.w*pix.h > maxMergedArea {
		pix, texts = s.small(smallMerged), texts[len(s.colours):] // it is sRGB
	}
	m, err := s.encode(mergedMember, pix, texts)
	s.out.merged = m
	return err
}

// deepRows are rows of the flattened picture with 16 bits a channel.
func (s *saving) deepRows(dst []byte, y0, y1 int) {
	img := s.p.Flatten(image.Rect(s.rect.Min.X, s.rect.Min.Y+y0, s.rect.Max.X, s.rect.Min.Y+y1))
	switch m := Finish(s.state, img).(type) {
	case *image.NRGBA64:
		copy(dst, m.Pix)
	case *image.Gray16:
		for i := 0; i < len(m.Pix); i += 2 {
			v := [2]byte(m.Pix[i:])
			copy(dst[4*i:4*i+8], []byte{v[0], v[1], v[0], v[1], v[0], v[1], 255, 255})
		}
	}
}

func (s *saving) thumbnail() error {
	_, err := s.encode(thumbMember, s.small(min(256, max(s.rect.Dx(), s.rect.Dy()))), nil)
	return err
}

// small is the picture fitted into a square; a transparent pixel where it is blank.
func (s *saving) small(side int) raster {
	img := s.p.Small(side)
	if img == nil {
		img = image.NewNRGBA(image.Rect(0, 0, 1, 1))
	}
	pix := rasterOfImage(img)
	if pix.channels == 3 { // OpenRaster wants RGBA here
		pix = raster{pix.w, pix.h, 4, rowsOfImage(img)}
	}
	return pix
}

// safeName says whether a name may be part of a member's.
func safeName(name string) bool {
	return name != "" && len(name) < 64 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") == ""
}
