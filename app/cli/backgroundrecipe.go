package cli

import (
	"context"
	"image"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// takeMask takes the subject's mask out of the recipe.
func (f *backgroundFlags) takeMask() (err error) {
	if f.from.fill == nil || len(f.from.fill.Subject) == 0 {
		return WithHint(Misuse("the subject was a mask, which %q doesn't hold", f.from.name), "name it, or a network, with --subject")
	}
	f.mask, err = pipeline.UnpackMask(f.from.fill.Subject)
	f.maskOf = f.from.name
	return err
}

// findPicture finds what came behind by the name and the sum that the recipe has of it: beside the pictures that are read, beside
// the recipe, and here.
func (f *backgroundFlags) findPicture(ctx context.Context, env *Env) error {
	name, wanted := f.back.Name, f.back.Sum
	if name == "" {
		return WithHint(Misuse("the background was a picture that %q has no name of", f.from.name), "name it with --picture")
	}
	in := filepath.Dir(f.in)
	if isFolder(f.in) {
		in = f.in
	}
	other := ""
	for _, dir := range slices.Compact([]string{in, filepath.Dir(f.again.path), "."}) {
		path := filepath.Join(dir, name)
		if !exists(path) || isFolder(path) {
			continue
		}
		p, err := env.open(ctx, path)
		if err != nil {
			return err
		}
		img := asSRGB(p)
		if wanted != "" && !strings.EqualFold(pipeline.PictureSum(img), wanted) {
			other = path
			continue
		}
		if f.picture, f.back.Picture = path, img; wanted == "" {
			f.from.say(env, "it says of the picture behind the subject no more than its name: %s is taken", path)
		}
		if !isFolder(f.in) {
			return spares(f.out, *f.over, path)
		}
		return nil
	}
	if other != "" {
		return WithHint(Misuse("the background was the picture %q, and %q shows something else", name, other), "name the right one with --picture, or this one if it is meant")
	}
	return WithHint(Misuse("the background was the picture %q, which is not beside %q, not beside %q and not here", name, f.in, f.again.path), "name it with --picture")
}

// asSRGB is what was opened, as a picture of its own, in sRGB.
func asSRGB(p input) *image.NRGBA {
	img := pixels.Crop(p.img, p.img.Rect)
	p.from.Space().ToSRGB(img)
	return img
}
