package pipeline

import (
	"context"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/region"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/upscaler"
)

// Hires is a second pass over a larger picture (A1111's hires fix): what the first made is
// enlarged and refined.
type Hires struct {
	Scale    float64 `json:"scale"`              // of each side, 1 to 8; 0 is 2, 1 is no second pass
	Strength float64 `json:"strength,omitempty"` // of the second pass; 0 is 0.7
	Steps    int     `json:"steps,omitempty"`    // 0: as the first
	// Upscaler is what enlarges: one of HiresWays, the path of an upscaler's file, or a name of one near the model
	// (FindUpscaler). "": a cubic filter.
	Upscaler string `json:"upscaler,omitempty"`
	// Sum is what a finished run's file held.
	Sum string `json:"sum,omitempty"`
}

// latentWays are A1111's latent upscalers, by their names there: the latent itself is resized, and what
// that blurs the second pass makes anew, which takes a strength above 0.5.
var latentWays = map[string]tensor.Filter{
	"Latent":                       {Name: "bilinear"},
	"Latent (antialiased)":         {Name: "bilinear", Antialias: true},
	"Latent (bicubic)":             {Name: "bicubic"},
	"Latent (bicubic antialiased)": {Name: "bicubic", Antialias: true},
	"Latent (nearest)":             {Name: "nearest"},
	"Latent (nearest-exact)":       {Name: "nearest-exact"},
}

// HiresWays are the ways to enlarge without a network, by A1111's names, in its order. None is Lanczos
// there as well.
var HiresWays = []string{"Latent", "Latent (antialiased)", "Latent (bicubic)", "Latent (bicubic antialiased)", "Latent (nearest)", "Latent (nearest-exact)", "None", Lanczos, "Nearest"}

// LatentFilter is what a latent upscaler of A1111 resizes by; ok is false for other names.
func LatentFilter(name string) (f tensor.Filter, ok bool) {
	f, ok = latentWays[name]
	return f, ok
}

// size is the first pass's, enlarged; sides are multiples of 8.
func (h *Hires) size(first image.Point) image.Point {
	up := func(n int) int { return max(8, int(math.Round(float64(n)*h.scale()/8))*8) }
	return image.Pt(up(first.X), up(first.Y))
}

// hires is the request's second pass; nil where it has none.
func (q Request) hires() *Hires {
	if q.Hires == nil || q.Hires.Scale == 1 {
		return nil
	}
	return q.Hires
}

// scale of each side; 2 where nothing is said, 0 where there is no second pass.
func (h *Hires) scale() float64 {
	switch {
	case h == nil:
		return 0
	case h.Scale == 0:
		return 2
	}
	return h.Scale
}

// usualHiresStrength is A1111's.
const usualHiresStrength = 0.7

func (h *Hires) strength() float64 {
	if h == nil || h.Strength <= 0 {
		return usualHiresStrength
	}
	return min(h.Strength, 1)
}

// network is the path, or the name, of the network that enlarges; "" for the ways without one.
func (h *Hires) network() string {
	if h == nil || slices.Contains(HiresWays, h.Upscaler) {
		return ""
	}
	return h.Upscaler
}

// HiresUpscaler is the network that enlarges for the second pass, a path or a name, with what it held when it
// made a picture; "" where there is none.
func (q Request) HiresUpscaler() (name, sum string) {
	if name = q.hires().network(); name != "" {
		sum = q.Hires.Sum
	}
	return name, sum
}

// SetHiresUpscaler puts another file, or way, there.
func (q *Request) SetHiresUpscaler(path string) {
	alter(hiresAt(q), usualHires, func(h *Hires) { h.Upscaler = path })
}

// upscalerFiles are what the files of upscalers are called, endings aside, that A1111 has names for.
var upscalerFiles = []struct {
	name  string
	files []string
}{
	{"R-ESRGAN 4x+", []string{"RealESRGAN_x4plus", "realesrgan-x4plus"}},
	{"R-ESRGAN 4x+ Anime6B", []string{"RealESRGAN_x4plus_anime_6B", "realesrgan-x4plus-anime"}},
	{"R-ESRGAN 2x+", []string{"RealESRGAN_x2plus"}},
	{"R-ESRGAN General 4xV3", []string{"realesr-general-x4v3"}},
	{"R-ESRGAN General WDN 4xV3", []string{"realesr-general-wdn-x4v3"}},
	{"R-ESRGAN AnimeVideo", []string{"realesr-animevideov3"}},
	{"ESRGAN_4x", []string{"ESRGAN_4x", "ESRGAN"}},
	{"SwinIR_4x", []string{"SwinIR_4x", "001_realSR_BSRGAN_DFOWMFC_s64w8_SwinIR-L_x4_GAN", "003_realSR_BSRGAN_DFOWMFC_s64w8_SwinIR-L_x4_GAN"}},
}

// UpscalerNames are what the file of an upscaler may be called, endings aside, that a recipe has a name for.
func UpscalerNames(name string) []string {
	for _, u := range upscalerFiles {
		if strings.EqualFold(u.name, name) || strings.EqualFold(u.name, strings.ReplaceAll(name, " ", "_")) {
			return u.files
		}
	}
	if ext := filepath.Ext(name); slices.Contains(upscalerEndings, strings.ToLower(ext)) {
		name = strings.TrimSuffix(name, ext)
	}
	return []string{name}
}

