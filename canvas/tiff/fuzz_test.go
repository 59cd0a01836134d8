package tiff

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// field is a tag of longs.
type field struct {
	tag    uint16
	values []uint32
}

// made is a little-endian file: the pixels, then a directory of these tags in their order.
func made(pixels []byte, fields ...field) []byte {
	le := binary.LittleEndian
	b := append([]byte("II*\x00\x00\x00\x00\x00"), pixels...)
	places := make([]uint32, len(fields))
	for i, f := range fields {
		places[i] = uint32(len(b))
		for _, v := range f.values {
			b = le.AppendUint32(b, v)
		}
	}
	le.PutUint32(b[4:], uint32(len(b)))
	b = le.AppendUint16(b, uint16(len(fields)))
	for i, f := range fields {
		b = le.AppendUint16(le.AppendUint16(b, f.tag), 4)
		b = le.AppendUint32(b, uint32(len(f.values)))
		if len(f.values) == 1 {
			b = le.AppendUint32(b, f.values[0])
		} else {
			b = le.AppendUint32(b, places[i])
		}
	}
	return le.AppendUint32(b, 0)
}

func repeated(v uint32, n int) []uint32 {
	out := make([]uint32, n)
	for i := range out {
		out[i] = v
	}
	return out
}

// Files that ask for far more memory or work than their bytes are worth are refused, or are
// read quickly.
func TestSmallFilesAskForLittle(t *testing.T) {
	var wide bytes.Buffer
	if err := jpeg.Encode(&wide, image.NewGray(image.Rect(0, 0, 3000, 9)), nil); err != nil {
		t.Fatal(err)
	}
	megabyte := bytes.Repeat([]byte{0x80}, 1<<20)
	for name, c := range map[string]struct {
		file []byte
		want string // "" is opened
	}{
		"a pixel in a tile of terabytes": {made([]byte{1}, field{256, []uint32{1}}, field{257, []uint32{1}}, field{258, []uint32{32}}, field{277, []uint32{32}},
			field{322, []uint32{1 << 17}}, field{323, []uint32{1 << 17}}, field{324, []uint32{8}}, field{325, []uint32{1}}), "too few"},
		"chunks that share all bytes": {made(megabyte, field{256, []uint32{1}}, field{257, []uint32{1 << 15}}, field{258, []uint32{8}}, field{259, []uint32{32773}},
			field{273, repeated(8, 1<<15)}, field{278, []uint32{1}}, field{279, repeated(1<<20, 1<<15)}), "chunks of"},
		"a JPEG larger than its chunk": {made(wide.Bytes(), field{256, []uint32{8}}, field{257, []uint32{8}}, field{258, []uint32{8}}, field{259, []uint32{7}},
			field{273, []uint32{8}}, field{279, []uint32{uint32(wide.Len())}}), "want 8×8"},
		"lists of a hundred thousand": {made(make([]byte, 2<<18), field{256, []uint32{512}}, field{257, []uint32{512}}, field{258, []uint32{8}}, field{266, repeated(1, 100000)},
			field{273, repeated(8, 512)}, field{277, []uint32{2}}, field{278, []uint32{1}}, field{279, repeated(1024, 512)}, field{338, repeated(1, 100000)}), ""},
		"unlike bits by the hundred thousand": {made(nil, field{256, []uint32{1}}, field{257, []uint32{1}}, field{258, append(repeated(8, 1), repeated(7, 100000)...)}, field{277, []uint32{3}}), "[8 7 7]"},
	} {
		began := time.Now()
		_, err := Decode(c.file)
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || len(err.Error()) > 200) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

// FuzzDecode: no bytes end the program, and what opens is of the size that was announced.
func FuzzDecode(f *testing.F) {
	files, _ := filepath.Glob("../file/testdata/rare/*.tif")
	for _, path := range files {
		if b, err := os.ReadFile(path); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := DecodeConfig(b)
		if err != nil || c.Width*c.Height > 1<<20 {
			return
		}
		if img, err := Decode(b); err == nil && (img.Bounds().Dx() != c.Width || img.Bounds().Dy() != c.Height) {
			t.Errorf("%v, want %d×%d", img.Bounds(), c.Width, c.Height)
		}
	})
}

// A fax of 8192×8192 white pixels, a bit a row, takes a byte a pixel and no more.
func TestALargeFaxIsThin(t *testing.T) {
	const side = 8192
	b := made(bytes.Repeat([]byte{0xff}, side/8), field{256, []uint32{side}}, field{257, []uint32{side}}, field{258, []uint32{1}}, field{259, []uint32{4}}, field{262, []uint32{0}},
		field{273, []uint32{8}}, field{279, []uint32{side / 8}})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	img, err := Decode(b)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if g, ok := img.(*image.Gray); !ok || g.GrayAt(side-1, side-1).Y != 255 || g.GrayAt(0, 0).Y != 255 {
		t.Errorf("%T", img)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 85<<20 {
		t.Errorf("it takes %d MB", took>>20)
	}
}

// Faxes of all kinds that are cut or changed are refused or read, without a panic and in
// rows that fit.
func TestDamagedFaxes(t *testing.T) {
	for _, name := range []string{"fax_mh", "fax_g32d", "fax_lsb", "g4_minwhite", "g3_minblack"} {
		b, err := os.ReadFile("../file/testdata/rare/" + name + ".tif")
		if err != nil {
			t.Fatal(err)
		}
		for i := range b {
			for _, v := range []byte{0, 0xff, b[i] ^ 0x10} {
				c := bytes.Clone(b)
				c[i] = v
				_, _ = Decode(c)
			}
		}
	}
}
