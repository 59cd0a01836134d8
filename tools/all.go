package tools

// All is every tool, in the order of the toolbar.
var All = []Row{
	{"mask", "mask", "M", "Mask brush: paint over what you want to fill. Shift+click: straight line. Right button or X: erase. [ ]: size", newMask},
	{"mask-eraser", "mask-eraser", "N", "Mask eraser: remove pixels from the mask. Shift+click: straight line", newMaskEraser},
	{"lasso", "lasso", "L", "Lasso: draw around an area to add it to the mask. Alt or right button: subtract it", newLasso},
	{"rectangle", "rectangle", "R", "Rectangle: drag one to add it to the mask. Shift: square. Alt or right button: subtract it", newRectangle},
	{"brush", "brush", "B", "Brush: paint on the active layer. Shift+click: straight line. Right button: erase", newBrush},
	{"eraser", "eraser", "E", "Eraser: make pixels of the active layer transparent. Shift+click: straight line", newEraser},
	{"picker", "picker", "I", "Colour picker: pick the brush colour from the picture", newPicker},
	{"move", "move", "V", "Move the active layer, or scale a placed picture by its handles. Shift: keep the ratio, or move along one axis", newMove},
	{"frame", "frame", "F", "Frame: move or resize the area that a fill works in. Drag outside: new frame. Alt: steps of 8. Ctrl: no steps", newFrame},
	{"border", "border", "O", "Border: drag a handle outward to extend the picture. Alt: steps of 8. Ctrl: no steps", newBorder},
	{"pan", "pan", "H", "Pan: drag the view. With any tool: hold the space bar", newPan},
	{"zoom", "zoom", "Z", "Zoom: click to zoom in, drag a box to fill the view with it. Alt or right button: zoom out", newZoom},
}
