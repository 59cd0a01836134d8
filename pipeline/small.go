package pipeline

import (
	"context"
	"fmt"
	"image"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pentimento/pipeline/family"
	"pentimento/pipeline/shelf"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/vae"
)

// smallSide is how many latent places a side a small decoder is shown on a processor: a
// preview of 256 pixels costs a hundredth of an evaluation.
const smallSide = 32

// show is a preview of the first of the latents [B,C,h,w] covering place: by a small
// decoder where one is near the model, otherwise by a matrix.
func (r *run) show(ctx context.Context, latents *tensor.Tensor, place image.Rectangle) *image.NRGBA {
	var d previewer
	if r.req.Where.Preview == "" {
		d = r.model.smallDecoder(ctx)
	}
	if d.Small == nil || len(latents.Shape) != 4 || latents.Shape[1] != d.Channels() {
		return r.preview(latents, place)
	}
	defer r.previewed(time.Now(), filepath.Base(d.path))
	one := latents.Batch(0, 1)
	if at := r.model.device(); at == "cpu" || at == "" {
		for one.Shape[2] > smallSide && one.Shape[3] > smallSide {
			one = halved(one)
		}
	}
	t, err := d.Decode(ctx, one)
	if err != nil || t.BadValue() >= 0 {
		return nil
	}
	h, w := t.Shape[2], t.Shape[3]
	small, plane := image.NewNRGBA(image.Rect(0, 0, w, h)), w*h
	for i := range plane {
		for k := range 3 {
			small.Pix[4*i+k] = uint8(min(max((t.Data[k*plane+i]+1)*127.5+0.5, 0), 255))
		}
		small.Pix[4*i+3] = 255
	}
	return spreadOut(small, place)
}

// halved is a latent at half its size, each place the mean of four.
func halved(t *tensor.Tensor) *tensor.Tensor {
	H, W := t.Shape[2], t.Shape[3]
	out := tensor.New(1, t.Shape[1], H/2, W/2)
	for i := range out.Data {
		x, y, c := i%(W/2), i/(W/2)%(H/2), i/(W/2)/(H/2)
		at := (c*H+2*y)*W + 2*x
		out.Data[i] = (t.Data[at] + t.Data[at+1] + t.Data[at+W] + t.Data[at+W+1]) / 4
	}
	return out
}

// previewer is what was found near a model for previews; nil within where nothing was.
type previewer struct {
	*vae.Small
	path string
}

func (p previewer) Close() error {
	if p.Small == nil {
		return nil
	}
	return p.Small.Close()
}

// smallDecoder opens the small decoder that was chosen, or else the first near the model that
// fits; nil within where there is none. Looked up once per model, until the shelf closes what was found.
func (o *opened) smallDecoder(ctx context.Context) previewer {
	found, _, _ := shelf.Open(ctx, o.lease, o.smallItem(), func(ctx context.Context, notice func(string)) (previewer, error) {
		files := smallFiles(o.Path, o.Family)
		if o.source.small != "" {
			files = []string{o.source.small}
		}
		for _, path := range files {
			d, err := vae.OpenSmall(ctx, o.runtime, path, o.options(false, false, notice), o.source.variant())
			if err == nil && (d.Channels() != o.Family.Latent || d.Factor() != o.Factor()) {
				_ = d.Close()
				err = fmt.Errorf("it decodes %d channels by %d, want %d by %d", d.Channels(), d.Factor(), o.Family.Latent, o.Factor())
			}
			if err == nil {
				return previewer{d, path}, nil
			}
			notice(fmt.Sprintf("The preview decoder %s is left out: %v", filepath.Base(path), err))
		}
		return previewer{}, nil
	})
	return found
}

// smallFiles lists the small decoders near a model: beside it, or in the folder for them
// that other tools keep beside the models' (vae_approx, VAE-approx). The latents of several
// families have the same shape, so here the name must say which it is.
func smallFiles(model string, f *family.Family) []string {
	dir := filepath.Dir(model)
	var out []string
	if f.Small == "" {
		return nil
	}
	for _, d := range []string{model, dir, filepath.Join(dir, "vae_approx"), filepath.Join(dir, "..", "vae_approx"), filepath.Join(dir, "..", "VAE-approx")} {
		for _, kind := range []string{"*.safetensors", "*.pth", "*.pt"} {
			found, _ := filepath.Glob(filepath.Join(escaped(d), kind))
			slices.Sort(found)
			out = append(out, found...)
		}
	}
	return slices.DeleteFunc(out, func(path string) bool {
		name := filepath.Base(path)
		return !f.HasSmall(name) || strings.Contains(strings.ToLower(name), "encoder")
	})
}

// escaped keeps a folder's name from being read as a pattern.
func escaped(dir string) string {
	if filepath.Separator == '\\' {
		return dir // patterns have no escapes there
	}
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}
