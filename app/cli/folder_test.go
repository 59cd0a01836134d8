package cli

import (
	"bytes"
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPictureAndJSONStayApart: a picture on standard output is alone there, and what --json says of it is on standard error.
func TestPictureAndJSONStayApart(t *testing.T) {
	in := save(t, filepath.Join(t.TempDir(), "in.png"), scene(40, 40, 3))
	for _, args := range [][]string{
		{"generate", "--model", tinyModel(t), "--prompt", "a", "--size", "64x64", "--steps", "1"},
		{"pixelate", in, "-"},
		{"select", in, "-", "--at", "20,20"},
		{"upscale", in, "-"},
	} {
		if args[0] == "generate" {
			args = append(args, "--out", "-")
		}
		r := paint(t, append(args, "--json")...)
		if _, err := png.Decode(strings.NewReader(r.out)); r.code != 0 || err != nil {
			t.Errorf("%s: exit %d, %v, %s", args[0], r.code, err, r.errors)
		}
		at := max(strings.Index(r.errors, "{"), 0) // after notes
		if said := r.errors[at:]; !json.Valid([]byte(said)) || !strings.Contains(said, `"-"`) {
			t.Errorf("%s says %q", args[0], r.errors)
		}
	}
}

// TestSkippedPicturesAreTold: with --json a folder that is gone on with has a line for every picture.
func TestSkippedPicturesAreTold(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.Mkdir(in, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.png", "b.png"} {
		save(t, filepath.Join(in, name), scene(20, 20, 1))
	}
	for _, verb := range []string{"upscale", "pixelate"} {
		args := []string{verb, in, filepath.Join(out, verb), "--json"}
		if r := do(t, nil, args...); r.code != 0 || strings.Contains(r.out, "skipped") {
			t.Fatalf("exit %d, %s%s", r.code, r.out, r.errors)
		}
		if err := os.Remove(filepath.Join(out, verb, "b.png")); err != nil {
			t.Fatal(err)
		}
		r := do(t, nil, args...)
		var lines [2]struct {
			In, Out string
			Skipped bool
		}
		d := json.NewDecoder(bytes.NewReader([]byte(r.out)))
		for i := range lines {
			if err := d.Decode(&lines[i]); err != nil {
				t.Fatalf("%v in %s", err, r.out)
			}
		}
		if r.code != 0 || !lines[0].Skipped || lines[1].Skipped || filepath.Base(lines[0].In) != "a.png" || filepath.Base(lines[0].Out) != "a.png" || strings.Contains(r.errors, "already") {
			t.Errorf("%s: %s, %s", verb, r.out, r.errors)
		}
	}
}
