package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pentimento/assets"
	"pentimento/canvas/file"
	"pentimento/pipeline/metadata"
)

// desk is a screen of its own with the real program on it, driven by mouse and keys.
type desk struct {
	t       *testing.T
	display string
	shots   string // where screenshots are kept: look at them
	count   int
	config  string
	exited  chan error
	pid     int
}

// openDesk starts Xvfb, a window manager and the program with fresh settings.
func openDesk(t *testing.T, args ...string) *desk {
	t.Helper()
	return openDeskWith(t, t.TempDir(), args...)
}

// openDeskWith is openDesk with a folder of settings.
func openDeskWith(t *testing.T, config string, args ...string) *desk {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the window is driven under Xvfb, on Linux only")
	}
	for _, tool := range []string{"Xvfb", "openbox", "xdotool", "import"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is missing: `make test` installs it", tool)
		}
	}
	d := &desk{t: t, shots: filepath.Join("..", "shots", t.Name()), config: config, exited: make(chan error, 1)}
	os.RemoveAll(d.shots)
	if err := os.MkdirAll(d.shots, 0o755); err != nil {
		t.Fatal(err)
	}
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	d.screen()
	d.start("openbox")
	time.Sleep(300 * time.Millisecond)
	d.program(bin, args)
	return d
}

// built is the program, built once for all tests beside their screenshots.
var built = sync.OnceValues(func() (string, error) {
	bin, err := filepath.Abs(filepath.Join("..", "shots", "pentimento"))
	if err != nil {
		return "", err
	}
	if out, err := exec.Command("go", "build", "-tags", "migrated_fynedo,no_emoji", "-o", bin, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return bin, nil
})

// screen starts Xvfb on a display that it chooses itself.
func (d *desk) screen() {
	d.t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		d.t.Fatal(err)
	}
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1440x900x24", "-nolisten", "tcp")
	x.ExtraFiles = []*os.File{w}
	if err := x.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { x.Process.Kill(); x.Wait() })
	w.Close()
	number := make([]byte, 16)
	n, err := r.Read(number)
	if err != nil {
		d.t.Fatalf("Xvfb did not start: %v", err)
	}
	d.display = ":" + strings.TrimSpace(string(number[:n]))
}

func (d *desk) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), "DISPLAY="+d.display, "WAYLAND_DISPLAY=", "XDG_CONFIG_HOME="+d.config, "XDG_STATE_HOME="+d.config, "XDG_CACHE_HOME="+filepath.Join(d.config, "cache"), "XDG_DATA_HOME="+filepath.Join(d.config, "data"), "LANG=en_US.UTF-8",
		"LIBGL_ALWAYS_SOFTWARE=1", "GSETTINGS_BACKEND=memory", "NO_AT_BRIDGE=1", "FYNE_SCALE=1")
	return c
}

func (d *desk) start(name string, args ...string) *exec.Cmd {
	d.t.Helper()
	c := d.command(name, args...)
	if err := c.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	return c
}

func (d *desk) program(bin string, args []string) {
	d.t.Helper()
	c := d.command(bin, args...)
	var log bytes.Buffer
	c.Stdout, c.Stderr = &log, &log
	if err := c.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.pid = c.Process.Pid
	go func() { d.exited <- c.Wait() }()
	d.t.Cleanup(func() {
		c.Process.Kill()
		if d.t.Failed() {
			d.t.Logf("the program said:\n%s", log.String())
		}
	})
	d.run("search", "--sync", "--onlyvisible", "--name", "Pentimento")
	d.run("search", "--name", "Pentimento", "windowsize", "1440", "870", "windowmove", "0", "0")
	time.Sleep(1200 * time.Millisecond)
}

// run drives mouse and keys.
func (d *desk) run(args ...string) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	c := d.command("xdotool", args...)
	if err := c.Start(); err != nil {
		d.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			d.t.Fatalf("xdotool %v: %v", args, err)
		}
	case <-ctx.Done():
		c.Process.Kill()
		d.shot("stuck")
		d.t.Fatalf("xdotool %v did not end", args)
	}
	time.Sleep(120 * time.Millisecond)
}

// palette runs a command by typing a part of its name.
func (d *desk) palette(words string) {
	d.t.Helper()
	d.run("key", "ctrl+k")
	time.Sleep(300 * time.Millisecond)
	d.run("type", "--delay", "15", words)
	time.Sleep(200 * time.Millisecond)
	d.run("key", "Return")
	time.Sleep(300 * time.Millisecond)
}

// drag moves the pressed pointer from a to b in small steps, which wait in the window's queue
// where it is slower than they come.
func (d *desk) drag(a, b image.Point) {
	d.t.Helper()
	args := []string{"mousemove", fmt.Sprint(a.X), fmt.Sprint(a.Y), "sleep", "0.1", "mousedown", "1", "sleep", "0.1"}
	const steps = 12
	for i := 1; i <= steps; i++ {
		p := a.Add(b.Sub(a).Mul(i).Div(steps))
		args = append(args, "mousemove", fmt.Sprint(p.X), fmt.Sprint(p.Y), "sleep", "0.03")
	}
	d.run(append(args, "sleep", "0.1", "mouseup", "1")...)
	time.Sleep(300 * time.Millisecond)
}

