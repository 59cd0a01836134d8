package adapter

import "pentimento/pipeline/checkpoint"

// rowValues is how many values of a weight are merged at a time: they stay in a core's caches from
// where they are read to where their last change is added.
const rowValues = 1 << 17

// term is a change of a weight that is added a few rows at a time.
type term struct {
	change
	Delta         // Up times the strength
	tiles *panels // of Down; nil: it is multiplied without tiles
	small bool    // nothing can break
}

// addByRows reads a weight and adds changes that don't look at it. The numbers are those of add.
func addByRows(to []float32, from *checkpoint.Reader, t checkpoint.Tensor, changes []change) error {
	rows := 1
	if len(t.Shape) > 0 {
		rows = int(max(t.Shape[0], 1))
	}
	n := len(to) / rows
	var terms []term
	for _, c := range changes {
		d, err := c.deltaOf(t, Tensor{t.Name, t.Shape, nil})
		if err != nil {
			return err
		}
		if d.Values == nil && d.Up == nil {
			continue
		}
		one := term{change: c, Delta: d, small: d.small(c.strength)}
		if d.Up != nil {
			scaled(d.Up, float32(c.strength))
			if tiles(rows, n) {
				one.tiles = packed(d.Down, len(d.Up)/rows, n)
			}
		}
		terms = append(terms, one)
	}
	some := max(rowValues/max(n, 1)/tileRows, 1) * tileRows // rows of whole tiles: the tiles are those of the whole
	for r := 0; r < rows; r += some {
		end := min(r+some, rows)
		part := to[r*n : end*n]
		if err := from.Read(part); err != nil {
			return err
		}
		for _, d := range terms {
			d.addRows(part, r, end, n)
			if !d.small {
				if err := d.broken(t, part); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// addRows adds rows r to end, of n values each, to them.
func (d term) addRows(part []float32, r, end, n int) {
	if d.Up == nil {
		s := float32(d.strength)
		for i, v := range d.Values[r*n : end*n] {
			part[i] += v * s
		}
		return
	}
	inner := len(d.Down) / n
	up := d.Up[r*inner : end*inner]
	if d.tiles != nil {
		d.tiles.addTo(part, up, end-r)
		return
	}
	plain(part, up, d.Down, end-r)
}
