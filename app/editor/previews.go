package editor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/image/draw"

	"pentimento/app/words"
	"pentimento/canvas/disk"
	"pentimento/canvas/file"
)

// previewing keeps previews to one at a time: a large picture takes much memory for a moment.
var previewing sync.Mutex

// hugePreview is the size of a file that is not read for its preview alone, in bytes.
const hugePreview = 500 << 20

// mostPreviews bounds how many are kept.
const mostPreviews = 100

// Preview hands a small picture of a file to then, on the window's goroutine and later; where
// there is none, then is never called. What was made once is kept in Previews, by the file's
// path, size and time.
func (e *Editor) Preview(path string, side int, then func(image.Image)) {
	kept := e.Previews
	e.Go(words.T("preview of a file"), func() {
		previewing.Lock()
		defer previewing.Unlock()
		st, err := os.Stat(path)
		if err != nil || st.Size() > hugePreview {
			return
		}
		if kept != "" {
			sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%d\n%d\n%d", path, st.Size(), st.ModTime().UnixNano(), side))
			kept = filepath.Join(kept, hex.EncodeToString(sum[:12])+".png")
		}
		small := keptPreview(kept)
		if small == nil {
			if small = preview(path, side); small == nil {
				return
			}
			keepPreview(kept, small)
		}
		e.Post(func() { then(small) })
	}, nil)
}

// preview reads a file and makes its picture small; nil where it cannot be read.
func preview(path string, side int) image.Image {
	p, err := file.Open(context.Background(), path, nil)
	if err != nil {
		return nil
	}
	img := p.NRGBA()
	f := min(float64(side)/float64(max(img.Rect.Dx(), img.Rect.Dy(), 1)), 1)
	small := image.NewNRGBA(image.Rect(0, 0, max(int(float64(img.Rect.Dx())*f), 1), max(int(float64(img.Rect.Dy())*f), 1)))
	draw.ApproxBiLinear.Scale(small, small.Rect, img, img.Rect, draw.Src, nil)
	return small
}

func keptPreview(path string) image.Image {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		return nil
	}
	return img
}

// keepPreview keeps a preview; one that cannot be kept is made again the next time.
func keepPreview(path string, img image.Image) {
	if path == "" || os.MkdirAll(filepath.Dir(path), 0o700) != nil {
		return
	}
	_ = disk.WritePrivate(path, func(w io.Writer) error { return png.Encode(w, img) })
	if all, err := os.ReadDir(filepath.Dir(path)); err == nil && len(all) > mostPreviews {
		for _, old := range all[:len(all)-mostPreviews] { // any: what is missed is made again
			if old.Name() != filepath.Base(path) {
				_ = os.Remove(filepath.Join(filepath.Dir(path), old.Name()))
			}
		}
	}
}
