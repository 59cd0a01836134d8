package toolstest

import (
	"embed"
	"fmt"
	"math"
	"strings"

	"pentimento/tools"
)

// Recorded strokes: t,x,y,pressure with a header line, seconds and document pixels.
//
//go:embed testdata/strokes/*.csv
var files embed.FS

// Strokes are the names of the recorded strokes.
func Strokes() []string {
	entries, _ := files.ReadDir("testdata/strokes")
	var out []string
	for _, e := range entries {
		out = append(out, strings.TrimSuffix(e.Name(), ".csv"))
	}
	return out
}

// Recorded reads a stroke.
func Recorded(name string) ([]tools.Pointer, error) {
	data, err := files.ReadFile("testdata/strokes/" + name + ".csv")
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	var out []tools.Pointer
	for i, line := range lines[1:] {
		var p tools.Pointer
		if _, err := fmt.Sscanf(line, "%g,%g,%g,%g", &p.Time, &p.X, &p.Y, &p.Pressure); err != nil {
			return nil, fmt.Errorf("stroke %q: line %d is %q, want t,x,y,pressure: %w", name, i+2, line, err)
		}
		if math.IsNaN(p.X + p.Y) {
			return nil, fmt.Errorf("stroke %q: line %d is not a place", name, i+2)
		}
		out = append(out, p)
	}
	return out, nil
}

// Replay sends a recorded stroke, moved by dx, dy, to the tool.
func (h *Host) Replay(points []tools.Pointer, dx, dy float64) {
	for i, p := range points {
		p.X, p.Y, p.Button, p.Mods = p.X+dx, p.Y+dy, h.Button, h.Mods
		if i == 0 {
			h.Tool.Press(h, p)
		} else {
			h.Tool.Drag(h, p)
		}
	}
	last := points[len(points)-1]
	h.Release(last.X+dx, last.Y+dy)
}
