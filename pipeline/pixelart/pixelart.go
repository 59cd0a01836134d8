// Package pixelart makes pixel art of a picture: cells of one colour each, out of few colours, dithered or not.
//
// Start at Make. cells.go gives each cell its colour, palette.go finds colours (k-means in OKLab, seeded), fixed.go
// holds palettes of old machines and readfile.go reads those of files; dither.go lays colours on cells. The same
// picture, options and seed make the same bytes on every machine.
//
// Decisions
//   - 2026-11-28: the nearest colour is that of OKLab (Björn Ottosson, 2020), in which distances are nearly those that
//     are seen; what is missing of it is handed on in linear light, which is what mixes on a screen. The library
//     makeworld-the-better-one/dither was tried: it takes the nearest colour in linear light, too, so that its patterns
//     filled what is black with grey dots, and it cannot be stopped.
//   - 2026-11-28: alpha is hard: a cell is there or not.
package pixelart

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"

	"pentimento/fault"
)

// Options say how pixel art is made. The zero value is completed by Settle.
type Options struct {
	Cell    int      `json:"cell,omitempty"`    // pixels of the picture a side of a cell; 0: by Across
	Across  int      `json:"across,omitempty"`  // cells in a row; 0: by Cell
	Taken   string   `json:"taken,omitempty"`   // which colour a cell takes: one of Takes; "": the first
	Palette string   `json:"palette,omitempty"` // the name of one of Palettes, or, with Colours, of a file; "": of the picture
	Colours []string `json:"colours,omitempty"` // of a file, "#rrggbb" each
	Count   int      `json:"count,omitempty"`   // how many colours at most; 0: 16 of the picture, or all of a palette
	Dither  string   `json:"dither,omitempty"`  // one of Dithers; "": none
	Amount  float64  `json:"amount,omitempty"`  // of dithering, above 0 to 1; 0: 1
	Seed    int64    `json:"seed,omitempty"`    // of the colours that are found
	Small   bool     `json:"small,omitempty"`   // the result has one pixel a cell; else each cell is as large as before
}

// The limits.
const (
	MaxCell    = 512
	MaxColours = 256
	maxCells   = 4 << 20
	usualCell  = 8
	usualCount = 16
)

// Takes are the ways in which a cell takes its colour: the mean of light; the larger of two groups, which keeps
// outlines whole (k-centroid); the median, which drops specks; the pixel in the middle.
var Takes = []string{"majority", "mean", "median", "centre"}

// Settle fills in what is left open.
func (o Options) Settle() Options {
	if o.Cell == 0 && o.Across == 0 {
		o.Cell = usualCell
	}
	if o.Taken == "" {
		o.Taken = Takes[0]
	}
	if o.Dither == "" {
		o.Dither = Dithers[0]
	}
	if o.Amount == 0 {
		o.Amount = 1
	}
	if o.Count == 0 && o.Palette == "" && len(o.Colours) == 0 {
		o.Count = usualCount
	}
	return o
}

// Check says what is wrong with options.
func (o Options) Check() error {
	o = o.Settle()
	oneOf := func(what, name string, all []string) error {
		if slices.Contains(all, name) {
			return nil
		}
		hint := "There are " + join(all) + "."
		if near := fault.Nearest(name, all); near != "" {
			hint = "Did you mean " + near + "? " + hint
		}
		return fault.New(fmt.Sprintf("pixel art: %s “%s”: found none of this name", what, name), hint)
	}
	switch {
	case o.Cell < 0 || o.Cell > MaxCell:
		return fmt.Errorf("pixel art: cells of %d pixels, want 1 to %d", o.Cell, MaxCell)
	case o.Across < 0 || o.Across > 1<<14:
		return fmt.Errorf("pixel art: %d cells across, want 1 to %d", o.Across, 1<<14)
	case o.Cell > 0 && o.Across > 0:
		return errors.New("pixel art: found a size of cells and a number of them, want one")
	case o.Count < 0 || o.Count == 1 || o.Count > MaxColours:
		return fmt.Errorf("pixel art: %d colours, want 2 to %d", o.Count, MaxColours)
	case !(o.Amount > 0 && o.Amount <= 1):
		return fmt.Errorf("pixel art: dithering of %g, want above 0 to 1", o.Amount)
	}
	if err := oneOf("a cell's colour", o.Taken, Takes); err != nil {
		return err
	}
	if err := oneOf("dithering", o.Dither, Dithers); err != nil {
		return err
	}
	if len(o.Colours) > 0 {
		_, err := parse(o.Colours)
		return err
	}
	if o.Palette != "" {
		return oneOf("palette", o.Palette, Palettes())
	}
	return nil
}

