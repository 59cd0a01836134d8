package main

import (
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// residentMB reads a process's resident memory.
func residentMB(t *testing.T, pid int) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", pid))
	if err != nil {
		t.Fatal(err)
	}
	total, driver := 0, false
	for _, line := range strings.Split(string(data), "\n") {
		var from, to uint64
		var kb int
		if n, _ := fmt.Sscanf(line, "%x-%x ", &from, &to); n == 2 {
			driver = strings.Contains(line, "/libLLVM") || strings.HasSuffix(line, "_dri.so")
		} else if n, _ := fmt.Sscanf(line, "Rss: %d kB", &kb); n == 1 && !driver {
			total += kb
		}
	}
	if total == 0 {
		t.Fatal("no Rss in smaps")
	}
	return total >> 10
}

// TestMemory measures what the window needs, empty and with a layer of 24 megapixels. The
// program of a software OpenGL, which stands in for a graphics card's, is left out.
func TestMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "24mp.jpg")
	img := image.NewGray(image.Rect(0, 0, 6000, 4000))
	for i := range img.Pix {
		img.Pix[i] = uint8(i>>4 ^ i>>14)
	}
	f, err := os.Create(path)
	if err == nil {
		err = jpeg.Encode(f, coloured{img}, nil)
		f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		files []string
		limit int
	}{{"empty window", nil, 135}, {"one 24 MP layer", []string{path}, 360}} {
		d := openDesk(t, c.files...)
		time.Sleep(4 * time.Second)
		d.shot("memory")
		got := residentMB(t, d.pid)
		t.Logf("%s: %d MB resident (wanted at most %d)", c.name, got, c.limit)
		if got > c.limit {
			t.Errorf("%s: %d MB resident, want at most %d", c.name, got, c.limit)
		}
	}
}

// coloured makes a grey picture encode as YCbCr, as photographs are.
type coloured struct{ *image.Gray }

func (c coloured) ColorModel() color.Model { return color.RGBAModel }

func (c coloured) At(x, y int) color.Color {
	v := c.GrayAt(x, y).Y
	return color.RGBA{v, v / 2, 255 - v, 255}
}
