// Package fetch brings model files from the Internet, and nothing else ever does: downloads
// from an address, a Civitai version or a Hugging Face path; what Civitai knows of a file by its
// hash; a short catalogue of models to begin with; preprocessors' networks out of packages. Where a person has not asked, no packet goes
// out: every request passes Client.Ask.
//
// Start at Client and Client.Fetch (transfer.go); source.go reads what a person types, catalogue.go
// is the table of models, networks.go that of networks and unpack.go what brings them, civitai.go
// the look-up, queue.go what waits.
//
// 2026-11-28: standard net/http with its own rules for redirects, ranges and time limits on top:
// download managers for Go (cavaliergopher/grab and the like) neither keep a token from another host nor
// check what a continued file is. Tokens lie in the system's key ring through
// zalando/go-keyring (MIT), which is pure Go on Linux and Windows and needs no cgo on macOS;
// 99designs/keyring would fall back to files of its own, which no one asked for.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"pentimento/canvas/disk"
	"pentimento/fault"
)

// Service is a site whose addresses have a meaning of their own.
type Service struct {
	Name  string // "civitai", as the key ring and the verbs have it
	Title string // as it calls itself
	Base  string // "https://civitai.com"
	Env   string // the environment variable that may hold its token
}

// Civitai and HuggingFace are the services as they are known to everyone.
var (
	Civitai     = Service{"civitai", "Civitai", "https://civitai.com", "CIVITAI_TOKEN"}
	HuggingFace = Service{"huggingface", "Hugging Face", "https://huggingface.co", "HF_TOKEN"}
)

// Client fetches. Its fields are set before its first use; it is safe for several goroutines.
type Client struct {
	Folder               string // of what it remembers: unfinished files, hashes seen, look-ups
	Agent                string // "Pentimento/0.1.0"
	Civitai, HuggingFace Service
	Registry             Service // of packages
	Networks             []Network
	// Ask is called before a host is spoken to; an error keeps the request from being made. nil
	// permits none.
	Ask func(ctx context.Context, host string) error

	Tokens *Tokens
	Patience
	// Free is how many bytes a folder's disk has left.
	Free func(folder string) (int64, error)

	http  *http.Client
	write func(*os.File, []byte) (int, error) // tests let it fail
}

// Patience is how long a Client waits for what.
type Patience struct {
	Idle    time.Duration // within it, Least bytes come in, or the connection has stalled
	Least   int64
	Tries   int           // without progress
	Backoff time.Duration // before the second try; doubled after every further one …
	Longest time.Duration // … up to this, which is also as long as a server may ask to wait

	KeepEvery time.Duration // so much work may be lost by a failure of power
}

// Usual is the Patience for the Internet.
var Usual = Patience{Idle: 30 * time.Second, Least: 16 << 10, Tries: 6, Backoff: time.Second, Longest: 5 * time.Minute, KeepEvery: 5 * time.Second}

// New returns a Client for the public services that keeps its records in a folder.
func New(folder, version string) *Client {
	c := &Client{Folder: folder, Agent: "Pentimento/" + version, Civitai: Civitai, HuggingFace: HuggingFace, Registry: NPM, Networks: Networks, Tokens: &Tokens{}, Patience: Usual, Free: disk.Free}
	c.Civitai.Base = loopbackOr("PENTIMENTO_CIVITAI", c.Civitai.Base)
	c.HuggingFace.Base = loopbackOr("PENTIMENTO_HUGGINGFACE", c.HuggingFace.Base)
	c.Registry.Base = loopbackOr("PENTIMENTO_NPM", c.Registry.Base)
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	t.DisableCompression = true
	c.http = &http.Client{Transport: t, CheckRedirect: c.redirected}
	c.write = (*os.File).Write
	return c
}

// loopbackOr is the address in an environment variable where it is this machine's own, as tests
// of the whole program set it; no variable sends anyone to another host.
func loopbackOr(env, base string) string {
	if u, err := url.Parse(os.Getenv(env)); err == nil && u.Scheme == "http" && loopback(u) {
		return strings.TrimSuffix(u.String(), "/")
	}
	return base
}

