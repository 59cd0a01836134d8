package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"maps"
	"os"
	"slices"
	"unicode/utf8"

	"pentimento/canvas"
	"pentimento/canvas/disk"
)

// SaveProject writes p to path, whole or not at all, and says what the file holds now. last
// is what the project was opened from or saved to, nil for a new one: what has not changed
// since is copied from there as it is packed. It may be called from any goroutine; p's
// State must be a committed one. It ends early with ctx.Err(), the old file in place.
func SaveProject(ctx context.Context, path string, p *Project, last *Stored) (*Stored, error) {
	s, err := saveProject(ctx, path, p, last, last)
	if errors.Is(err, errStale) { // somebody else has written there since
		s, err = saveProject(ctx, path, p, last, nil)
	}
	return s, err
}

// For tests: spoil stands between the archive and the disk, encoding is notified of every
// picture that is encoded.
var (
	spoil    = func(w io.Writer) io.Writer { return w }
	encoding = func() {}
)

func saveProject(ctx context.Context, path string, p *Project, last, reuse *Stored) (*Stored, error) {
	s := &saving{ctx: ctx, p: p, state: p.State, last: &Stored{}, out: &Stored{path: path, state: p.State,
		layers: map[canvas.LayerID]*storedLayer{}, covers: map[string]part{}, pictures: map[any]member{}}, index: map[any]int{}, top: map[canvas.LayerID][]*node{}}
	if last != nil {
		s.last = last
		s.out.others, s.out.attrs, s.out.root, s.out.isolated, s.out.page, s.out.unknown = last.others, last.attrs, last.root, last.isolated, last.page, last.unknown
	}
	err := disk.WriteAtomic(path, func(w io.Writer) error {
		if reuse != nil {
			if f, err := os.Open(reuse.path); err == nil { // else all is encoded
				defer f.Close()
				if st, err := f.Stat(); err == nil && st.Mode().IsRegular() {
					s.old, _ = openArchive(f, st.Size())
				}
			}
		}
		s.pack = newPacker(spoil(w))
		return s.write()
	})
	if err != nil {
		return nil, err
	}
	return s.out, nil
}

// saving is one run of SaveProject.
type saving struct {
	ctx   context.Context
	p     *Project
	state *canvas.State
	last  *Stored  // what was known of the project before
	old   *archive // the file it is in; nil where nothing is copied
	pack  *packer
	out   *Stored
	doc   projectDoc
	rect  image.Rectangle            // of the OpenRaster image, document pixels
	index map[any]int                // places of pictures in doc.Pictures
	top   map[canvas.LayerID][]*node // what is in each group as stack.xml lists it, bottom first
	// colours are the chunks that tell other programs what the pixels of layers mean.
	colours []byte
}

func (s *saving) write() error {
	s.begin()
	for _, step := range []func() error{
		func() error { _, err := s.pack.store(mimeMember, []byte(mimetype)); return err },
		s.source, s.layers, s.covers, s.placed, s.references, s.named,
		s.stack, s.data, s.origins, s.document, s.merged, s.thumbnail, s.foreign,
		func() error { return s.pack.z.Close() },
	} {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// begin settles which part of the plane is the image that other programs show: all that is
// visible, and the canvas that one of them once gave it.
func (s *saving) begin() {
	s.rect = s.state.Used()
	if s.rect.Empty() {
		for _, l := range s.state.Layers {
			s.rect = s.rect.Union(l.Used())
		}
	}
	s.rect = s.rect.Union(s.out.page)
	if s.rect.Empty() {
		s.rect = s.state.Frame
	}
	if s.rect.Empty() {
		s.rect = image.Rect(0, 0, 1, 1)
	}
	if s.p.Texts != nil {
		s.out.texts = s.p.Texts(s.rect)
	}
	s.doc = projectDoc{Format: [2]int{FormatMajor, FormatMinor}, Program: s.p.Program, Origin: s.rect.Min, Frame: s.state.Frame, Active: s.state.Active, GuideLines: s.state.GuideLines}
	if page := s.out.page; !page.Empty() {
		s.doc.Page = &page
	}
}

// source writes what the opened picture's file said and had.
func (s *saving) source() error {
	from := s.state.Source
	if from == nil {
		return nil
	}
	s.colours = MeaningOf(from).Without(nil, true).chunks(false)
	s.doc.Source = &sourceDoc{Meaning: from.Meaning, Layer: from.Layer}
	if from.Exact == nil {
		return nil
	}
	key := pictureKey(from.Exact)
	m, err := s.keepPaid(exactMember, s.last.pictures[key], rasterOfExact(from.Exact))
	s.out.pictures[key], s.doc.Source.Exact = m, exactMember
	return err
}

// xmlText is a text without what XML cannot hold.
func xmlText(text string) []byte {
	return bytes.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r != 0xfffe && r != 0xffff && r != utf8.RuneError {
			return r
		}
		return '?'
	}, []byte(text))
}

