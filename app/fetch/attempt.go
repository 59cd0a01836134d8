package fetch

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"pentimento/canvas/disk"
	"pentimento/fault"
)

// thereAlready ends a transfer whose file is in its place.
type thereAlready struct{ Got }

func (thereAlready) Error() string { return "it is there already" }

var errStalled = errors.New("the connection has stalled")

type linkedKey struct{}

// attempt asks once for what is missing, and writes what comes. nil: all that was said to come has. An error of type *again
// may pass.
func (t *transfer) attempt(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var came atomic.Int64
	defer t.watch(cancel, &came)()
	t.host = hostOf(t.r.URL)
	t.tell(Connecting, "")
	req, err := t.c.request(context.WithValue(ctx, linkedKey{}, &t.r.Linked), t.r.URL)
	if err != nil {
		return err
	}
	if v := t.validator(); t.have > 0 && v != "" {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", t.have))
		req.Header.Set("If-Range", v)
	}
	r, err := t.c.do(req)
	if err != nil {
		return t.passing(ctx, err)
	}
	defer r.Body.Close()
	t.host = r.Request.URL.Host
	if err := t.judge(r); err != nil {
		return err
	}
	body := bufio.NewReaderSize(&counted{r.Body, &came}, 1<<18)
	if r.StatusCode == http.StatusOK {
		err = t.begin(ctx, r, body)
	}
	if err == nil {
		err = t.room()
	}
	if err == nil {
		err = t.copy(ctx, body)
	}
	return t.passing(ctx, err)
}

// validator is what a server knows the file's version by: a strong ETag, or a date.
func (t *transfer) validator() string {
	if strings.HasPrefix(t.r.ETag, `"`) {
		return t.r.ETag
	}
	return t.r.Date
}

// watch cancels where too little comes in; the function that it returns ends it.
func (t *transfer) watch(cancel context.CancelCauseFunc, came *atomic.Int64) (stop func()) {
	last := int64(0)
	var timer *time.Timer
	timer = time.AfterFunc(t.c.Idle, func() {
		now := came.Load()
		if now-last < t.c.Least {
			cancel(errStalled)
			return
		}
		last = now
		timer.Reset(t.c.Idle)
	})
	return func() { timer.Stop() }
}

type counted struct {
	io.Reader
	n *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// passing makes an error of the connection one that may pass, and leaves others as they are.
func (t *transfer) passing(ctx context.Context, err error) error {
	var told *again
	var w *diskError
	var certificate *tls.CertificateVerificationError
	switch {
	case err == nil, errors.As(err, &told), errors.As(err, &thereAlready{}), fault.Hint(err) != "", errors.As(err, &w):
		return err
	case errors.Is(err, errRedirects):
		return fault.With(err, "the address leads in a circle; copy it again from the browser")
	case errors.As(err, &certificate):
		return fault.With(err, "someone may be reading along, or this machine's clock is wrong; nothing was fetched")
	case t.have == 0 && refused(err):
		return fault.With(fmt.Errorf("%s: refuses the connection", t.host), "nothing answers at this address; try again later, or check the proxy and npm's registry in the settings")
	case errors.Is(context.Cause(ctx), errStalled):
		return &again{error: fmt.Errorf("%s: %w", t.host, errStalled)}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &again{error: fmt.Errorf("%s: the connection was cut off", t.host)}
	}
	return &again{error: err}
}

// judge reads what a server answers: nil where the bytes that are missing follow.
func (t *transfer) judge(r *http.Response) error {
	switch {
	case r.StatusCode == http.StatusOK:
		if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
			return fault.New(fmt.Sprintf("%s: found an answer packed with %s, want the file as it is", t.host, plainText(e)), "the server packs it though asked not to; another address of the file may do better")
		}
		return nil
	case r.StatusCode == http.StatusPartialContent && t.have > 0:
		return t.continued(r)
	case r.StatusCode == http.StatusRequestedRangeNotSatisfiable && t.have > 0:
		if err := t.again(); err != nil {
			return err
		}
		t.restart("the server has no more of the file than is here; begun anew")
		return &again{error: fmt.Errorf("%s: found no such part of the file", t.host), now: true}
	}
	return t.refused(r)
}

// changed says whether a response speaks of another version of the file.
func (t *transfer) changed(r *http.Response) bool {
	if e := r.Header.Get("ETag"); e != "" && t.r.ETag != "" {
		return e != t.r.ETag
	}
	d := r.Header.Get("Last-Modified")
	return d != "" && t.r.Date != "" && d != t.r.Date
}

// described takes what a response says of the whole file; size is -1 where it does not say.
func (t *transfer) described(r *http.Response, size int64) error {
	for _, want := range []int64{t.r.Size, t.r.Linked.Size} {
		if size >= 0 && want > 0 && size != want {
			return fault.New(fmt.Sprintf("%s: found %d bytes, want %d", t.host, size, want), "the file at this address is another one")
		}
	}
	t.r.Total = max(size, 0)
	if t.r.Total == 0 {
		t.r.Total = cmp.Or(t.r.Size, t.r.Linked.Size)
	}
	t.r.ETag, t.r.Date = r.Header.Get("ETag"), r.Header.Get("Last-Modified")
	return nil
}

