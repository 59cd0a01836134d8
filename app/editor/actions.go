package editor

import (
	"slices"

	"pentimento/app/desk"
	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/pipeline"
	"pentimento/tools"
)

// Action is one thing a person can ask for. One table feeds the menu, the toolbar, the
// shortcuts, the command palette and the shortcut sheet.
type Action struct {
	ID   string
	Name string
	Menu string // "File", "Edit", …; "" leaves it out of the menu bar
	Icon string // a name; the window looks it up
	// Keys are shortcuts such as "Ctrl+Z", "[" or "Enter". Where several actions share a
	// key, the first enabled one in the table answers.
	Keys    []string
	Help    string // one line for palette and sheet
	Why     string // said where it is asked for and can't run; "": nothing is
	Gap     bool   // a separator above it in the menu
	Run     func(*Editor)
	Enabled func(*Editor) bool // nil: always
	Checked func(*Editor) bool // nil: no check mark
}

// Can says whether the action would do something now.
func (a *Action) Can(e *Editor) bool { return a.Enabled == nil || a.Enabled(e) }

// Menus are the titles of the menu bar in order.
var Menus = []string{"File", "Edit", "Image", "View", "Layer", "Select", "Mask", "Fill", "Tools", "Help"}

// Actions is the table. It is filled by init because rows refer to functions that read it.
var Actions []Action

func init() {
	Actions = slices.Concat(
		dropGuideActions,
		jointActions,
		trialActions,
		fileActions,
		fillActions,
		stripActions,
		buildActions,
		walkActions,
		candidateActions,
		selectActions,
		subjectActions,
		maskActions,
		regionActions,
		referActions,
		recipeActions,
		ideaActions,
		liveActions,
		editActions,
		imageActions,
		adjustActions,
		viewActions,
		screenActions,
		guideActions,
		layerActions,
		takenActions,
		poseActions,
		groupActions,
		layerMaskActions,
		turnLayerActions,
		harmoniseActions,
		nudgeActions,
		parkedActions,
		toolActions(),
		brushActions,
		colourActions,
		helpActions,
	)
}

// Find returns the action with that ID, or nil.
func Find(id string) *Action {
	i := slices.IndexFunc(Actions, func(a Action) bool { return a.ID == id })
	if i < 0 {
		return nil
	}
	return &Actions[i]
}

// Do runs an action by its ID where it can run, and says whether it did.
func (e *Editor) Do(id string) bool {
	a := Find(id)
	if a == nil || !a.Can(e) {
		return false
	}
	a.Run(e)
	return true
}

// Key runs the first enabled action with that shortcut.
func (e *Editor) Key(key string) bool {
	why := ""
	for i := range Actions {
		a := &Actions[i]
		if !slices.Contains(e.KeysOf(a), key) {
			continue
		}
		if a.Can(e) {
			e.key = key
			a.Run(e)
			return true
		}
		if why == "" {
			why = a.Why
		}
	}
	if why != "" {
		e.Say(words.T(why))
	}
	return why != ""
}

func keepsJournal(e *Editor) bool { return e.Keeping.Folder != "" }
func hasCandidate(e *Editor) bool { return e.Fills.Current() != nil }
func hasStack(e *Editor) bool     { return e.Fills.Shown() != nil }
func hasContent(e *Editor) bool   { return !e.Empty() }
func hasWork(e *Editor) bool      { return !e.Empty() || len(e.Fills.Stacks()) > 0 }
func hasMask(e *Editor) bool      { return e.State().Mask.Len() > 0 }
func hasTarget(e *Editor) bool    { return hasMask(e) || hasSelection(e) }

