package pixels

import (
	"context"
	"image"
	"math"
)

// Blur is a picture blurred with a deviation in pixels, by three means over boxes, which together are a Gaussian
// within 3 % (Wells, Efficient Synthesis of Gaussian Filters by Cascaded Uniform Filters, 1986). Beyond its sides
// the picture goes on as it ends. It ends early with ctx.Err().
func Blur(ctx context.Context, img *image.NRGBA, deviation float64) (*image.NRGBA, error) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewNRGBA(img.Rect)
	r := int(math.Round((math.Sqrt(4*deviation*deviation+1) - 1) / 2))
	if r < 1 || w == 0 || h == 0 {
		Paste(out, img)
		return out, ctx.Err()
	}
	v := make([]float32, 4*w*h) // premultiplied
	InParallel(h, func(y int) {
		row := img.Pix[y*img.Stride:][:4*w]
		for x := range w {
			a := float32(row[4*x+3])
			for c := range 3 {
				v[4*(y*w+x)+c] = float32(row[4*x+c]) * a / 255
			}
			v[4*(y*w+x)+3] = a
		}
	})
	for range 3 {
		InParallel(h, func(y int) {
			if ctx.Err() == nil {
				means(v[4*y*w:], w, 4, r)
			}
		})
		InParallel(w, func(x int) {
			if ctx.Err() == nil {
				means(v[4*x:], h, 4*w, r)
			}
		})
	}
	InParallel(h, func(y int) { straight(out.Pix[y*out.Stride:][:4*w], v[4*y*w:][:4*w]) })
	return out, ctx.Err()
}

// means makes each of n pixels, step values apart, the mean of those at most r before and behind it.
func means(v []float32, n, step, r int) {
	line := make([]float32, n)
	for c := range 4 {
		for i := range line {
			line[i] = v[i*step+c]
		}
		at := func(i int) float64 { return float64(line[min(max(i, 0), n-1)]) }
		sum := 0.0
		for i := -r; i <= r; i++ {
			sum += at(i)
		}
		for i := range n {
			v[i*step+c] = float32(sum / float64(2*r+1))
			sum += at(i+r+1) - at(i-r)
		}
	}
}
