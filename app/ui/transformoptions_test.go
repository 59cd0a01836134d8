package ui

import "testing"

// TestNumbersOfATransformGoBack when it is dropped after one was typed.
func TestNumbersOfATransformGoBack(t *testing.T) {
	w := open(t)
	paintTestPicture(w)
	w.ed.TransformLayer()
	o := of[*optionsBar](w).transform
	angle := o.boxes[len(o.boxes)-1]
	angle.field.SetText("25")
	angle.field.left()
	if at, _ := w.ed.Transform(); at.Angle != 25 || angle.field.Text != "25" {
		t.Fatalf("the angle is %g, the field has %s", at.Angle, angle.field.Text)
	}
	w.ed.Key("Escape")
	if at, _ := w.ed.Transform(); at.Angle != 0 || angle.field.Text != "0" {
		t.Errorf("after Escape the angle is %g, the field has %s", at.Angle, angle.field.Text)
	}
}
