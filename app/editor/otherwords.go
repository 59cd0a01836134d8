package editor

import "pentimento/app/words"

// otherWords are the words by which other programs and painters call what a row of Actions does, parted by commas: the palette
// finds it by them, too. A translation gives those of its own language.
var otherWords = map[string]struct{ Also string }{
	"adjust.blur":      {Also: "soften"},
	"adjust.contrast":  {Also: "exposure, lighten, make darker"},
	"adjust.grey":      {Also: "grayscale, greyscale, black and white, monochrome"},
	"adjust.hues":      {Also: "vibrance, colorize, color balance"},
	"adjust.invert":    {Also: "negative"},
	"adjust.levels":    {Also: "auto tone, histogram"},
	"adjust.sharpen":   {Also: "unsharp mask"},
	"edit.keys":        {Also: "keyboard shortcuts, hotkeys, key bindings"},
	"edit.settings":    {Also: "preferences, options"},
	"edit.redo":        {Also: "step forward"},
	"edit.undo":        {Also: "step back, revert"},
	"file.export":      {Also: "save as png, save as jpeg, flatten image"},
	"file.getmodel":    {Also: "download"},
	"file.model":       {Also: "load model, stable diffusion"},
	"file.new":         {Also: "new document, new image"},
	"file.place":       {Also: "import, insert picture, add image, collage"},
	"file.quit":        {Also: "exit"},
	"file.saveas":      {Also: "save as"},
	"file.refer":       {Also: "style reference, ip-adapter"},
	"fill.describe":    {Also: "text to image, txt2img, ai"},
	"fill.remove":      {Also: "remove, remove object, erase object, heal, content-aware fill"},
	"fill.run":         {Also: "inpaint, generative fill"},
	"help.shortcuts":   {Also: "hotkeys, keyboard"},
	"image.canvas":     {Also: "extend canvas, add border"},
	"image.details":    {Also: "fix faces, fix hands"},
	"image.enlarge":    {Also: "upscale, super resolution"},
	"image.offset":     {Also: "seamless, make a tile"},
	"image.restore":    {Also: "fix faces, sharpen faces"},
	"image.size":       {Also: "resize, scale image"},
	"image.turn":       {Also: "straighten the picture, horizon"},
	"layer.background": {Also: "remove background, change background"},
	"layer.clip":       {Also: "clipping mask"},
	"layer.cutout":     {Also: "remove background, isolate subject"},
	"layer.harmonise":  {Also: "harmonize, match colors"},
	"layer.lockalpha":  {Also: "alpha lock"},
	"layer.merge":      {Also: "flatten"},
	"layer.remove":     {Also: "delete layer"},
	"layer.transform":  {Also: "free transform, scale, skew, perspective, distort"},
	"mask.clear":       {Also: "unmask, remove mask"},
	"mask.view":        {Also: "quick mask"},
	"select.alpha":     {Also: "alpha to selection"},
	"select.colour":    {Also: "color range"},
	"select.grow":      {Also: "expand selection"},
	"select.invert":    {Also: "inverse"},
	"select.none":      {Also: "deselect"},
	"select.shrink":    {Also: "contract selection"},
	"tool.border":      {Also: "outpaint, extend, expand, uncrop"},
	"tool.brush":       {Also: "paint, pencil"},
	"tool.stamp":       {Also: "heal, copy pixels"},
	"tool.crop":        {Also: "trim"},
	"tool.bucket":      {Also: "paint bucket, flood fill"},
	"tool.mask":        {Also: "inpaint, quick mask"},
	"tool.object":      {Also: "select object, quick selection, segment anything"},
	"tool.pan":         {Also: "hand, scroll"},
	"tool.picker":      {Also: "eyedropper, color, pipette"},
	"tool.text":        {Also: "type, letters"},
	"tool.wand":        {Also: "magic wand, similar colors"},
	"view.colour":      {Also: "color wheel, palette"},
	"view.fit":         {Also: "zoom to fit"},
	"view.fullscreen":  {Also: "fullscreen"},
	"view.lines":       {Also: "guides"},
	"view.linenew":     {Also: "guides"},
	"view.theme":       {Also: "dark mode, dark theme"},
	"view.turnleft":    {Also: "rotate canvas"},
	"view.turnright":   {Also: "rotate canvas"},
	"view.wrap":        {Also: "seamless, tiling, pattern"},
}

// Also are those words, "" for none.
func (a *Action) Also() string {
	if also := otherWords[a.ID].Also; also != "" {
		return words.T(also)
	}
	return ""
}
