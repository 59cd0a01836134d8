package engine

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/preprocess"
)

// Map makes the map of a guide's picture by its preprocessor's networks, in a process of the program that does
// this alone (the verb preprocess) and ends with ctx: as in runs, a driver that crashes takes
// nothing along, and a run under way is not waited for.
func (c *Client) Map(ctx context.Context, g pipeline.Guide) (made *image.NRGBA, err error) {
	err = c.preprocess(ctx, g, false, func(_, out string) error { made, err = readPNG(out); return err })
	return made, err
}

// People finds the people in a guide's picture, in parts of what it shows, as Map does; none is no error.
func (c *Client) People(ctx context.Context, g pipeline.Guide) (people []preprocess.Pose, err error) {
	err = c.preprocess(ctx, g, true, func(points, _ string) error {
		f, err := os.Open(points)
		if err != nil {
			return err
		}
		defer f.Close()
		people, _, _, err = preprocess.ReadPoses(f)
		if errors.Is(err, preprocess.ErrNobody) {
			err = nil
		}
		return err
	})
	return people, err
}

// preprocess runs the verb and lets read have the files of points, where those are wanted, and of the map,
// before they go.
func (c *Client) preprocess(ctx context.Context, g pipeline.Guide, wanted bool, read func(points, out string) error) error {
	dir, err := os.MkdirTemp("", "pentimento-map-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	in, points, out := filepath.Join(dir, "picture.png"), filepath.Join(dir, "points.json"), filepath.Join(dir, "map.png")
	if err := writePNG(in, g.Shown()); err != nil {
		return err
	}
	config, told := c.settings()
	k := config.command()
	k.Args = append(k.Args[:1], mapArgs(g, in, out, told.Device)...)
	if wanted {
		k.Args = append(k.Args, "--json", points)
	}
	said := &tail{}
	k.Stderr = said
	k.WaitDelay = 2 * time.Second // for what the child has started and left behind
	if err := k.Start(); err != nil {
		return &Lost{Why: "the engine cannot be started: " + err.Error()}
	}
	defer context.AfterFunc(ctx, func() { _ = k.Process.Kill() })()
	err = k.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		return refused(said.lines(mapLines), err)
	}
	return read(points, out)
}

// mapLines is how many of the last lines of what a verb said are looked at.
const mapLines = 40

func mapArgs(g pipeline.Guide, in, out, device string) []string {
	args := []string{"preprocess", g.Preprocessor, in, out, "--network", g.Network}
	for flag, v := range map[string]*float64{"--a": g.A, "--b": g.B} {
		if v != nil {
			args = append(args, flag, strconv.FormatFloat(*v, 'g', -1, 64))
		}
	}
	if g.Resolution > 0 {
		args = append(args, "--res", strconv.Itoa(g.Resolution))
	}
	if device != "" {
		args = append(args, "--device", device)
	}
	return args
}

// refused is what a verb said when it failed.
func refused(said []string, err error) error {
	text, hint := "", ""
	for _, line := range said {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "pentimento: "); ok {
			text = strings.TrimPrefix(rest, "preprocess: ")
		}
		if rest, ok := strings.CutPrefix(line, "hint: "); ok {
			hint = rest
		}
	}
	if text == "" {
		return &Lost{Why: fmt.Sprintf("the engine ended without a map (%v)", err)}
	}
	return fault.New(text, hint)
}

func writePNG(path string, img image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	fast := png.Encoder{CompressionLevel: png.BestSpeed}
	return errors.Join(fast.Encode(f, img), f.Close())
}

func readPNG(path string) (*image.NRGBA, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("map: %w", err)
	}
	out := image.NewNRGBA(image.Rectangle{Max: img.Bounds().Size()})
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Src)
	return out, nil
}