func join(all []string) (text string) {
	for i, name := range all {
		if i > 0 {
			text += ", "
		}
		text += name
	}
	return text
}

// Grid is how many cells a picture of a size has.
func (o Options) Grid(size image.Point) image.Point {
	o = o.Settle()
	if o.Across > 0 {
		across := min(o.Across, size.X)
		return image.Pt(across, max((size.Y*across+size.X/2)/size.X, 1))
	}
	return image.Pt((size.X+o.Cell-1)/o.Cell, (size.Y+o.Cell-1)/o.Cell)
}

// Make gives the pixel art of a picture of straight alpha, its upper left corner where the picture's is. Whole cells
// begin there; those at the other sides may be cut off. report (may be nil) hears of the fraction done.
func Make(ctx context.Context, img *image.NRGBA, o Options, report func(float64)) (*image.NRGBA, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if report == nil {
		report = func(float64) {}
	}
	if img == nil || img.Rect.Empty() {
		return nil, errors.New("pixel art: found an empty picture")
	}
	o = o.Settle()
	size := img.Rect.Size()
	grid := o.Grid(size)
	if grid.X*grid.Y > maxCells {
		return nil, fault.New(fmt.Sprintf("pixel art: found %d × %d cells, want at most %d million", grid.X, grid.Y, maxCells>>20), "Make the cells larger.")
	}
	c, err := cellsOf(ctx, img, grid, o, report)
	if err != nil {
		return nil, err
	}
	report(0.5)
	colours, err := o.colours(ctx, c)
	if err != nil {
		return nil, err
	}
	report(0.7)
	small, err := lay(ctx, c, colours, o)
	if err != nil {
		return nil, err
	}
	report(0.9)
	if o.Small {
		small.Rect = small.Rect.Add(img.Rect.Min)
		return small, nil
	}
	return enlarged(ctx, small, img.Rect, o)
}

// enlarged gives each cell its pixels.
func enlarged(ctx context.Context, small *image.NRGBA, r image.Rectangle, o Options) (*image.NRGBA, error) {
	out := image.NewNRGBA(r)
	column := make([]int, r.Dx())
	for x := range column {
		column[x] = 4 * o.cellAt(x, r.Dx(), small.Rect.Dx())
	}
	last := -1
	for y := range r.Dy() {
		row, cell := out.Pix[y*out.Stride:][:4*r.Dx()], o.cellAt(y, r.Dy(), small.Rect.Dy())
		if cell == last {
			copy(row, out.Pix[(y-1)*out.Stride:])
			continue
		}
		last = cell
		from := small.Pix[cell*small.Stride:]
		for x, at := range column {
			copy(row[4*x:4*x+4], from[at:at+4])
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return out, nil
}

// cellAt is the cell of a pixel in a line of n pixels and so many cells.
func (o Options) cellAt(at, n, cells int) int {
	if o.Cell > 0 {
		return at / o.Cell
	}
	return at * cells / n
}

// span are the pixels of a cell: those for which cellAt gives it.
func (o Options) span(cell, n, cells int) (from, to int) {
	if o.Cell > 0 {
		return cell * o.Cell, min((cell+1)*o.Cell, n)
	}
	return (cell*n + cells - 1) / cells, ((cell+1)*n + cells - 1) / cells
}
