package models

import (
	"cmp"
	"context"
	"math"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pentimento/app/desk"
	"pentimento/app/fetch"
	"pentimento/app/words"
	"pentimento/fault"
)

// Downloads is what the window does with the Internet. Nothing goes out while the switch in
// the settings is off, which it is until a person asks for something. It belongs to the window's goroutine.
type Downloads struct {
	models *Models
	desk   *desk.Desk
	client *fetch.Client
	queue  *fetch.Queue
	online atomic.Bool
	mu     sync.Mutex
	hosts  map[string]bool // spoken to, in this run or an earlier one
	told   map[int]bool    // downloads that were told to be there
}

// at is how many files come at once: a second one keeps the line busy while the first is checked.
const at = 2

// NewDownloads takes up what an earlier run has left; it goes on by itself only while the switch is on.
func NewDownloads(m *Models, c *fetch.Client) *Downloads {
	d := &Downloads{models: m, desk: m.desk, client: c, hosts: map[string]bool{}, told: map[int]bool{}}
	for _, host := range m.desk.Settings.Hosts {
		d.hosts[host] = true
	}
	on := m.desk.Settings.Online
	d.online.Store(on)
	c.Ask = d.ask
	d.queue = fetch.NewQueue(c, at, func() { d.desk.Post(d.changed) })
	d.desk.Go(words.T("downloads"), func() { d.queue.Resume(on) }, nil)
	d.lookForParts(func() {})
	return d
}

// Close ends what is coming in; it goes on at the next start.
func (d *Downloads) Close() { d.queue.Close() }

// ask is fetch.Client.Ask: it names each host that is spoken to for the first time.
func (d *Downloads) ask(_ context.Context, host string) error {
	if !d.online.Load() {
		return fault.New(words.T("%s: the Internet is switched off", host), words.T("Turn on “Downloads and look-ups” in the settings."))
	}
	d.mu.Lock()
	first := !d.hosts[host]
	d.hosts[host] = true
	d.mu.Unlock()
	if first {
		d.desk.Post(func() {
			d.desk.Settings.Hosts = append(d.desk.Settings.Hosts, host)
			d.desk.Say(words.T("For the first time this speaks to %s", host))
			d.desk.Tell(desk.Change{What: desk.DownloadsChanged | desk.SettingsChanged})
		})
	}
	return nil
}

// Online says whether the switch is on.
func (d *Downloads) Online() bool { return d.online.Load() }

// SetOnline turns the switch. Off pauses what is coming in.
func (d *Downloads) SetOnline(on bool) {
	if on == d.online.Load() {
		return
	}
	d.online.Store(on)
	d.desk.Settings.Online = on
	if !on {
		for _, i := range d.queue.List() {
			d.Pause(i.Number)
		}
	}
	d.desk.Tell(desk.Change{What: desk.DownloadsChanged | desk.SettingsChanged})
}

// changed tells of progress, and once of each file that is there.
func (d *Downloads) changed() {
	for _, i := range d.queue.List() {
		if i.State == fetch.Done && !d.told[i.Number] {
			d.told[i.Number] = true
			d.desk.Say(words.T("%s is there", i.Want.Label()))
			d.models.Library.Take(filepath.Dir(i.Got.Path))
		}
	}
	d.desk.Tell(desk.Change{What: desk.DownloadsChanged})
}

// Question is what a person is asked before anything goes out.
type Question struct {
	Want  fetch.Want
	Title string
	Lines []string
}

// Question says what would be fetched from where: of a name of the catalogue, an address, or whatever else
// fetch.Client.Parse reads. It speaks to nobody.
func (d *Downloads) Question(text string) (Question, error) {
	w, err := d.client.Parse(text)
	if err != nil {
		return Question{}, err
	}
	q := Question{Want: w, Title: words.T("Download %s?", desk.Shorten(w.Label(), 60))}
	add := func(line string) { q.Lines = append(q.Lines, line) }
	host := hostOf(w.URL)
	if w.URL == "" {
		host = hostOf(d.client.Civitai.Base)
		add(words.T("%s is asked first which file that is; it comes from there, or from a host that it sends to.", host))
	} else {
		add(words.T("It comes from %s, or a host that it sends to. Its address: %s", host, w.From))
	}
	size := words.T("Its size is told by the site.")
	if n := w.Bytes(); n > 0 {
		size = words.T("Size: %s.", fetch.Bytes(n))
	}
	licence := words.T("Its licence stands on its page there; read it before you use it.")
	if w.Licence != "" {
		licence = words.T("Licence: %s, in full on its page there.", w.Licence)
	}
	add(size + " " + licence)
	if w.SHA256 != "" {
		add(words.T("Its hash is known: another file is refused."))
	}
	add(words.T("It goes to %s.", d.Folder()))
	if !d.Online() {
		add(words.T("So far the Internet is switched off here. This turns on “Downloads and look-ups”, which the settings turn off again; nothing but what you ask for goes out."))
	}
	return q, nil
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Host
	}
	return ""
}

// Start fetches what a person has agreed to.
func (d *Downloads) Start(w fetch.Want) {
	d.SetOnline(true)
	folder := d.Folder()
	d.desk.Go(words.T("downloads"), func() { d.queue.Add(w, folder) }, nil)
}