// shot takes a screenshot and keeps it under a name.
func (d *desk) shot(name string) *image.NRGBA {
	d.t.Helper()
	d.count++
	path := filepath.Join(d.shots, fmt.Sprintf("%02d-%s.png", d.count, name))
	if out, err := d.command("import", "-window", "root", path).CombinedOutput(); err != nil {
		d.t.Fatalf("screenshot: %v\n%s", err, out)
	}
	p, err := file.Open(context.Background(), path, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	return p.NRGBA()
}

// until takes screenshots until ok is content with one.
func (d *desk) until(name string, limit time.Duration, ok func(*image.NRGBA) bool) *image.NRGBA {
	d.t.Helper()
	for end := time.Now().Add(limit); ; time.Sleep(250 * time.Millisecond) {
		img := d.shot(name)
		if ok(img) {
			return img
		}
		if time.Now().After(end) {
			d.t.Fatalf("%s was never seen; the last screenshot is in %s", name, d.shots)
		}
		os.Remove(filepath.Join(d.shots, fmt.Sprintf("%02d-%s.png", d.count, name)))
		d.count--
	}
}

// acceptable says whether a candidate can be accepted: over the canvas stands a patch of the
// accent colour, the accept button. Outlines are thinner, and the tool column, the panels
// and the status line, which have that colour too, are left out.
func acceptable(img *image.NRGBA) bool {
	return accentIn(img, image.Rect(60, 80, img.Rect.Dx()-330, img.Rect.Dy()-48))
}

// accentIn says whether a patch of the accent colour, a button's, stands in r.
func accentIn(img *image.NRGBA, r image.Rectangle) bool {
	accent := func(r image.Rectangle) bool {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if img.NRGBAAt(x, y) != (color.NRGBA{0x3d, 0x9b, 0xe9, 255}) {
					return false
				}
			}
		}
		return true
	}
	for y := r.Min.Y; y < r.Max.Y; y += 2 {
		for x := r.Min.X; x < r.Max.X; x += 6 {
			if accent(image.Rect(x, y, x+12, y+3)) {
				return true
			}
		}
	}
	return false
}

// picture finds the rectangle of the screen that shows the picture: what is not the
// neutral ground, going outward from a point inside it.
func picture(img *image.NRGBA, inside image.Point) image.Rectangle {
	ground := color.NRGBA{0x55, 0x55, 0x55, 255}
	out := func(dx, dy int) image.Point {
		p := inside
		for p.In(img.Rect) && img.NRGBAAt(p.X, p.Y) != ground {
			p = p.Add(image.Pt(dx, dy))
		}
		return p
	}
	return image.Rect(out(-1, 0).X+1, out(0, -1).Y+1, out(1, 0).X, out(0, 1).Y)
}

// sample opens the sample picture and waits until it stands still in the window; the pointer
// rests where no tip comes up.
func (d *desk) sample(name string) *image.NRGBA {
	d.palette("sample")
	d.run("mousemove", "60", "760")
	d.until("sample", 20*time.Second, func(s *image.NRGBA) bool {
		w := picture(s, image.Pt(560, 430)).Dx() // behind the list of commands it has no edge
		return w > 300 && w < 1060
	})
	return d.settled(name)
}

