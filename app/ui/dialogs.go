package ui

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	native "github.com/sqweek/dialog"
	"golang.design/x/clipboard"

	"pentimento/app/fills"
	"pentimento/app/keeping"
	"pentimento/app/words"
	"pentimento/fault"
)

// sqweek/dialog opens the desktop's own file dialogs (GTK 3, Windows, macOS) with a small
// API and is what Fyne itself recommends where its own is not wanted; golang.design's
// clipboard is the maintained one that reads pictures, which Fyne's cannot.

// nativeOpen keeps native dialogs to one at a time: GTK aborts the program at two.
var nativeOpen sync.Mutex

// fileDialogs chooses who asks for files: "fyne" forces Fyne's own.
const fileDialogs = "PENTIMENTO_DIALOGS"

// AskOpen asks for a file to read.
func (w *window) AskOpen(title string, then func(string)) {
	exts, kind := keeping.Endings(), words.T("Projects and pictures")
	if title == words.T("Open checkpoint") || ofFiles(title) {
		exts, kind = []string{"safetensors", "ckpt", "pt", "pth", "bin", "param", "gguf", "onnx", "json"}, words.T("Checkpoints")
	}
	if title == words.T("Import keys") || title == words.T("Import presets") {
		exts, kind = []string{"json"}, words.T("Settings (JSON)")
	}
	w.ask(func() (string, error) {
		entitleNext(title)
		return native.File().Title(title).Filter(kind, exts...).Filter(words.T("All files"), "*").SetStartDir(w.ed.Settings.Folder).Load()
	}, func() {
		d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
			if err != nil {
				w.Fail(err)
			} else if r != nil {
				r.Close()
				w.chosen(r.URI().Path(), then)
			}
		}, w.win)
		d.SetFilter(storage.NewExtensionFileFilter(dotted(exts)))
		w.showFile(title, w.ed.Settings.Folder, d)
	}, then)
}

// ofFiles says whether a dialog asks for a setting that is a file of networks, or an adapter.
func ofFiles(title string) bool {
	return title == words.T("Add adapter") || title == words.T("Choose a file of a model") || slices.ContainsFunc(fills.Folded(), func(s *fills.Setting) bool { return s.Path && words.Label(s.Name) == title })
}

// AskSave asks for a file to write, a picture or a project by the suggestion's ending.
func (w *window) AskSave(suggestion string, then func(string)) {
	title, kind, exts := words.T("Export"), words.T("Picture (PNG, JPEG, WebP, TIFF, PSD)"), []string{"png", "jpg", "jpeg", "webp", "tif", "tiff", "psd"}
	if keeping.OpensAlone([]string{suggestion}) {
		title, kind, exts = words.T("Save project"), words.T("Project (OpenRaster)"), []string{"ora"}
	}
	if filepath.Ext(suggestion) == ".json" {
		kind, exts = words.T("Settings (JSON)"), []string{"json"}
	}
	w.ask(func() (string, error) {
		entitleNext(title)
		return native.File().Title(title).Filter(kind, exts...).SetStartDir(w.ed.Settings.Folder).SetStartFile(suggestion).Save()
	}, func() {
		d := dialog.NewFileSave(func(u fyne.URIWriteCloser, err error) {
			if err != nil {
				w.Fail(err)
			} else if u != nil {
				u.Close()
				w.chosen(u.URI().Path(), then)
			}
		}, w.win)
		d.SetFileName(suggestion)
		w.showFile(title, w.ed.Settings.Folder, d)
	}, then)
}

// AskFolder asks for a folder, beginning in the one that was chosen last.
func (w *window) AskFolder(title string, then func(string)) {
	at := cmp.Or(w.ed.Settings.Within, w.ed.Settings.Folder)
	inside := func(folder string) { w.ed.Settings.Within = folder; then(folder) }
	w.choose(func() (string, error) {
		start := at
		if start != "" { // without it the dialog begins above and selects the folder
			start += string(filepath.Separator)
		}
		entitleNext(title)
		return native.Directory().Title(title).SetStartDir(start).Browse()
	}, func() {
		w.showFile(title, at, dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
			if err != nil {
				w.Fail(err)
			} else if u != nil {
				inside(u.Path())
			}
		}, w.win))
	}, inside)
}

// ask is choose for files, whose folder is remembered.
func (w *window) ask(ask func() (string, error), own func(), then func(string)) {
	w.choose(ask, own, func(path string) { w.chosen(path, then) })
}

// choose runs a native dialog off the window's goroutine (it would freeze the window) and
// falls back to Fyne's where none can run. Until it is answered keys are none of the window's: where
// no window manager hands them over, the letters of a name would change tools.
func (w *window) choose(ask func() (string, error), own func(), then func(string)) {
	if os.Getenv(fileDialogs) == "fyne" || !nativePossible() {
		own()
		return
	}
	if !nativeOpen.TryLock() {
		w.Say(words.T("A file dialog is open already"))
		return
	}
	w.asking = true
	w.win.Canvas().Unfocus()
	w.ed.Go(words.T("file dialog"), func() {
		defer nativeOpen.Unlock()
		path, err := ask()
		fyne.Do(func() {
			w.asking = false
			switch {
			case err == nil:
				then(path)
			case !errors.Is(err, native.ErrCancelled):
				own()
			}
			w.focusCanvas()
		})
	}, func(error) { w.asking = false; own() })
}

// showFile shows Fyne's dialog in a folder.
func (w *window) showFile(title, at string, d *dialog.FileDialog) {
	if u, err := storage.ListerForURI(storage.NewFileURI(at)); err == nil && at != "" {
		d.SetLocation(u)
	}
	d.SetTitleText(title)
	d.Resize(fyne.NewSize(760, 540))
	d.Show()
}

func (w *window) chosen(path string, then func(string)) {
	w.ed.Settings.Folder = filepath.Dir(path)
	then(path)
}

func dotted(exts []string) []string {
	out := make([]string, len(exts))
	for i, e := range exts {
		out[i] = "." + e
	}
	return out
}

var clipboardInit = sync.OnceValue(clipboard.Init)

// Clipboard reads the clipboard's picture as PNG.
func (w *window) Clipboard() ([]byte, error) {
	if !clipboardPossible() {
		return nil, errors.New("paste: pictures cannot be read from this desktop's clipboard; save the picture and drop the file here")
	}
	if err := clipboardInit(); err != nil {
		return nil, errors.New("paste: the clipboard cannot be reached")
	}
	if data := clipboard.Read(clipboard.FmtImage); len(data) > 0 {
		return data, nil
	}
	return nil, errors.New("paste: the clipboard holds no picture; copy one first")
}

// clipboardLimit is how much an X server takes of a picture in one piece, as the clipboard's
// library hands it over; more would end the program.
const clipboardLimit = 15 << 20

// SetClipboard puts a picture, a PNG, on the clipboard.
func (w *window) SetClipboard(png []byte) error {
	switch {
	case !clipboardPossible():
		return fault.New("copy: this desktop's clipboard takes no pictures", "it can be pasted here; export it for other programs")
	case runtime.GOOS == "linux" && len(png) > clipboardLimit:
		return fault.New(fmt.Sprintf("copy: the picture is %d MB, want at most %d for this desktop's clipboard", len(png)>>20, clipboardLimit>>20),
			"it can be pasted here; export it for other programs")
	case clipboardInit() != nil || clipboard.Write(clipboard.FmtImage, png) == nil:
		return fault.New("copy: the clipboard cannot be reached", "it can be pasted here; export it for other programs")
	}
	return nil
}