// continued checks that a part is the one that was asked for, of the file that is here.
func (t *transfer) continued(r *http.Response) error {
	var from, to, total int64
	n, _ := fmt.Sscanf(r.Header.Get("Content-Range"), "bytes %d-%d/%d", &from, &to, &total)
	fits := n == 3 && from == t.have && to == total-1 && (t.r.Total == 0 || t.r.Total == total) && (r.ContentLength < 0 || r.ContentLength == to-from+1)
	if fits && !t.changed(r) {
		t.r.Total = total
		return nil
	}
	found := plainText(r.Header.Get("Content-Range"))
	if err := t.again(); err != nil {
		return fmt.Errorf("%s: found part %q, want one from byte %d: %w", t.host, found, t.have, err)
	}
	note := "the server sends another part than was asked for; begun anew"
	if fits {
		note = "the file has changed at the server; begun anew"
	}
	t.restart(note)
	return &again{error: fmt.Errorf("%s: found part %q, want one that goes on", t.host, found), now: true}
}

// again counts how often all was in vain.
func (t *transfer) again() error {
	if t.anew++; t.anew > 2 {
		return fault.New("the server does not let the download go on", "try again later, or another address of the file")
	}
	return nil
}

// restart drops what is here.
func (t *transfer) restart(note string) {
	t.sum.Reset()
	t.have, t.r.Synced, t.r.Total, t.r.ETag, t.r.Date = 0, 0, 0, "", ""
	if t.f != nil {
		_ = t.f.Truncate(0)
		_, _ = t.f.Seek(0, io.SeekStart)
	}
	t.tell(Connecting, note)
}

// refused says what a status means that brings no file.
func (t *transfer) refused(r *http.Response) error {
	told := fmt.Errorf("%s: found status %d (%s), want the file", t.host, r.StatusCode, http.StatusText(r.StatusCode))
	switch s := r.StatusCode; {
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		return fault.With(told, "the file needs a login, or its terms to be accepted at the site; then make a token there and keep it with: pentimento models token (or in the window: Get a model)")
	case s == http.StatusNotFound, s == http.StatusGone:
		return fault.With(told, "there is no such file there (any more); check the address")
	case s == http.StatusTooManyRequests, s == http.StatusRequestTimeout, s == http.StatusTooEarly, s >= 500:
		return &again{error: told, after: retryAfter(r.Header.Get("Retry-After"))}
	}
	return fault.With(told, "check the address in a browser")
}

// retryAfter reads seconds or a date (RFC 9110, 10.2.3); 0 where there is neither.
func retryAfter(s string) time.Duration {
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		return time.Duration(min(n, 1<<20)) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(time.Until(at), time.Second)
	}
	return 0
}

// reopen takes up what an earlier call left, as far as it is on the disk for certain.
func (t *transfer) reopen(ctx context.Context) error {
	r := t.r
	if r.Path == "" || r.Synced == 0 {
		return nil
	}
	f, err := os.OpenFile(r.part(), os.O_RDWR, 0)
	if err != nil {
		r.Synced = 0
		return nil
	}
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() || st.Size() < r.Synced {
		f.Close()
		r.Synced = 0
		return nil
	}
	t.f = f
	if err := f.Truncate(r.Synced); err != nil {
		return disk.Plain(err)
	}
	if err := digest(ctx, t.sum, f, r.Synced, t.report); err != nil {
		return err
	}
	t.have = r.Synced
	_, err = f.Seek(t.have, io.SeekStart)
	return err
}

// begin looks at the first bytes of a whole file, and drops those that are here for them; before it,
// nothing is lost to a page that says "log in first".
func (t *transfer) begin(ctx context.Context, r *http.Response, body *bufio.Reader) error {
	head, err := body.Peek(sniffed)
	if err != nil && err != io.EOF {
		return err
	}
	kind := kindOf(head)
	if t.r.Package {
		kind = packageOf(head)
	}
	if kind == "" {
		return t.r.notIt(t.host, head, r.Header.Get("Content-Type"))
	}
	if t.have > 0 {
		note := "the server can't go on where it ended; begun anew"
		if t.changed(r) {
			note = "the file has changed at the server; begun anew"
		}
		t.restart(note)
	}
	if err := t.described(r, r.ContentLength); err != nil || t.f != nil {
		return err
	}
	name := cmp.Or(SafeName(t.r.Name), disposed(r.Header), lastOf(r.Request.URL), "model")
	if !t.r.Package && !endings[strings.ToLower(filepath.Ext(name))] {
		name += kind
	}
	return t.open(ctx, filepath.Join(t.r.Into, name))
}

// open makes the .part of a path that is free.
func (t *transfer) open(ctx context.Context, path string) error {
	if got, there, err := t.c.there(ctx, path, t.r.Want, t.report); there {
		return thereAlready{got}
	} else if err != nil {
		return err
	}
	mine := t.r.Path == path // of an earlier call, of which nothing was on the disk for certain
	t.r.Path = path
	if err := t.room(); err != nil {
		return err
	}
	if mine {
		_ = disk.Remove(t.r.part())
	}
	if err := t.c.save(t.r); err != nil { // before the .part, which is nobody's without it
		return &diskError{err}
	}
	f, err := os.OpenFile(t.r.part(), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		t.c.forget(t.r)
		if errors.Is(err, fs.ErrExist) {
			return fault.New(fmt.Sprintf("%q: found another download's, want none", t.r.part()), "let that one end, move it away, or choose another folder")
		}
		return &diskError{fmt.Errorf("%q: %w", t.r.part(), disk.Plain(err))}
	}
	t.f, t.synced = f, time.Now()
	return nil
}

// endings are those of model files.
var endings = map[string]bool{".safetensors": true, ".sft": true, ".ckpt": true, ".pt": true, ".pth": true, ".bin": true, ".gguf": true, ".onnx": true, ".onnx_data": true}

// refused says whether nothing listens at the address. Windows has a number of its own for it, which Go's
// syscall.ECONNREFUSED is not.
func refused(err error) bool {
	const windows = syscall.Errno(10061) // WSAECONNREFUSED
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, windows)
}
