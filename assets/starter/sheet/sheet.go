// Command sheet paints the prompts of assets/starter/sheet.txt by the starter model, each once,
// with seed 1 and everything else as the program has it, and lays the pictures side by side
// with their prompts below. Nothing is picked. `make starter-sheet` calls it:
//
//	go run ./assets/starter/sheet PENTIMENTO OUT.jpg
package main

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	_ "image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

const (
	columns = 4
	caption = 32 // pixels below each picture
	leading = 14
	gap     = 8
	letter  = 7 // width of basicfont's letters
)

func main() {
	if err := sheet(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "sheet:", err)
		os.Exit(1)
	}
}

func sheet(program, out string) error {
	list, err := os.ReadFile("assets/starter/sheet.txt")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "sheet")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	prompts := strings.Split(strings.TrimSpace(string(list)), "\n")
	var all *image.RGBA
	for i, text := range prompts {
		img, err := paint(program, text, filepath.Join(dir, "a.png"))
		if err != nil {
			return fmt.Errorf("%q: %w", text, err)
		}
		cell := img.Bounds().Size().Add(image.Pt(gap, caption+gap))
		if all == nil {
			rows := (len(prompts) + columns - 1) / columns
			all = image.NewRGBA(image.Rect(0, 0, columns*cell.X+gap, rows*cell.Y+gap))
			draw.Draw(all, all.Rect, image.White, image.Point{}, draw.Src)
		}
		at := image.Pt(gap+i%columns*cell.X, gap+i/columns*cell.Y)
		draw.Draw(all, img.Bounds().Sub(img.Bounds().Min).Add(at), img, img.Bounds().Min, draw.Src)
		pen := font.Drawer{Dst: all, Src: image.NewUniform(color.Gray{40}), Face: basicfont.Face7x13, Dot: fixed.P(at.X, at.Y+img.Bounds().Dy()+leading)}
		for _, line := range wrap(text, (cell.X-gap)/letter) {
			pen.DrawString(line)
			pen.Dot = fixed.P(at.X, pen.Dot.Y.Round()+leading)
		}
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	defer f.Close()
	return jpeg.Encode(f, all, &jpeg.Options{Quality: 88})
}

// wrap breaks a text into two lines where it is longer than most letters.
func wrap(text string, most int) []string {
	if len(text) <= most {
		return []string{text}
	}
	at := strings.LastIndexByte(text[:most], ' ')
	return []string{text[:at], text[at+1:]}
}

// paint runs the verb as a new user would.
func paint(program, text, path string) (image.Image, error) {
	cmd := exec.Command(program, "generate", "--prompt", text, "--seed", "1", "--out", path)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	return img, err
}
