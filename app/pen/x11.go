//go:build unix && !darwin

package pen

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"pentimento/fault"
)

// Listen tells the tracker of the pens and fingers of the display that the window is on, for as
// long as the program runs, and returns at once. Where there are none to hear it does nothing.
// The window's handle isn't needed here.
//
// The X client is written by hand: it is eight requests, and the pure-Go client there is
// (jezek/xgb) has no X Input extension.
func Listen(t *Tracker, _ uintptr) {
	go func() {
		_ = fault.Guard("the pens of the display", func() {
			if conn, number, err := dial(os.Getenv("DISPLAY")); err == nil {
				defer conn.Close()
				_ = listen(conn, t, cookie(number, conn.RemoteAddr()))
			}
		})
	}()
}

// listen runs until the connection ends. A server whose bytes are not as they should be costs the
// pen, not the picture.
func listen(conn net.Conn, t *Tracker, key []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the X server's bytes: %v", p)
		}
		t.Forget()
	}()
	conn.SetDeadline(time.Now().Add(3 * time.Second))
	x := &client{conn: conn, track: t, atoms: map[uint32]string{}, fingers: map[uint32][2]float64{}}
	if err := x.begin(key); err != nil {
		return err
	}
	conn.SetDeadline(time.Time{})
	return x.run()
}

// dial connects to a display such as ":0", "unix:0.0" or "host:10.0".
func dial(display string) (net.Conn, string, error) {
	colon := strings.LastIndexByte(display, ':')
	if colon < 0 {
		return nil, "", fmt.Errorf("display %q: found no \":\", want one such as :0", display)
	}
	host, number := display[:colon], display[colon+1:]
	number, _, _ = strings.Cut(number, ".")
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 {
		return nil, "", fmt.Errorf("display %q: found %q, want a number", display, number)
	}
	if host == "" || host == "unix" {
		path := "/tmp/.X11-unix/X" + number
		if conn, err := net.Dial("unix", path); err == nil {
			return conn, number, nil
		}
		conn, err := net.Dial("unix", "@"+path)
		return conn, number, err
	}
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(host, strconv.Itoa(6000+n)), 3*time.Second)
	return conn, number, err
}

// Families of addresses in the authority file, of Xauth.h.
const (
	familyInternet  = 0
	familyInternet6 = 6
	familyLocal     = 256
	familyWild      = 65535
)

// addressOf is where a display is as the authority file says it: this machine by its name, also
// where it is reached over the network, as Xlib has it.
func addressOf(a net.Addr) (family uint16, address string) {
	if tcp, ok := a.(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		if ip := tcp.IP.To4(); ip != nil {
			return familyInternet, string(ip)
		}
		return familyInternet6, string(tcp.IP)
	}
	name, _ := os.Hostname()
	return familyLocal, name
}