func samplePixels(t *testing.T) *image.NRGBA {
	p, err := file.Decode(context.Background(), bytes.NewReader(assets.Sample), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p.NRGBA()
}

// TestMainJobInTheRealWindow does what a new user does: open the sample, paint a mask,
// fill, see the candidate, accept, undo, redo, drag the right border out, accept, export.
func TestMainJobInTheRealWindow(t *testing.T) {
	d := openDesk(t)
	d.shot("start")
	d.sample("sample")
	middle := image.Pt(560, 470)
	d.run("mousemove", fmt.Sprint(middle.X), fmt.Sprint(middle.Y))
	d.run("key", "f") // the frame tool's overlay must not be taken for the picture's edge
	d.run("key", "m")
	opened := d.shot("opened")
	on := picture(opened, middle)
	original := samplePixels(t)
	scale := float64(on.Dx()) / float64(original.Rect.Dx())
	if on.Dx() < 300 || on.Dy() < 200 {
		t.Fatalf("the picture covers %v of the screen", on)
	}

	d.drag(middle.Sub(image.Pt(60, 10)), middle.Add(image.Pt(60, 20)))
	masked := d.shot("masked")
	if same(opened, masked, on) {
		t.Fatal("the mask is not seen")
	}
	d.run("key", "ctrl+Return")
	d.until("candidate", 60*time.Second, acceptable)
	d.run("key", "Return")
	d.until("accepting", 10*time.Second, func(img *image.NRGBA) bool { return !acceptable(img) })
	time.Sleep(600 * time.Millisecond) // the bar goes a frame before the picture settles
	accepted := d.settled("accepted")
	d.run("key", "ctrl+z")
	d.until("undone", 10*time.Second, func(s *image.NRGBA) bool { return !same(s, accepted, on) })
	d.run("key", "ctrl+shift+z")
	d.until("redone", 10*time.Second, func(s *image.NRGBA) bool { return same(s, accepted, on) })

	d.run("key", "o")
	d.shot("border")
	d.drag(image.Pt(on.Max.X, (on.Min.Y+on.Max.Y)/2), image.Pt(on.Max.X+int(130*scale), (on.Min.Y+on.Max.Y)/2))
	d.until("outpaint", 60*time.Second, acceptable)
	d.run("key", "Return")
	time.Sleep(500 * time.Millisecond)
	d.shot("grown")

	out := filepath.Join(t.TempDir(), "out.png")
	d.run("key", "ctrl+e")
	d.run("search", "--sync", "--onlyvisible", "--name", "^Export$")
	time.Sleep(800 * time.Millisecond)
	d.run("key", "ctrl+a")
	d.run("type", "--delay", "10", out)
	d.shot("exporting")
	d.run("key", "Return")
	waitFor(t, out)
	d.shot("exported")
	checkExport(t, out, original, on, scale, middle)

	d.run("key", "ctrl+q")
	d.ended("after an export")
}

// ended waits for the program's end, which must be a good one. A program that stays is made to
// print where every goroutine stands.
func (d *desk) ended(when string) {
	d.t.Helper()
	select {
	case err := <-d.exited:
		if err != nil {
			d.t.Fatalf("the program ended %s with %v", when, err)
		}
	case <-time.After(time.Minute): // files are flushed, and the disk has other work
		d.shot("still-open")
		syscall.Kill(d.pid, syscall.SIGQUIT)
		<-d.exited
		d.t.Fatalf("the program did not end %s", when)
	}
}

func waitFor(t *testing.T, path string) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return
		}
	}
	t.Fatalf("%s was never written", path)
}

// checkExport holds the file against the sample: outside mask and strip every pixel is
// the sample's own, and the embedded information names both fills.
func checkExport(t *testing.T, path string, original *image.NRGBA, on image.Rectangle, scale float64, middle image.Point) {
	t.Helper()
	p, err := file.Open(context.Background(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := p.NRGBA()
	if got.Rect.Dy() != original.Rect.Dy() || got.Rect.Dx() <= original.Rect.Dx() {
		t.Fatalf("exported %v, want wider than %v", got.Rect, original.Rect)
	}
	centre := image.Pt(int(float64(middle.X-on.Min.X)/scale), int(float64(middle.Y-on.Min.Y)/scale))
	stroke := image.Rectangle{Min: centre, Max: centre}.Inset(-int(60/scale) - 80)
	changed := 0
	for y := range original.Rect.Dy() {
		for x := range original.Rect.Dx() {
			if got.NRGBAAt(x, y) == original.NRGBAAt(x, y) {
				continue
			}
			changed++
			if !image.Pt(x, y).In(stroke) {
				t.Fatalf("pixel %d,%d changed, far from the stroke %v", x, y, stroke)
			}
		}
	}
	if changed == 0 {
		t.Error("the fill changed nothing")
	}
	texts, err := file.ReadTexts(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []metadata.Text
	for _, x := range texts {
		all = append(all, metadata.Text(x))
	}
	r, _ := metadata.Read(all)
	if r == nil || r.Document == nil || len(r.Document.Fills) != 2 {
		t.Fatalf("the export carries %+v, want two fills", texts)
	}
	if f := r.Document.Fills[1]; f.Task != "outpaint" || f.Engine != "content" || f.Rect.X < original.Rect.Dx() {
		t.Errorf("the second fill is %+v, want the outpainted strip", f)
	}
}

// same says whether two screenshots agree in r.
func same(a, b *image.NRGBA, r image.Rectangle) bool {
	differ := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if a.NRGBAAt(x, y) != b.NRGBAAt(x, y) {
				differ++
			}
		}
	}
	return differ < r.Dx()*r.Dy()/500
}

// TestBadFilesAreRefusedInTheWindow opens what is no picture: a plain message, and the
// program goes on.
func TestBadFilesAreRefusedInTheWindow(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.png")
	if err := os.WriteFile(bad, []byte("\x89PNG\r\n\x1a\nnot really"), 0o644); err != nil {
		t.Fatal(err)
	}
	d := openDesk(t, bad)
	message := d.shot("message")
	d.run("key", "Escape")
	d.run("key", "Return")
	d.palette("sample")
	after := d.shot("sample")
	if same(message, after, image.Rect(200, 150, 900, 700)) {
		t.Error("the program did not go on after a bad file")
	}
}
