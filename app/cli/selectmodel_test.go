package cli

import (
	"bytes"
	"context"
	"image"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/model"
	"pentimento/pipeline/pipelinetest"
)

// TestSelectByANetworkOfOnesOwn: of a picture larger than it is shown, with points that belong and that don't; the
// other half is found beside one, and what does not fit is told.
func TestSelectByANetworkOfOnesOwn(t *testing.T) {
	dir := t.TempDir()
	sam := pipelinetest.WriteSAM(t, dir, "sam")
	img := image.NewNRGBA(image.Rect(0, 0, 1600, 1200))
	small := boxes()
	for y := range 1200 {
		for x := range 1600 {
			img.SetNRGBA(x, y, small.NRGBAAt(x/10, y/10))
		}
	}
	in, out := filepath.Join(dir, "in.png"), filepath.Join(dir, "out.png")
	save(t, in, img)
	rt := &pipelinetest.Runtime{Eval: pipelinetest.PickingSAM(func() {})}
	run := func(args ...string) result {
		var o, e bytes.Buffer
		code := Main(context.Background(), append([]string{"select", in, out}, args...), Env{Stdin: bytes.NewReader(nil), Stdout: &o, Stderr: &e, Devices: []string{"cpu"}, Runtime: func() (model.Runtime, error) { return rt, nil }})
		return result{code, o.String(), e.String()}
	}
	for _, files := range [][]string{{"--model", sam[0]}, {"--model", sam[1], "--model", sam[0]}} {
		if r := run(append(files, "--at", "400,500", "--not", "20,20", "--overwrite")...); r.code != ExitDone {
			t.Fatal(r.errors)
		}
		m, _ := load(t, out)
		for _, p := range []struct{ x, y, want int }{{400, 500, 255}, {270, 360, 255}, {30, 30, 0}, {1200, 400, 0}, {700, 500, 0}} {
			if v := m.NRGBAAt(p.x, p.y).R; int(v) != p.want {
				t.Errorf("%v: at %d,%d stands %d", files, p.x, p.y, v)
			}
		}
	}
	for want, args := range map[string][]string{"no such file": {"--model", filepath.Join(dir, "none.onnx"), "--at", "4,4"}, "found a folder": {"--model", dir, "--at", "4,4"}, "not --subject": {"--model", sam[0], "--subject"}, "holds": {"--model", in, "--at", "4,4"}} {
		if r := run(args...); r.code == ExitDone || !strings.Contains(r.errors, want) && want != "holds" {
			t.Errorf("%q: %d %s", args, r.code, r.errors)
		}
	}
}
