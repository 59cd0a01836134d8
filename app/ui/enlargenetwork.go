package ui

import (
	"path/filepath"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/desk"
	"pentimento/app/editor"
	"pentimento/app/fetch"
	"pentimento/app/words"
	"pentimento/fault"
)

// enlargeNetwork chooses what enlarges: a filter, an upscaler that can be fetched, or a file.
type enlargeNetwork struct {
	w       *window
	way     *choice
	ways    []string // IDs of upscalers, "" for the filter, fileWay for a file
	denoise *choice
	levels  []string // of denoise, as fetch.Form has them
	file    *modelPick
	about   *widget.Label
	fetch   *widget.Button
	by      func() float64
	changed func()

	rowFile, rowDenoise fyne.CanvasObject
	broken              bool // the chosen file is no upscaler
}

const fileWay = "file"

func newEnlargeNetwork(w *window, by func() float64, changed func()) *enlargeNetwork {
	n := &enlargeNetwork{w: w, by: by, changed: changed, about: small(""), ways: []string{"", fileWay}, denoise: newChoice(nil, nil)}
	if w.ed.Downloads != nil {
		for _, u := range fetch.Upscalers {
			n.ways = append(n.ways, u.ID)
		}
	}
	n.file = newModelPick(w, words.T("Choose a file…"), words.T("The network that enlarges: ESRGAN, Real-ESRGAN, SRVGG or SwinIR as .pth or .safetensors, ncnn's .param and .bin, or ONNX"), []string{"upscaler"}, n.look)
	n.fetch = widget.NewButton("", n.ask)
	n.way = newChoice(n.labels(), nil)
	n.rowFile = labelled(words.T("File"), container.NewBorder(nil, nil, nil, n.file.clear, n.file.button))
	n.rowDenoise = labelled(words.T("Denoise"), n.denoise)
	n.begin()
	n.way.OnChanged = func(string) { n.look() }
	n.denoise.OnChanged = func(string) { n.show() }
	return n
}

// labels name the ways; one that is not here says what it costs.
func (n *enlargeNetwork) labels() (out []string) {
	for _, id := range n.ways {
		u, ok := fetch.FindUpscaler(id)
		switch {
		case id == "":
			out = append(out, words.T("None: a filter (Lanczos)"))
		case !ok:
			out = append(out, words.T("A file of yours"))
		default:
			out = append(out, u.Title+": "+words.T(u.Help))
		}
	}
	return out
}

// begin chooses an upscaler that is here, else the filter.
func (n *enlargeNetwork) begin() {
	at := 0
	for i, id := range n.ways {
		if u, ok := fetch.FindUpscaler(id); ok && at == 0 && n.w.ed.Models.NetworkOf(u.Forms()[0].Files) != "" {
			at = i
		}
	}
	if known := n.w.ed.Models.Library.OfKinds("used", "upscaler"); len(known) > 0 && at == 0 {
		at = slices.Index(n.ways, fileWay)
		n.file.path = string(known[0].Path)
		n.file.show()
	}
	n.way.SetSelectedIndex(at)
}

// chosen is the upscaler that is chosen among those that can be fetched.
func (n *enlargeNetwork) chosen() (u fetch.Upscaler, ok bool) {
	return fetch.FindUpscaler(n.ways[max(n.way.SelectedIndex(), 0)])
}

// form is the network of it that suits the factor and the strength of denoising.
func (n *enlargeNetwork) form() (f fetch.Form, ok bool) {
	u, ok := n.chosen()
	if !ok {
		return f, false
	}
	level := ""
	if i := n.denoise.SelectedIndex(); i >= 0 && i < len(n.levels) {
		level = n.levels[i]
	}
	f, err := u.Pick(n.by(), level)
	return f, err == nil
}

// path is the file that enlarges, "" for the filter; ok is false where it is not here.
func (n *enlargeNetwork) path() (path string, ok bool) {
	if f, is := n.form(); is {
		path = n.w.ed.Models.NetworkOf(f.Files)
		return path, path != ""
	}
	if n.ways[max(n.way.SelectedIndex(), 0)] == "" {
		return "", true
	}
	return n.file.path, n.file.path != "" && !n.broken
}

// look shows what belongs to the chosen way, and reads beside the window's goroutine what a chosen file is.
func (n *enlargeNetwork) look() {
	n.broken = false
	u, fetched := n.chosen()
	if levels := u.Denoises(); fetched && !slices.Equal(levels, n.levels) {
		var labels []string
		for _, l := range levels {
			labels = append(labels, denoiseName(l))
		}
		n.levels = levels
		n.denoise.offer(labels)
		n.denoise.SetSelectedIndex(0)
	}
	own := n.ways[max(n.way.SelectedIndex(), 0)] == fileWay
	showIf(n.rowDenoise, fetched && len(n.levels) > 1)
	showIf(n.rowFile, own)
	if path := n.file.path; own && path != "" {
		n.about.SetText(words.T("reading %s", filepath.Base(path)))
		n.w.ed.Go(words.T("upscaler"), func() {
			what, err := editor.CheckUpscaler(path)
			n.w.ed.Post(func() { n.read(path, what, err) })
		}, nil)
	}
	n.show()
}

// read takes what a file turned out to be.
func (n *enlargeNetwork) read(path, what string, err error) {
	if n.file.path != path || n.ways[max(n.way.SelectedIndex(), 0)] != fileWay {
		return
	}
	if n.broken = err != nil; n.broken {
		what = fault.Plain(err) + ". " + fault.Hint(err)
	}
	n.about.SetText(what)
	n.changed()
}

// denoiseName is a strength for people.
func denoiseName(level string) string {
	switch level {
	case "":
		return words.T("No")
	case "0":
		return words.T("A trace (0)")
	case "1":
		return words.T("Little (1)")
	case "2":
		return words.T("More (2)")
	case "3":
		return words.T("Much (3)")
	}
	return words.T("Conservative")
}

// show says what the chosen way is, and offers to fetch what is not here.
func (n *enlargeNetwork) show() {
	defer n.changed()
	f, fetched := n.form()
	n.fetch.Hide()
	if !fetched {
		if n.ways[max(n.way.SelectedIndex(), 0)] == "" {
			n.about.SetText(words.T("A filter adds no detail."))
		} else if n.file.path == "" {
			n.about.SetText(words.T("Upscalers of A1111 (models/ESRGAN) and ComfyUI (models/upscale_models) are found in the library of models."))
		}
		return
	}
	u, _ := n.chosen()
	d := n.w.ed.Downloads
	size, licence := d.PartsCost(f.Files)
	n.about.SetText(f.Name + " · " + u.Licence + " · " + u.Credit)
	if now, coming := d.PartsComing(f.Files); coming {
		text := words.T("It is coming…")
		if now.Total > 0 {
			text = words.T("It is coming: %s of %s", fetch.Bytes(now.Done), fetch.Bytes(now.Total))
		}
		n.about.SetText(text)
	} else if size != "" {
		n.fetch.SetText(words.T("Fetch it: %s, %s", size, licence))
		n.fetch.Show()
	}
}

// ask fetches the network once somebody agrees.
func (n *enlargeNetwork) ask() {
	f, ok := n.form()
	if !ok {
		return
	}
	n.w.askParts(f.Files, func(yes bool) {
		if yes {
			n.w.ed.Downloads.FetchParts(f.Files, n.show)
			n.show()
		}
	})
}

// follow shows how far a network is that is coming, or that it is not any more.
func (n *enlargeNetwork) follow(c desk.Change) {
	if c.What&(desk.DownloadsChanged|desk.ModelsChanged) != 0 {
		n.show()
	}
}
