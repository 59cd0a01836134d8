package pixels

import (
	"context"
	"image"
	"math"
)

// Scaled is a picture brought to a place of any size by Catmull-Rom's cubic, widened where it shrinks; transparency
// hides no colour from its neighbours. It ends early with ctx.Err().
func Scaled(ctx context.Context, img *image.NRGBA, place image.Rectangle) (*image.NRGBA, error) {
	from, size := img.Rect.Size(), place.Size()
	return scaled(ctx, img, place, Taps(from.X, size.X, 2, cubic), Taps(from.Y, size.Y, 2, cubic))
}

// Bilinear is Scaled by a triangle, and nothing lies beyond the sides: as PIL shows pictures to networks, within a level. Its own because x/image/draw's drops what
// is behind the point of a level, and makes dark places up to half a level darker.
func Bilinear(ctx context.Context, img *image.NRGBA, place image.Rectangle) (*image.NRGBA, error) {
	from, size := img.Rect.Size(), place.Size()
	triangle := func(t float64) float64 { return max(1-math.Abs(t), 0) }
	return scaled(ctx, img, place, taps(from.X, size.X, 1, triangle, false), taps(from.Y, size.Y, 1, triangle, false))
}

// scaled makes each pixel of those that taps say.
func scaled(ctx context.Context, img *image.NRGBA, place image.Rectangle, across, down []Tap) (*image.NRGBA, error) {
	from, size := img.Rect.Size(), place.Size()
	out := image.NewNRGBA(place)
	if from == size {
		same := *img
		same.Rect = place
		Paste(out, &same)
		return out, ctx.Err()
	}
	rows := make([]float32, 4*size.X*from.Y) // premultiplied
	InParallel(from.Y, func(y int) {
		if ctx.Err() != nil {
			return
		}
		line, src := make([]float32, 4*from.X), img.Pix[y*img.Stride:][:4*from.X]
		for x := 0; x < len(line); x += 4 {
			a := float32(src[x+3])
			line[x], line[x+1], line[x+2], line[x+3] = float32(src[x])*a/255, float32(src[x+1])*a/255, float32(src[x+2])*a/255, a
		}
		for x, t := range across {
			p := rows[4*(y*size.X+x):][:4]
			for k, at := range t.At {
				f, q := t.Weight[k], line[4*at:4*at+4]
				p[0], p[1], p[2], p[3] = p[0]+f*q[0], p[1]+f*q[1], p[2]+f*q[2], p[3]+f*q[3]
			}
		}
	})
	InParallel(size.Y, func(y int) {
		if ctx.Err() != nil {
			return
		}
		line := make([]float32, 4*size.X)
		for k, at := range down[y].At {
			f, row := down[y].Weight[k], rows[4*at*size.X:][:4*size.X]
			for i, v := range row {
				line[i] += f * v
			}
		}
		straight(out.Pix[y*out.Stride:][:4*size.X], line)
	})
	return out, ctx.Err()
}

// straight makes bytes with straight alpha of premultiplied values 0…255.
func straight(row []uint8, line []float32) {
	for i := 0; i < len(row); i += 4 {
		a := min(line[i+3], 255)
		if a < 0.5 {
			continue
		}
		for c := range 3 {
			row[i+c] = uint8(min(max(255*line[i+c]/a+0.5, 0), 255))
		}
		row[i+3] = uint8(a + 0.5)
	}
}

// cubic is Catmull and Rom's kernel.
func cubic(t float64) float64 {
	switch t = math.Abs(t); {
	case t < 1:
		return (1.5*t-2.5)*t*t + 1
	case t < 2:
		return ((-0.5*t+2.5)*t-4)*t + 2
	}
	return 0
}
