package fills

import (
	"encoding/binary"
	"image"
	"runtime"
	"slices"

	"pentimento/canvas"
	"pentimento/fault"
)

// A photograph as a rule has a layer without a clear pixel. Where that is so, nothing is blank, whatever lies above it, and
// nothing needs to be composed to know it.

// solid is the lowest layer that shows all that it has, where no layer takes anything away; nil: there is none such.
func solid(state *canvas.State) *canvas.Layer {
	var found *canvas.Layer
	for _, l := range state.Layers {
		if l.Guide {
			continue
		}
		if !l.Blend.Plain() {
			return nil
		}
		shows := l.Visible && l.Opacity == 255 && l.Parent == 0 && !l.Group && !l.Clip && (l.Mask == nil || l.Mask.Off)
		if shows && found == nil {
			found = l
		}
	}
	return found
}

// bands cuts r into rows of a layer's tiles and says of each whether the layer is opaque all over it.
func bands(l *canvas.Layer, r image.Rectangle) (all []image.Rectangle, opaque []bool) {
	for y := r.Min.Y; y < r.Max.Y; {
		next := min(y+canvas.TileSize-(y-l.Offset.Y)&(canvas.TileSize-1), r.Max.Y)
		all = append(all, image.Rect(r.Min.X, y, r.Max.X, next))
		y = next
	}
	opaque = make([]bool, len(all))
	workers := runtime.GOMAXPROCS(0)
	var wg fault.Group
	for n := range workers {
		wg.Go(func() {
			for i := n; i < len(all); i += workers {
				opaque[i] = opaqueIn(l, all[i])
			}
		})
	}
	wg.Wait()
	return all, opaque
}

// opaqueIn says whether a layer has no pixel in r, document pixels, through which something shows.
func opaqueIn(l *canvas.Layer, r image.Rectangle) bool {
	r = r.Sub(l.Offset)
	keys := []canvas.TileKey{}
	canvas.KeysIn(r, func(k canvas.TileKey) { keys = append(keys, k) })
	return !slices.ContainsFunc(keys, func(k canvas.TileKey) bool {
		t := l.Tiles.At(k)
		if t == nil {
			return true
		}
		own := k.Rect()
		in := own.Intersect(r)
		for y := in.Min.Y; y < in.Max.Y; y++ {
			if !opaqueRow(t.Pix[4*((y-own.Min.Y)*canvas.TileSize+in.Min.X-own.Min.X):][:4*in.Dx()]) {
				return true
			}
		}
		return false
	})
}

func opaqueRow(pix []uint8) bool {
	all := ^uint64(0)
	for ; len(pix) >= 8; pix = pix[8:] {
		all &= binary.LittleEndian.Uint64(pix)
	}
	const alphas = 0xff000000ff000000
	return all&alphas == alphas && (len(pix) < 4 || pix[3] == 255)
}
