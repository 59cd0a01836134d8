package main

import (
	"context"
	"fmt"
	"image"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pentimento/assets"
	"pentimento/canvas/file"
)

// needStarter skips where no starter model is built in: assets/starter/train makes one.
func needStarter(t *testing.T) {
	t.Helper()
	if !assets.HasStarter() {
		t.Skip("no starter model is built in: see assets/starter/train/README.md")
	}
}

// TestStarterInTheRealWindow is a new user's first prompt: no file, no checkpoint, no
// settings; words, a candidate, accept, export.
func TestStarterInTheRealWindow(t *testing.T) {
	needStarter(t)
	d := openDesk(t)
	d.run("key", "ctrl+p")
	d.until("prompt", 20*time.Second, func(img *image.NRGBA) bool { return !offered(img) }) // the start screen's button is gone
	d.run("type", "--delay", "20", "a red ball on a white background")
	d.run("key", "ctrl+Return")
	d.until("painted", 240*time.Second, func(img *image.NRGBA) bool { return offered(img) && !busy(img) })
	d.palette("accept candidate") // Enter in the prompt is a new line
	d.until("accepted", 10*time.Second, func(img *image.NRGBA) bool { return !offered(img) })
	out := filepath.Join(t.TempDir(), "ball.png")
	d.export(out)
	p, err := file.Open(context.Background(), out, nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.Bounds().Size() != image.Pt(512, 512) {
		t.Errorf("the frame of 512 pixels gave a picture of %v", p.Bounds())
	}
	read, err := file.ReadTexts(out)
	if err != nil {
		t.Fatal(err)
	}
	texts := fmt.Sprint(read)
	for _, want := range []string{"a red ball on a white background", "starter", "DPM++ 2M"} {
		if !strings.Contains(strings.ToLower(texts), strings.ToLower(want)) {
			t.Errorf("the picture does not say %q: %.300s", want, texts)
		}
	}
}

// TestTheStarterFollowsColourWords paints with the verb as it is right after the build:
// of the same seed, the red picture is the reddest, and so on.
func TestTheStarterFollowsColourWords(t *testing.T) {
	needStarter(t)
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	colours := []string{"red", "green", "blue"}
	var tint [3][3]float64 // of the picture of a word: each channel against the mean of all
	for i, word := range colours {
		out := filepath.Join(t.TempDir(), word+".png")
		if msg, err := exec.Command(bin, "generate", "--prompt", "a "+word+" wall", "--seed", "4", "--out", out).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, msg)
		}
		p, err := file.Open(context.Background(), out, nil)
		if err != nil {
			t.Fatal(err)
		}
		tint[i] = tintOf(p.NRGBA())
	}
	for c := range 3 {
		for i := range 3 {
			if i != c && tint[i][c] >= tint[c][c] {
				t.Errorf("%q is more %s (%.1f) than %q (%.1f)", colours[i], colours[c], tint[i][c], colours[c], tint[c][c])
			}
		}
	}
}

// tintOf is how much each channel's mean is above the mean of all, in 1/255.
func tintOf(img *image.NRGBA) (t [3]float64) {
	n := float64(len(img.Pix) / 4)
	for i := 0; i < len(img.Pix); i += 4 {
		for c := range 3 {
			t[c] += float64(img.Pix[i+c]) / n
		}
	}
	mean := (t[0] + t[1] + t[2]) / 3
	for c := range t {
		t[c] -= mean
	}
	return t
}