// List is the queue as it is now.
func (d *Downloads) List() []fetch.Item { return d.queue.List() }

// Coming says in a word or two how far the running downloads are, "" where none runs.
func (d *Downloads) Coming() string {
	var done, total int64
	n := 0
	for _, i := range d.queue.List() {
		if i.State == fetch.Running {
			n++
			done += i.Progress.Done
			total += max(cmp.Or(i.Progress.Total, i.Want.Bytes()), 1)
		}
	}
	if n == 0 {
		return ""
	}
	return words.T("%d %% downloaded", min(100*done/total, 100))
}

// Pause keeps what has come of a download; Continue goes on with it, which needs the switch.
func (d *Downloads) Pause(number int) {
	d.desk.Go(words.T("downloads"), func() { d.queue.Pause(number) }, nil)
}

// Continue goes on with a paused or failed download.
func (d *Downloads) Continue(number int) {
	d.SetOnline(true)
	d.desk.Go(words.T("downloads"), func() { d.queue.Continue(number) }, nil)
}

// Remove takes a download from the list; of one that is not whole nothing stays.
func (d *Downloads) Remove(number int) {
	d.desk.Go(words.T("downloads"), func() { d.queue.Remove(number) }, nil)
}

// Use opens what has come, as what it is, and takes it from the list.
func (d *Downloads) Use(i fetch.Item) {
	d.Remove(i.Number)
	d.models.Receive(i.Got.Path)
}

// Usable says whether Use could do something with a file: small decoders are read from their folder.
func Usable(i fetch.Item) bool {
	e := slices.IndexFunc(fetch.Catalogue, func(e fetch.Entry) bool { return e.From == i.Want.From })
	return e < 0 || fetch.Catalogue[e].Kind != "preview"
}

// Folder is where downloads go.
func (d *Downloads) Folder() string {
	own, _ := fetch.ModelsDir()
	return cmp.Or(d.desk.Settings.DownloadsTo, own, ".")
}

// SetFolder changes it for those that begin from now on.
func (d *Downloads) SetFolder(folder string) {
	d.desk.Settings.DownloadsTo = filepath.Clean(folder)
	d.desk.Tell(desk.Change{What: desk.DownloadsChanged | desk.SettingsChanged})
}

// Services are the sites that have tokens.
func (d *Downloads) Services() []fetch.Service {
	return []fetch.Service{d.client.Civitai, d.client.HuggingFace}
}

// TokenAt finds where the token of a service is ("", "environment", "key ring"), which may take as long as a key ring takes to be unlocked.
func (d *Downloads) TokenAt(s fetch.Service, then func(where string)) {
	d.desk.Go(words.T("key ring"), func() {
		where := d.client.Tokens.Where(context.Background(), s)
		d.desk.Post(func() { then(where) })
	}, nil)
}

// KeepToken puts a service's token into the key ring; "" takes it out.
func (d *Downloads) KeepToken(s fetch.Service, token string, then func(error)) {
	d.desk.Go(words.T("key ring"), func() {
		err := d.client.Tokens.Keep(context.Background(), s, token)
		d.desk.Post(func() { then(err) })
	}, then)
}

// KnownOf is what an earlier look-up has found of a file by its SHA-256. It reads one small file.
func (d *Downloads) KnownOf(sha256 string) (fetch.Known, bool) { return d.client.KnownOf(sha256) }

// LookUp asks Civitai for a file by its SHA-256; the person has asked for it. then hears of it later.
func (d *Downloads) LookUp(sha256 string, anew bool, then func(fetch.Known, error)) {
	d.desk.Go(words.T("look-up"), func() {
		k, err := d.client.LookUp(d.models.lifetime, sha256, anew)
		d.desk.Post(func() { then(k, err) })
	}, func(err error) { then(fetch.Known{}, err) })
}

// DownloadLine says in a line how far a download is.
func DownloadLine(i fetch.Item) string {
	p := i.Progress
	so := words.T("%s of %s", fetch.Bytes(p.Done), fetch.Bytes(cmp.Or(p.Total, i.Want.Bytes())))
	switch {
	case i.State == fetch.Queued:
		return words.T("Waits for its turn")
	case i.State == fetch.Paused:
		return words.T("Paused at %s", so)
	case i.State == fetch.Failed:
		return fault.Plain(i.Err)
	case i.State == fetch.Done:
		return words.T("It is there: %s", filepath.Base(i.Got.Path))
	case p.Stage == fetch.Waiting:
		return words.T("Tries again soon: %s", p.Note)
	case p.Stage == fetch.Checking:
		return words.T("Checks what is there: %s", so)
	case p.Stage == fetch.Connecting || p.Rate <= 0:
		return words.T("Asks %s", cmp.Or(p.Host, "…"))
	}
	so += ", " + words.T("%s a second", fetch.Bytes(int64(p.Rate)))
	switch {
	case p.Left >= 90*time.Second:
		so += ", " + words.T("%.0f min left", math.Ceil(p.Left.Minutes()))
	case p.Left > 0:
		so += ", " + words.T("%.0f s left", math.Ceil(p.Left.Seconds()))
	}
	return so
}
