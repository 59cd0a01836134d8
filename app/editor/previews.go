package editor

import (
	"context"
	"image"
	"os"
	"sync"

	"golang.org/x/image/draw"

	"pentimento/canvas/file"
)

// previewing keeps previews to one at a time.
var previewing sync.Mutex

// largePreview is the size of a file that is not read for its preview alone, in bytes.
const largePreview = 6 << 20

// Preview hands a small picture of a file to then, on the window's goroutine and later; where
// there is none, or the file is large, then is never called.
func (e *Editor) Preview(path string, side int, then func(image.Image)) {
	go func() {
		previewing.Lock()
		defer previewing.Unlock()
		if st, err := os.Stat(path); err != nil || st.Size() > largePreview {
			return
		}
		p, err := file.Open(context.Background(), path, nil)
		if err != nil {
			return
		}
		img := p.NRGBA()
		f := min(float64(side)/float64(max(img.Rect.Dx(), img.Rect.Dy(), 1)), 1)
		small := image.NewNRGBA(image.Rect(0, 0, max(int(float64(img.Rect.Dx())*f), 1), max(int(float64(img.Rect.Dy())*f), 1)))
		draw.ApproxBiLinear.Scale(small, small.Rect, img, img.Rect, draw.Src, nil)
		e.Post(func() { then(small) })
	}()
}
