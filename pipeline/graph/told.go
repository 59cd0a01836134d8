package graph

import "fmt"

// Told is a signature for people, as `x [1,3,?,?], y [1,4]`: the first three values, "nothing" for none.
func Told(all []Value) string {
	if len(all) == 0 {
		return "nothing"
	}
	text := ""
	for i, v := range all {
		if i == 3 {
			return text + " …"
		}
		if i > 0 {
			text += ", "
		}
		text += v.Name + " ["
		for k, d := range v.Shape {
			if k > 0 {
				text += ","
			}
			if d.Fixed > 0 {
				text += fmt.Sprint(d.Fixed)
			} else {
				text += "?"
			}
		}
		text += "]"
	}
	return text
}
