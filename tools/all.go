package tools

// All is every tool, in the order of the toolbar.
var All = []Row{
	{"mask", "Mask brush", "mask", "M", "Paint over what you want to fill. Shift+click: straight line. Right button: erase (X). Smaller ([), larger (])", newMask},
	{"mask-eraser", "Mask eraser", "mask-eraser", "N", "Remove pixels from the mask. Shift+click: straight line", newMaskEraser},
	{"lasso", "Lasso", "lasso", "L", "Draw around an area to mask or select it. Shift: add. Alt or right button: subtract. Both keys: intersect", newLasso},
	{"rectangle", "Rectangle", "rectangle", "R", "Drag a rectangle to mask or select it. Shift while dragging: square. Alt or right button: subtract it", newRectangle},
	{"ellipse", "Ellipse", "ellipse", "Shift+U", "Drag an ellipse to mask or select it. Shift while dragging: circle. Alt or right button: subtract it", newEllipse},
	{"polygon", "Polygon", "polygon", "Shift+L", "Click corner after corner. A click on the last one closes (Enter). One back (Backspace), none (Escape)", newPolygon},
	{"wand", "Wand", "wand", "W", "Click to select what looks like it. Shift: add. Alt or right button: subtract. Both keys: intersect", newWand},
	{"object", "Object", "object", "Shift+W", "Click a thing to mask or select it; drag over its parts. A further click adds, a click on what is masked widens. After a click: smaller ([), larger (]). Alt or right button: subtract. Shift: add", newObject},
	{"brush", "Brush", "brush", "B", "Paint on the active layer. Shift+click: straight line. Right button: erase. Ctrl or Alt: pick a colour. Ctrl or Alt and right drag: size", newBrush},
	{"eraser", "Eraser", "eraser", "E", "Make pixels of the active layer transparent. Shift+click: straight line", newEraser},
	{"stamp", "Clone stamp", "stamp", "S", "Ctrl or Alt and click sets the source; paint to copy from there. Ctrl or Alt and right drag: size", newStamp},
	{"history", "History brush", "history", "Y", "Paint back the picture as it was opened, or as it was at a step of the history", newHistory},
	{"bucket", "Bucket", "bucket", "G", "Click to fill what has one colour with the foreground colour. Right button: with the background colour", newBucket},
	{"gradient", "Gradient", "gradient", "Shift+G", "Drag to lay a run of colours over the layer or the selection. Shift: steps of 45 degrees", newGradient},
	{"text", "Text", "text", "Shift+T", "Click to write, or on a text to change it. Its words stay editable in their layer; painting, turning and scaling make pixels of them", newText},
	{"picker", "Colour picker", "picker", "I", "Pick the colour from the picture, or a mean of many pixels. Right button: the background colour", newPicker},
	{"move", "Move", "move", "V", "Move the active layer, or what is selected of it, or scale a placed picture by its handles. Shift: keep the ratio, or move along one axis. Of a pose it drags the joints (Shift: the person), a right click hides one", newMove},
	{"transform", "Transform", "transform", "T", "Scale the active layer by its handles, turn it by dragging outside. Shift: keep the ratio, steps of 15°. Alt: about the middle. Ctrl: skew and perspective. Apply (Enter) or cancel (Escape)", newTransform},
	{"crop", "Crop", "crop", "C", "Drag a rectangle or its handles, then crop the picture to it (Enter) or leave (Escape). Outward: the picture grows. Shift: keep the proportions", newCrop},
	{"frame", "Frame", "frame", "F", "Move or resize the area that a fill works in. Drag outside: new frame. Alt: steps of 8. Ctrl: no steps", newFrame},
	{"border", "Border", "border", "O", "Drag an edge or a corner outward; what comes is filled at once. Alt: steps of 8. Ctrl: no steps", newBorder},
	{"pan", "Pan", "pan", "H", "Drag the view. With any tool: hold the space bar", newPan},
	{"turn", "Turn view", "turn", "Shift+R", "Drag round the view's middle to turn it. Ctrl: by steps. With any tool: hold Shift and the space bar", newTurn},
	{"zoom", "Zoom", "zoom", "Z", "Click to zoom in, drag a box to fill the view with it. Alt or right button: zoom out", newZoom},
}
