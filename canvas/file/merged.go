package file

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"slices"

	"pentimento/canvas/disk"
	"pentimento/fault"
)

// openRaster is the name of the format in Info.
const openRaster = "OpenRaster"

// unwrap looks into a project file: where r is one, what comes back is its flattened
// picture, a PNG, and inside is what the file is. Anything else comes back as it is.
func unwrap(r io.ReadSeeker) (out io.ReadSeeker, inside string, err error) {
	var head [4]byte
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, "", disk.Plain(err)
	}
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:]) != zipMagic {
		return r, "", nil // judged by its own reader
	}
	size, err := r.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, "", disk.Plain(err)
	}
	at, ok := r.(io.ReaderAt)
	if !ok {
		at = &seekingAt{r}
	}
	a, err := openProjectArchive(at, size)
	if err != nil {
		return nil, "", err
	}
	if inside = openRaster; a.krita {
		inside = krita
	}
	f := a.members[mergedMember]
	if f == nil && a.krita {
		b, inch, err := a.kritaFlattened()
		return withPHYs(b, inch), inside, err
	}
	if f == nil {
		return nil, "", fault.New("holds no flattened picture ("+mergedMember+")", "open it in the window, which reads its layers, and export a PNG")
	}
	s := sheet{file: f, budget: a.budget}
	m, facts, err := s.open()
	if err != nil {
		return nil, "", fault.Told(fmt.Sprintf("its flattened picture %v", err), damaged, err)
	}
	m.Close()
	if !a.budget.hold(facts.bytesNeeded() + int64(f.UncompressedSize64)) {
		return nil, "", fault.New("its flattened picture: "+errTooMuch.Error(), damaged)
	}
	want, inch, ok := a.page()
	if ok && want != image.Pt(facts.w, facts.h) {
		return nil, "", fault.Told(fmt.Sprintf("its flattened picture is %d×%d pixels, the picture %d×%d", facts.w, facts.h, want.X, want.Y),
			"open it in the window and export the part you want as PNG", nil)
	}
	b, err := a.document(mergedMember, int64(f.UncompressedSize64))
	if err != nil {
		return nil, "", err
	}
	return withPHYs(b, inch), inside, nil
}

// page is what the list of layers says of the picture's size, and of pixels an inch.
func (a *archive) page() (size image.Point, inch [2]float64, ok bool) {
	if a.krita {
		d, err := a.kritaDocument()
		if err != nil {
			return image.Point{}, inch, false
		}
		return image.Pt(d.Width, d.Height), [2]float64{d.PerInch, d.PerInch}, true
	}
	b, err := a.document(stackMember, maxDocument)
	if err != nil {
		return image.Point{}, inch, false
	}
	p, _, err := parseStack(b)
	if err != nil || p.w < 1 || p.h < 1 {
		return image.Point{}, inch, false
	}
	return image.Pt(p.w, p.h), p.inch, true
}

// withPHYs is a PNG with pixels an inch, where it doesn't say them itself.
func withPHYs(png []byte, inch [2]float64) *bytes.Reader {
	const head = 8 + 12 + 13 // the signature and IHDR
	d := density(inch[0], inch[1], 0.0254)
	if d == nil || len(png) < head {
		return bytes.NewReader(png)
	}
	if m := readMeaning(bytes.NewReader(png), "PNG"); m.Density != nil {
		return bytes.NewReader(png)
	}
	return bytes.NewReader(slices.Concat(png[:head], appendChunk(nil, "pHYs", d), png[head:]))
}

// seekingAt reads at places through a reader that seeks; for one goroutine.
type seekingAt struct{ r io.ReadSeeker }

func (s *seekingAt) ReadAt(b []byte, at int64) (int, error) {
	if _, err := s.r.Seek(at, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(s.r, b)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	return n, err
}
