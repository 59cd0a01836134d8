package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/app/collection"
	"pentimento/app/fetch"
	"pentimento/fault"
)

// upscalerList is a line for each upscaler that can be fetched.
func upscalerList() string {
	var b strings.Builder
	for _, u := range fetch.Upscalers {
		fmt.Fprintf(&b, "  %-23s  %s\n", u.ID, u.Help)
	}
	return b.String()
}

// file is the path of the wanted upscaler: of a file, of one that can be fetched, or of one of the library by
// name or sum. told says that a recipe names it.
func (f *upscaleFlags) file(ctx context.Context, env *Env, sum string, told bool) (string, error) {
	denoise, err := fetch.Denoise(f.denoise)
	if err != nil {
		return "", Misuse("--denoise: %w", err)
	}
	form, ok, err := fetchedForm(f.model, f.how.By, denoise)
	if err != nil {
		return "", misuse{err}
	}
	if !ok && denoise != "" {
		return "", WithHint(Misuse("--denoise with --model %s, of which one network is known", f.model), "--model waifu2x-cunet or realcugan")
	}
	if ok && (told || !exists(f.model)) {
		return env.upscalerForm(ctx, form, f.fetch)
	}
	if told {
		return env.toldUpscaler(ctx, f.model, sum)
	}
	return env.upscalerFile(ctx, f.model, sum)
}

// fetchedForm is the network that a name means of those that can be fetched: of an upscaler the one that
// suits factor and denoising, or the one that is named itself.
func fetchedForm(name string, by float64, denoise string) (form fetch.Form, ok bool, err error) {
	if u, ok := fetch.FindUpscaler(name); ok {
		form, err = u.Pick(by, denoise)
		return form, true, err
	}
	for _, u := range fetch.Upscalers {
		for _, form := range u.Forms() {
			if strings.EqualFold(form.Name, name) && denoise == "" {
				return form, true, nil
			}
		}
	}
	return form, false, nil
}

// upscalerForm is the path of a network that can be fetched, and is where that is agreed to.
func (env *Env) upscalerForm(ctx context.Context, form fetch.Form, agreed bool) (string, error) {
	if path := formHere(form); path != "" {
		return path, nil
	}
	files, err := env.partsOf(ctx, form.Files, agreed)
	if err != nil {
		return "", fault.With(fmt.Errorf("upscaler %q: %w", form.Name, err), fault.Hint(err))
	}
	return files[0], nil
}

// formHere is the path of a network that was fetched, "" where one of its files is missing.
func formHere(form fetch.Form) string {
	folder, err := fetch.NetworksDir()
	if err != nil {
		return ""
	}
	at := func(name string) string { return filepath.Join(folder, filepath.FromSlash(name)) }
	if slices.ContainsFunc(form.Files, func(name string) bool { return !exists(at(name)) }) {
		return ""
	}
	return at(form.Files[0])
}

// toldUpscaler is the path of an upscaler that a recipe names: what was fetched and the library come before a file that happens to be
// called so in the folder where the program was started, which is taken with a word.
func (env *Env) toldUpscaler(ctx context.Context, name, sum string) (string, error) {
	path, err := env.namedUpscaler(ctx, name, sum)
	if err == nil || !exists(name) {
		return path, err
	}
	if path, err = filepath.Abs(name); err == nil {
		fmt.Fprintf(env.Stderr, "note: the recipe's upscaler %s isn't in the library: %s is taken\n", oneLine(name), oneLine(path))
	}
	return path, err
}

// upscalerFile is the path of an upscaler: a file, one that was fetched, or one of the library by name or sum.
func (env *Env) upscalerFile(ctx context.Context, name, sum string) (string, error) {
	if exists(name) {
		return filepath.Abs(name)
	}
	return env.namedUpscaler(ctx, name, sum)
}

// namedUpscaler is upscalerFile for what is no file.
func (env *Env) namedUpscaler(ctx context.Context, name, sum string) (string, error) {
	if strings.ContainsRune(name, filepath.Separator) {
		return "", noSuchFile(name, os.ErrNotExist)
	}
	if form, ok, err := fetchedForm(name, 2, ""); ok && err == nil {
		if path := formHere(form); path != "" {
			return path, nil
		}
		return "", WithHint(fmt.Errorf("upscaler %q: is not here yet", name), "pentimento models networks %s fetches it", name)
	}
	var names []string
	for _, u := range fetch.Upscalers {
		names = append(names, u.ID)
	}
	c, err := env.library(ctx, &modelFlags{})
	if err == nil {
		if path, _ := c.Find(ctx, collection.Wanted{Hash: sum, Name: name, Kind: []string{"upscaler"}}, 0); path != "" {
			return path, nil
		}
		for _, row := range c.List(collection.Query{Kind: "upscaler"}) {
			names = append(names, row.Name())
		}
		err = errors.New("none of this name in the library")
	}
	err = fmt.Errorf("upscaler %q: no such file, and %w", name, err)
	if near := fault.Nearest(name, names); near != "" {
		return "", WithHint(err, "did you mean %q?", near)
	}
	return "", WithHint(err, "--model wants a file such as RealESRGAN_x4plus.pth; pentimento models list --kind upscaler shows those that are there, pentimento models networks those that can be fetched")
}

// exists says whether there is a file of that name.
func exists(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular()
}
