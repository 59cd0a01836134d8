package tools

// All is every tool, in the order of the toolbar.
var All = []Row{
	{"mask", "mask", "M", "Mask brush: paint what shall be filled. Shift+click: straight line. Right button or X: erase. [ ]: size", newMask},
	{"mask-eraser", "mask-eraser", "N", "Mask eraser: take pixels out of the mask. Shift+click: straight line", newMaskEraser},
	{"lasso", "lasso", "L", "Lasso: draw round an area to add it to the mask. Alt or right button: take it out", newLasso},
	{"rectangle", "rectangle", "R", "Rectangle: add one to the mask. Shift: square. Alt or right button: take it out", newRectangle},
	{"brush", "brush", "B", "Brush: paint with the colour on the active layer. Shift+click: straight line. Right button: erase", newBrush},
	{"eraser", "eraser", "E", "Eraser: make pixels of the active layer transparent. Shift+click: straight line", newEraser},
	{"picker", "picker", "I", "Colour picker: take the brush's colour from the picture", newPicker},
	{"move", "move", "V", "Move the active layer; scale a placed picture by its handles. Shift: keep the ratio, or one axis", newMove},
	{"frame", "frame", "F", "Frame: move or resize where a fill works. Drag outside: new frame. Alt: steps of 8. Control: no steps", newFrame},
	{"border", "border", "O", "Border: drag a handle outward to let the picture grow there. Alt: steps of 8. Control: no steps", newBorder},
	{"pan", "pan", "H", "Pan: drag the view. Also: hold the space bar", newPan},
	{"zoom", "zoom", "Z", "Zoom: click to come closer, drag a box to fill the view with it. Alt or right button: go back", newZoom},
}
