package cli

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"pentimento/pipeline/preprocess"
)

func sizeOf(t *testing.T, path string) image.Point {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, err := png.DecodeConfig(f)
	if err != nil {
		t.Fatal(err)
	}
	return image.Pt(c.Width, c.Height)
}

// TestPreprocessMakesMaps of a picture and of every picture in a folder; one that is broken is
// told of and the others are made all the same.
func TestPreprocessMakesMaps(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	img := save(t, at("in.png"), scene(40, 30, 1))
	if r := do(t, nil, "preprocess", "canny", img, at("out.png"), "--res", "60"); r.code != 0 || sizeOf(t, at("out.png")) != image.Pt(80, 60) {
		t.Errorf("exit %d, %s", r.code, r.errors)
	}
	if r := do(t, nil, "preprocess", "blur_gaussian", img, at("sized.png"), "--a", "2", "--size", "64x48", "--fit", "fill", "--pixel-perfect"); r.code != 0 || sizeOf(t, at("sized.png")) != image.Pt(64, 48) {
		t.Errorf("exit %d, %s", r.code, r.errors)
	}
	if err := os.Mkdir(at("many"), 0o777); err != nil {
		t.Fatal(err)
	}
	save(t, at("many/a.png"), scene(40, 30, 2))
	save(t, at("many/b.png"), scene(30, 50, 3))
	if r := do(t, nil, "preprocess", "lineart_standard", at("many"), at("maps"), "--res", "64"); r.code != 0 || sizeOf(t, at("maps/b.png")) != image.Pt(64, 107) {
		t.Errorf("exit %d, %s", r.code, r.errors)
	}
	if err := os.WriteFile(at("many/a.png"), []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	if r := do(t, nil, "preprocess", "invert", at("many"), at("again")); r.code != 1 || !strings.Contains(r.errors, "1 of 2 pictures") || sizeOf(t, at("again/b.png")) != image.Pt(30, 50) {
		t.Errorf("exit %d, %s", r.code, r.errors)
	}
}

// TestPreprocessKeepsPictures whose maps would be written over them, and maps that another picture's would.
func TestPreprocessKeepsPictures(t *testing.T) {
	dir := t.TempDir()
	in, link := filepath.Join(dir, "in"), filepath.Join(dir, "link")
	if err := os.Mkdir(in, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(in, link); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(save(t, filepath.Join(in, "a.png"), scene(40, 30, 1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{in, in + "/.", link} {
		if out == link && runtime.GOOS == "windows" {
			continue // wine numbers a link to a folder as one of its own
		}
		r := do(t, nil, "preprocess", "invert", in, out)
		after, err := os.ReadFile(filepath.Join(in, "a.png"))
		if err != nil || !bytes.Equal(before, after) || r.code != 1 || !strings.Contains(r.errors, "the folder of the pictures") {
			t.Errorf("into %q: exit %d, %s %v", out, r.code, r.errors, err)
		}
	}
	save(t, filepath.Join(in, "a.jpg"), scene(20, 10, 2)) // a.jpg comes first
	r := do(t, nil, "preprocess", "invert", in, filepath.Join(dir, "maps"))
	if r.code != 1 || !strings.Contains(r.errors, "a.png: a.png is the map of a.jpg") || sizeOf(t, filepath.Join(dir, "maps/a.png")) != image.Pt(20, 10) {
		t.Errorf("exit %d, %s", r.code, r.errors)
	}
}

// TestPreprocessDrawsPoints of a file as editors of poses write it.
func TestPreprocessDrawsPoints(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "pose.json"), filepath.Join(dir, "pose.png")
	body := "20,10,1,20,30,1" + strings.Repeat(",0,0,0", 16)
	if err := os.WriteFile(in, []byte(`{"people":[{"pose_keypoints_2d":[`+body+`]}],"canvas_width":40,"canvas_height":60}`), 0o666); err != nil {
		t.Fatal(err)
	}
	if r := do(t, nil, "preprocess", "openpose", in, out, "--res", "80"); r.code != 0 || sizeOf(t, out) != image.Pt(80, 120) {
		t.Errorf("exit %d, %s", r.code, r.errors)
	}
}

func TestPreprocessRefuses(t *testing.T) {
	dir := t.TempDir()
	img := save(t, filepath.Join(dir, "in.png"), scene(40, 30, 1))
	out := filepath.Join(dir, "out.png")
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"canny", 2, "found 1 arguments"}, {"cany IN OUT", 2, `Did you mean "canny"`}, {"canny IN OUT --seed 3", 2, "has no --seed"},
		{"canny IN OUT --network IN", 2, "has no --network"}, {"mlsd IN OUT", 1, "wants a network"}, {"canny IN OUT --res 0", 2, "resolution 0"}, {"canny IN OUT --fit fill", 2, "want a --size"}, {"canny IN OUT --size 5", 2, "--size is 5"},
		{"canny IN OUT --size 5x5 --fit tight", 2, "resize mode"}, {"depth_midas IN OUT", 1, "want a depth map"}, {"openpose IN OUT", 1, "want the points"}, {"canny IN OUT --json OUT", 2, "has no --json"},
		{"tile_resample IN OUT --a 90", 1, "has none left"}, {"canny none.png OUT", 1, "no such file"},
	} {
		args := strings.Fields(strings.NewReplacer("IN", img, "OUT", out).Replace(c.args))
		if r := do(t, nil, append([]string{"preprocess"}, args...)...); r.code != c.code || !strings.Contains(r.errors, c.want) {
			t.Errorf("%s: exit %d, %q, want %d and %q", c.args, r.code, r.errors, c.code, c.want)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := (&mapFlags{module: &preprocess.Module{}}).folder(ctx, &Env{Stderr: &strings.Builder{}}, dir, filepath.Join(dir, "out")); err == nil {
		t.Error("it goes on after the end of its context")
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a map was written")
	}
}
