package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"pentimento/app/collection"
	"pentimento/app/desk"
	"pentimento/app/models"
	"pentimento/app/words"
)

// modelSheet is the library of models: cards of all files in the person's folders, searched and
// filtered, and beside them what there is to say of the chosen one. Files are read and pictures
// decoded off the window's goroutine; only the cards that are seen exist.
type modelSheet struct {
	w      *window
	dialog *dialog.CustomDialog
	search *field
	kind   *widget.Select
	family *widget.Select
	order  *widget.Select
	filter *widget.Select
	grid   *cardGrid
	first  *fyne.Container // what is there before a folder was chosen
	detail *modelDetail
	status *widget.Label
	stop   *widget.Button
	undo   *hintButton
	rows   []collection.Row
	covers *covers
	chosen string // path
	at     int    // its card, as it was tapped
	wanted string // path that is chosen as soon as it is listed
	kinds  []string
	famous []string // families as they are offered
	typed  *time.Timer
	stale  bool // the list is asked for again soon
	open   bool
}

// modelOrders are the ways to sort, as collection.Query has them.
var modelOrders = []string{"name", "used", "date", "size"}

// showModels opens the library of models; nil where none is kept.
func (w *window) showModels() *modelSheet {
	if w.ed.Models.Library.Collection == nil {
		return nil
	}
	s := &modelSheet{w: w, search: newField(), status: widget.NewLabel(""), open: true}
	s.covers = newCovers(w, func(path string) { s.refreshCard(path) })
	s.status.Importance, s.status.Truncation = widget.LowImportance, fyne.TextTruncateEllipsis
	s.search.SetPlaceHolder(words.T("Search names, trigger words, tags, folders or a hash"))
	s.search.OnChanged = func(string) {
		if s.typed != nil {
			s.typed.Stop()
		}
		s.typed = time.AfterFunc(120*time.Millisecond, func() { fyne.Do(s.find) })
	}
	pick := func(options []string) *widget.Select {
		c := widget.NewSelect(options, nil)
		c.SetSelectedIndex(0)
		c.OnChanged = func(string) { s.find() }
		return c
	}
	s.kind, s.family = pick([]string{words.T("All kinds")}), pick([]string{words.T("All families")})
	s.order = pick([]string{words.T("By name"), words.T("Last used"), words.T("Newest"), words.T("Largest")})
	s.filter = pick([]string{words.T("All files"), words.T("Doubled"), words.T("Missing")})
	s.grid = s.newGrid()
	s.search.down, s.search.enter = s.toCards, s.takeFirst
	s.grid.OnSelected = func(i widget.GridWrapItemID) {
		if i < len(s.rows) {
			s.at = i
			s.choose(string(s.rows[i].Path))
		}
	}
	s.detail = newModelDetail(s)
	s.stop = widget.NewButton(words.T("Stop reading"), func() { w.ed.Models.Library.StopHashing() })
	s.undo = newHintButton(w, icon("undo"), words.T("Take the last move, new name or deletion back"), s.undoLast)
	folders := widget.NewButtonWithIcon(words.T("Folders…"), icon("open"), nil)
	folders.OnTapped = func() { s.offerFolders(folders) }
	s.first = container.NewCenter()
	size := w.win.Canvas().Size()
	room := fyne.NewSize(size.Width-min(120, size.Width/15), size.Height-135)
	top := container.NewBorder(nil, nil, nil, container.NewHBox(s.kind, s.family, s.filter, s.order, folders), s.search)
	merge := newHintButton(w, icon("model"), words.T("Make one model of two or three, or a LoRA of two models; begins with what is chosen"), func() { w.showMerge(s.chosen) })
	merge.SetText(words.T("Merge models…"))
	bottom := container.NewBorder(nil, nil, nil, container.NewHBox(s.undo, s.stop, merge), s.status)
	body := container.NewStack(sized(room), container.NewBorder(top, bottom, nil, s.detail.content, container.NewStack(s.grid, s.first)))
	s.dialog = dialog.NewCustom(words.T("Models"), words.T("Close"), body, w.win)
	silent := w.ed.Listen(s.update)
	ended := make(chan struct{})
	w.ed.Go(words.T("library of models"), func() { s.watch(ended) }, nil)
	w.showSheetOver(s.dialog, s.use, func() {
		s.open = false
		close(ended)
		silent()
	})
	w.win.Canvas().Focus(s.search)
	s.find()
	w.ed.Models.Library.Look()
	return s
}

