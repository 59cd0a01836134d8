package engine

import (
	"context"
	"errors"
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"pentimento/fault"
	"pentimento/pipeline"
)

// scripted is a client whose program is a script of the shell's.
func scripted(t *testing.T, script string) *Client {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("there is no shell")
	}
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	c := New(Config{Command: func() *exec.Cmd { return exec.Command(path, Verb) }})
	t.Cleanup(c.Close)
	return c
}

func posed() pipeline.Guide {
	img := image.NewNRGBA(image.Rect(0, 0, 30, 20))
	img.SetNRGBA(12, 7, color.NRGBA{200, 100, 50, 255})
	a := 3.5
	return pipeline.Guide{Kind: pipeline.GuideControl, Preprocessor: "openpose", Network: "/nets/pose.tflite", Image: img, Crop: image.Rect(10, 5, 30, 20), A: &a, Resolution: 640}
}

// TestAMapIsMadeInAProcess: of what the guide shows, with its numbers; what the process says went wrong is the error.
func TestAMapIsMadeInAProcess(t *testing.T) {
	seen := filepath.Join(t.TempDir(), "args")
	c := scripted(t, `echo "$@" > `+seen+`; cp "$3" "$4"`)
	got, err := c.Map(t.Context(), posed())
	if err != nil || got.Rect != image.Rect(0, 0, 20, 15) || got.NRGBAAt(2, 2) != (color.NRGBA{200, 100, 50, 255}) {
		t.Fatalf("%v, %v", got.Rect, err)
	}
	args, err := os.ReadFile(seen)
	for _, part := range []string{"preprocess openpose ", "--network /nets/pose.tflite", "--a 3.5", "--res 640"} {
		if err != nil || !strings.Contains(string(args), part) {
			t.Errorf("%q lacks %q, %v", args, part, err)
		}
	}
	_, err = scripted(t, `echo "note: a device" >&2; echo "pentimento: preprocess: it has no pixels" >&2; echo "hint: take another" >&2; exit 1`).Map(t.Context(), posed())
	if err == nil || err.Error() != "it has no pixels" || fault.Hint(err) != "take another" {
		t.Errorf("%v, %q", err, fault.Hint(err))
	}
	var lost *Lost
	if _, err = scripted(t, `kill -SEGV $$`).Map(t.Context(), posed()); !errors.As(err, &lost) {
		t.Errorf("a crash is %v", err)
	}
}

// TestPeopleComeFromAProcess, and nobody is no error.
func TestPeopleComeFromAProcess(t *testing.T) {
	write := func(people string) string {
		return `for last; do :; done; case "$*" in *"--json $last") echo '{"canvas_width":20,"canvas_height":15,"people":[` + people + `]}' > "$last";; esac`
	}
	body := `{"pose_keypoints_2d":[10,3,1` + strings.Repeat(",0,0,0", 17) + `]}`
	got, err := scripted(t, write(body)).People(t.Context(), posed())
	if err != nil || len(got) != 1 || got[0].Body[0] == nil || got[0].Body[0].X != 0.5 || got[0].Body[0].Y != 0.2 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := scripted(t, write("")).People(t.Context(), posed()); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestAMapThatIsNotWaitedForEnds its process.
func TestAMapThatIsNotWaitedForEnds(t *testing.T) {
	dir := t.TempDir()
	c := scripted(t, `echo $$ > `+dir+`/begun; exec sleep 600`)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { _, err := c.Map(ctx, posed()); ended <- err }()
	for {
		if _, err := os.Stat(filepath.Join(dir, "begun")); err == nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
