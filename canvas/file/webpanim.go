package file

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"

	"golang.org/x/image/webp"
)

// configWebP and decodeWebP read still pictures by golang.org/x/image, and of an animation
// the first picture, which that refuses: it is taken out of its frame and read as a still
// one (WebP container specification, "Animation").
func configWebP(r io.Reader) (image.Config, error) {
	b, err := all(r)
	if err != nil {
		return image.Config{}, err
	}
	a, err := animationOf(b)
	if a == nil || err != nil {
		if err != nil {
			return image.Config{}, err
		}
		return webp.DecodeConfig(bytes.NewReader(b))
	}
	c, err := webp.DecodeConfig(bytes.NewReader(a.still))
	c.Width, c.Height = a.size.X, a.size.Y
	return c, err
}

func decodeWebP(r io.Reader) (image.Image, error) {
	b, err := all(r)
	if err != nil {
		return nil, err
	}
	a, err := animationOf(b)
	if err != nil {
		return nil, err
	}
	if a == nil {
		return webp.Decode(bytes.NewReader(b))
	}
	img, err := webp.Decode(bytes.NewReader(a.still))
	if err != nil || img.Bounds().Size() == a.size {
		return img, err
	}
	whole := image.NewNRGBA(image.Rectangle{Max: a.size})
	src := newSource(img, true)
	in := img.Bounds().Sub(img.Bounds().Min).Add(a.at).Intersect(whole.Rect)
	for y := in.Min.Y; y < in.Max.Y; y++ {
		row := whole.Pix[whole.PixOffset(in.Min.X, y):][:4*in.Dx()]
		from := img.Bounds().Min.Sub(a.at)
		src.row(in.Min.X+from.X, in.Max.X+from.X, y+from.Y, row)
	}
	return whole, nil
}

// animation is the first picture of one.
type animation struct {
	size  image.Point // of the whole
	at    image.Point // where the picture is in it
	still []byte      // the picture as a WebP file
}

// maxEmpty is how many pixels an animation may have whose first picture fills little of it.
const maxEmpty = 1 << 24

// animationOf takes the first picture out of an animation; nil for a still picture.
func animationOf(b []byte) (*animation, error) {
	const head = 12 + 8 + 10
	if len(b) < head || string(b[:4]) != "RIFF" || string(b[8:16]) != "WEBPVP8X" || b[20]&2 == 0 {
		return nil, nil
	}
	a := &animation{size: image.Pt(1+three(b[24:]), 1+three(b[27:]))}
	if a.size.X > MaxSide || a.size.Y > MaxSide {
		return nil, nil // its own reader says so
	}
	for b = b[12:]; len(b) >= 8; {
		n := int(binary.LittleEndian.Uint32(b[4:]))
		if n > len(b)-8 {
			return nil, io.ErrUnexpectedEOF
		}
		if string(b[:4]) == "ANMF" && n > 16 {
			f := b[8 : 8+n]
			a.at = image.Pt(2*three(f), 2*three(f[3:]))
			w, h := 1+three(f[6:]), 1+three(f[9:])
			if all := a.size.X * a.size.Y; all > maxEmpty && all > 64*w*h {
				return nil, fmt.Errorf("webp: an animation of %d×%d pixels whose first picture has %d×%d", a.size.X, a.size.Y, w, h)
			}
			a.still = still(f[16:], w, h)
			return a, nil
		}
		b = b[min(8+n+n&1, len(b)):]
	}
	return nil, errors.New("webp: an animation without a picture")
}

func three(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// still is a file of the chunks of one frame.
func still(chunks []byte, w, h int) []byte {
	body := []byte("WEBP")
	if string(chunks[:min(4, len(chunks))]) == "ALPH" { // alpha apart wants the extended header
		x := make([]byte, 18)
		copy(x, "VP8X\x0a\x00\x00\x00\x10")
		for i := range 3 {
			x[12+i], x[15+i] = byte((w-1)>>(8*i)), byte((h-1)>>(8*i))
		}
		body = append(body, x...)
	}
	body = append(body, chunks...)
	out := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body)))
	return append(out, body...)
}
