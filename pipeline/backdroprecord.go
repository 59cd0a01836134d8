package pipeline

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/png"
)

// PictureSum tells pictures apart by what they show: the size and the pixels, 8 bits a channel, whatever file they are from. It
// is half of a SHA-256 in hexadecimal digits.
func PictureSum(img *image.NRGBA) string {
	h := sha256.New()
	_ = binary.Write(h, binary.LittleEndian, [2]uint32{uint32(img.Rect.Dx()), uint32(img.Rect.Dy())}) // a hash takes all
	for y := range img.Rect.Dy() {
		h.Write(img.Pix[y*img.Stride:][:4*img.Rect.Dx()])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// mostMask is how many bytes of a packed mask a picture is burdened with: a drawn one of many megapixels stays far below.
const mostMask = 256 << 10

// PackMask is a mask for a recipe, losslessly: a PNG in grey, without its place. It is nil for one that takes too much.
func PackMask(m *image.Alpha) []byte {
	if m == nil || m.Rect.Empty() {
		return nil
	}
	var out bytes.Buffer
	grey := &image.Gray{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
	coder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := coder.Encode(&out, grey); err != nil || out.Len() > mostMask {
		return nil
	}
	return out.Bytes()
}

// UnpackMask reads what PackMask wrote; its place begins at 0. The bytes may be anybody's.
func UnpackMask(data []byte) (*image.Alpha, error) {
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err == nil && (len(data) > mostMask || !readable(image.Pt(c.Width, c.Height))) {
		err = fmt.Errorf("it has %d×%d pixels, want at most %d a side and %d megapixels", c.Width, c.Height, maxReplay, maxReplayed>>20)
	}
	var img image.Image
	if err == nil {
		img, err = png.Decode(bytes.NewReader(data))
	}
	if err != nil {
		return nil, fmt.Errorf("background: the recipe's mask: %w", err)
	}
	grey, ok := img.(*image.Gray)
	if !ok {
		return nil, errors.New("background: the recipe's mask has colours, want 8 bits of grey")
	}
	return &image.Alpha{Pix: grey.Pix, Stride: grey.Stride, Rect: grey.Rect}, nil
}