// loopback says whether an address is this machine.
func loopback(u *url.URL) bool {
	if u.Hostname() == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && ip.IsLoopback()
}

// permitted says why an address may not be spoken to: it is neither https nor this machine.
func permitted(u *url.URL) error {
	switch {
	case u.Host == "":
		return fault.New(fmt.Sprintf("address %q: found no host", shown(u)), "give the whole address, beginning with https://")
	case u.Scheme == "https", u.Scheme == "http" && loopback(u):
		return nil
	}
	return fault.New(fmt.Sprintf("address %q: found %q, want https", shown(u), u.Scheme), "what comes over http could be changed on its way; use the https address")
}

// shown is an address without what may be secret in it: its query and who logs in.
func shown(u *url.URL) string {
	v := *u
	v.User, v.RawQuery, v.Fragment = nil, "", ""
	return v.String()
}

// maxRedirects is Go's own number.
const maxRedirects = 10

// redirected is http.Client.CheckRedirect: only to https (or within this machine), and a token
// goes to the host alone that it is for.
func (c *Client) redirected(req *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return errRedirects
	}
	if err := permitted(req.URL); err != nil {
		return fmt.Errorf("redirect: %w", err)
	}
	if loopback(req.URL) && !loopback(via[0].URL) {
		return fault.New(fmt.Sprintf("redirect from %q: found this machine's own address, want one of the Internet", via[0].URL.Host), "")
	}
	if err := c.ask(req.Context(), req.URL); err != nil {
		return err
	}
	req.Header.Del("Referer")
	c.authorise(req)
	if l, ok := req.Context().Value(linkedKey{}).(*Linked); ok && req.Response != nil && isUnder(c.HuggingFace, via[len(via)-1].URL) {
		if sum := strings.Trim(req.Response.Header.Get("X-Linked-Etag"), `"`); isSum(sum) {
			l.Sum = sum
			l.Size, _ = strconv.ParseInt(req.Response.Header.Get("X-Linked-Size"), 10, 64)
		}
	}
	return nil
}

var errRedirects = errors.New("found more than ten redirects, want a file")

func (c *Client) ask(ctx context.Context, u *url.URL) error {
	if c.Ask == nil {
		return fault.New(fmt.Sprintf("%s: the Internet is switched off", u.Host), "turn on “Downloads and look-ups” in the settings")
	}
	return c.Ask(ctx, u.Host)
}

// authorise gives a request the token of the service that it goes to, and none to any other.
func (c *Client) authorise(req *http.Request) {
	req.Header.Del("Authorization")
	for _, s := range []Service{c.Civitai, c.HuggingFace} {
		if !isUnder(s, req.URL) {
			continue
		}
		if token := c.Tokens.Of(req.Context(), s); token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
	}
}

// request makes a GET request that has been asked for.
func (c *Client) request(ctx context.Context, address string) (*http.Request, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fault.New("address: found one that can't be read", "copy it again from the browser")
	}
	if err := permitted(u); err != nil {
		return nil, err
	}
	if err := c.ask(ctx, u); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", shown(u), err)
	}
	req.Header.Set("User-Agent", c.Agent)
	req.Header.Set("Accept-Encoding", "identity") // a range of compressed bytes would be no range of the file
	c.authorise(req)
	return req, nil
}

// do sends a request. The error names the host and not the address, which may hold a signature.
func (c *Client) do(req *http.Request) (*http.Response, error) {
	r, err := c.http.Do(req)
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		host := req.URL.Host
		if u, perr := url.Parse(wrapped.URL); perr == nil && u.Host != "" {
			host = u.Host
		}
		err = fmt.Errorf("%s: %w", host, wrapped.Err)
	}
	return r, err
}

// Dir is where a person's records of downloads lie: beside other programs' data.
func Dir() (string, error) { return disk.DataDir("downloads") }

// ModelsDir is where downloads go unless a person says otherwise.
func ModelsDir() (string, error) { return disk.DataDir("models") }
