package journal

import (
	"crypto/sha256"
	"image"
	"runtime"
	"sync"

	"github.com/klauspost/compress/zstd"

	"pentimento/fault"
)

// chunk is the most bytes that one content holds; a raster is cut into such pieces.
const chunk = 1 << 20

// batch is how many contents are packed at once, on all cores.
const batch = 256

// hash names a content; half of a SHA-256 is more than enough among one file's own.
type hash [16]byte

func hashOf(raw []byte) hash {
	full := sha256.Sum256(raw)
	return hash(full[:16])
}

// place is a content in the file.
type place struct {
	num    uint32
	at     int64 // of its record
	length int   // of the payload
}

var encoder = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false),
		zstd.WithWindowSize(1<<20), zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)))
	if err != nil {
		panic(err) // options that do not fit together: seen by the first test
	}
	return e
})

var decoder = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(runtime.GOMAXPROCS(0)), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(2*chunk), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		panic(err)
	}
	return d
})

// packContent is a content's payload. Bytes that do not shrink are kept as they are.
func packContent(num uint32, raw []byte, h hash) []byte {
	p := pack{make([]byte, 0, len(raw)/2+64)}
	contentHead(&p, num, len(raw), h)
	mark := len(p.b)
	p.byte(1)
	p.b = encoder().EncodeAll(raw, p.b)
	if len(p.b)-mark-1 >= len(raw) {
		p.b = append(p.b[:mark], 0)
		p.b = append(p.b, raw...)
	}
	return p.b
}

func contentHead(p *pack, num uint32, size int, h hash) {
	p.uint(uint64(num))
	p.uint(uint64(size))
	p.b = append(p.b, h[:]...)
}

// content is a content's payload taken apart.
type content struct {
	num    uint32
	size   int
	hash   hash
	packed []byte // one byte for the way of packing, then the data
}

func parseContent(payload []byte) (content, bool) {
	u := unpack{b: payload}
	c := content{num: uint32(u.uint())}
	size := u.uint()
	copy(c.hash[:], u.take(16))
	c.size, c.packed = int(min(size, chunk+1)), u.b
	return c, !u.bad && size <= chunk && len(c.packed) > 0
}

// unpacked writes the content's bytes into dst, which has its size.
func (c *content) unpacked(dst []byte) bool {
	if len(dst) != c.size {
		return false
	}
	switch data := c.packed[1:]; c.packed[0] {
	case 0:
		return copy(dst, data) == len(dst) && len(data) == len(dst)
	case 1:
		out, err := decoder().DecodeAll(data, dst[:0:len(dst)])
		return err == nil && len(out) == len(dst) && (len(out) == 0 || &out[0] == &dst[0])
	}
	return false
}

// parallel calls f(i) for i below n on all cores.
func parallel(n int, f func(int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers < 2 {
		for i := range n {
			f(i)
		}
		return
	}
	var wg fault.Group
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	wg.Wait()
}

// put writes the contents that the file does not hold yet and returns the numbers of all.
func (l *log) put(raw [][]byte) ([]uint32, error) {
	nums := make([]uint32, len(raw))
	for lo := 0; lo < len(raw); lo += batch {
		hi := min(lo+batch, len(raw))
		if err := l.putBatch(raw[lo:hi], nums[lo:hi]); err != nil {
			return nil, err
		}
	}
	return nums, nil
}

func (l *log) putBatch(raw [][]byte, nums []uint32) error {
	hashes := make([]hash, len(raw))
	parallel(len(raw), func(i int) { hashes[i] = hashOf(raw[i]) })
	var fresh []int
	mine := map[hash]uint32{}
	for i, h := range hashes {
		num, ok := mine[h]
		if p, there := l.contents[h]; there {
			num, ok = p.num, true
		}
		if !ok {
			num = l.nextContent
			l.nextContent++
			mine[h] = num
			fresh = append(fresh, i)
		}
		nums[i] = num
	}
	packed := make([][]byte, len(fresh))
	parallel(len(fresh), func(n int) {
		i := fresh[n]
		if packed[n] = l.copied(nums[i], hashes[i]); packed[n] == nil {
			packed[n] = packContent(nums[i], raw[i], hashes[i])
		}
	})
	for n, i := range fresh {
		h := hashes[i]
		l.contents[h] = place{nums[i], l.end + int64(len(l.out)), len(packed[n])}
		l.undo = append(l.undo, func() { delete(l.contents, h) })
		l.pixels += int64(len(raw[i]))
		l.add(kindContent, packed[n])
		if err := l.flushLarge(); err != nil {
			return err
		}
	}
	return nil
}

// copied is a content as the file before this one holds it, under its new number; nil
// where it holds none or a damaged one. Packing again would cost twenty times as much.
func (l *log) copied(num uint32, h hash) []byte {
	if l.before == nil {
		return nil
	}
	p, ok := l.before.contents[h]
	if !ok || p.length == 0 {
		return nil
	}
	payload, ok := l.before.payload(p.at, p.length)
	if !ok {
		return nil
	}
	c, ok := parseContent(payload)
	if !ok || c.hash != h {
		return nil
	}
	out := pack{make([]byte, 0, len(payload)+4)}
	contentHead(&out, num, c.size, h)
	return append(out.b, c.packed...)
}

// pieces cuts a picture's rows, laid end to end, into contents.
func pieces(pix []byte, stride, rowBytes, rows int) [][]byte {
	if stride != rowBytes {
		tight := make([]byte, 0, rowBytes*rows)
		for y := range rows {
			tight = append(tight, pix[y*stride:][:rowBytes]...)
		}
		pix = tight
	}
	pix = pix[:rowBytes*rows]
	var out [][]byte
	for len(pix) > 0 {
		n := min(len(pix), chunk)
		out = append(out, pix[:n])
		pix = pix[n:]
	}
	return out
}

// The kinds of rasters.
const (
	rasterNRGBA = 0
	rasterAlpha = 1
	rasterDeep  = 2 // NRGBA64
	rasterGrey  = 3 // Gray16
)

// raster writes a picture that is not there yet and returns its number.
func (l *log) raster(img image.Image) (uint32, error) {
	num, ok := l.rasters[keyOf(img)]
	if ok {
		return num, nil
	}
	var raw [][]byte
	var p pack
	num = l.nextRaster
	p.uint(uint64(num))
	r := img.Bounds()
	size := int64(r.Dx()) * int64(r.Dy())
	switch m := img.(type) {
	case *image.NRGBA:
		raw = pieces(m.Pix, m.Stride, r.Dx()*4, r.Dy())
		p.byte(rasterNRGBA)
		size *= 4
	case *image.Alpha:
		raw = pieces(m.Pix, m.Stride, r.Dx(), r.Dy())
		p.byte(rasterAlpha)
	case *image.NRGBA64:
		raw = pieces(m.Pix, m.Stride, r.Dx()*8, r.Dy())
		p.byte(rasterDeep)
		size *= 8
	case *image.Gray16:
		raw = pieces(m.Pix, m.Stride, r.Dx()*2, r.Dy())
		p.byte(rasterGrey)
		size *= 2
	default:
		return 0, &Error{Text: "found a picture of an unknown kind, want NRGBA, NRGBA64, Gray16 or Alpha"}
	}
	p.rect(r)
	nums, err := l.put(raw)
	if err != nil {
		return 0, err
	}
	for _, n := range nums {
		p.uint(uint64(n))
	}
	l.nextRaster++
	l.pixels += size
	l.add(kindRaster, p.b)
	l.knowRaster(img, num)
	return num, l.flushLarge()
}