// upscalerEndings are those of upscalers' files.
var upscalerEndings = []string{".pth", ".pt", ".safetensors", ".ckpt", ".onnx", ".param"}

// upscalerName is what recipes call an upscaler's file.
func upscalerName(path string) string {
	base := baseName(path)
	base = strings.TrimSuffix(base, filepath.Ext(base))
	for _, u := range upscalerFiles {
		if slices.ContainsFunc(u.files, func(f string) bool { return strings.EqualFold(f, base) }) {
			return u.name
		}
	}
	return base
}

// FindUpscaler is the file that a name stands for near a model, in the folders of A1111 (ESRGAN, RealESRGAN,
// SwinIR) and ComfyUI (upscale_models); an absolute path is itself. "" where there is none. It lists folders.
func FindUpscaler(model, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	if name = baseName(name); name == "" {
		return ""
	}
	names := UpscalerNames(name)
	for _, dir := range checkpoint.Folders(model, "upscaler") {
		entries, _ := os.ReadDir(dir) // a folder that cannot be read holds nothing for us
		for _, want := range names {
			for _, e := range entries {
				base, ext := strings.TrimSuffix(e.Name(), filepath.Ext(e.Name())), strings.ToLower(filepath.Ext(e.Name()))
				fits := strings.EqualFold(base, want) || strings.EqualFold(e.Name(), name)
				if fits && !e.IsDir() && slices.Contains(upscalerEndings, ext) {
					return filepath.Join(dir, e.Name())
				}
			}
		}
	}
	return ""
}

// findUpscaler settles which files enlarge for a request, before any work.
func (q *Request) findUpscaler() error {
	if name := q.hires().network(); name != "" {
		path, err := q.upscalerAt(name)
		if err != nil {
			return err
		}
		q.SetHiresUpscaler(path)
	}
	if q.Task != SDUpscale || q.Enlarge == nil || q.Enlarge.Network() == "" {
		return nil
	}
	path, err := q.upscalerAt(q.Enlarge.Upscaler)
	e := *q.Enlarge
	e.Upscaler, q.Enlarge = path, &e
	return err
}

// upscalerAt is the file that a name stands for.
func (q *Request) upscalerAt(name string) (string, error) {
	path := FindUpscaler(q.Model, name)
	if path == "" {
		return "", fault.New(fmt.Sprintf("pipeline: upscaler %q: no such file near the model", name),
			"Choose its file, or put it into a folder ESRGAN, RealESRGAN, SwinIR or upscale_models near the model.")
	}
	_, err := upscaler.Open(path)
	return path, err
}

// latentWay is the filter by which the latent itself is resized for the second pass; ok is false where it isn't.
func (r *run) latentWay() (tensor.Filter, bool) {
	h := r.req.hires()
	if h == nil {
		return tensor.Filter{}, false
	}
	f, ok := latentWays[h.Upscaler]
	return f, ok
}

// larger is a picture that a pass made, at the size of the next, or where a part of it is kept at that of the
// job, so that the rest can be laid under it.
func (r *run) larger(ctx context.Context, j job, img *image.NRGBA, next region.Pass) (*image.NRGBA, error) {
	size, at := r.fitting(next.Size), image.Point{}
	if j.mask != nil {
		size, at = j.place.Size(), j.place.Min
	}
	h := r.req.hires()
	if h.Upscaler == "Nearest" {
		return nearest(img, image.Rectangle{at, at.Add(size)}), nil
	}
	r.say("opening the upscaler", r.fraction())
	n, done, err := r.openUpscaler(ctx, h.network())
	if err != nil {
		return nil, err
	}
	defer done()
	o := r.enlarging(0)
	o.Report = func(float64) { r.say("enlarging", r.fraction()) }
	made, err := upscaler.Enlarge(ctx, n, upscaler.Of(img), size.X, size.Y, o)
	if err != nil {
		return nil, err
	}
	if n != nil && h.Sum == "" {
		with := *h
		if with.Sum, err = r.p.sums.file(ctx, h.Upscaler); err != nil {
			return nil, err
		}
		r.req.Hires = &with
	}
	return made.NRGBA(at), nil
}

// nearest is a picture at a place of another size, each pixel the one that its middle lies in.
func nearest(img *image.NRGBA, place image.Rectangle) *image.NRGBA {
	out, from := image.NewNRGBA(place), img.Rect
	pixels.InParallel(place.Dy(), func(y int) {
		row := img.Pix[(2*y+1)*from.Dy()/(2*place.Dy())*img.Stride:]
		for x := range place.Dx() {
			copy(out.Pix[y*out.Stride+4*x:][:4], row[(2*x+1)*from.Dx()/(2*place.Dx())*4:][:4])
		}
	})
	return out
}

// begun lays a latent that was resized for a second pass where the mask paints, over what is kept.
func begun(kept, latent, paint *tensor.Tensor) (*tensor.Tensor, error) {
	if paint == nil || kept == nil {
		return latent, nil
	}
	if n := latent.Shape[0]; n > 1 && kept.Shape[0] == 1 {
		kept = repeated(kept, n)
	}
	return tensor.Blend(kept, latent, paint)
}
