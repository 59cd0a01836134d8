package cut

import (
	"context"
	"image"
	"math"
	"runtime"

	"pentimento/canvas"
	"pentimento/fault"
)

// lab is a colour as lightness and two opponents, in steps that look about as large as 1 of
// CIELAB: OKLab (Ottosson 2020), stretched.
type lab [3]float32

// level is a picture at 1/2ⁿ of its size, a pixel the mean of those that it stands for.
type level struct {
	area image.Rectangle // in its own pixels: document pixels divided by 2ⁿ
	pix  []uint8         // red, green, blue, sRGB; where the picture is transparent a colour that no photograph has
}

func (l *level) w() int { return l.area.Dx() }
func (l *level) h() int { return l.area.Dy() }

// void is what lies behind transparent pixels, so that the edge of what was cut out is an edge.
var void = [3]int{255, 0, 255}

// opaque lays a premultiplied pixel over void.
func opaque(dst, p []uint8) {
	rest := 255 - int(p[3])
	for c := range 3 {
		dst[c] = uint8(min(int(p[c])+void[c]*rest/255, 255))
	}
}

// read reads a level of n halvings from the picture, tile after tile.
func (s *Scene) read(ctx context.Context, n int) (*level, error) {
	b := s.bounds
	l := &level{area: s.area(n)}
	l.pix = make([]uint8, 3*l.w()*l.h())
	lo, hi := canvas.KeyAt(b.Min), canvas.KeyAt(b.Max.Sub(image.Pt(1, 1)))
	parts(int(hi.Y-lo.Y)+1, func(from, to int) {
		var t canvas.Tile
		for y := lo.Y + int32(from); y < lo.Y+int32(to); y++ {
			for x := lo.X; x <= hi.X && ctx.Err() == nil; x++ {
				r := canvas.TileKey{X: x, Y: y}.Rect()
				s.source(&t, r)
				l.take(&t, r, n)
			}
		}
	})
	return l, ctx.Err()
}

// take puts the pixels of a tile into the level.
func (l *level) take(t *canvas.Tile, r image.Rectangle, n int) {
	k := 1 << n
	in := image.Rect(r.Min.X>>n, r.Min.Y>>n, r.Max.X>>n, r.Max.Y>>n).Intersect(l.area)
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			var sum [4]int
			for j := range k {
				row := t.Pix[4*((y<<n+j-r.Min.Y)*canvas.TileSize+x<<n-r.Min.X):]
				for i := range k {
					for c := range 4 {
						sum[c] += int(row[4*i+c])
					}
				}
			}
			var p [4]uint8
			for c := range 4 {
				p[c] = uint8((sum[c] + k*k/2) >> (2 * n))
			}
			opaque(l.pix[3*((y-l.area.Min.Y)*l.w()+x-l.area.Min.X):], p[:])
		}
	}
}

// halved is the level above.
func (l *level) halved(area image.Rectangle) *level {
	out := &level{area: area, pix: make([]uint8, 3*area.Dx()*area.Dy())}
	w := l.w()
	parts(out.h(), func(from, to int) {
		for y := from; y < to; y++ {
			for x := range out.w() {
				at := 3 * ((2*(y+area.Min.Y)-l.area.Min.Y)*w + 2*(x+area.Min.X) - l.area.Min.X)
				for c := range 3 {
					sum := int(l.pix[at+c]) + int(l.pix[at+3+c]) + int(l.pix[at+3*w+c]) + int(l.pix[at+3*w+3+c])
					out.pix[3*(y*out.w()+x)+c] = uint8((sum + 2) / 4)
				}
			}
		}
	})
	return out
}

func floorDiv(a, k int) int { return int(math.Floor(float64(a) / float64(k))) }
func ceilDiv(a, k int) int  { return -floorDiv(-a, k) }

var (
	linear [256]float32  // sRGB → light
	root   [4097]float32 // light·4096 → its cube root
)

func init() {
	for i := range linear {
		v := float64(i) / 255
		if v <= 0.04045 {
			linear[i] = float32(v / 12.92)
		} else {
			linear[i] = float32(math.Pow((v+0.055)/1.055, 2.4))
		}
	}
	for i := range root {
		root[i] = float32(math.Cbrt(float64(i) / 4096))
	}
}

// toLab is the colour of three sRGB bytes.
func toLab(p []uint8) lab {
	r, g, b := linear[p[0]], linear[p[1]], linear[p[2]]
	l := root[int(4096*(0.4122214708*r+0.5363325363*g+0.0514459929*b))]
	m := root[int(4096*(0.2119034982*r+0.6806995451*g+0.1073969566*b))]
	s := root[int(4096*(0.0883024619*r+0.2817188376*g+0.6299787005*b))]
	return lab{
		100 * (0.2104542553*l + 0.7936177850*m - 0.0040720468*s),
		300 * (1.9779984951*l - 2.4285922050*m + 0.4505937099*s),
		300 * (0.0259040371*l + 0.7827717662*m - 0.8086757660*s),
	}
}

func apart2(a, b lab) float32 {
	x, y, z := a[0]-b[0], a[1]-b[1], a[2]-b[2]
	return x*x + y*y + z*z
}

// parts calls do for about as many stretches of 0..n as there are processors, at once.
func parts(n int, do func(from, to int)) {
	k := min(runtime.GOMAXPROCS(0), max(n, 1))
	var wait fault.Group
	for i := range k {
		wait.Go(func() { do(n*i/k, n*(i+1)/k) })
	}
	wait.Wait()
}