// cookie is the key to the display of that number at that address from the person's authority
// file; empty where there is none. The key of another machine's display is given to nobody.
func cookie(number string, at net.Addr) []byte {
	ours, address := addressOf(at)
	path := os.Getenv("XAUTHORITY")
	if path == "" {
		home, _ := os.UserHomeDir()
		path = filepath.Join(home, ".Xauthority")
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	for len(b) > 2 {
		family := binary.BigEndian.Uint16(b)
		b = b[2:]
		var field [4][]byte
		for i := range field {
			if len(b) < 2 {
				return nil
			}
			n := int(binary.BigEndian.Uint16(b))
			if b = b[2:]; n > len(b) {
				return nil
			}
			field[i], b = b[:n], b[n:]
		}
		here := family == familyWild || family == ours && string(field[0]) == address
		if here && (len(field[1]) == 0 || string(field[1]) == number) && string(field[2]) == magic {
			return field[3]
		}
	}
	return nil
}

const magic = "MIT-MAGIC-COOKIE-1"

// client is the connection; one goroutine has it.
type client struct {
	conn          io.ReadWriter
	track         *Tracker
	seq           uint16
	root          uint32
	width, height float64 // of the screen, pixels
	opcode        byte    // of the extension
	queue         [][]byte
	atoms         map[uint32]string
	devices       map[int]*pointing
	fingers       map[uint32][2]float64
}

// begin greets the server, asks for the extension and selects the raw events.
func (x *client) begin(key []byte) error {
	if err := x.greet(key); err != nil {
		return err
	}
	name := "XInputExtension"
	r, err := x.call(98, 0, []uint16{uint16(len(name)), 0}, pad([]byte(name))) // QueryExtension
	if err != nil {
		return err
	}
	if r[8] == 0 {
		return errors.New("the X server: found no XInputExtension, want 2.2")
	}
	x.opcode = r[9]
	if r, err = x.call(x.opcode, 47, []uint16{2, 2}, nil); err != nil { // XIQueryVersion
		return err
	}
	if major, minor := binary.LittleEndian.Uint16(r[8:]), binary.LittleEndian.Uint16(r[10:]); major < 2 || major == 2 && minor < 2 {
		return fmt.Errorf("the X server's XInputExtension: found %d.%d, want 2.2", major, minor)
	}
	if err := x.ask(); err != nil {
		return err
	}
	sel := binary.LittleEndian.AppendUint32(nil, x.root)
	sel = append(sel, 2, 0, 0, 0)
	mask := func(device uint16, events ...int) {
		var m uint32
		for _, e := range events {
			m |= 1 << e
		}
		sel = binary.LittleEndian.AppendUint16(sel, device)
		sel = binary.LittleEndian.AppendUint16(sel, 1)
		sel = binary.LittleEndian.AppendUint32(sel, m)
	}
	mask(0, hierarchyChanged) // of all devices
	mask(1, rawPress, rawRelease, rawMotion, rawTouchBegin, rawTouchUpdate, rawTouchEnd)
	return x.send(x.opcode, 46, nil, sel) // XISelectEvents
}

// greet sets the connection up.
func (x *client) greet(key []byte) error {
	name := ""
	if key != nil {
		name = magic
	}
	head := []byte{'l', 0, 11, 0, 0, 0, byte(len(name)), 0, byte(len(key)), 0, 0, 0}
	if _, err := x.conn.Write(append(append(head, pad([]byte(name))...), pad(key)...)); err != nil {
		return err
	}
	var h [8]byte
	if _, err := io.ReadFull(x.conn, h[:]); err != nil {
		return err
	}
	b := make([]byte, 4*int(binary.LittleEndian.Uint16(h[6:])))
	if _, err := io.ReadFull(x.conn, b); err != nil {
		return err
	}
	if h[0] != 1 {
		return fmt.Errorf("the X server refused: %s", bytes.TrimRight(b[:min(int(h[1]), len(b))], "\x00\n"))
	}
	if len(b) < 32 {
		return io.ErrUnexpectedEOF
	}
	at := 32 + (int(binary.LittleEndian.Uint16(b[16:]))+3)&^3 + 8*int(b[21])
	if at+24 > len(b) {
		return io.ErrUnexpectedEOF
	}
	x.root = binary.LittleEndian.Uint32(b[at:])
	x.width, x.height = float64(binary.LittleEndian.Uint16(b[at+20:])), float64(binary.LittleEndian.Uint16(b[at+22:]))
	return nil
}

// send writes a request: its code, a byte, 16-bit numbers and the rest.
func (x *client) send(code, second byte, numbers []uint16, rest []byte) error {
	b := []byte{code, second, 0, 0}
	for _, n := range numbers {
		b = binary.LittleEndian.AppendUint16(b, n)
	}
	b = pad(append(b, rest...))
	binary.LittleEndian.PutUint16(b[2:], uint16(len(b)/4))
	x.seq++
	_, err := x.conn.Write(b)
	return err
}

// call sends a request and waits for its reply; events that come meanwhile are queued.
func (x *client) call(code, second byte, numbers []uint16, rest []byte) ([]byte, error) {
	if err := x.send(code, second, numbers, rest); err != nil {
		return nil, err
	}
	for {
		b, err := x.read()
		switch {
		case err != nil:
			return nil, err
		case b[0] > 1:
			x.queue = append(x.queue, b)
		case binary.LittleEndian.Uint16(b[2:]) != x.seq: // an error of a request before it
		case b[0] == 0:
			return nil, fmt.Errorf("request %d.%d to the X server: found error %d", code, second, b[1])
		default:
			return b, nil
		}
	}
}

// longest bounds a packet: the list of devices is some kilobytes.
const longest = 4 << 20

// read takes the next packet: an error, a reply or an event.
func (x *client) read() ([]byte, error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(x.conn, b); err != nil {
		return nil, err
	}
	if b[0] == 1 || b[0]&127 == 35 { // replies and generic events have more
		n := 4 * int64(binary.LittleEndian.Uint32(b[4:]))
		if n > longest {
			return nil, fmt.Errorf("the X server: found a packet of %d bytes, want at most %d", n, longest)
		}
		b = append(b, make([]byte, n)...)
		if _, err := io.ReadFull(x.conn, b[32:]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// ask reads all devices anew.
func (x *client) ask() error {
	r, err := x.call(x.opcode, 48, []uint16{0, 0}, nil) // XIQueryDevice, of all
	if err != nil {
		return err
	}
	x.devices = map[int]*pointing{}
	for _, d := range parseDevices(r[32:]) {
		for _, i := range slices.Sorted(maps.Keys(d.axes)) { // in order, as a recorded server answers
			a := d.axes[i]
			if _, ok := x.atoms[a.label]; !ok && a.label != 0 {
				if x.atoms[a.label], err = x.atom(a.label); err != nil {
					return err
				}
			}
		}
		p := newPointing(d, func(a uint32) string { return x.atoms[a] })
		if x.devices[d.id] = p; p.kind != Mouse {
			x.track.Present()
		}
	}
	return nil
}

func (x *client) atom(a uint32) (string, error) {
	r, err := x.call(17, 0, nil, binary.LittleEndian.AppendUint32(nil, a)) // GetAtomName
	if err != nil {
		return "", err
	}
	n := int(binary.LittleEndian.Uint16(r[8:]))
	return string(r[32 : 32+min(n, len(r)-32)]), nil
}

// run feeds the tracker until the connection ends.
func (x *client) run() error {
	for {
		var b []byte
		var err error
		if len(x.queue) > 0 {
			b, x.queue = x.queue[0], x.queue[1:]
		} else {
			b, err = x.read()
		}
		if err == nil && b[0]&127 == 35 && b[1] == x.opcode {
			err = x.event(b)
		}
		if err != nil {
			return err
		}
	}
}

// event hands one event of the extension on.
func (x *client) event(b []byte) error {
	if binary.LittleEndian.Uint16(b[8:]) == hierarchyChanged {
		x.track.Forget()
		return x.ask()
	}
	r, ok := parseRaw(b)
	p := x.devices[r.source]
	if !ok || p == nil {
		return nil
	}
	p.take(r.values)
	switch r.kind {
	case rawMotion:
		if p.touch {
			return nil
		}
		x.track.Moved(p.kind, p.sample(x.width, x.height))
	case rawPress, rawRelease:
		if r.detail > 3 { // a wheel
			return nil
		}
		x.track.Button(r.source<<8|int(r.detail), p.kind, r.kind == rawPress)
		if p.kind != Mouse && r.kind == rawPress {
			x.track.Moved(p.kind, p.sample(x.width, x.height))
		}
	case rawTouchBegin, rawTouchUpdate, rawTouchEnd:
		if p.touch && p.x >= 0 && p.y >= 0 {
			return x.finger(r, p)
		}
	}
	return nil
}

// finger hands a touch on. The screen may have another size than before.
func (x *client) finger(r raw, p *pointing) error {
	if r.kind == rawTouchBegin {
		g, err := x.call(14, 0, nil, binary.LittleEndian.AppendUint32(nil, x.root)) // GetGeometry
		if err != nil {
			return err
		}
		x.width, x.height = float64(binary.LittleEndian.Uint16(g[16:])), float64(binary.LittleEndian.Uint16(g[18:]))
	}
	at := x.fingers[r.detail] // an event tells only what has changed
	for i, axis := range [2]int{p.x, p.y} {
		if _, ok := r.values[axis]; ok {
			at[i] = p.share(axis)
		}
	}
	if x.fingers[r.detail] = at; r.kind == rawTouchEnd {
		delete(x.fingers, r.detail)
	}
	x.track.Touched(r.detail, at[0]*x.width, at[1]*x.height, r.kind != rawTouchEnd)
	return nil
}
