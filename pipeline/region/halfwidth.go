package region

// A fade shows old picture inside the selection, so it may take only what a selection has
// to spare: px pixels where half its width is fadeLeast + fadeShare·px at least. A stroke
// over a wire has nothing to spare, and the middle three quarters of any hole are new.
const (
	fadeLeast = 4
	fadeShare = 4
	everyNth  = 2 // widths are measured at every second pixel of every second row
)

// fits is how far a fade may reach at every everyNth pixel.
type fits struct {
	w      int
	length []uint16
}

func (f *fits) at(x, y int) int { return int(f.length[y/everyNth*f.w+x/everyNth]) }

// fitting says how far a fade of px pixels may reach: px, a half, a quarter or an eighth
// of it, or not at all. dist are squared distances to what is kept, w×h. The half-width at
// a pixel is the radius of the largest disc inside the selection that covers it: its local
// thickness (Hildebrand, Rüegsegger 1997).
func fitting(dist []float32, w, h, px int) *fits {
	sw, sh := (w+everyNth-1)/everyNth, (h+everyNth-1)/everyNth
	f := &fits{sw, make([]uint16, sw*sh)}
	inside := make([]float32, sw*sh)
	for length := px; length > 0 && length >= px/8; length /= 2 {
		radius := float32(fadeLeast + fadeShare*length)
		rows(sh, func(y0, y1 int) {
			for y := y0; y < y1; y++ {
				line := dist[everyNth*y*w:][:w]
				for x := range sw {
					d := float32(far)
					if line[everyNth*x] >= radius*radius {
						d = 0
					}
					inside[y*sw+x] = d
				}
			}
		})
		squared(inside, sw, sh)
		near := (radius + 1) * (radius + 1) / (everyNth * everyNth) // the best centre may be a pixel away
		for i, d := range inside {
			if d < near && f.length[i] == 0 {
				f.length[i] = uint16(length)
			}
		}
	}
	return f
}

// squared replaces 0 and far by exact squared distances to the nearest 0 (Felzenszwalb,
// Huttenlocher 2012): along y, then along x.
func squared(dist []float32, w, h int) {
	rows(w, func(x0, x1 int) {
		for y := 1; y < h; y++ {
			above, here := dist[(y-1)*w:][x0:x1], dist[y*w:][x0:x1]
			for x, d := range above {
				if here[x] != 0 && d < far {
					here[x] = d + 1
				}
			}
		}
		for y := h - 2; y >= 0; y-- {
			below, here := dist[(y+1)*w:][x0:x1], dist[y*w:][x0:x1]
			for x, d := range below {
				here[x] = min(here[x], d+1)
			}
		}
	})
	rows(h, func(y0, y1 int) {
		s := newParabolas(w)
		for y := y0; y < y1; y++ {
			line := dist[y*w:][:w]
			for x, d := range line {
				if d < far {
					line[x] = d * d
				}
			}
			s.transform(line)
		}
	})
}