func (s *saving) placed() error {
	for i, l := range s.state.Layers {
		if l.Placed == nil || l.Placed.Source == nil {
			continue
		}
		n, err := s.picture(l.Placed.Source)
		if err != nil {
			return err
		}
		s.doc.Layers[i].Placed = &placedDoc{n, l.Placed.Rect}
	}
	return nil
}

func (s *saving) references() error {
	for _, r := range s.state.References {
		if r.Image == nil {
			s.doc.References = append(s.doc.References, referenceDoc{r.Name, -1, r.Layer})
			continue
		}
		n, err := s.picture(r.Image)
		if err != nil {
			return err
		}
		s.doc.References = append(s.doc.References, referenceDoc{Name: r.Name, Picture: n})
	}
	return nil
}

// named writes the pictures that Data speaks of.
func (s *saving) named() error {
	s.doc.Named = map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(s.p.Pictures)) {
		n, err := s.picture(s.p.Pictures[name])
		if err != nil {
			return err
		}
		s.doc.Named[name] = n
	}
	for _, name := range slices.Sorted(maps.Keys(s.p.Masks)) {
		n, err := s.picture(s.p.Masks[name])
		if err != nil {
			return err
		}
		s.doc.Named[name] = n
	}
	return nil
}

// picture writes a picture where it is not written yet and returns its number. One without
// pixels is written as a transparent one of 1×1, and its rectangle says what it was.
func (s *saving) picture(img image.Image) (int, error) {
	key := pictureKey(img)
	if n, ok := s.index[key]; ok {
		return n, nil
	}
	n := len(s.doc.Pictures)
	d := pictureDoc{Src: fmt.Sprintf(pictureName, n+1), Rect: img.Bounds()}
	var pix raster
	switch p := img.(type) {
	case *image.NRGBA:
		pix = rasterOfImage(p)
	case *image.Alpha:
		d.Mask = true
		pix = rasterOfMask(p)
	}
	m, err := s.keep(d.Src, s.last.pictures[key], pix)
	if err != nil {
		return 0, err
	}
	s.out.pictures[key], s.index[key] = m, n
	s.doc.Pictures = append(s.doc.Pictures, d)
	return n, nil
}

// keep copies the member that was, where it still stands in the old file, or encodes.
func (s *saving) keep(name string, was member, pix raster) (member, error) {
	if f := s.old.find(was); f != nil {
		return s.pack.copy(f, name)
	}
	return s.encode(name, pix, nil)
}

// keepPaid is keep for a picture that a reader holds whole and that may be deflated to nearly
// nothing: it gets as many bytes as a reader wants for so much memory (heldPerByte).
func (s *saving) keepPaid(name string, was member, pix raster) (member, error) {
	if f := s.old.find(was); f != nil {
		return s.pack.copy(f, name)
	}
	encoding()
	pieces, err := encodeRaster(s.ctx, pix, nil)
	if err != nil {
		return member{}, err
	}
	short := pix.w * pix.h * 8 / heldPerByte
	for _, b := range pieces {
		short -= len(b)
	}
	if short > 0 {
		pieces[1] = appendChunk(nil, "roOm", make([]byte, short)) // PNG 1.2, 3.3: of our own, readers pass over it
	}
	return s.pack.store(name, pieces...)
}

func (s *saving) encode(name string, pix raster, texts []byte) (member, error) {
	encoding()
	pieces, err := encodeRaster(s.ctx, pix, texts)
	if err != nil {
		return member{}, err
	}
	return s.pack.store(name, pieces...)
}

func (s *saving) stack() error {
	root := &node{stack: true, isolated: s.out.isolated, others: s.out.root, children: slices.Clone(s.top[0])}
	slices.Reverse(root.children)
	groups := slices.ContainsFunc(s.state.Layers, func(l *canvas.Layer) bool { return l.Group })
	p := &page{w: s.rect.Dx(), h: s.rect.Dy(), groups: groups, inch: inches(MeaningOf(s.state.Source).Density), others: s.out.attrs, root: root}
	return s.pack.deflated(stackMember, p.write())
}
