package pipeline

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/pixelart"
	"pentimento/pipeline/pixels"
)

// The keys of a recipe.
const (
	keyPixelCell    = "Pixelate cell"
	keyPixelAcross  = "Pixelate across"
	keyPixelTaken   = "Pixelate cell colour"
	keyPixelPalette = "Pixelate palette"
	keyPixelColours = "Pixelate colours"
	keyPixelCount   = "Pixelate count"
	keyPixelDither  = "Pixelate dither"
	keyPixelAmount  = "Pixelate dither strength"
	keyPixelSeed    = "Pixelate seed"
	keyPixelSmall   = "Pixelate size"
)

// pixelParams is what a picture remembers of its making as pixel art: all of it, also the colours of a file.
func pixelParams(given *pixelart.Options) (out []metadata.Param) {
	if given == nil {
		return nil
	}
	o := given.Settle()
	set := func(key string, there bool, value any) {
		if there {
			out = append(out, metadata.Param{Key: key, Value: fmt.Sprint(value)})
		}
	}
	set(keyPixelCell, o.Cell > 0, o.Cell)
	set(keyPixelAcross, o.Across > 0, o.Across)
	set(keyPixelTaken, true, o.Taken)
	set(keyPixelPalette, o.Palette != "", baseName(o.Palette))
	set(keyPixelColours, len(o.Colours) > 0, strings.Join(o.Colours, " "))
	set(keyPixelCount, o.Count > 0, o.Count)
	set(keyPixelDither, true, o.Dither)
	set(keyPixelAmount, o.Amount != 1, o.Amount)
	set(keyPixelSeed, true, o.Seed)
	set(keyPixelSmall, o.Small, "one pixel a cell")
	return out
}

// PixelArtOf is what a recipe says of how pixel art was made; ok is false where it says nothing.
func PixelArtOf(r *metadata.Recipe) (o pixelart.Options, ok bool) {
	number := func(key string) int { n, _ := strconv.Atoi(r.Value(key)); return n }
	o = pixelart.Options{Cell: number(keyPixelCell), Across: number(keyPixelAcross), Taken: r.Value(keyPixelTaken), Palette: r.Value(keyPixelPalette), Colours: strings.Fields(r.Value(keyPixelColours)),
		Count: number(keyPixelCount), Dither: r.Value(keyPixelDither), Small: r.Value(keyPixelSmall) != ""}
	o.Amount, _ = r.Float(keyPixelAmount)
	o.Seed, _ = strconv.ParseInt(r.Value(keyPixelSeed), 10, 64)
	return o, o.Taken != ""
}

// pixelate is the task.
func (r *run) pixelate(ctx context.Context) (*Result, error) {
	img := r.req.Image
	if img == nil || img.Rect.Empty() || r.req.Pixels == nil {
		return nil, fault.New("pipeline: pixel art has no picture, or nothing says how", "Open a picture first.")
	}
	out, err := pixelart.Make(ctx, img, *r.req.Pixels, func(f float64) { r.say("making pixel art", f) })
	if err != nil {
		return nil, err
	}
	return &Result{Image: out, Mask: pixels.Full(out.Rect)}, nil
}
