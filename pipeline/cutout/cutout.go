// Package cutout parts the subject of a picture from what is behind it: a network says roughly where
// the subject is, a guided filter brings that to the picture's own edges at its full size, and the
// colours at soft edges are freed of the old background.
//
// Start at Open, which tells what a network's file is by what it reads and makes; Kinds is the table of
// them. Network.Find gives the rough matte, Refine (guided.go) the one of full size, Clean (colours.go)
// the colours. Everything stops soon after its context ends.
//
// Decisions
//   - 2026-11-28: the guided filter's coefficients are computed on a smaller picture and only they are
//     enlarged (He and Sun, Fast Guided Filter, arXiv 1505.00996, 2015): a picture of 16 megapixels takes
//     some 100 MB beside itself, where the plain filter would take a gigabyte.
//   - 2026-11-28: a network's map is not stretched from its least to its greatest value where it found
//     nothing: rembg does, and makes a subject out of noise.
package cutout

import (
	"context"
	"errors"
	"image"
	"math"

	"pentimento/fault"
	"pentimento/pipeline/pixels"
)

// Matte is how much of each pixel is subject, 0 to 1, row by row.
type Matte struct {
	W, H int
	A    []float32
}

// Kind is how a kind of network is shown a picture, and what is made of its map.
type Kind struct {
	Name  string // for flags and settings
	Label string // for people
	side  int    // that it is shown where its file takes any size
	mean  [3]float32
	std   [3]float32
	// brightest divides by the picture's greatest value instead of 255, as u2net's own loader does.
	brightest bool
	stretch   bool // the map is brought to the whole of 0…1
	logits    bool // values beyond 0…1 are logits
	// doubt is below and above which shares count as nothing and all: a coarse network's grey is doubt, and its
	// edges are as wide as its pixels; the filter makes them soft again where the picture is. Zero: all count.
	doubt [2]float32
}

var (
	natural  = [3]float32{0.485, 0.456, 0.406} // means and deviations of ImageNet
	naturals = [3]float32{0.229, 0.224, 0.225}
	half     = [3]float32{0.5, 0.5, 0.5}
	unit     = [3]float32{1, 1, 1}
)

// Kinds is the table. The numbers are those of the networks' own programs: xuebinqin/U-2-Net and DIS,
// ZhengPeng7/BiRefNet, and MediaPipe's graph of selfie segmentation.
var Kinds = []Kind{
	{Name: "person", Label: "MediaPipe selfie segmentation", side: 256, std: unit, doubt: [2]float32{0.35, 0.65}},
	{Name: "u2net", Label: "U²-Net", side: 320, mean: natural, std: naturals, brightest: true, stretch: true},
	{Name: "isnet", Label: "ISNet (DIS), RMBG 1.4", side: 1024, mean: half, std: unit, stretch: true},
	{Name: "birefnet", Label: "BiRefNet, RMBG 2.0", side: 1024, mean: natural, std: naturals, logits: true},
}

// FindKind is the row of a name.
func FindKind(name string) (*Kind, error) {
	var names []string
	for i := range Kinds {
		if Kinds[i].Name == name {
			return &Kinds[i], nil
		}
		names = append(names, Kinds[i].Name)
	}
	hint := "There are person, u2net, isnet and birefnet."
	if near := fault.Nearest(name, names); near != "" {
		hint = "Did you mean " + near + "? " + hint
	}
	return nil, fault.New("cutout: kind “"+name+"”: found none of this name", hint)
}

// nothing is the share below which no pixel is a subject.
const nothing = 0.5

// ErrNothing says that a network saw no subject.
var ErrNothing = fault.New("cutout: the network found nothing that stands out of its background", "Use a network for this kind of picture (person is for people only), or paint the mask.")

// Find shows the network a picture, transparent parts as mid grey, and gives its rough matte, as large as the
// network makes it. ErrNothing where it sees no subject.
func (n *Network) Find(ctx context.Context, img *image.NRGBA) (*Matte, error) {
	if img == nil || img.Rect.Empty() {
		return nil, errors.New("cutout: found an empty picture")
	}
	shown, err := resized(ctx, img, n.W, n.H)
	if err != nil {
		return nil, err
	}
	m, err := n.eval(ctx, n.Kind.shown(shown, n.W*n.H))
	if err != nil {
		return nil, err
	}
	if err := n.Kind.read(m); err != nil {
		return nil, err
	}
	return m, ctx.Err()
}

