package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pentimento/app/settings"
	"pentimento/canvas/file"
	"pentimento/pipeline/metadata"
)

// foreign is a recipe as A1111 writes it, composed for this test.
const foreign = "lantern harbour at dusk, \"old\" boats\nNegative prompt: text, frame\nSteps: 24, Sampler: DPM++ 2M SDE Karras, CFG scale: 6.5, Seed: 90210, Size: 512x512, " +
	"Model hash: 0a1b2c3d4e, Model: harbor-v3, Denoising strength: 0.55, Clip skip: 2, Hashes: {\"model\": \"0a1b2c3d4e\", \"lora:fog\": \"12\"}, Version: v1.5.2"

// withRecipe writes the sample picture with a recipe.
func withRecipe(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	if err := file.EncodePNG(context.Background(), &b, samplePixels(t), []file.Text{{Key: "parameters", Text: text}}, png.BestSpeed); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "harbour.png")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// open says whether a sheet is over the window: the canvas' ground is darkened.
func open(img *image.NRGBA) bool { return !closed(img) }

func closed(img *image.NRGBA) bool {
	return img.NRGBAAt(100, 770) == color.NRGBA{0x55, 0x55, 0x55, 255}
}

// sampleOpened says whether the sample fills the canvas: the start screen's card is smaller.
func sampleOpened(img *image.NRGBA) bool {
	return closed(img) && picture(img, image.Pt(560, 470)).Dx() > 800
}

// TestRecipeOfAPictureInTheRealWindow opens a picture from another program, fills a place,
// keeps the result as a favourite and accepts it, sees what an export will carry and
// reads the same back with `pentimento info`; finds the result in the library; reads a
// recipe from the clipboard; uses all of the picture's own, and the panel holds it.
func TestRecipeOfAPictureInTheRealWindow(t *testing.T) {
	d := openDeskWith(t, oneEach(t), withRecipe(t, foreign))
	middle := image.Pt(560, 470)
	d.until("opened", 60*time.Second, sampleOpened)
	d.run("mousemove", fmt.Sprint(middle.X), fmt.Sprint(middle.Y))
	d.run("key", "m")
	d.drag(middle.Sub(image.Pt(60, 10)), middle.Add(image.Pt(60, 20)))
	d.shot("masked")
	d.run("key", "ctrl+Return")
	d.until("candidate", 60*time.Second, acceptable)
	d.run("type", "*")
	d.shot("favourite")
	d.run("key", "Return")
	d.until("accepted", 30*time.Second, func(img *image.NRGBA) bool { return !acceptable(img) })

	d.palette("what exports contain")
	d.until("embeds", 30*time.Second, open)
	d.run("key", "Escape")
	d.until("embeds-closed", 30*time.Second, closed)
	out := filepath.Join(t.TempDir(), "out.png")
	d.export(out)
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	checkCarried(t, verbOf(t, bin, "info", "--json", out))

	d.run("mousemove", fmt.Sprint(middle.X), fmt.Sprint(middle.Y))
	d.run("key", "ctrl+alt+i")
	d.until("how-made", 30*time.Second, open)
	d.run("key", "Escape")
	d.until("how-made-closed", 30*time.Second, closed)
	d.run("key", "ctrl+l")
	d.until("results", 30*time.Second, open)
	time.Sleep(time.Second) // thumbnails
	d.shot("results")
	d.run("key", "Escape")
	d.run("key", "Escape")
	d.until("results-closed", 30*time.Second, closed)
	kept, _ := filepath.Glob(filepath.Join(d.config, "data", "pentimento", "results", "*.png"))
	stars, _ := filepath.Glob(filepath.Join(d.config, "data", "pentimento", "results", "*.star"))
	if len(kept) != 1 || len(stars) != 1 {
		t.Errorf("the library holds %v and %v, want one result and its star", kept, stars)
	}

	d.run("key", "ctrl+i")
	d.until("recipe", 30*time.Second, open)
	d.run("key", "Return") // use all
	d.until("used", 30*time.Second, closed)
	d.run("key", "ctrl+q")
	d.until("asked", 30*time.Second, open)                // the recipe's frame is a change that no export holds
	for _, key := range []string{"Tab", "Tab", "space"} { // Cancel, Discard
		d.run("key", key)
	}
	d.ended("after Discard")
	store, err := settings.Open(filepath.Join(d.config, "pentimento", "settings.json"))
	if err != nil {
		t.Fatal(err)
	}
	f := store.Fill
	if f.Engine != "diffusion" || f.Prompt != "lantern harbour at dusk, \"old\" boats" || f.Negative != "text, frame" || f.Steps != 24 || f.Sampler != "DPM++ 2M SDE" ||
		f.Schedule != "Karras" || f.CFG != 6.5 || f.Seed != 90210 || !f.LockSeed || f.Strength != 0.55 || f.ClipSkip != 2 || f.RNG != "nv" {
		t.Errorf("after Use all the panel holds %+v", f)
	}
}

// checkCarried holds what info says of the export against what was done.
func checkCarried(t *testing.T, info []byte) {
	t.Helper()
	var got struct {
		Dialect, Prompt, Origin string
		Fills                   []metadata.Fill
	}
	if err := json.Unmarshal(info, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Fills) != 1 || got.Fills[0].Engine != "content" || got.Fills[0].Shows == 0 {
		t.Errorf("info tells of the fills %+v, want the one that was accepted", got.Fills)
	}
	if !strings.HasPrefix(got.Origin, "lantern harbour at dusk") || !strings.Contains(got.Origin, "Seed: 90210") {
		t.Errorf("the recipe it came with is %q, want A1111's", got.Origin)
	}
}

// TestRecipeFromTheClipboardInTheRealWindow copies a text in another program.
func TestRecipeFromTheClipboardInTheRealWindow(t *testing.T) {
	if _, err := exec.LookPath("xclip"); err != nil {
		t.Skip("xclip is missing: `make test` installs it")
	}
	d := openDesk(t)
	name := filepath.Join(t.TempDir(), "copied.txt")
	if err := os.WriteFile(name, []byte(foreign), 0o644); err != nil {
		t.Fatal(err)
	}
	d.start("xclip", "-quiet", "-selection", "clipboard", "-i", name)
	d.palette("sample")
	d.until("opened", 60*time.Second, sampleOpened)
	d.palette("recipe from clipboard")
	d.until("recipe", 30*time.Second, open)
	d.run("key", "Escape")
	d.until("closed", 30*time.Second, closed)
}

// oneEach is a folder of settings in which a fill makes one candidate.
func oneEach(t *testing.T) string {
	t.Helper()
	config := t.TempDir()
	store, err := settings.Open(filepath.Join(config, "pentimento", "settings.json"))
	if err == nil {
		store.Fill.Count = 1
		err = store.Save()
	}
	if err != nil {
		t.Fatal(err)
	}
	return config
}
