//go:build unix && !darwin

package pen

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pentimento/canvas/canvastest"
)

// replay is a connection to a server that says what one said once.
type replay struct {
	net.Conn
	r    io.Reader
	each func()
}

func (r *replay) Read(b []byte) (int, error)  { r.each(); return r.r.Read(b) }
func (r *replay) Write(b []byte) (int, error) { return len(b), nil }
func (r *replay) SetDeadline(time.Time) error { return nil }

// TestARecordedPenAndFingers: testdata/stream.bin is all that an X.Org server 21.1 sent, with
// three devices of its input test driver: a pen draws from pressure 0.1 to 1, its eraser presses
// with a quarter, two fingers move, one is lifted, and the pen comes back.
func TestARecordedPenAndFingers(t *testing.T) {
	stream, err := os.ReadFile("testdata/stream.bin")
	if err != nil {
		t.Fatal(err)
	}
	tr, c := tracked()
	var frames []Frame
	err = listen(&replay{r: bytes.NewReader(stream), each: func() {
		f := tr.Look()
		if n := len(frames); n > 0 && frames[n-1].Held == Eraser && f.Held == Mouse {
			c.at = c.at.Add(time.Second) // as it was when this was recorded
		}
		frames = append(frames, f)
	}}, tr, nil)
	if err != io.EOF {
		t.Fatal(err)
	}
	last := frames[len(frames)-1]
	if !last.Present || len(last.Touches) != 0 || last.Held != Mouse {
		t.Errorf("at the end: %+v", last)
	}
	var tip []Sample
	for i, s := range last.Samples {
		if i > 0 && s.X > 405 && s.X < 501 && s.Y < 301 {
			tip = append(tip, s)
		}
	}
	if len(tip) != 10 {
		t.Fatalf("%d samples of the stroke", len(tip))
	}
	for i, s := range tip {
		if math.Abs(s.Pressure-float64(i+1)/10) > 1e-3 || math.Abs(s.X-float64(410+10*i)) > 0.1 || math.Abs(s.Y-300) > 0.1 {
			t.Errorf("sample %d: %+v", i, s)
		}
	}
	var eraser, two, one, palm bool
	for _, f := range frames {
		eraser = eraser || f.Held == Eraser && math.Abs(f.Last.Pressure-0.25) < 1e-3 && math.Abs(f.Last.X-800) < 0.1
		at := f.Fingers()
		two = two || len(at) == 2 && f.Pressed == Finger && math.Hypot(at[0].X-200, at[0].Y-130) < 0.1 && math.Hypot(at[1].X-630, at[1].Y-100) < 0.1
		one = one || two && len(at) == 1 && math.Abs(at[0].Y-130) < 0.1
		palm = palm || one && len(at) == 0 && len(f.Touches) == 1
	}
	if !eraser || !two || !one || !palm {
		t.Errorf("seen: eraser %v, two fingers %v, then one %v, a palm when the pen comes %v", eraser, two, one, palm)
	}
}

// TestABrokenServerEndsTheListening with an error, from any byte on.
func TestABrokenServerEndsTheListening(t *testing.T) {
	stream, err := os.ReadFile("testdata/stream.bin")
	if err != nil {
		t.Fatal(err)
	}
	rng := canvastest.Chance(t)
	for range 200 {
		b := bytes.Clone(stream)
		for range 1 + rng.IntN(30) {
			b[rng.IntN(len(b))] = byte(rng.Uint32())
		}
		tr, _ := tracked()
		if listen(&replay{r: bytes.NewReader(b[:rng.IntN(len(b))]), each: func() {}}, tr, nil) == nil {
			t.Fatal("it ended without an error")
		}
		if f := tr.Look(); len(f.Touches) != 0 || f.Held != Mouse {
			t.Fatalf("something is still held: %+v", f)
		}
	}
}

// TestWithoutADisplayNobodyListens: nothing of what DISPLAY may hold stops the program.
func TestWithoutADisplayNobodyListens(t *testing.T) {
	for _, d := range []string{"", "wayland-0", ":", ":x", ":-1", ":64000"} {
		if conn, _, err := dial(d); err == nil {
			conn.Close()
			t.Errorf("display %q: no error", d)
		}
	}
}

// TestTheKeyIsThatOfTheDisplay and not that of the same number on another machine.
func TestTheKeyIsThatOfTheDisplay(t *testing.T) {
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	var file []byte
	put := func(family uint16, address, number, key string) {
		file = binary.BigEndian.AppendUint16(file, family)
		for _, s := range []string{address, number, magic, key} {
			file = append(binary.BigEndian.AppendUint16(file, uint16(len(s))), s...)
		}
	}
	put(familyLocal, "another-machine", "0", "another machine's")
	put(familyInternet, "\x0a\x00\x00\x07", "0", "the network's")
	put(familyLocal, name, "1", "another display's")
	put(familyLocal, name, "0", "this machine's")
	put(familyWild, "", "7", "any machine's")
	path := filepath.Join(t.TempDir(), "authority")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XAUTHORITY", path)
	local := &net.UnixAddr{Name: "/tmp/.X11-unix/X0", Net: "unix"}
	for _, c := range []struct {
		number string
		at     net.Addr
		want   string
	}{
		{"0", local, "this machine's"},
		{"0", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, "this machine's"},
		{"0", &net.TCPAddr{IP: net.IPv4(10, 0, 0, 7)}, "the network's"},
		{"0", &net.TCPAddr{IP: net.IPv4(10, 0, 0, 8)}, ""},
		{"7", local, "any machine's"},
		{"2", local, ""},
	} {
		if got := string(cookie(c.number, c.at)); got != c.want {
			t.Errorf("display %s at %v: %q, want %q", c.number, c.at, got, c.want)
		}
	}
}
