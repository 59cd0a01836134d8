package file

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"image"
	"io"

	"pentimento/canvas"
	"pentimento/fault"
)

// sheet is a PNG member of a project file that is to be decoded within a budget.
type sheet struct {
	file   *zip.File
	budget *budget
	deep   bool // has 16 bits a channel
}

// open starts reading and checks that the picture may cost what it says.
func (s *sheet) open() (io.ReadCloser, pngFacts, error) {
	r, err := s.file.Open()
	if err != nil {
		return nil, pngFacts{}, fault.Told("cannot be read", damaged, err)
	}
	facts, err := readHead(r)
	if err == nil && (facts.bytesNeeded() > inflateRatio*int64(s.file.UncompressedSize64) || !s.budget.inflate(facts.bytesNeeded())) {
		err = fault.New(fmt.Sprintf("says it is %d×%d pixels: %v", facts.w, facts.h, errTooMuch), damaged)
	}
	if err != nil {
		r.Close()
		return nil, facts, err
	}
	s.deep = facts.depth > 8
	return r, facts, nil
}

// rows decodes the picture row by row, or fails with errTransparentColour where the
// standard decoder must.
func (s *sheet) rows(prepare func(pngFacts) error, take func(y int, row []byte)) error {
	r, facts, err := s.open()
	if err != nil {
		return err
	}
	defer r.Close()
	if !facts.rows {
		return errTransparentColour
	}
	if err := prepare(facts); err != nil {
		return err
	}
	return decodeRows(buffered(r), facts, take)
}

