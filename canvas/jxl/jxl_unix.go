//go:build linux || darwin || freebsd

package jxl

import (
	"context"
	"encoding/binary"
	"image"
	"io"
	"runtime"
	"unsafe"

	"pentimento/fault"
)

// piece is how many bytes are handed over at a time; between two a cancel is seen.
const piece = 1 << 16

// maxBox bounds a block of EXIF or XMP, maxProfile a profile, maxFrames what is counted.
const (
	maxBox     = 4 << 20
	maxProfile = 8 << 20
	maxFrames  = 1 << 16
)

// decoder is one run of libjxl over a file. What it reads and writes of ours is pinned.
type decoder struct {
	lib *library
	dec uintptr
	b   []byte
	pin runtime.Pinner
}

func open(b []byte) (*decoder, error) {
	lib := loaded()
	switch {
	case lib == nil:
		return nil, errMissing
	case len(b) == 0:
		return nil, io.ErrUnexpectedEOF
	}
	d := &decoder{lib: lib, b: b}
	if d.dec = lib.call("Create", 0); d.dec == 0 {
		return nil, errDamaged
	}
	d.pin.Pin(&b[0])
	d.call("SetKeepOrientation", 1) // turning is ours
	d.call("SetUnpremultiplyAlpha", 1)
	return d, nil
}

func (d *decoder) close() {
	d.lib.call("Destroy", d.dec)
	d.pin.Unpin()
}

// call calls a function of the decoder's; most answer with a status.
func (d *decoder) call(name string, args ...uintptr) int {
	return int(int32(d.lib.call(name, append([]uintptr{d.dec}, args...)...)))
}

// run hands the file over until the decoder has nothing more to say; on is told of everything
// that it says meanwhile, and ends the run with false.
func (d *decoder) run(ctx context.Context, events int, report func(float64), on func(status int) (bool, error)) error {
	if d.call("SubscribeEvents", uintptr(events)) != statusDone {
		return errDamaged
	}
	to := 0
	feed := func(left int) { // the decoder wants what it left once more, with more behind it
		from := to - left
		to = min(to+piece, len(d.b))
		d.call("SetInput", uintptr(unsafe.Pointer(&d.b[from])), uintptr(to-from))
		if to == len(d.b) {
			d.call("CloseInput")
		}
		if report != nil {
			report(float64(to) / float64(len(d.b)))
		}
	}
	for feed(0); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		switch status := d.call("ProcessInput"); status {
		case statusDone:
			return nil
		case statusMore:
			if to == len(d.b) {
				return io.ErrUnexpectedEOF
			}
			feed(d.call("ReleaseInput"))
		case statusError:
			return errDamaged
		default:
			if more, err := on(status); err != nil || !more {
				return err
			}
		}
	}
}

// read goes through a file without its pixels: the blocks of text and the count of pictures
// may lie behind them.
func read(b []byte) (*Info, error) {
	d, err := open(b)
	if err != nil {
		return nil, err
	}
	defer d.close()
	d.call("SetDecompressBoxes", 1)
	var info *Info
	text := texts{d: d}
	err = d.run(context.Background(), eventInfo|eventColours|eventFrame|eventBox, nil, func(status int) (bool, error) {
		switch status {
		case eventInfo:
			info, err = d.basics()
			return true, err
		case eventColours:
			d.colours(info)
		case eventFrame:
			info.Pictures++
			return info.Pictures < maxFrames, nil
		case eventBox, statusBoxMore:
			text.take(status == eventBox)
		default:
			return false, errDamaged
		}
		return true, nil
	})
	text.end()
	if info == nil {
		if err == nil {
			err = errDamaged
		}
		return nil, err
	}
	info.EXIF, info.XMP = text.exif(), text.got["xml "]
	return info, nil // what is missing behind the header, decoding tells
}

func decode(ctx context.Context, b []byte, info *Info, report func(float64)) (image.Image, error) {
	d, err := open(b)
	if err != nil {
		return nil, err
	}
	defer d.close()
	pix, channels, img := surface(info)
	d.pin.Pin(&pix[0])
	format := &pixelFormat{channels: uint32(channels), kind: kindByte, order: bigEndian}
	if info.Depth > 8 {
		format.kind = kindWord
	}
	d.pin.Pin(format)
	whole := false
	err = d.run(ctx, eventColours|eventPixels, report, func(status int) (bool, error) {
		switch status {
		case eventColours:
			d.colours(&Info{}) // chooses the same ones
		case statusOut:
			if d.call("SetImageOutBuffer", uintptr(unsafe.Pointer(format)), uintptr(unsafe.Pointer(&pix[0])), uintptr(len(pix))) != statusDone {
				return false, errDamaged
			}
		case eventPixels:
			whole = true
			return false, nil
		default:
			return false, errDamaged
		}
		return true, nil
	})
	if err == nil && !whole {
		err = errDamaged
	}
	if err != nil {
		return nil, err
	}
	return img, nil
}