// candidateActions come before all others with keys of one letter: while a candidate is
// shown its keys win (behaviour 2.3).
var candidateActions = []Action{
	{ID: "candidate.previous", Name: "Previous candidate", Menu: "Fill", Icon: "previous", Gap: true, Keys: []string{"Left"}, Run: func(e *Editor) { e.Fills.NextCandidate(-1) }, Enabled: hasCandidate, Help: "Show the candidate before this one"},
	{ID: "candidate.next", Name: "Next candidate", Menu: "Fill", Icon: "next", Keys: []string{"Right"}, Run: func(e *Editor) { e.Fills.NextCandidate(1) }, Enabled: hasCandidate, Help: "Show the candidate after this one"},
	{ID: "candidate.accept", Name: "Accept candidate", Menu: "Fill", Icon: "accept", Keys: []string{"Enter"}, Run: func(e *Editor) { e.Fills.Accept() }, Enabled: hasCandidate, Help: "Apply it to the picture as one undo step"},
	{ID: "candidate.more", Name: "One more candidate", Menu: "Fill", Icon: "more", Keys: []string{"+", "="}, Run: func(e *Editor) { e.Fills.OneMore() }, Enabled: hasStack, Help: "Fill the same place again with another seed"},
	{ID: "candidate.discard", Name: "Discard this candidate", Menu: "Fill", Icon: "discard", Keys: []string{"-"}, Run: func(e *Editor) { e.Fills.DiscardOne() }, Enabled: hasCandidate, Help: "Discard the candidate that is shown"},
	{ID: "candidate.discardall", Name: "Discard all candidates", Menu: "Fill", Icon: "discardall", Keys: []string{"Escape"}, Run: func(e *Editor) { e.Fills.DiscardAll() }, Enabled: func(e *Editor) bool { return hasStack(e) && !e.pressed && !writes(e) }, Help: "Discard this place's candidates and its waiting jobs"},
	{ID: "candidate.back", Name: "Bring back discarded", Menu: "Fill", Icon: "back", Run: func(e *Editor) { e.Fills.BringBack() }, Enabled: func(e *Editor) bool { return e.Fills.Discarded() != nil }, Help: "Show the candidates you discarded last"},
	{ID: "candidate.place", Name: "Next place", Menu: "Fill", Icon: "frame", Keys: []string{"P"}, Run: func(e *Editor) { e.Fills.NextPlace() }, Enabled: func(e *Editor) bool { return len(e.Fills.Stacks()) > 1 }, Help: "Go to the candidates of another place"},
	{ID: "candidate.save", Name: "Save candidate as file…", Menu: "Fill", Icon: "save", Keys: []string{"S"}, Run: (*Editor).SaveCandidate, Enabled: hasCandidate, Help: "Write it as a PNG without accepting it"},
	{ID: "candidate.seed", Name: "Use this candidate's seed", Menu: "Fill", Icon: "seed", Keys: []string{"U"}, Run: func(e *Editor) { e.Fills.UseSeed() }, Enabled: hasCandidate, Help: "Copy the seed into the panel and lock it"},
	{ID: "candidate.difference", Name: "Compare settings with the previous candidate…", Menu: "Fill", Icon: "difference", Keys: []string{"D"}, Run: func(e *Editor) { e.Desk.Show("difference") }, Enabled: func(e *Editor) bool { _, now := e.Fills.Compared(); return now != nil }, Help: "List the settings that differ between the two"},
	{ID: "candidate.split", Name: "Compare by a split line", Menu: "Fill", Icon: "split", Keys: []string{"Shift+C"}, Run: func(e *Editor) { e.Fills.Split(!e.Fills.Splitting()) }, Enabled: func(e *Editor) bool { return !e.Fills.ComparedIn().Empty() }, Checked: func(e *Editor) bool { return e.Fills.Splitting() }, Help: "Left of a line that you drag the picture as it was, right of it as it would be"},
	{ID: "candidate.reference", Name: "Keep candidate as reference", Menu: "Fill", Icon: "reference", Keys: []string{"R"}, Run: (*Editor).CandidateToReference, Enabled: hasCandidate, Help: "Add it to the reference strip"},
}

