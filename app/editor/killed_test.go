package editor

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pentimento/app/settings"
)

// killedHome names, for the child of TestSettingsOutliveAKill, the folder it works in.
const killedHome = "PENTIMENTO_KILLED_HOME"

// TestSettingsOutliveAKill: this test binary started again opens a picture, changes settings
// and is killed; what it did a second and a half before is remembered.
func TestSettingsOutliveAKill(t *testing.T) {
	if dir := os.Getenv(killedHome); dir != "" {
		openAndWait(t, dir)
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestSettingsOutliveAKill$")
	cmd.Env = append(os.Environ(), killedHome+"="+dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "changed"; {
	}
	time.Sleep(2500 * time.Millisecond) // one of them is the Keeper's, the rest a busy machine's
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	s, err := settings.Open(filepath.Join(dir, "settings.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.Recent, []string{filepath.Join(dir, "a.png")}) || s.Fill.Steps != 33 || s.Brush.Size != 41 || s.Theme != "light" {
		t.Errorf("recent %v, %d steps, brush of %g, %s theme; want a.png, 33, 41, light", s.Recent, s.Fill.Steps, s.Brush.Size, s.Theme)
	}
}

// openAndWait is the child.
func openAndWait(t *testing.T, dir string) {
	store, err := settings.Open(filepath.Join(dir, "settings.json"))
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, posted: make(chan func(), 1024)}
	b.Editor = New(Config{Settings: store, Window: b, Post: func(f func()) { b.posted <- f }})
	path := filepath.Join(dir, "a.png")
	var buf bytes.Buffer
	if err := png.Encode(&buf, texture(image.Rect(0, 0, 40, 30), 1)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Open(path)
	b.until("the picture", func() bool { return b.Keeping.Path() == path })
	b.SetFill(func(f *settings.Fill) { f.Steps = 33 })
	brush := b.Brush()
	brush.Size = 41
	b.SetBrush(brush)
	b.Do("view.theme")
	fmt.Println("changed")
	b.until("the end", func() bool { return false })
}