// lookEvery is how often the folders are looked at while the list is seen.
const lookEvery = 5 * time.Second

func (s *modelSheet) watch(ended chan struct{}) {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	for {
		select {
		case <-ended:
			return
		case <-t.C:
			fyne.Do(func() {
				if s.open {
					s.w.ed.Models.Library.LookSoon()
				}
			})
		}
	}
}

func (s *modelSheet) update(c desk.Change) {
	if c.What&desk.ModelsChanged == 0 || s.stale {
		return
	}
	s.stale = true // many changes come at once
	time.AfterFunc(50*time.Millisecond, func() {
		fyne.Do(func() {
			if s.stale = false; s.open {
				s.find()
				if on, _, _ := s.w.ed.Models.Library.Looking(); !on {
					s.w.ed.Models.Library.Hash(false)
				}
			}
		})
	})
}

// find asks the collection, which answers from memory.
func (s *modelSheet) find() {
	l := &s.w.ed.Models.Library
	t := l.Totals()
	s.offer(t)
	q := collection.Query{Words: s.search.Text, Doubled: s.filter.SelectedIndex() == 1, Gone: s.filter.SelectedIndex() == 2, Sort: modelOrders[max(0, s.order.SelectedIndex())]}
	if i := s.kind.SelectedIndex(); i > 0 {
		q.Kind = s.kinds[i-1]
	}
	if i := s.family.SelectedIndex(); i > 0 {
		q.Family = s.famous[i-1]
	}
	s.rows = l.List(q)
	if !slices.ContainsFunc(s.rows, func(r collection.Row) bool { return string(r.Path) == s.chosen }) {
		s.chosen = "" // nothing is done with a file that is not seen
	}
	if s.at >= len(s.rows) || string(s.rows[s.at].Path) != s.chosen {
		s.grid.UnselectAll() // another card is there now
	}
	s.grid.Refresh()
	s.showFirst(t.All == 0 && len(l.Chosen()) == 0)
	s.status.SetText(s.says(t))
	showIf(s.stop, l.Hashing() != nil)
	showIf(s.undo, l.CanUndo())
	if i := slices.IndexFunc(s.rows, func(r collection.Row) bool { return s.wanted != "" && string(r.Path) == s.wanted }); i >= 0 {
		s.wanted = ""
		s.grid.Select(i)
	}
	s.detail.show()
}

// seek finds a file and chooses it, now or as soon as it is listed.
func (s *modelSheet) seek(path string) {
	s.wanted = path
	s.search.SetText(collection.Name(path))
	s.searched()
}

// says is the line below the list.
func (s *modelSheet) says(t collection.Totals) string {
	l := &s.w.ed.Models.Library
	on, read, all := l.Looking()
	text := words.N(len(s.rows), "%d file", "%d files")
	if len(s.rows) < t.All {
		text = words.T("%d of %d files", len(s.rows), t.All)
	}
	text += ", " + sizeOf(t.Bytes)
	if n := t.Kinds[collection.Broken]; n > 0 {
		text += " · " + words.T("%d broken", n)
	}
	if t.Doubled > 0 {
		text += " · " + words.T("%d doubled", t.Doubled)
	}
	if t.Gone > 0 {
		text += " · " + words.T("%d missing", t.Gone)
	}
	if p := l.Hashing(); p != nil {
		text += " · " + words.T("reading files for their hashes: %d of %d, %s of %s", p.Files, p.Of, sizeOf(p.Bytes), sizeOf(p.Size))
	}
	if on && all > 0 {
		text += " · " + words.T("looking: %d of %d", read, all)
	} else if on && t.All == 0 {
		text = words.T("Looking through the folders…")
	}
	return text
}

// offer brings the filters up to what there is, and keeps the choice.
func (s *modelSheet) offer(t collection.Totals) {
	kept := func(c *widget.Select, was, now []string, all string, label func(string) string, n map[string]int) {
		chosen := ""
		if i := c.SelectedIndex(); i > 0 {
			chosen = was[i-1]
		}
		options := []string{all}
		for _, id := range now {
			options = append(options, fmt.Sprintf("%s (%d)", label(id), n[id]))
		}
		if slices.Equal(options, c.Options) {
			return
		}
		then := c.OnChanged
		c.OnChanged = nil
		c.SetOptions(options)
		c.SetSelectedIndex(slices.Index(now, chosen) + 1)
		c.OnChanged = then
	}
	var kinds, families []string
	for _, k := range collection.Kinds {
		if t.Kinds[k] > 0 {
			kinds = append(kinds, k)
		}
	}
	for f := range t.Families {
		families = append(families, f)
	}
	slices.Sort(families)
	kept(s.kind, s.kinds, kinds, words.T("All kinds"), models.KindLabel, t.Kinds)
	kept(s.family, s.famous, families, words.T("All families"), models.FamilyLabel, t.Families)
	s.kinds, s.famous = kinds, families
}