var fileActions = []Action{
	{ID: "file.new", Name: "New canvas", Menu: "File", Icon: "new", Keys: []string{"Ctrl+N"}, Run: (*Editor).New, Help: "Start with an empty canvas, in a tab of its own"},
	{ID: "file.open", Name: "Open…", Menu: "File", Icon: "open", Keys: []string{"Ctrl+O"}, Run: (*Editor).AskOpen, Help: "Open a project, or a picture as a new document"},
	{ID: "file.save", Name: "Save project", Menu: "File", Icon: "save", Keys: []string{"Ctrl+S"}, Run: func(e *Editor) { e.Keeping.Save() }, Enabled: hasWork, Why: "There is nothing to save yet", Help: "Save layers, mask, candidates and settings in one file that Krita, GIMP and MyPaint can open too"},
	{ID: "file.saveas", Name: "Save project as…", Menu: "File", Keys: []string{"Ctrl+Shift+S"}, Run: func(e *Editor) { e.Keeping.SaveAs() }, Enabled: hasWork, Why: "There is nothing to save yet", Help: "Save under another name"},
	{ID: "file.close", Name: "Close the document", Menu: "File", Keys: []string{"Ctrl+W", "Ctrl+F4"}, Run: func(e *Editor) { e.CloseTab(e.Tab()) }, Enabled: func(e *Editor) bool { return hasWork(e) || len(e.pages) > 1 }, Help: "Close it. An unsaved project asks; anything else that is unsaved can be reopened"},
	{ID: "file.place", Name: "Place picture…", Menu: "File", Icon: "place", Keys: []string{"Ctrl+Shift+O"}, Run: (*Editor).AskPlace, Help: "Add a picture to the canvas as a layer"},
	{ID: "file.refer", Name: "Use a picture in the fill…", Menu: "File", Icon: "reference", Run: (*Editor).AskRefer, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Place it, or let the fill take its look, its structure or its pixels"},
	{ID: "file.recent", Name: "Recent files…", Menu: "File", Run: func(e *Editor) { e.Desk.Show("recent") }, Enabled: func(e *Editor) bool { return len(e.Settings.Recent) > 0 }, Help: "Open a project or picture again"},
	{ID: "file.sample", Name: "Open the sample picture", Menu: "File", Icon: "sample", Run: (*Editor).OpenSample, Enabled: func(e *Editor) bool { return len(e.Sample) > 0 }, Help: "A picture to experiment with"},
	{ID: "file.reopen", Name: "Reopen the last canvas", Menu: "File", Run: func(e *Editor) { e.Keeping.ReopenLast() }, Enabled: keepsJournal, Help: "Bring back the canvas you closed last, with its history"},
	{ID: "file.recover", Name: "Recover a canvas…", Menu: "File", Run: func(e *Editor) { e.Keeping.AskRecover() }, Enabled: keepsJournal, Help: "Choose from canvases of crashed sessions, closed canvases and the trash"},
	{ID: "file.model", Name: "Open checkpoint…", Menu: "File", Icon: "model", Gap: true, Run: func(e *Editor) { e.Models.Ask() }, Help: "Choose the Stable Diffusion model to fill with: a .safetensors, .ckpt or .gguf file, or a file of a diffusers folder"},
	{ID: "models.open", Name: "Models…", Menu: "File", Icon: "model", Keys: []string{"Ctrl+Shift+M"}, Run: func(e *Editor) { e.Desk.Show("models") }, Enabled: func(e *Editor) bool { return e.Models.Library.Collection != nil }, Help: "Browse your models, adapters and embeddings, also those in the folders of A1111, ComfyUI and InvokeAI"},
	{ID: "models.merge", Name: "Merge models…", Menu: "File", Icon: "model", Run: func(e *Editor) { e.Desk.Show("merge") }, Help: "Make one model of two or three, build a VAE or LoRAs in, or extract and resize a LoRA; your files stay as they are"},
	{ID: "file.getmodel", Name: "Get a model…", Menu: "File", Icon: "download", Run: func(e *Editor) { e.Desk.Show("getmodel") }, Enabled: func(e *Editor) bool { return e.Downloads != nil }, Help: "Download one: from a short list, from Civitai or Hugging Face, or from an address"},
	{ID: "file.starter", Name: "Use the Starter (a toy to try the tools with)", Menu: "File", Icon: "model", Run: func(e *Editor) { e.Models.UseStarter() }, Enabled: func(e *Editor) bool {
		return e.Models.Starter != nil && (!e.Models.UsesStarter() || e.Settings.Fill.Engine != string(pipeline.Diffusion))
	}, Why: "The Starter paints already", Help: "Fill with the small model that comes with the program"},
	{ID: "recipe.picture", Name: "Recipe of a picture…", Menu: "File", Icon: "recipe", Gap: true, Run: func(e *Editor) { e.Provenance.AskRecipe() }, Help: "See how a picture file was made, and use its settings"},
	{ID: "recipe.clipboard", Name: "Recipe from clipboard", Menu: "File", Run: func(e *Editor) { e.Provenance.RecipeFromClipboard() }, Help: "Read a copied prompt and settings, as other programs write them"},
	{ID: "recipe.opened", Name: "Recipe of the opened picture", Menu: "File", Keys: []string{"Ctrl+I"}, Run: func(e *Editor) { e.Provenance.OpenedRecipe() }, Enabled: func(e *Editor) bool { return e.Provenance.HasOpened() }, Help: "See how the open picture was made"},
	{ID: "file.export", Name: "Export…", Menu: "File", Icon: "export", Gap: true, Keys: []string{"Ctrl+E"}, Run: (*Editor).AskExport, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Export everything, at full size, flattened as PNG, JPEG, WebP or TIFF, or with its layers as PSD"},
	{ID: "file.exportagain", Name: "Export again", Menu: "File", Keys: []string{"Ctrl+Shift+E"}, Run: (*Editor).ExportAgain, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Export to the same file with the same settings as before"},
	{ID: "file.exportframe", Name: "Export frame…", Menu: "File", Run: (*Editor).AskExportFrame, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Export what is inside the frame"},
	{ID: "file.exportlayer", Name: "Export active layer…", Menu: "File", Run: (*Editor).AskExportLayer, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Export only the active layer, with its transparency"},
	{ID: "file.exportlayers", Name: "Export all layers…", Menu: "File", Run: (*Editor).AskExportLayers, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Export each visible layer to a file of its own, as large as the picture: as PNG, or as WebP or TIFF where the last export was one"},
	{ID: "file.exporttrimmed", Name: "Export all layers, trimmed…", Menu: "File", Run: (*Editor).AskExportTrimmedLayers, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Export each visible layer to a file of its own, as large as what is on it"},
	{ID: "file.embeds", Name: "What exports contain…", Menu: "File", Icon: "recipe", Run: func(e *Editor) { e.Desk.Show("embeds") }, Enabled: hasContent, Why: "Open or paint a picture first", Help: "See exactly what an export says about how the picture was made"},
	{ID: "file.metadata", Name: "Prompt information in exports", Menu: "File", Run: func(e *Editor) { e.setting(func() { e.Settings.Metadata = !e.Settings.Metadata }) }, Checked: func(e *Editor) bool { return e.Settings.Metadata }, Help: "Write into the PNG how the picture was made"},
	{ID: "file.quit", Name: "Quit", Menu: "File", Gap: true, Keys: []string{"Ctrl+Q"}, Run: func(e *Editor) { e.Ask(func(w desk.Window) { w.Quit() }) }, Help: "Close the window; asks first if work is unsaved"},
}

var editActions = []Action{
	{ID: "edit.undo", Name: "Undo", Menu: "Edit", Icon: "undo", Keys: []string{"Ctrl+Z"}, Run: (*Editor).Undo, Enabled: (*Editor).CanUndo, Why: "There is nothing to undo", Help: "Go one step back"},
	{ID: "edit.redo", Name: "Redo", Menu: "Edit", Icon: "redo", Keys: []string{"Ctrl+Shift+Z", "Ctrl+Y"}, Run: (*Editor).Redo, Enabled: (*Editor).CanRedo, Why: "There is nothing to redo", Help: "Go one step forward"},
	{ID: "edit.cut", Name: "Cut", Menu: "Edit", Icon: "cut", Gap: true, Keys: []string{"Ctrl+X"}, Run: (*Editor).Cut, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Copy what is selected (else masked) of the active layer, and take it out"},
	{ID: "edit.copy", Name: "Copy", Menu: "Edit", Icon: "layercopy", Keys: []string{"Ctrl+C"}, Run: (*Editor).Copy, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Copy what is selected (else masked) of the active layer, or all of it, to the clipboard"},
	{ID: "edit.copymerged", Name: "Copy merged", Menu: "Edit", Keys: []string{"Ctrl+Shift+C"}, Run: (*Editor).CopyMerged, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Copy what is selected (else masked) of all visible layers together"},
	{ID: "edit.paste", Name: "Paste picture", Menu: "Edit", Icon: "paste", Keys: []string{"Ctrl+V"}, Run: (*Editor).Paste, Help: "Add the picture in the clipboard as a layer; what was copied here lands where it was"},
	{ID: "edit.pasterefer", Name: "Paste into the fill…", Menu: "Edit", Icon: "paste", Keys: []string{"Ctrl+Shift+V"}, Run: func(e *Editor) { e.Desk.Show("pasted") }, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Place the clipboard's picture, or let the fill take its look, its structure or its pixels"},
	{ID: "edit.cancel", Name: "Cancel the stroke", Keys: []string{"Escape"}, Run: (*Editor).CancelTool, Enabled: (*Editor).Pressed, Help: "Drop what you are drawing without a trace"},
	{ID: "edit.palette", Name: "Command palette…", Menu: "Edit", Gap: true, Keys: []string{"Ctrl+K"}, Run: func(e *Editor) { e.Desk.Show("palette") }, Help: "Find any command by its name"},
	{ID: "edit.keys", Name: "Keys…", Menu: "Edit", Run: func(e *Editor) { e.Desk.Show("keys") }, Help: "Give any command other keys, export and import them"},
	{ID: "edit.settings", Name: "Settings…", Menu: "Edit", Keys: []string{"Ctrl+,"}, Run: func(e *Editor) { e.Desk.Show("settings") }, Help: "Colours, memory and device"},
}

var viewActions = []Action{
	{ID: "view.in", Name: "Zoom in", Menu: "View", Keys: []string{"Ctrl++", "Ctrl+="}, Run: func(e *Editor) { e.ZoomTo(e.view.Scale * 1.5) }, Help: "Zoom in at the centre"},
	{ID: "view.out", Name: "Zoom out", Menu: "View", Keys: []string{"Ctrl+-"}, Run: func(e *Editor) { e.ZoomTo(e.view.Scale / 1.5) }, Help: "Zoom out at the centre"},
	{ID: "view.full", Name: "100 %", Menu: "View", Keys: []string{"Ctrl+1"}, Run: func(e *Editor) { e.ZoomTo(1) }, Help: "One picture pixel on one screen pixel"},
	{ID: "view.fit", Name: "Fit content", Menu: "View", Icon: "fit", Keys: []string{"Ctrl+0"}, Run: (*Editor).FitContent, Help: "Show the whole picture"},
	{ID: "view.fitmask", Name: "Fit mask", Menu: "View", Keys: []string{"Ctrl+2"}, Run: (*Editor).FitMask, Enabled: hasMask, Why: "Paint a mask first (M)", Help: "Show the whole mask"},
	{ID: "view.fitframe", Name: "Fit frame", Menu: "View", Keys: []string{"Ctrl+3"}, Run: (*Editor).FitFrame, Help: "Show the whole frame"},
	{ID: "view.outline", Name: "Show what a fill reads and changes", Menu: "View", Gap: true, Run: func(e *Editor) { e.setting(func() { e.Settings.Outline = !e.Settings.Outline }) }, Checked: func(e *Editor) bool { return e.Settings.Outline }, Help: "Outline context and target before a fill runs"},
	{ID: "view.column", Name: "Panels at the right", Menu: "View", Keys: []string{"F5"}, Run: togglePart("column"), Checked: shows("column"), Help: "Show or hide the column at the right"},
	{ID: "view.layers", Name: "Layers", Menu: "View", Keys: []string{"F6"}, Run: unfolds("layers"), Checked: unfolded("layers"), Help: "Unfold or fold the layers"},
	{ID: "view.history", Name: "History", Menu: "View", Keys: []string{"F7"}, Run: unfolds("history"), Checked: unfolded("history"), Help: "Unfold or fold the list of steps"},
	{ID: "view.guides", Name: "References", Menu: "View", Keys: []string{"F8"}, Run: unfolds("guides"), Checked: unfolded("guides"), Help: "Unfold or fold the pictures kept as references"},
	{ID: "view.strip", Name: "Results of this canvas", Menu: "View", Keys: []string{"F9"}, Run: togglePart("strip"), Checked: shows("strip"), Help: "Show or hide the strip of results at the bottom; it comes with the first one"},
	{ID: "view.snap", Name: "Snap to edges and middles", Menu: "Edit", Run: func(e *Editor) { e.setting(func() { e.Settings.Loose = !e.Settings.Loose }) }, Checked: func(e *Editor) bool { return !e.Settings.Loose }, Help: "What is moved takes hold of lines within 6 screen pixels; Ctrl suspends it"},
	{ID: "view.theme", Name: "Light theme", Menu: "View", Gap: true, Run: func(e *Editor) { e.setting(func() { e.Settings.Theme = other(e.Settings.Theme, "dark", "light") }) }, Checked: func(e *Editor) bool { return e.Settings.Theme == "light" }, Help: "Switch between dark and light"},
	{ID: "tab.next", Name: "Next document", Menu: "View", Gap: true, Keys: []string{"Ctrl+Tab", "Ctrl+PageDown"}, Run: func(e *Editor) { e.nextTab(1) }, Enabled: severalTabs, Help: "Show the document of the next tab"},
	{ID: "tab.previous", Name: "Previous document", Menu: "View", Keys: []string{"Ctrl+Shift+Tab", "Ctrl+PageUp"}, Run: func(e *Editor) { e.nextTab(-1) }, Enabled: severalTabs, Help: "Show the document of the tab before"},
}

var layerActions = []Action{
	{ID: "layer.add", Name: "New layer", Menu: "Layer", Icon: "layeradd", Keys: []string{"Ctrl+Shift+N"}, Run: (*Editor).AddLayer, Help: "Add an empty layer above the active one"},
	{ID: "layer.bycopy", Name: "New layer by copy", Menu: "Layer", Keys: []string{"Ctrl+J"}, Run: (*Editor).LayerByCopy, Enabled: hasLayerPixels, Help: "Copy what is selected (else masked) of the active layer, or all of it, into a layer above it"},
	{ID: "layer.duplicate", Name: "Duplicate layer", Menu: "Layer", Icon: "layercopy", Run: (*Editor).DuplicateLayer, Help: "Copy the active layer, above it"},
	{ID: "layer.copyto", Name: "Copy layer to another document…", Menu: "Layer", Run: func(e *Editor) { e.Desk.Show("copyto") }, Enabled: func(e *Editor) bool { return severalTabs(e) && hasLayerPixels(e) }, Help: "Lay a copy of the active layer into another document, where it is here; or drag it onto a tab"},
	{ID: "layer.remove", Name: "Remove layer", Menu: "Layer", Icon: "layerremove", Keys: []string{"Delete"}, Run: (*Editor).RemoveLayer, Help: "Delete the active layer"},
	{ID: "layer.up", Name: "Raise layer", Menu: "Layer", Icon: "up", Gap: true, Keys: []string{"Ctrl+]"}, Run: func(e *Editor) { e.RaiseLayer(1) }, Enabled: canRaise(1), Help: "Move the layer up by one"},
	{ID: "layer.down", Name: "Lower layer", Menu: "Layer", Icon: "down", Keys: []string{"Ctrl+["}, Run: func(e *Editor) { e.RaiseLayer(-1) }, Enabled: canRaise(-1), Help: "Move the layer down by one"},
	{ID: "layer.rename", Name: "Rename layer…", Menu: "Layer", Icon: "rename", Keys: []string{"F2"}, Run: func(e *Editor) { e.Desk.Show("rename") }, Help: "Rename the active layer"},
	{ID: "layer.merge", Name: "Merge down", Menu: "Layer", Keys: []string{"Ctrl+M"}, Run: (*Editor).MergeDown, Enabled: canMerge, Why: "There is no layer below to merge with", Help: "Merge the active layer into the one below; of a group, make one layer"},
	{ID: "layer.reference", Name: "Keep layer as reference", Menu: "Layer", Gap: true, Run: (*Editor).LayerToReference, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Copy the active layer into the reference strip"},
}

var maskActions = append([]Action{
	{ID: "mask.fill", Name: "Fill the mask", Keys: []string{"Enter"}, Run: (*Editor).Fill, Enabled: func(e *Editor) bool {
		return e.Aims() && !hasStack(e) && e.Fills.Live.Shown() == nil && !e.pressed && e.toolName != "crop"
	}, Help: "As the Fill button does"},
	{ID: "mask.all", Name: "Mask all", Menu: "Mask", Run: (*Editor).MaskAll, Help: "Mask the whole picture, or the frame where there is none"},
	{ID: "mask.clear", Name: "Clear mask", Menu: "Mask", Icon: "maskclear", Keys: []string{"Ctrl+D"}, Run: (*Editor).ClearMask, Enabled: hasMask, Why: "Paint a mask first (M)", Help: "Unmask everything"},
	{ID: "mask.invert", Name: "Invert mask", Menu: "Mask", Keys: []string{"Ctrl+Shift+I", "Shift+V"}, Run: (*Editor).InvertMask, Enabled: hasMask, Why: "Paint a mask first (M)", Help: "Swap masked and unmasked within the picture and the frame"},
	{ID: "mask.grow", Name: "Grow mask", Menu: "Mask", Gap: true, Keys: []string{"Ctrl+Shift+]"}, Run: func(e *Editor) { e.ResizeMask(8) }, Enabled: hasMask, Why: "Paint a mask first (M)", Help: "Grow by 8 pixels"},
	{ID: "mask.shrink", Name: "Shrink mask", Menu: "Mask", Keys: []string{"Ctrl+Shift+["}, Run: func(e *Editor) { e.ResizeMask(-8) }, Enabled: hasMask, Why: "Paint a mask first (M)", Help: "Shrink by 8 pixels"},
	{ID: "mask.feather", Name: "Feather mask", Menu: "Mask", Run: func(e *Editor) { e.FeatherMask(8) }, Enabled: hasMask, Why: "Paint a mask first (M)", Help: "Soften its edge over 8 pixels"},
	{ID: "mask.blank", Name: "Mask blank area of the frame", Menu: "Mask", Gap: true, Run: (*Editor).MaskBlank, Help: "Mask the transparent part of the frame"},
	{ID: "mask.frame", Name: "Frame around mask", Menu: "Mask", Keys: []string{"Shift+B"}, Run: (*Editor).FrameToMask, Enabled: hasMask, Why: "Paint a mask first (M)", Help: "Fit the frame to the mask"},
	{ID: "mask.view", Name: "Next view of the mask", Menu: "Mask", Gap: true, Keys: []string{"Q"}, Run: (*Editor).NextMaskView, Help: "Tint with a moving outline, outline alone, black and white"},
	{ID: "mask.keep", Name: "Keep mask after accept", Menu: "Mask", Gap: true, Run: func(e *Editor) { e.setting(func() { e.Settings.KeepMask = !e.Settings.KeepMask }) }, Checked: func(e *Editor) bool { return e.Settings.KeepMask }, Help: "Keep the mask when a candidate is accepted"},
}, findActions...)

var fillActions = []Action{
	{ID: "fill.run", Name: "Fill", Menu: "Fill", Icon: "fill", Keys: []string{"Ctrl+Enter"}, Run: (*Editor).Fill, Enabled: func(e *Editor) bool { return (hasContent(e) || e.Models.Generates()) && !writes(e) }, Help: "Fill the mask, or the blank area of the frame"},
	{ID: "fill.remove", Name: "Remove what is masked", Menu: "Fill", Icon: "mask-eraser", Run: (*Editor).RemoveMasked, Enabled: func(e *Editor) bool { return hasTarget(e) && hasContent(e) }, Why: "Mask what is to go first (M), or select it", Help: "Carry the surroundings on over the mask, without a model"},
	{ID: "fill.describe", Name: "Generate from a prompt…", Menu: "Fill", Icon: "prompts", Keys: []string{"Ctrl+P"}, Run: (*Editor).Describe, Help: "Switch to diffusion and put the cursor in the prompt"},
	{ID: "fill.cancel", Name: "Cancel all jobs", Menu: "Fill", Icon: "stop", Keys: []string{"Ctrl+Escape"}, Run: (*Editor).CancelJobs, Enabled: func(e *Editor) bool { return e.Jobs.Active(0) > 0 }, Help: "Stop running and waiting jobs"},
	{ID: "fill.styles", Name: "Styles…", Menu: "Fill", Icon: "styles", Gap: true, Run: func(e *Editor) { e.Desk.Show("styles") }, Help: "Apply, create and edit saved pieces of a prompt"},
	{ID: "fill.prompts", Name: "Earlier prompts…", Menu: "Fill", Icon: "prompts", Keys: []string{"Ctrl+H"}, Run: func(e *Editor) { e.Desk.Show("prompts") }, Enabled: func(e *Editor) bool { return len(e.Settings.Prompts) > 0 }, Help: "Find an earlier prompt by any of its words"},
	{ID: "fill.presets", Name: "Presets…", Menu: "Fill", Icon: "presets", Run: func(e *Editor) { e.Desk.Show("presets") }, Help: "Save the numbers of the fill panel under a name, and use them again"},
	{ID: "fill.framelayer", Name: "Frame around layer", Menu: "Fill", Gap: true, Keys: []string{"Shift+N"}, Run: (*Editor).FrameToLayer, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Fit the frame to the active layer"},
	{ID: "fill.framecontent", Name: "Frame around content", Menu: "Fill", Keys: []string{"Ctrl+Shift+0"}, Run: (*Editor).FrameToContent, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Fit the frame to all content"},
	{ID: "fill.acceptnew", Name: "Accept into a new layer", Menu: "Fill", Gap: true, Run: acceptInto("new"), Checked: accepts("new"), Help: "Accepted results become new layers"},
	{ID: "fill.acceptinto", Name: "Accept into the active layer", Menu: "Fill", Run: acceptInto("active"), Checked: accepts("active"), Help: "Accepted results are painted into the active layer"},
	{ID: "fill.acceptreplace", Name: "Accept and replace earlier results", Menu: "Fill", Run: acceptInto("replace"), Checked: accepts("replace"), Help: "Accepted results become new layers and replace earlier ones that they cover completely"},
}

var brushActions = []Action{
	{ID: "brush.larger", Name: "Larger brush", Keys: []string{"]"}, Run: func(e *Editor) { e.scaleBrush(1.1) }, Help: "Size × 1.1"},
	{ID: "brush.smaller", Name: "Smaller brush", Keys: []string{"["}, Run: func(e *Editor) { e.scaleBrush(1 / 1.1) }, Help: "Size ÷ 1.1"},
	{ID: "brush.erase", Name: "Mask brush erases", Keys: []string{"X"}, Enabled: paintsMask, Run: func(e *Editor) { b := e.brush; b.Erase = !b.Erase; e.SetBrush(b) }, Checked: func(e *Editor) bool { return e.brush.Erase }, Help: "Switch between painting and erasing the mask"},
}

var helpActions = []Action{
	{ID: "help.shortcuts", Name: "Shortcuts", Menu: "Help", Keys: []string{"?", "F1"}, Run: func(e *Editor) { e.Desk.Show("shortcuts") }, Help: "All keys on one sheet"},
	{ID: "help.about", Name: "About Pentimento", Menu: "Help", Run: func(e *Editor) { e.Desk.Show("about") }, Help: "Version and licence"},
}

// sharesKey says when tools can be chosen whose key has another meaning while a candidate is shown.
var sharesKey = map[string]func(*Editor) bool{"crop": func(e *Editor) bool { return !hasStack(e) }}

func toolActions() []Action {
	out := make([]Action, 0, len(tools.All))
	for _, row := range tools.All {
		out = append(out, Action{ID: "tool." + row.Name, Name: row.Title, Menu: "Tools", Icon: row.Icon, Keys: []string{row.Key}, Help: row.Help,
			Run: func(e *Editor) { e.SetTool(row.Name) }, Enabled: sharesKey[row.Name], Checked: func(e *Editor) bool { return e.toolName == row.Name }})
	}
	return out
}

func (e *Editor) scaleBrush(f float64) {
	b := e.brush
	if b.Size*f-b.Size < 1 && f > 1 { // a small brush must still grow by a whole pixel
		b.Size++
	} else {
		b.Size *= f
	}
	e.SetBrush(b)
}

func canRaise(by int) func(*Editor) bool {
	return func(e *Editor) bool {
		s := e.doc.State()
		return s.Raises(s.Active, by > 0)
	}
}

func canMerge(e *Editor) bool { return e.doc.State().Merges(e.doc.State().Active) }

// Apply changes settings and tells everyone.
func (e *Editor) Apply(change func()) { e.setting(change) }

// setting changes a setting and tells everyone.
func (e *Editor) setting(change func()) {
	change()
	e.Fills.Configure()
	e.Tell(desk.Change{What: desk.SettingsChanged | desk.Picture | desk.OverlayChanged, Dirty: e.view.Visible()})
}

// togglePart hides a part of the window or brings it back.
func togglePart(name string) func(*Editor) {
	return func(e *Editor) { e.setting(func() { e.Settings.Hidden = toggled(e.Settings.Hidden, name) }) }
}

func shows(name string) func(*Editor) bool {
	return func(e *Editor) bool { return !slices.Contains(e.Settings.Hidden, name) }
}

// Unfold unfolds a section of the right column, or folds it.
func (e *Editor) Unfold(name string) {
	e.setting(func() { e.Settings.Open = toggled(e.Settings.Open, name) })
}

func unfolds(name string) func(*Editor) {
	return func(e *Editor) {
		if slices.Contains(e.Settings.Hidden, "column") {
			togglePart("column")(e)
			if slices.Contains(e.Settings.Open, name) {
				return
			}
		}
		e.Unfold(name)
	}
}

func unfolded(name string) func(*Editor) bool {
	return func(e *Editor) bool { return slices.Contains(e.Settings.Open, name) }
}

// toggled is a list without a name, or with it.
func toggled(list []string, name string) []string {
	if i := slices.Index(list, name); i >= 0 {
		return slices.Delete(slices.Clone(list), i, i+1)
	}
	return append(slices.Clone(list), name)
}

func other(v, a, b string) string {
	if v == a {
		return b
	}
	return a
}

// WriteAtMask takes over what is written at the mask. The first words choose the model where
// another engine is chosen; without any it is that one again.
func (e *Editor) WriteAtMask(text string) {
	e.SetFill(func(f *settings.Fill) {
		f.Prompt = text
		switch {
		case text != "" && !e.Models.Generates():
			e.before, f.Engine = f.Engine, string(pipeline.Diffusion)
		case text == "" && e.before != "":
			f.Engine, e.before = e.before, ""
		}
	})
}

// Fill fills the mask, or what is blank in the frame.
func (e *Editor) Fill() {
	if !e.waitsForTrial() {
		e.Fills.Fill()
	}
}

// RemoveMasked fills the mask from its surroundings, whatever engine is chosen.
func (e *Editor) RemoveMasked() {
	if e.waitsForTrial() {
		return
	}
	was := e.Settings.Fill.Engine
	e.TakeFill(func(f *settings.Fill) { f.Engine = string(pipeline.Content) })
	e.Fills.Fill()
	e.TakeFill(func(f *settings.Fill) { f.Engine = was })
}

// Describe makes diffusion the engine and shows the prompt. Where there is no model at all
// it asks for one.
func (e *Editor) Describe() {
	if e.Settings.Fill.Model == "" && e.Models.Starter == nil {
		e.Models.Ask()
		return
	}
	e.SetFill(func(f *settings.Fill) { f.Engine = string(pipeline.Diffusion) })
	if e.Empty() {
		e.begun = true
		e.Tell(desk.Change{What: desk.DocumentOpened}) // the start card goes
		e.FitFrame()                                   // there the picture will be
	}
	e.Desk.Show("prompt")
}
