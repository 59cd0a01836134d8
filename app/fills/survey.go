package fills

import (
	"image"

	"pentimento/canvas"
	"pentimento/canvas/render"
)

// survey is where in a rectangle the picture is blank and where it is not. It is asked after every change, on the
// window's goroutine: a change costs the cells that it touches, and only the first look all of them.
type survey struct {
	state *canvas.State
	in    image.Rectangle
	cells []cellRuns // of each row those of its cells, one after the other; nil: of too large a rectangle
	rows  []rowRuns
}

// rowRuns is from where to where in a row something is blank, and from where to where something shows; to is behind
// the last such pixel, and 0 where there is none.
type rowRuns struct{ blank, shown struct{ from, to int32 } }

// cellRuns is the same of a row's part in a cell, from the cell's left.
type cellRuns struct{ blank, shown struct{ from, to uint8 } }

const (
	surveyCell = 64      // the width of a cell
	surveyMost = 1 << 28 // pixels; cells of more than that take too much memory
)

// surveyed is the survey of a rectangle of a State.
func (f *Fills) surveyed(state *canvas.State, in image.Rectangle) *survey {
	s := f.survey
	if s == nil || s.in != in {
		s = &survey{in: in, rows: make([]rowRuns, in.Dy())}
		if in.Dy() <= surveyMost/max(in.Dx(), 1) {
			s.cells = make([]cellRuns, in.Dy()*cellsIn(in.Dx()))
		}
		s.look(state, in)
		f.survey = s
	} else if s.state != state {
		unmasked := *s.state // what is masked only looks different
		unmasked.Mask = state.Mask
		s.look(state, canvas.Changed(&unmasked, state).Intersect(in))
	}
	s.state = state
	return s
}

func cellsIn(width int) int { return (width + surveyCell - 1) / surveyCell }

// look looks at a part of the rectangle.
func (s *survey) look(state *canvas.State, part image.Rectangle) {
	if part.Empty() {
		return
	}
	if s.cells == nil {
		part.Min.X, part.Max.X = s.in.Min.X, s.in.Max.X
	}
	n, first := cellsIn(s.in.Dx()), (part.Min.X-s.in.Min.X)/surveyCell
	part.Min.X = s.in.Min.X + first*surveyCell
	part.Max.X = min(s.in.Min.X+cellsIn(part.Max.X-s.in.Min.X)*surveyCell, s.in.Max.X)
	under := solid(state)
	if under == nil {
		s.compose(state, part, n, first)
		return
	}
	all, opaque := bands(under, part)
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && opaque[j] == opaque[i] {
			j++
		}
		if rows := all[i].Union(all[j-1]); opaque[i] {
			s.full(rows, n, first)
		} else {
			s.compose(state, rows, n, first)
		}
		i = j
	}
}

// cellsOf are those of a row, of the n in it.
func (s *survey) cellsOf(y, n int) []cellRuns {
	if s.cells == nil {
		return make([]cellRuns, n)
	}
	return s.cells[(y-s.in.Min.Y)*n:][:n]
}

// full notes rows, from a cell on, in which nothing is blank.
func (s *survey) full(part image.Rectangle, n, first int) {
	for y := part.Min.Y; y < part.Max.Y; y++ {
		cells := s.cellsOf(y, n)
		for i := first; s.in.Min.X+i*surveyCell < part.Max.X; i++ {
			var c cellRuns
			c.shown.to = uint8(min(surveyCell, part.Max.X-s.in.Min.X-i*surveyCell))
			cells[i] = c
		}
		s.rows[y-s.in.Min.Y] = joined(cells)
	}
}

// compose looks at rows from a cell on.
func (s *survey) compose(state *canvas.State, part image.Rectangle, n, first int) {
	render.Rows(state, part, func(y int, row []uint8) {
		cells := s.cellsOf(y, n)
		for i := first; len(row) > 0; i++ {
			k := min(4*surveyCell, len(row))
			cells[i] = runsOf(row[:k])
			row = row[k:]
		}
		s.rows[y-s.in.Min.Y] = joined(cells)
	})
}

// runsOf are the runs of a cell's pixels.
func runsOf(pix []uint8) (r cellRuns) {
	for i := 3; i < len(pix); i += 4 {
		to := &r.shown
		if pix[i] == 0 {
			to = &r.blank
		}
		if to.to == 0 {
			to.from = uint8(i / 4)
		}
		to.to = uint8(i/4 + 1)
	}
	return r
}

// joined are the runs of a row.
func joined(cells []cellRuns) (r rowRuns) {
	for i, c := range cells {
		for _, one := range []struct {
			is struct{ from, to uint8 }
			of *struct{ from, to int32 }
		}{{c.blank, &r.blank}, {c.shown, &r.shown}} {
			if one.is.to == 0 {
				continue
			}
			if one.of.to == 0 {
				one.of.from = int32(i*surveyCell) + int32(one.is.from)
			}
			one.of.to = int32(i*surveyCell) + int32(one.is.to)
		}
	}
	return r
}

// blank is the smallest rectangle with all that is fully transparent.
func (s *survey) blank() image.Rectangle {
	return s.bounds(func(r rowRuns) (from, to int32) { return r.blank.from, r.blank.to })
}

// shown is the smallest rectangle with all that isn't.
func (s *survey) shown() image.Rectangle {
	return s.bounds(func(r rowRuns) (from, to int32) { return r.shown.from, r.shown.to })
}

func (s *survey) bounds(of func(rowRuns) (from, to int32)) (out image.Rectangle) {
	for y, r := range s.rows {
		if from, to := of(r); to > 0 {
			out = out.Union(image.Rect(int(from), y, int(to), y+1))
		}
	}
	if out.Empty() {
		return image.Rectangle{}
	}
	return out.Add(s.in.Min)
}
