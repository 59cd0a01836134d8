package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"

	"pentimento/fault"
	"pentimento/pipeline/model"
	"pentimento/pipeline/pixels"
	"pentimento/pipeline/preprocess"
)

// perfectRes is the largest resolution of a pixel-perfect map of a smaller picture: the end of the slider in
// A1111's extension.
const perfectRes = 2048

// madeMap says what a preprocessor made a map of, and how.
type madeMap struct {
	picture *image.NRGBA
	crop    image.Rectangle
	module  string
	by      preprocess.Params
	network string
}

// mapped is the map that the guide's preprocessor makes of its picture, on white where that is
// transparent, brought to a size by Guide.Resize: a window of that. The preprocessor runs once a run: as
// with A1111's extension, a second pass has the map of the first, at its own size.
func (p pass) mapped(ctx context.Context, g Guide, img *image.NRGBA, size image.Point, window image.Rectangle) (*image.NRGBA, error) {
	fit := preprocess.Fit(g.Resize)
	m, by, err := g.module()
	if err != nil {
		return nil, err
	}
	by.Seed = p.req.Seed
	key := madeMap{picture: g.Image, crop: g.Crop, network: g.Network}
	if m != nil {
		key.module, key.by = m.Name, by
	}
	if g.PixelPerfect {
		key.by.Res = 0
	}
	out, known := p.maps[key]
	if !known {
		if out, err = p.preprocessed(ctx, g, preprocess.Of(g.cropped(img)), size, m, by); err != nil {
			return nil, err
		}
		if g.Image != nil { // what lies on the canvas may change within a run
			if p.maps == nil {
				p.maps = map[madeMap]preprocess.Picture{}
			}
			p.maps[key] = out
		}
	}
	if out, err = preprocess.MapWindow(ctx, out, fit, size.X, size.Y, window); err != nil {
		return nil, err
	}
	return out.NRGBA(), nil
}

// preprocessed runs the guide's module, nil for none, by its network where it has one.
func (p pass) preprocessed(ctx context.Context, g Guide, picture preprocess.Picture, size image.Point, m *preprocess.Module, by preprocess.Params) (_ preprocess.Picture, err error) {
	if m == nil {
		return picture, nil
	}
	if g.PixelPerfect {
		if by.Res, err = preprocess.PixelPerfect(picture.W, picture.H, size.X, size.Y, preprocess.Fit(g.Resize)); err != nil {
			return preprocess.Picture{}, err
		}
		// A fill that looks closely at a small place would have the whole canvas mapped at that scale.
		by.Res = min(by.Res, max(perfectRes, picture.W, picture.H))
	}
	file, err := g.networkFile()
	if err != nil || file == "" {
		if err == nil {
			picture, err = m.Run(ctx, picture, by)
		}
		return picture, err
	}
	return mapBy(ctx, p.p.runtime, m, file, picture, by, model.Options{Device: p.req.Device, Threads: p.req.Threads, Release: true})
}

// cropped is what of a picture the guide shows.
func (g Guide) cropped(img *image.NRGBA) *image.NRGBA {
	if g.Crop.Empty() {
		return img
	}
	return pixels.Crop(img, g.Crop.Intersect(img.Rect))
}

// module is the guide's preprocessor and its numbers; nil for none.
func (g Guide) module() (*preprocess.Module, preprocess.Params, error) {
	if g.Preprocessor == "" || g.Preprocessor == "none" || g.inpaints() {
		return nil, preprocess.Params{}, nil
	}
	m, err := preprocess.Find(g.Preprocessor)
	if err != nil {
		return nil, preprocess.Params{}, err
	}
	by := m.Defaults()
	by.Res = cmp.Or(g.Resolution, by.Res)
	if g.A != nil {
		by.A = *g.A
	}
	if g.B != nil {
		by.B = *g.B
	}
	return m, by, m.Check(by)
}

// networkFile is the file of the preprocessor's network, "" for none. One of which only the name is
// known is looked for beside the guide's own network.
func (g Guide) networkFile() (string, error) {
	if g.Network == "" {
		return "", nil
	}
	for _, path := range []string{g.Network, filepath.Join(filepath.Dir(g.Model), baseName(g.Network))} {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", fault.New(fmt.Sprintf("the file %s of the preprocessor can't be found", shortName(g.Network)), "Was it moved or renamed? Choose it again.")
}

// mapFolders are what folders of preprocessors' networks are called, near a model.
var mapFolders = []string{"preprocessors", "annotators", "annotator"}

// networkNear is the network of the guide's preprocessor that lies near a model: NAME.onnx in one of
// mapFolders, in the model's folder or the three above it. "" where there is none, or none is wanted.
func (g Guide) networkNear(model string) string {
	m, _, err := g.module()
	if err != nil || m == nil || m.Network == nil {
		return ""
	}
	at := filepath.Dir(model)
	for range 4 {
		for _, folder := range mapFolders {
			for _, name := range append([]string{m.Name}, m.Aliases...) {
				path := filepath.Join(at, folder, name+".onnx")
				if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
					return path
				}
			}
		}
		at = filepath.Dir(at)
	}
	return ""
}

// NetworkHere says whether the network of the guide's preprocessor is found: by its name, or near a model.
func (g Guide) NetworkHere(model string) bool {
	file, err := g.networkFile()
	return err == nil && file != "" || g.Network == "" && g.networkNear(model) != ""
}

// checkMap says why no map can be made of the guide's picture, before any work.
func (g Guide) checkMap() error {
	m, _, err := g.module()
	if err != nil || m == nil {
		return err
	}
	switch file, err := g.networkFile(); {
	case err != nil:
		return err
	case file != "" && m.Network == nil:
		return fault.With(fmt.Errorf("preprocessor %q takes no network", m.Name), "Leave its file out, or choose another preprocessor.")
	case file != "":
		return nil
	case g.Image == nil && m.Network == nil:
		return nil
	case g.Image == nil:
		return fault.With(errors.New("its preprocessor wants a network of its own, and none is named"), fmt.Sprintf("%s Called %s.onnx in a folder %s near the model it is found by itself.", m.Network.Files, m.Name, mapFolders[0]))
	}
	var picture preprocess.Picture
	if m.Wants == preprocess.OfDepth { // of the others no pixel is looked at, and this is asked at every change
		picture = preprocess.Of(g.cropped(g.Image))
	}
	return m.Takes(picture)
}
