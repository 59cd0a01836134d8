package file

import (
	"context"
	"hash/adler32"
	"runtime"

	"github.com/klauspost/compress/flate"

	"pentimento/fault"
)

// band is a part of a PNG's pixels: an IDAT chunk, and what joinSums wants to know of it.
type band struct {
	idat []byte
	sum  uint32
	size int
}

// inBands packs a raster on all cores, bytes of rows at a time, and hands the bands on from above to
// below on the caller's goroutine. What they hold depends on the raster alone, not on the cores. begin
// makes what one core packs by. No more bands are in memory than twice the cores. It ends with
// ctx.Err() or take's error once all cores are idle, at most a band later.
func inBands(ctx context.Context, p raster, bytes int, begin func(rows int) func(y0, y1 int) band, take func(band) error) error {
	ctx, stop := context.WithCancel(ctx)
	rows := min(max(bytes/max(p.w*p.channels, 1), 1), p.h)
	type job struct {
		y0   int
		done chan band
	}
	cores := min(runtime.GOMAXPROCS(0), (p.h+rows-1)/rows)
	jobs, order := make(chan job), make(chan chan band, cores)
	var wg fault.Group
	defer wg.Wait()
	defer stop()
	wg.Go(func() {
		defer close(order)
		defer close(jobs)
		for y := 0; y < p.h; y += rows {
			next := job{y, make(chan band, 1)}
			select {
			case order <- next.done:
			case <-ctx.Done():
				return
			}
			select {
			case jobs <- next:
			case <-ctx.Done():
				return
			}
		}
	})
	for range cores {
		wg.Go(func() {
			ended := false
			defer func() {
				if !ended { // by a panic, which Wait tells; nobody waits for this band
					stop()
				}
			}()
			pack := begin(rows)
			for j := range jobs {
				j.done <- pack(j.y0, min(j.y0+rows, p.h))
			}
			ended = true
		})
	}
	for done := range order {
		select {
		case b := <-done:
			if ctx.Err() != nil { // both were there, and chance chose
				return ctx.Err()
			}
			if err := take(b); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// smallBand is about how many bytes of rows are packed as one, by what suits them.
const smallBand = 1 << 19

// smallPacker filters and deflates bands of a raster as small as it can soon, or fast.
//
// In photographs deflate finds few repeats, and what it then says of them costs more than the bytes do by
// Huffman's code alone, which is by far the fastest: so a band is packed by both, and thoroughly only where
// repeats are worth it.
func smallPacker(p raster, fast bool) func(rows int) func(y0, y1 int) band {
	return func(rows int) func(y0, y1 int) band {
		stride := p.w * p.channels
		pix, filtered := make([]byte, (rows+1)*stride), make([]byte, rows*(stride+1))
		f := newFilter(stride, p.channels)
		deflaters := map[int]*flate.Writer{}
		deflate := func(level int, raw []byte, y0, y1 int) []byte {
			if deflaters[level] == nil {
				deflaters[level], _ = flate.NewWriter(nil, level)
			}
			return packBand(deflaters[level], raw, y0 == 0, y1 == p.h)
		}
		return func(y0, y1 int) band {
			above, raw := p.withAbove(pix, y0, y1), filtered[:0]
			for y := range y1 - y0 {
				row := pix[(y+1)*stride:][:stride]
				raw = f.append(raw, row, above)
				above = row
			}
			best := deflate(flate.HuffmanOnly, raw, y0, y1)
			if repeats := deflate(6, raw, y0, y1); len(repeats) < len(best) {
				best = repeats
				level, little := 8, len(best) < len(raw)/8
				if little && !fast {
					level = flate.BestCompression
				}
				if little || !fast {
					best = shorter(best, deflate(level, raw, y0, y1))
				}
			}
			return band{best, adler32.Checksum(raw), len(raw)}
		}
	}
}

func shorter(a, b []byte) []byte {
	if len(b) < len(a) {
		return b
	}
	return a
}

// rowFilter chooses how a row is told by its neighbours: by the least sum of differences, as the
// standard encoder does (PNG 1.2, 9.6).
type rowFilter struct {
	pixel int       // bytes
	tries [5][]byte // a row by each filter
}

func newFilter(stride, pixel int) *rowFilter {
	f := &rowFilter{pixel: pixel}
	for i := range f.tries {
		f.tries[i] = make([]byte, stride)
	}
	return f
}

// The filters (PNG 1.2, 6).
const (
	filterNone = iota
	filterSub
	filterUp
	filterAverage
	filterPaeth
)

// append adds a row to dst, after the number of its filter. above is the row over it.
func (f *rowFilter) append(dst, row, above []byte) []byte {
	f.tries[filterNone] = row
	subtract(f.tries[filterUp], row, above)
	head := min(f.pixel, len(row)) // pixels that have none beside them
	sub, average, paeth := f.tries[filterSub], f.tries[filterAverage], f.tries[filterPaeth]
	copy(sub, row[:head])
	subtract(sub[head:], row[head:], row)
	for i, v := range row[:head] {
		average[i], paeth[i] = v-above[i]/2, v-above[i]
	}
	left, up, corner := row[:len(row)-head], above[head:], above[:len(row)-head]
	average, paeth, row = average[head:], paeth[head:], row[head:]
	for i, v := range row {
		a, b, c := int(left[i]), int(up[i]), int(corner[i])
		average[i], paeth[i] = v-uint8((a+b)/2), v-uint8(predicted(a, b, c))
	}
	best, least := filterUp, weight(f.tries[filterUp])
	for _, try := range []int{filterPaeth, filterNone, filterSub, filterAverage} {
		if w := weight(f.tries[try]); w < least {
			best, least = try, w
		}
	}
	return append(append(dst, uint8(best)), f.tries[best]...)
}

// predicted is Paeth's: of left, above and the corner between them what is nearest to left + above - corner.
func predicted(a, b, c int) int {
	pa, pb := b-c, a-c
	pc := pa + pb
	pa, pb, pc = max(pa, -pa), max(pb, -pb), max(pc, -pc)
	if pa <= pb && pa <= pc {
		return a
	}
	if pb <= pc {
		return b
	}
	return c
}

// weight is the sum of a row's differences without their signs.
func weight(row []byte) (sum int) {
	for _, v := range row {
		d := int8(v)
		sign := d >> 7
		sum += int(uint8((d ^ sign) - sign))
	}
	return sum
}