// choose shows an item beside the list.
func (s *modelSheet) choose(path string) {
	s.chosen = path
	s.detail.show()
}

// use does with the chosen item what it is there for, and leaves.
func (s *modelSheet) use() {
	item, ok := s.w.ed.Models.Library.Get(s.chosen)
	if !ok || !s.w.ed.Models.Library.Usable(&item) {
		return
	}
	s.dialog.Hide()
	s.w.ed.Models.Library.Use(s.chosen)
}

func (s *modelSheet) undoLast() {
	s.w.ed.Models.Library.Change(func(c *collection.Collection) error {
		path, err := c.Undo()
		if err == nil {
			s.w.ed.Post(func() { s.reveal(path) })
		}
		return err
	}, nil)
}

// addFolder asks for one folder or for that of a program.
func (s *modelSheet) addFolder() {
	s.w.AskFolder(words.T("A folder of models, or that of A1111, ComfyUI or InvokeAI"), s.w.ed.Models.Library.AddFolder)
}

// offerFolders lists the folders, to add and to remove.
func (s *modelSheet) offerFolders(by fyne.CanvasObject) {
	l := &s.w.ed.Models.Library
	items := []*fyne.MenuItem{fyne.NewMenuItem(words.T("Add a folder…"), s.addFolder)}
	for _, tree := range s.others() {
		items = append(items, fyne.NewMenuItem(words.T("Add %s: %s", tree.Program, shortPath(tree.Root)), func() { l.AddFolder(tree.Root) }))
	}
	items = append(items, fyne.NewMenuItem(words.T("Look again"), l.Look))
	if l.Hashing() == nil && l.Totals().Unread > 0 {
		items = append(items, fyne.NewMenuItem(words.T("Read files for their hashes"), func() { l.Hash(true) }))
	}
	for i, dir := range l.Chosen() {
		if i == 0 {
			items = append(items, fyne.NewMenuItemSeparator())
		}
		items = append(items, fyne.NewMenuItem(words.T("Remove %s", shortPath(dir)), func() { l.RemoveFolder(dir) }))
	}
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(by).AddXY(0, by.Size().Height)
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), s.w.win.Canvas(), at)
}

// others are the folders of other programs that are not looked through yet.
func (s *modelSheet) others() (out []collection.Tree) {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	for _, tree := range collection.Found(home) {
		if tree.Program != "" && !slices.Contains(s.w.ed.Models.Library.Chosen(), tree.Root) {
			out = append(out, tree)
		}
	}
	return out
}

// showFirst offers folders while there is none.
func (s *modelSheet) showFirst(on bool) {
	if !on {
		s.first.Hide()
		return
	}
	text := wrapped(words.T("Choose where your models are. Folders are read where they stand; nothing in them is moved or changed. Of A1111, ComfyUI or InvokeAI choose the program's own folder: its checkpoints, LoRAs, embeddings and the rest are found from there."))
	box := container.NewVBox(spacer(420), text)
	for _, tree := range s.others() {
		b := widget.NewButtonWithIcon(tree.Program+": "+shortPath(tree.Root), icon("model"), func() { s.w.ed.Models.Library.AddFolder(tree.Root) })
		b.Importance = widget.HighImportance
		box.Add(b)
	}
	box.Add(container.NewHBox(layout.NewSpacer(), widget.NewButtonWithIcon(words.T("Add a folder…"), icon("open"), s.addFolder), layout.NewSpacer()))
	s.first.Objects = []fyne.CanvasObject{box}
	s.first.Show()
	s.first.Refresh()
}

// sizeOf is a size for people.
func sizeOf(n int64) string {
	switch {
	case n < 1<<20:
		return words.T("%d kB", (n+1023)>>10)
	case n < 1<<30:
		return words.T("%d MB", n>>20)
	}
	return words.T("%.1f GB", float64(n)/(1<<30))
}

// folderOf is the folder of an item as it is shown: the last two parts.
func folderOf(path string) string {
	dir := filepath.Dir(path)
	return strings.TrimPrefix(filepath.Join(filepath.Base(filepath.Dir(dir)), filepath.Base(dir)), string(filepath.Separator))
}
