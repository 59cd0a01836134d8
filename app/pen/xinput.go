package pen

import (
	"encoding/binary"
	"math"
	"strings"
)

// The X Input extension's numbers (X11/extensions/XI2.h and XI2proto.h, version 2.2).
const (
	hierarchyChanged = 11
	rawPress         = 15
	rawRelease       = 16
	rawMotion        = 17
	rawTouchBegin    = 22
	rawTouchUpdate   = 23
	rawTouchEnd      = 24

	valuatorClass = 2
	touchClass    = 8
)

// axis is one valuator of a device.
type axis struct {
	label    uint32 // atom
	min, max float64
	absolute bool
}

// device is a slave device: what physically moves.
type device struct {
	id    int
	name  string
	touch bool // a touch screen: fingers are where the picture is
	axes  map[int]axis
}

// raw is one raw event: only the valuators that changed are in it.
type raw struct {
	kind   int // rawPress and so on
	source int // the slave device
	detail uint32
	values map[int]float64
}

// fixed reads the protocol's FP3232: an int32 and a fraction of 2³².
func fixed(b []byte) float64 {
	return float64(int32(binary.LittleEndian.Uint32(b))) + float64(binary.LittleEndian.Uint32(b[4:]))/(1<<32)
}

// parseDevices reads the devices of a reply to XIQueryDevice, without its 32 bytes of head. What
// does not fit ends the list: a server that lies costs the pen, not the program.
func parseDevices(b []byte) (out []device) {
	for len(b) >= 12 {
		u16 := func(i int) int { return int(binary.LittleEndian.Uint16(b[i:])) }
		d := device{id: u16(0), axes: map[int]axis{}}
		classes, name := u16(6), u16(8)
		at := 12 + (name+3)&^3
		if at > len(b) {
			return out
		}
		d.name = string(b[12 : 12+name])
		for b = b[at:]; classes > 0; classes-- {
			if len(b) < 8 {
				return out
			}
			kind, size := u16(0), 4*u16(2)
			if size < 8 || size > len(b) {
				return out
			}
			switch {
			case kind == valuatorClass && size >= 44:
				d.axes[u16(6)] = axis{label: binary.LittleEndian.Uint32(b[8:]), min: fixed(b[12:]), max: fixed(b[20:]), absolute: b[40] == 1}
			case kind == touchClass:
				d.touch = b[6] == 1 // direct; a touchpad is dependent
			}
			b = b[size:]
		}
		out = append(out, d)
	}
	return out
}

// parseRaw reads a raw event with its 32 bytes of head; false where it is none.
func parseRaw(b []byte) (raw, bool) {
	if len(b) < 32 {
		return raw{}, false
	}
	r := raw{
		kind:   int(binary.LittleEndian.Uint16(b[8:])),
		detail: binary.LittleEndian.Uint32(b[16:]),
		source: int(binary.LittleEndian.Uint16(b[20:])),
		values: map[int]float64{},
	}
	masks := 4 * int(binary.LittleEndian.Uint16(b[22:]))
	if 32+masks > len(b) {
		return raw{}, false
	}
	at := 32 + masks
	for i := range 8 * masks {
		if b[32+i/8]>>(i%8)&1 == 0 {
			continue
		}
		if at+8 > len(b) {
			return raw{}, false
		}
		r.values[i] = fixed(b[at:])
		at += 8
	}
	return r, true
}

// pointing is a device as strokes see it: its axes by meaning, with their latest values.
type pointing struct {
	kind                         Kind
	touch                        bool
	x, y, pressure, tiltX, tiltY int // valuators; −1: it has none
	axes                         map[int]axis
	value                        map[int]float64
	pressed                      bool // its pressure has moved: it is no puck that never presses
}

// newPointing reads a device by its labels. A pen is what has an absolute place and pressure;
// drivers name the other end of one "eraser" (as Wacom's and libinput's do).
func newPointing(d device, name func(atom uint32) string) *pointing {
	p := &pointing{kind: Mouse, touch: d.touch, x: -1, y: -1, pressure: -1, tiltX: -1, tiltY: -1, axes: d.axes, value: map[int]float64{}}
	for i, a := range d.axes {
		if !a.absolute || !(a.max > a.min) {
			continue
		}
		switch name(a.label) {
		case "Abs X", "Abs MT Position X":
			p.x = i
		case "Abs Y", "Abs MT Position Y":
			p.y = i
		case "Abs Pressure":
			p.pressure = i
		case "Abs Tilt X":
			p.tiltX = i
		case "Abs Tilt Y":
			p.tiltY = i
		}
	}
	if !d.touch && p.x >= 0 && p.pressure >= 0 {
		if p.kind = Tip; strings.Contains(strings.ToLower(d.name), "eraser") {
			p.kind = Eraser
		}
	}
	return p
}

// take notes the valuators of an event.
func (p *pointing) take(values map[int]float64) {
	for i, v := range values {
		p.value[i] = v
	}
	p.pressed = p.pressed || p.share(p.pressure) > 0
}

// share is a valuator's place between its limits, 0..1.
func (p *pointing) share(i int) float64 {
	a, ok := p.axes[i]
	if !ok {
		return 0
	}
	return min(max((p.value[i]-a.min)/(a.max-a.min), 0), 1)
}

// flat is the lean at which a pen's tilt counts as whole: most report 60 to 64 degrees at most.
const flat = 60

// sample is the pen now, on a screen of w×h pixels.
func (p *pointing) sample(w, h float64) Sample {
	s := Sample{Pressure: 1, X: p.share(p.x) * w, Y: p.share(p.y) * h}
	if p.pressed {
		s.Pressure = p.share(p.pressure)
	}
	if p.tiltX >= 0 && p.tiltY >= 0 {
		lean := func(i int) float64 { // tilt axes are in degrees, or symmetric about 0 in units of their own
			a := p.axes[i]
			return 64 * p.value[i] / max(-a.min, a.max, 1)
		}
		s.Tilt = min(math.Hypot(lean(p.tiltX), lean(p.tiltY))/flat, 1)
	}
	return s
}

func pad(b []byte) []byte { return append(b[:len(b):len(b)], make([]byte, -len(b)&3)...) }
