package engine

import (
	"bytes"
	"encoding/binary"
	"image"
	"io"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/pipelinetest"
)

func colours(rng *rand.Rand, r image.Rectangle) *image.NRGBA {
	img := image.NewNRGBA(r)
	for i := range img.Pix {
		img.Pix[i] = uint8(rng.Uint32())
	}
	return img
}

// crossed sends a message and reads it back.
func crossed(t *testing.T, send func(w *writer) error) message {
	t.Helper()
	var wire bytes.Buffer
	if err := send(&writer{w: &wire}); err != nil {
		t.Fatal(err)
	}
	m, err := reader{&wire}.next()
	if err != nil || wire.Len() > 0 {
		t.Fatalf("%v, %d bytes left over", err, wire.Len())
	}
	return m
}

// odd is no UTF-8: file names need not be.
const odd = "ü \xff\x00"

// TestEveryFieldCrosses also fails when a request gets a field that does not cross.
func TestEveryFieldCrosses(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var q pipeline.Request
		pipelinetest.Fill(rng, &q, odd)
		m := crossed(t, func(w *writer) error { return w.sendRequest(7, q) })
		got, err := m.request()
		if err != nil || m.Run != 7 || !reflect.DeepEqual(got, q) {
			t.Fatalf("%v: sent\n%+v\ngot\n%+v", err, q, got)
		}
		var res pipeline.Result
		pipelinetest.Fill(rng, &res, odd)
		res.Image = res.Images[0]
		res.Request = q
		m = crossed(t, func(w *writer) error { return w.sendResult(8, &res) })
		back, err := m.result(q)
		if err != nil || !reflect.DeepEqual(back, &res) || back.Image != back.Images[0] {
			t.Fatalf("%v: sent\n%+v\ngot\n%+v", err, res, back)
		}
	}
}

func TestTheEmptyRequestCrosses(t *testing.T) {
	m := crossed(t, func(w *writer) error { return w.sendRequest(1, pipeline.Request{}) })
	if got, err := m.request(); err != nil || !reflect.DeepEqual(got, pipeline.Request{}) {
		t.Fatalf("%v: %+v", err, got)
	}
}

func TestPicturesCrossAsTheyAre(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	whole := colours(rng, image.Rect(-40, -40, 60, 60))
	for _, r := range []image.Rectangle{{}, image.Rect(5, 5, 5, 9), whole.Rect, image.Rect(-10, 3, 11, 50)} {
		sent := whole.SubImage(r).(*image.NRGBA)
		if r.Empty() {
			sent = image.NewNRGBA(r)
		}
		got := crossed(t, func(w *writer) error { return w.send(progress, 1, nil, sent) }).nrgba(0)
		if got == nil || got.Rect.Size() != r.Size() || got.Rect.Min != r.Min {
			t.Fatalf("%v came as %v", r, got)
		}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if got.NRGBAAt(x, y) != sent.NRGBAAt(x, y) {
					t.Fatalf("%v: pixel %d, %d differs", r, x, y)
				}
			}
		}
	}
}

// TestAHugePictureIsRefusedBeforeMemoryIsTaken on the side that sends and the one that reads.
func TestAHugePictureIsRefusedBeforeMemoryIsTaken(t *testing.T) {
	huge := &image.NRGBA{Stride: 4 * 40000, Rect: image.Rect(0, 0, 40000, 40000)} // no pixels at all
	var wire bytes.Buffer
	err := (&writer{w: &wire}).send(progress, 1, nil, huge)
	if err == nil || !strings.Contains(err.Error(), "40000 × 40000") || fault.Hint(err) == "" || wire.Len() > 0 {
		t.Errorf("sent: %v, %d bytes on their way", err, wire.Len())
	}
	for _, f := range []frame{{Colour: 4, W: 40000, H: 40000}, {Colour: 4, W: 1 << 31, H: 1 << 31}, {Colour: 4, W: -1, H: 4}, {Colour: 3, W: 1, H: 1}, {Colour: 1, X: 1 << 60, W: 1, H: 1}} {
		took := taken(func() {
			if _, err := (reader{bytes.NewReader(packed(head{Kind: progress, Pictures: []frame{f}}))}).next(); err == nil || err == io.ErrUnexpectedEOF {
				t.Errorf("%+v: %v, want a refusal", f, err)
			}
		})
		if took > 1<<20 {
			t.Errorf("%+v took %d bytes", f, took)
		}
	}
}

// packed is a message without pixels.
func packed(h head) []byte {
	b, err := encoder.Marshal(h)
	if err != nil {
		panic(err)
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
}

// taken is how much memory a function has asked for.
func taken(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestACutMessageIsAnError at every length, and never a shorter message.
func TestACutMessageIsAnError(t *testing.T) {
	var wire bytes.Buffer
	q := pipeline.Request{Text: pipeline.Text{Prompt: "a barn"}, Ask: pipeline.Ask{Image: image.NewNRGBA(image.Rect(0, 0, 9, 7)), Mask: image.NewAlpha(image.Rect(0, 0, 9, 7))}}
	if err := (&writer{w: &wire}).sendRequest(1, q); err != nil {
		t.Fatal(err)
	}
	for n := range wire.Len() {
		want := io.ErrUnexpectedEOF
		if n == 0 {
			want = io.EOF
		}
		if _, err := (reader{bytes.NewReader(wire.Bytes()[:n])}).next(); err != want {
			t.Fatalf("%d of %d bytes: %v, want %v", n, wire.Len(), err, want)
		}
	}
}

// FuzzMessages: whatever comes, it is a message or an error, soon, and costs at most 512 MB.
// `go test -fuzz FuzzMessages ./app/engine`; what was found stays in testdata/fuzz.
func FuzzMessages(f *testing.F) {
	rng := rand.New(rand.NewPCG(5, 6))
	var q pipeline.Request
	pipelinetest.Fill(rng, &q, odd)
	var wire bytes.Buffer
	w := &writer{w: &wire}
	_ = w.sendRequest(1, q)
	_ = w.sendResult(1, &pipeline.Result{Image: q.Image, Mask: q.Mask, Request: q})
	_ = w.send(listed, 0, []Device{{Name: "cpu", Ready: true}})
	_ = w.send(failed, 1, refusal{Text: "no", Cancelled: true})
	f.Add(wire.Bytes())
	f.Add(packed(head{Kind: run, Pictures: []frame{{Colour: 4, W: 1 << 14, H: 1 << 14}}}))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0})
	f.Add([]byte("usage: pentimento VERB\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		took := taken(func() {
			r := reader{bytes.NewReader(data)}
			for {
				m, err := r.next()
				if err != nil {
					return
				}
				_, _ = m.request()
				_, _ = m.result(q)
				var s step
				var l []Device
				var bad refusal
				var told Start
				for _, v := range []any{&s, &l, &bad, &told} {
					_ = decoder.Unmarshal(m.Body, v)
				}
			}
		})
		if took > 512<<20 && len(data) <= 1<<20 {
			t.Errorf("%d bytes of input took %d MB", len(data), took>>20)
		}
	})
}
