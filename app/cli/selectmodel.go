package cli

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"strings"

	"golang.org/x/image/draw"

	"pentimento/pipeline"
)

// filesFlag is files that were named one by one.
type filesFlag []string

func (f *filesFlag) String() string { return "" }

// Set implements flag.Value.
func (f *filesFlag) Set(text string) error {
	if strings.TrimSpace(text) == "" {
		return errors.New("want a file")
	}
	*f = append(*f, text)
	return nil
}

// openThings makes ready the network of --model.
func (f *selectFlags) openThings(env *Env) error {
	if err := env.checkDevice(f.where.Device); err != nil {
		return err
	}
	for _, path := range f.model {
		if isFolder(path) {
			return WithHint(fmt.Errorf("%q: found a folder, want the file of a network", path), "name the ONNX file in it: the encoder, the decoder, or the one that is both")
		}
		if !exists(path) {
			return noSuchFile(path, os.ErrNotExist)
		}
	}
	_, other, err := pipeline.CheckSegment(f.model...)
	if err != nil {
		return err
	}
	if other != "" {
		f.model = append(f.model, other)
	}
	f.things, err = env.Pipeline(pipeline.Diffusion)
	return err
}

// pointed is the coverage of what the network of --model takes for the thing.
func (f *selectFlags) pointed(ctx context.Context, img *image.NRGBA) (*image.Alpha, error) {
	small, scale, err := pipeline.ForSegment(ctx, img)
	if err != nil {
		return nil, err
	}
	at := func(p image.Point, label int) pipeline.SegmentPoint {
		return pipeline.SegmentPoint{X: float64(p.X) * scale, Y: float64(p.Y) * scale, Label: label}
	}
	var click []pipeline.SegmentPoint
	if b := image.Rectangle(f.box); !b.Empty() {
		click = append(click, at(b.Min, pipeline.SegmentFirst), at(b.Max, pipeline.SegmentSecond))
	}
	for _, p := range f.at {
		click = append(click, at(p, pipeline.SegmentIn))
	}
	for _, p := range f.not {
		click = append(click, at(p, pipeline.SegmentOut))
	}
	q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Segment, Frame: small.Rect, Image: small},
		Segment: &pipeline.Segmenting{Files: f.model, Clicks: [][]pipeline.SegmentPoint{click}}, Where: f.where}
	res, err := f.things.Run(ctx, q, nil)
	if err != nil {
		return nil, err
	}
	best := pipeline.Segmented(res)[0]
	if small == img {
		return best, nil
	}
	out := image.NewAlpha(img.Rect)
	draw.BiLinear.Scale(out, out.Rect, best, best.Rect, draw.Src, nil)
	return out, nil
}