// shown brings planes of 0…255 to what the network was trained with, in place.
func (k *Kind) shown(planes []float32, n int) []float32 {
	most := float32(255)
	if k.brightest {
		most = 1e-6 * 255
		for _, v := range planes {
			most = max(most, v)
		}
	}
	for c := range 3 {
		for i := range planes[c*n : (c+1)*n] {
			v := &planes[c*n+i]
			*v = (*v/most - k.mean[c]) / k.std[c]
		}
	}
	return planes
}

// read makes shares of what a network gave.
func (k *Kind) read(m *Matte) error {
	low, high := float32(math.Inf(1)), float32(math.Inf(-1))
	for _, v := range m.A {
		if v != v || math.IsInf(float64(v), 0) {
			return errors.New("cutout: the network gives values that are no numbers")
		}
		low, high = min(low, v), max(high, v)
	}
	if k.logits && (low < -0.05 || high > 1.05) {
		for i, v := range m.A {
			m.A[i] = float32(1 / (1 + math.Exp(-float64(v))))
		}
		low, high = float32(1/(1+math.Exp(-float64(low)))), float32(1/(1+math.Exp(-float64(high))))
	}
	if high < nothing {
		return ErrNothing
	}
	if !k.stretch || low > nothing {
		low, high = 0, 1
	}
	if k.doubt != [2]float32{} {
		low, high = k.doubt[0], k.doubt[1]
	}
	for i, v := range m.A {
		m.A[i] = min(max((v-low)/(high-low), 0), 1)
	}
	return nil
}

// resized is a picture over mid grey brought to w × h by Lanczos' filter, widened where the picture shrinks: three
// planes of values 0…255.
func resized(ctx context.Context, img *image.NRGBA, w, h int) ([]float32, error) {
	from := img.Rect.Size()
	across, down := pixels.Taps(from.X, w, 3, lanczos), pixels.Taps(from.Y, h, 3, lanczos)
	rows := make([]float32, 3*w*from.Y)
	pixels.InParallel(from.Y, func(y int) {
		if ctx.Err() != nil {
			return
		}
		line, src := make([]float32, 3*from.X), img.Pix[y*img.Stride:][:4*from.X]
		for x := range from.X {
			p := src[4*x : 4*x+4 : 4*x+4]
			for c := range 3 {
				line[3*x+c] = over(p[c], p[3])
			}
		}
		for x, t := range across {
			out := rows[3*(y*w+x):][:3]
			for k, at := range t.At {
				f := t.Weight[k]
				out[0] += f * line[3*at]
				out[1] += f * line[3*at+1]
				out[2] += f * line[3*at+2]
			}
		}
	})
	out := make([]float32, 3*w*h)
	pixels.InParallel(h, func(y int) {
		if ctx.Err() != nil {
			return
		}
		for k, at := range down[y].At {
			f, row := down[y].Weight[k], rows[3*at*w:][:3*w]
			for x := range w {
				for c := range 3 {
					out[c*w*h+y*w+x] += f * row[3*x+c]
				}
			}
		}
		for c := range 3 {
			for x := range w {
				v := &out[c*w*h+y*w+x]
				*v = min(max(*v, 0), 255)
			}
		}
	})
	return out, ctx.Err()
}

// over is a straight colour over mid grey.
func over(v, a uint8) float32 {
	if a == 255 {
		return float32(v)
	}
	return float32(int(v)*int(a)+128*(255-int(a))) / 255
}

// lanczos is Lanczos' kernel of three lobes.
func lanczos(t float64) float64 {
	if t == 0 {
		return 1
	}
	if t <= -3 || t >= 3 {
		return 0
	}
	x := math.Pi * t
	return 3 * math.Sin(x) * math.Sin(x/3) / (x * x)
}

// triangle is the kernel of linear interpolation.
func triangle(t float64) float64 { return max(1-math.Abs(t), 0) }

// plane brings values to w × h linearly, by means where they shrink.
func plane(ctx context.Context, from []float32, fw, fh, w, h int) ([]float32, error) {
	across, down := pixels.Taps(fw, w, 1, triangle), pixels.Taps(fh, h, 1, triangle)
	rows := make([]float32, w*fh)
	pixels.InParallel(fh, func(y int) {
		for x, t := range across {
			for k, at := range t.At {
				rows[y*w+x] += t.Weight[k] * from[y*fw+at]
			}
		}
	})
	out := make([]float32, w*h)
	pixels.InParallel(h, func(y int) {
		for k, at := range down[y].At {
			f := down[y].Weight[k]
			for x := range w {
				out[y*w+x] += f * rows[at*w+x]
			}
		}
	})
	return out, ctx.Err()
}
