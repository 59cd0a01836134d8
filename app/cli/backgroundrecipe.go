package cli

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/pixels"
)

// take takes over what a recipe says and no flag does, and says what the background is made of.
func (f *backgroundFlags) take() (subjectSum string, err error) {
	given := func(name string) bool { return flagGiven(f.fs, name) }
	var ways []string
	for way, name := range map[string]string{pipeline.ByWords: "prompt", pipeline.ByPicture: "picture", pipeline.ByColour: "colour", pipeline.ByBlur: "blur"} {
		if given(name) {
			ways = append(ways, way)
		}
	}
	if len(ways) > 1 {
		return "", Misuse("found several backgrounds, want one of --prompt, --picture, --colour and --blur")
	}
	if f.from != nil {
		if subjectSum, err = f.takeRecipe(len(ways) > 0); err != nil {
			return "", err
		}
	}
	if len(ways) == 1 {
		f.back.By = ways[0]
	}
	if f.back.By == "" {
		return "", WithHint(Misuse("nothing says what comes behind the subject"), "want one of --prompt, --picture, --colour and --blur")
	}
	f.takeLook()
	return subjectSum, nil
}

// takeLook settles how the subject is harmonised and what shadow it throws: a flag wins over the recipe, whose Look is there by now.
func (f *backgroundFlags) takeLook() {
	if f.from == nil {
		strength := f.harmonise
		if strength < 0 {
			strength = 0
			if f.back.By == pipeline.ByWords || f.back.By == pipeline.ByPicture {
				strength = 1
			}
		}
		f.back.Look = pipeline.BackdropLook(strength)
	} else if flagGiven(f.fs, "harmonise") {
		f.back.Look = pipeline.BackdropLook(f.harmonise)
	}
	if flagGiven(f.fs, "shadow") {
		if f.back.Look.Shadow = f.shadow; f.back.Look.Strength == 0 && f.shadow > 0 {
			f.back.Look = pipeline.BackdropLook(1)
			f.back.Look.Colour, f.back.Look.Seam, f.back.Look.Shadow = 0, 0, f.shadow
		}
	}
}

// takeRecipe takes over what the recipe says; with chosen a flag says what comes behind.
func (f *backgroundFlags) takeRecipe(chosen bool) (subjectSum string, err error) {
	was, ok := pipeline.BackdropOf(f.from.recipe)
	if !ok {
		return "", WithHint(fmt.Errorf("%q does not say that its background was replaced", f.from.name), "leave out --recipe and say what comes behind the subject")
	}
	if err := was.Look.Check(); err != nil {
		return "", fmt.Errorf("%q: %w", f.from.name, err)
	}
	f.back.Look = was.Look
	if !chosen {
		f.back.By, f.back.Colour, f.back.Blur, f.back.Name, f.back.Sum = was.By, was.Colour, was.Blur, was.Name, was.Sum
	}
	cut, byNetwork := pipeline.CuttingOf(f.from.recipe)
	switch {
	case byNetwork:
		if f.how = laidOver(f.fs, f.how, cut, "subject"); !flagGiven(f.fs, "subject") {
			subjectSum, f.subject = cut.Sum, cut.Network
		}
	case !flagGiven(f.fs, "subject"):
		if err := f.takeMask(); err != nil {
			return "", err
		}
	}
	return subjectSum, nil
}

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
	other, unread := "", error(nil)
	for _, dir := range slices.Compact([]string{in, filepath.Dir(f.again.path), "."}) {
		path := filepath.Join(dir, name)
		if !exists(path) || isFolder(path) {
			continue
		}
		p, err := env.open(ctx, path)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil { // another of that name may be the one
			f.from.say(env, "the picture behind the subject may be %s, which cannot be read: %s", path, fault.Plain(err))
			unread = cmp.Or(unread, err)
			continue
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
	switch {
	case unread != nil:
		return WithHint(fmt.Errorf("the background was the picture %q: %w", name, unread), "name it with --picture")
	case other != "":
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
