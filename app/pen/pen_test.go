package pen

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"testing"
	"time"

	"pentimento/canvas/canvastest"
)

// clock is a tracker's time in tests.
type clock struct{ at time.Time }

func tracked() (*Tracker, *clock) {
	t, c := NewTracker(func() {}), &clock{time.Unix(1000, 0)}
	t.now = func() time.Time { return c.at }
	return t, c
}

// TestAFingerBesideAPenIsAPalm while the pen presses and a moment after; else it is a finger,
// until a pen comes.
func TestAFingerBesideAPenIsAPalm(t *testing.T) {
	tr, c := tracked()
	tr.Touched(1, 10, 10, true)
	if f := tr.Take(); f.Pressed != Finger || len(f.Fingers()) != 1 {
		t.Errorf("a finger alone: %+v", f)
	}
	tr.Moved(Tip, Sample{Pressure: 0.5})
	if f := tr.Take(); len(f.Fingers()) != 0 || len(f.Touches) != 1 {
		t.Errorf("a pen came: %+v", f)
	}
	tr.Touched(1, 10, 10, false)
	tr.Button(7, Tip, true)
	c.at = c.at.Add(time.Hour)
	tr.Touched(2, 90, 90, true)
	if f := tr.Take(); f.Pressed != Tip || f.Held != Tip || len(f.Fingers()) != 0 {
		t.Errorf("a hand comes down while the pen presses: %+v", f)
	}
	tr.Button(7, Tip, false)
	tr.Touched(2, 90, 90, false)
	tr.Moved(Tip, Sample{})
	for _, v := range []struct {
		after time.Duration
		want  Kind
	}{{rest / 2, Palm}, {rest, Finger}} {
		c.at = c.at.Add(v.after)
		tr.Touched(3, 5, 5, true)
		if f := tr.Take(); f.Pressed != v.want || f.Held != Mouse {
			t.Errorf("a finger after the pen: %+v, want %d", f, v.want)
		}
		tr.Touched(3, 5, 5, false)
	}
	tr.Button(2, Mouse, true)
	if f := tr.Take(); f.Pressed != Mouse {
		t.Errorf("a mouse: %+v", f)
	}
}

// TestSamplesFollowTheEvents: the last event of a frame has the last sample, and where the
// toolkit told of every move each has its own.
func TestSamplesFollowTheEvents(t *testing.T) {
	f := Frame{Last: Sample{Pressure: 9}}
	if f.At(0, 3).Pressure != 9 {
		t.Error("without samples it is not the last there was")
	}
	for i := range 6 {
		f.Samples = append(f.Samples, Sample{Pressure: float64(i)})
	}
	for i := range 6 {
		if got := f.At(i, 6).Pressure; got != float64(i) {
			t.Errorf("event %d of 6 has sample %v", i, got)
		}
	}
	if f.At(0, 1).Pressure != 5 || f.At(0, 3).Pressure != 1 || f.At(2, 3).Pressure != 5 || f.At(11, 12).Pressure != 5 || f.At(0, 12).Pressure != 0 {
		t.Error("samples are not spread over the events")
	}
}

// class is a valuator class of a reply to XIQueryDevice.
func class(number int, label uint32, low, high int32) []byte {
	b := make([]byte, 44)
	le := binary.LittleEndian
	le.PutUint16(b, valuatorClass)
	le.PutUint16(b[2:], 11)
	le.PutUint16(b[6:], uint16(number))
	le.PutUint32(b[8:], label)
	le.PutUint32(b[12:], uint32(low))
	le.PutUint32(b[20:], uint32(high))
	b[40] = 1
	return b
}

// TestTiltAndTheOtherEnd: a device as Wacom's driver describes it, its eraser by name.
func TestTiltAndTheOtherEnd(t *testing.T) {
	names := []string{"", "Abs X", "Abs Y", "Abs Pressure", "Abs Tilt X", "Abs Tilt Y"}
	for name, want := range map[string]Kind{"Wacom Intuos Pro M Pen stylus": Tip, "Wacom Intuos Pro M Pen Eraser": Eraser} {
		b := make([]byte, 12)
		le := binary.LittleEndian
		le.PutUint16(b, 14)
		le.PutUint16(b[6:], 5)
		le.PutUint16(b[8:], uint16(len(name)))
		b = append(b, pad([]byte(name))...)
		for i, high := range []int32{44704, 27940, 8191, 63, 63} {
			low := int32(0)
			if i > 2 {
				low = -64
			}
			b = append(b, class(i, uint32(i+1), low, high)...)
		}
		all := parseDevices(b)
		if len(all) != 1 || all[0].id != 14 || all[0].name != name {
			t.Fatalf("%+v", all)
		}
		p := newPointing(all[0], func(a uint32) string { return names[a] })
		p.take(map[int]float64{0: 22352, 1: 6985, 2: 4095.5, 3: -30, 4: 40})
		got := p.sample(1600, 1000)
		if p.kind != want || math.Abs(got.Pressure-0.5) > 1e-9 || math.Abs(got.X-800) > 1e-9 || math.Abs(got.Y-250) > 1e-9 || math.Abs(got.Tilt-50.0/60) > 1e-9 {
			t.Errorf("%s: kind %d, %+v", name, p.kind, got)
		}
	}
	// A puck of the same tablet has the axes but never presses.
	p := newPointing(device{axes: map[int]axis{0: {1, 0, 9, true}, 2: {3, 0, 9, true}}}, func(a uint32) string { return names[a] })
	if p.take(map[int]float64{0: 3}); p.sample(1, 1).Pressure != 1 {
		t.Errorf("a device that never presses: %+v", p.sample(1, 1))
	}
}

// TestBrokenBytesCostThePen alone: whatever a server sends, nothing panics.
func TestBrokenBytesCostThePen(t *testing.T) {
	whole, err := os.ReadFile("testdata/stream.bin")
	if err != nil {
		t.Fatal(err)
	}
	rng := canvastest.Chance(t)
	for range 300 {
		b := bytes.Clone(whole[:rng.IntN(len(whole))+1])
		for range 1 + rng.IntN(8) {
			b[rng.IntN(len(b))] = byte(rng.Uint32())
		}
		parseDevices(b)
		parseRaw(b)
	}
}

// TestAFrameIsNotWrittenInto by what comes after it.
func TestAFrameIsNotWrittenInto(t *testing.T) {
	p := NewTracker(func() {})
	for i := range most {
		p.Moved(Tip, Sample{X: float64(i)})
	}
	f := p.Look()
	p.Moved(Tip, Sample{X: most})
	if f.Samples[0].X != 0 || f.Samples[most-1].X != most-1 {
		t.Errorf("the first sample is at %v and the last at %v, want 0 and %d", f.Samples[0].X, f.Samples[most-1].X, most-1)
	}
}