// whole decodes with the standard library, one picture at a time: it needs all of it in
// memory. The caller calls release when it is done with the picture.
func (s *sheet) whole() (p *Picture, release func(), err error) {
	r, facts, err := s.open()
	if err != nil {
		return nil, nil, err
	}
	r.Close()
	s.budget.slow.Lock()
	need := 2*facts.bytesNeeded() + int64(s.file.UncompressedSize64)
	held := s.budget.hold(need)
	release = func() {
		if held {
			s.budget.release(need)
		}
		s.budget.slow.Unlock()
	}
	if !held {
		release()
		return nil, nil, errTooMuch
	}
	if r, err = s.file.Open(); err == nil {
		var b []byte
		b, err = io.ReadAll(r)
		r.Close()
		if err == nil {
			p, err = Decode(context.Background(), bytes.NewReader(b), nil)
		}
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	return p, release, nil
}

// exact decodes what a Source has beyond its tiles: 16 bits a channel row by row, so that it costs
// no more memory than it has.
func (s *sheet) exact() (image.Image, error) {
	r, facts, err := s.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if facts.deepRows {
		img, err := s.deepRows(r, facts)
		if !errors.Is(err, errTransparentColour) {
			return img, err
		}
	}
	p, release, err := s.whole()
	if err != nil {
		return nil, err
	}
	if release(); !s.budget.hold(int64(8 * p.Width * p.Height)) {
		return nil, errTooMuch
	}
	return p.Exact(), nil
}

// deepRows is a picture of 16 bits a channel, as Picture.Exact has it.
func (s *sheet) deepRows(r io.Reader, facts pngFacts) (img image.Image, err error) {
	rect := image.Rect(0, 0, facts.w, facts.h)
	size := 8
	if facts.channels == 1 {
		size = 2
	}
	need := int64(size) * int64(facts.w) * int64(facts.h)
	if !s.budget.hold(need) {
		return nil, errTooMuch
	}
	defer func() {
		if err != nil {
			s.budget.release(need)
		}
	}()
	var pix []byte
	if size == 2 {
		grey := image.NewGray16(rect)
		img, pix = grey, grey.Pix
	} else {
		wide := image.NewNRGBA64(rect)
		img, pix = wide, wide.Pix
	}
	err = decodeRows(buffered(r), facts, func(y int, row []byte) {
		dst := pix[y*size*facts.w:][:size*facts.w]
		if facts.channels != 3 {
			copy(dst, row)
			return
		}
		for i, j := 0, 0; i < len(dst); i, j = i+8, j+6 {
			copy(dst[i:i+6], row[j:])
			dst[i+6], dst[i+7] = 255, 255
		}
	})
	return img, err
}

// tiles decodes a layer's picture, whose upper left corner is at `at`, into tiles. On
// damage it returns what came before it, too. Tiles that look alike are one.
func (s *sheet) tiles(at image.Point) (map[canvas.TileKey]*canvas.Tile, image.Point, error) {
	var t tiler
	err := s.rows(func(f pngFacts) error {
		t = tiler{at: at, w: f.w, h: f.h, channels: f.channels, budget: s.budget}
		return t.begin()
	}, func(y int, row []byte) { t.row(y, row) })
	if errors.Is(err, errTransparentColour) {
		p, release, err := s.whole()
		if err != nil {
			return nil, image.Point{}, err
		}
		defer release()
		t = tiler{at: at, w: p.Width, h: p.Height, channels: 4, budget: s.budget}
		if err := t.begin(); err != nil {
			return nil, image.Point{}, err
		}
		row := make([]byte, 4*p.Width)
		for y := range p.Height {
			p.ReadStraight(image.Rect(0, y, p.Width, y+1), row, len(row))
			t.row(y, row)
		}
		return t.tiles, image.Pt(t.w, t.h), t.end()
	}
	return t.tiles, image.Pt(t.w, t.h), errors.Join(err, t.end())
}

// tiler gathers rows of a picture until a row of tiles is full.
type tiler struct {
	at       image.Point
	w, h     int
	channels int
	budget   *budget
	tiles    map[canvas.TileKey]*canvas.Tile
	alike    map[uint64]*canvas.Tile
	band     []byte // straight RGBA, TileSize rows of whole tiles
	left     int    // pixel of the layer at the band's left edge
	stride   int
	top      int // row of the layer that the band begins with
	filled   int // rows of the band that hold something
	scratch  canvas.Tile
	full     bool // the budget is spent
}

var tileSeed = maphash.MakeSeed()

func (t *tiler) begin() error {
	t.left = floor(t.at.X, canvas.TileSize) * canvas.TileSize
	right := (floor(t.at.X+t.w-1, canvas.TileSize) + 1) * canvas.TileSize
	t.stride = 4 * (right - t.left)
	t.top = floor(t.at.Y, canvas.TileSize) * canvas.TileSize
	if !t.budget.hold(int64(t.stride * canvas.TileSize)) {
		t.stride = 0
		return errTooMuch
	}
	t.band = make([]byte, t.stride*canvas.TileSize)
	t.tiles, t.alike = map[canvas.TileKey]*canvas.Tile{}, map[uint64]*canvas.Tile{}
	return nil
}

// row takes row y of the picture.
func (t *tiler) row(y int, row []byte) {
	at := t.at.Y + y - t.top
	dst := t.band[at*t.stride+4*(t.at.X-t.left):][:4*t.w]
	switch t.channels {
	case 4:
		copy(dst, row)
	case 3:
		for i, j := 0, 0; j+3 <= len(row); i, j = i+4, j+3 {
			dst[i], dst[i+1], dst[i+2], dst[i+3] = row[j], row[j+1], row[j+2], 255
		}
	default:
		for i, v := range row {
			dst[4*i], dst[4*i+1], dst[4*i+2], dst[4*i+3] = v, v, v, 255
		}
	}
	if t.filled = at + 1; t.filled == canvas.TileSize || y == t.h-1 {
		t.flush()
	}
}

// flush makes tiles of the band and begins the next.
func (t *tiler) flush() {
	for x := 0; x < t.stride && !t.full; x += 4 * canvas.TileSize {
		blank := true
		for y := range t.filled {
			src := t.band[y*t.stride+x:][:4*canvas.TileSize]
			dst := t.scratch.Pix[y*4*canvas.TileSize:][:4*canvas.TileSize]
			canvas.Premultiply(dst, src)
			blank = blank && bytes.Equal(dst, nothing[:])
		}
		if blank {
			continue
		}
		clear(t.scratch.Pix[t.filled*4*canvas.TileSize:])
		k := canvas.TileKey{X: int32((t.left + x/4) / canvas.TileSize), Y: int32(t.top / canvas.TileSize)}
		t.tiles[k] = t.shared()
	}
	clear(t.band)
	t.top += canvas.TileSize
	t.filled = 0
}

var nothing [4 * canvas.TileSize]byte

// shared is the scratch tile, or one before it that looks the same.
func (t *tiler) shared() *canvas.Tile {
	h := maphash.Bytes(tileSeed, t.scratch.Pix[:])
	if same := t.alike[h]; same != nil && same.Pix == t.scratch.Pix {
		return same
	}
	if t.full = !t.budget.hold(int64(len(t.scratch.Pix))); t.full {
		return nil
	}
	c := new(canvas.Tile)
	*c = t.scratch
	t.alike[h] = c
	return c
}

// end lays down what a damaged picture left in the band and gives the band back.
func (t *tiler) end() error {
	if t.band == nil {
		return nil // it never began
	}
	if t.filled > 0 {
		t.flush()
	}
	t.budget.release(int64(t.stride * canvas.TileSize))
	t.band, t.alike = nil, nil
	if t.full {
		return errTooMuch
	}
	return nil
}

// alpha decodes coverage whose upper left corner is r's. anySize takes the picture's size
// instead of r's.
func (s *sheet) alpha(r image.Rectangle, anySize bool) (*image.Alpha, error) {
	var m *image.Alpha
	err := s.rows(func(f pngFacts) error {
		if f.channels != 1 {
			return fault.New("is in colour, want grey", damaged)
		}
		if anySize {
			r.Max = r.Min.Add(image.Pt(f.w, f.h))
		}
		err := s.place(f, r, 2) // and once more as tiles
		if err == nil {
			m = image.NewAlpha(r)
		}
		return err
	}, func(y int, row []byte) {
		if y < m.Rect.Dy() {
			copy(m.Pix[y*m.Stride:], row[:m.Rect.Dx()])
		}
	})
	return m, err
}

// nrgba decodes a picture, hidden colours included.
func (s *sheet) nrgba(r image.Rectangle) (*image.NRGBA, error) {
	var m *image.NRGBA
	channels := 0
	err := s.rows(func(f pngFacts) error {
		channels = f.channels
		err := s.place(f, r, 4)
		if err == nil {
			m = image.NewNRGBA(r)
		}
		return err
	}, func(y int, row []byte) {
		if m.Rect.Empty() {
			return
		}
		dst := m.Pix[y*m.Stride:][:4*m.Rect.Dx()]
		if channels == 4 {
			copy(dst, row)
			return
		}
		for i, j := 0, 0; i+4 <= len(dst); i, j = i+4, j+channels {
			p := [3]byte{row[j], row[j], row[j]}
			if channels == 3 {
				p = [3]byte{row[j], row[j+1], row[j+2]}
			}
			dst[i], dst[i+1], dst[i+2], dst[i+3] = p[0], p[1], p[2], 255
		}
	})
	return m, err
}

// place sees that a picture of the project has the size of r and takes its memory. One
// without pixels was written as 1×1.
func (s *sheet) place(f pngFacts, r image.Rectangle, channels int64) error {
	size := image.Pt(f.w, f.h)
	switch {
	case r.Empty() && size == image.Pt(1, 1):
		return nil
	case r.Size() != size:
		return fault.New(fmt.Sprintf("is %v pixels, want %v", size, r.Size()), damaged)
	case !s.budget.hold(channels * int64(r.Dx()) * int64(r.Dy())):
		return errTooMuch
	}
	return nil
}