// basics takes over JxlBasicInfo: numbers of four bytes.
func (d *decoder) basics() (*Info, error) {
	var n [128]int32
	d.pin.Pin(&n[0])
	if d.call("GetBasicInfo", uintptr(unsafe.Pointer(&n[0]))) != statusDone {
		return nil, errDamaged
	}
	i := &Info{Width: int(n[1]), Height: int(n[2]), Depth: 8, Grey: n[13] == 1, Alpha: n[15] > 0, Orientation: int(n[12])}
	if n[3] > 8 || n[4] > 0 {
		i.Depth = 16
	}
	if i.Width < 1 || i.Height < 1 || i.Orientation < 1 || i.Orientation > 8 {
		return nil, errDamaged
	}
	for k := range min(int(n[14]), 64) {
		var extra [32]int32
		d.pin.Pin(&extra[0])
		const black = 4
		if d.call("GetExtraChannelInfo", uintptr(k), uintptr(unsafe.Pointer(&extra[0]))) == statusDone && extra[0] == black {
			return nil, fault.New("jxl: its colours are CMYK, which isn't read of a JPEG XL", "save it as TIFF in the program it comes from")
		}
	}
	return i, nil
}

// encoding is JxlColorEncoding.
type encoding struct {
	space, white int32
	whiteXY      [2]float64
	primaries    int32
	xy           [6]float64
	transfer     int32
	gamma        float64
	intent       int32
}

// libjxl's numbers of colours, which are H.273's but for P3 on the white of daylight.
const (
	daylight, primariesP3, curveSRGB = 1, 11, 13
	displayP3                        = 12 // H.273
)

// colours says in which colours the pixels come. libjxl cannot bring pixels that were packed
// with a loss back into a profile that no numbers describe: they then come in Display P3.
func (d *decoder) colours(i *Info) {
	var e encoding
	d.pin.Pin(&e)
	at := uintptr(unsafe.Pointer(&e))
	const original, data = 0, 1
	numbers := d.call("GetColorAsEncodedProfile", d.lib.profile(original, at)...) == statusDone
	if !numbers && !i.Grey {
		e = encoding{white: daylight, primaries: primariesP3, transfer: curveSRGB}
	}
	if (numbers || !i.Grey) && d.call("SetPreferredColorProfile", at) == statusDone && !numbers {
		i.Moved = d.call("GetColorAsEncodedProfile", d.lib.profile(data, at)...) == statusDone
		if i.Moved {
			i.Depth = 16
		}
	}
	if d.call("GetColorAsEncodedProfile", d.lib.profile(data, at)...) == statusDone && e.white == daylight && e.transfer >= 0 && e.transfer < 20 {
		switch p := e.primaries; {
		case i.Grey && e.transfer == curveSRGB:
			return
		case !i.Grey && p == primariesP3:
			i.Colours = [2]byte{displayP3, byte(e.transfer)}
			return
		case !i.Grey && (p == 1 || p == 9):
			i.Colours = [2]byte{byte(p), byte(e.transfer)}
			return
		}
	}
	var size uint64
	d.pin.Pin(&size)
	if d.call("GetICCProfileSize", d.lib.profile(data, uintptr(unsafe.Pointer(&size)))...) != statusDone || size == 0 || size > maxProfile {
		return
	}
	p := make([]byte, size)
	d.pin.Pin(&p[0])
	if d.call("GetColorAsICCProfile", d.lib.profile(data, uintptr(unsafe.Pointer(&p[0])), uintptr(size))...) == statusDone {
		i.Profile = p
	}
}

// texts gathers the blocks of EXIF and XMP.
type texts struct {
	d    *decoder
	kind string
	buf  []byte // being written by the decoder; nil: none
	got  map[string][]byte
}

// take begins a block, or gives the present one more room.
func (t *texts) take(begins bool) {
	room := 1 << 14
	if begins {
		t.end()
		var kind [4]byte
		t.d.pin.Pin(&kind)
		t.d.call("GetBoxType", uintptr(unsafe.Pointer(&kind)), 1)
		if t.kind = string(kind[:]); t.kind != "Exif" && t.kind != "xml " || t.got[t.kind] != nil {
			return
		}
	} else if t.end(); len(t.got[t.kind]) < maxBox {
		room = 1 << 18
	} else {
		delete(t.got, t.kind) // too long: without
		return
	}
	t.buf = make([]byte, room)
	t.d.pin.Pin(&t.buf[0])
	t.d.call("SetBoxBuffer", uintptr(unsafe.Pointer(&t.buf[0])), uintptr(room))
}

// end keeps what was written.
func (t *texts) end() {
	if t.buf == nil {
		return
	}
	left := t.d.call("ReleaseBoxBuffer")
	if t.got == nil {
		t.got = map[string][]byte{}
	}
	t.got[t.kind] = append(t.got[t.kind], t.buf[:max(0, len(t.buf)-left)]...)
	t.buf = nil
}

// exif is the block behind four bytes that say where in it TIFF's header is.
func (t *texts) exif() []byte {
	b := t.got["Exif"]
	if len(b) < 4 {
		return nil
	}
	if at := uint64(binary.BigEndian.Uint32(b)); at < uint64(len(b)-4) {
		return b[4+at:]
	}
	return nil
}
