package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/zalando/go-keyring"

	"pentimento/fault"
)

// ringName is what the key ring knows this program's entries by.
const ringName = "org.pentimento.Pentimento"

// ringPatience bounds a look into the key ring, which may ask the person to unlock it.
const ringPatience = time.Minute

// Tokens are what proves to a site who is asking. They lie in the system's key ring or in an
// environment variable, and nowhere else. It is safe for several goroutines; its methods may take as long
// as a person takes to unlock the ring.
type Tokens struct {
	mu    sync.Mutex
	known map[string]string // by service, as the ring had it
}

// Of is the token for a service, "" where there is none: that of its environment variable, else the
// key ring's.
func (t *Tokens) Of(ctx context.Context, s Service) string {
	if v := strings.TrimSpace(os.Getenv(s.Env)); v != "" {
		return v
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if v, ok := t.known[s.Name]; ok {
		return v
	}
	token := ""
	err := patiently(ctx, func() (err error) { token, err = keyring.Get(ringName, s.Name); return err })
	if err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return "" // no ring: it may be unlocked by the next time
	}
	t.remember(s, token)
	return token
}

func (t *Tokens) remember(s Service, token string) {
	if t.known == nil {
		t.known = map[string]string{}
	}
	t.known[s.Name] = token
}

// Where says where a service's token is: "environment", "key ring", or "" where there is none.
func (t *Tokens) Where(ctx context.Context, s Service) string {
	switch {
	case strings.TrimSpace(os.Getenv(s.Env)) != "":
		return "environment"
	case t.Of(ctx, s) != "":
		return "key ring"
	}
	return ""
}

// Keep puts a token into the key ring; "" takes it out. Where there is no ring, the error says what else can be
// done.
func (t *Tokens) Keep(ctx context.Context, s Service, token string) error {
	token = strings.TrimSpace(token)
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) || len(token) > 1000 {
		return fault.New("token: found blanks or letters that no token has", "copy it again from the site")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	err := patiently(ctx, func() error {
		if token == "" {
			return keyring.Delete(ringName, s.Name)
		}
		return keyring.Set(ringName, s.Name, token)
	})
	if token == "" && errors.Is(err, keyring.ErrNotFound) {
		err = nil
	}
	if err != nil {
		return fault.New("key ring: the system has none that can be used, and a token is kept nowhere else",
			fmt.Sprintf("install or unlock one (GNOME Keyring, KWallet), or set %s in the environment", s.Env))
	}
	t.remember(s, token)
	return nil
}

// patiently waits for the key ring no longer than a person would.
func patiently(ctx context.Context, do func() error) error {
	done := make(chan error, 1)
	go func() {
		var err error
		if caught := fault.Guard("key ring", func() { err = do() }); caught != nil {
			err = caught
		}
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(ringPatience):
		return errors.New("it took too long")
	}
}
