package fills

import (
	"image"

	"pentimento/canvas"
)

// outdone are the layers that hold nothing but results accepted earlier, every pixel of
// which is under a mask: what "replace" takes away. A layer that was painted on, or that
// reaches beyond the mask, stays.
func outdone(s *canvas.State, mask *image.Alpha) []canvas.LayerID {
	if mask == nil {
		return nil
	}
	results := map[canvas.LayerID]bool{}
	for _, o := range s.Origins {
		if o.Layer == s.Layers[0].ID { // what everything is on isn't merely a result
			continue
		}
		results[o.Layer] = true
	}
	var out []canvas.LayerID
	for id := range results {
		if l := s.Layer(id); l != nil && !l.Guide && s.Takes(id) && onlyResults(s, l) && within(l, mask) {
			out = append(out, id)
		}
	}
	return out
}

// onlyResults says whether every pixel of a layer is still as a fill laid it.
func onlyResults(s *canvas.State, l *canvas.Layer) bool {
	used := l.Used()
	alone := &canvas.State{Layers: []*canvas.Layer{l}}
	total := 0
	for _, o := range s.Origins {
		if o.Layer == l.ID {
			n, _ := alone.Shown(o, used, l.ID)
			total += n
		}
	}
	return total > 0 && total >= visible(l, used)
}

// visible counts a layer's pixels in r that are not wholly transparent.
func visible(l *canvas.Layer, r image.Rectangle) (n int) {
	row := make([]uint8, 4*r.Dx())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		l.Read(row, len(row), image.Rect(r.Min.X, y, r.Max.X, y+1))
		for i := 3; i < len(row); i += 4 {
			if row[i] != 0 {
				n++
			}
		}
	}
	return n
}

// within says whether all of a layer's pixels lie where a mask is above 0.
func within(l *canvas.Layer, mask *image.Alpha) bool {
	r := l.Used()
	if !r.In(mask.Rect) {
		return false
	}
	row := make([]uint8, 4*r.Dx())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		l.Read(row, len(row), image.Rect(r.Min.X, y, r.Max.X, y+1))
		cover := mask.Pix[mask.PixOffset(r.Min.X, y):][:r.Dx()]
		for x, m := range cover {
			if m == 0 && row[4*x+3] != 0 {
				return false
			}
		}
	}
	return true
}
