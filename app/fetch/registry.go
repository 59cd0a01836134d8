package fetch

import (
	"bufio"
	"cmp"
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"pentimento/fault"
)

// NPM is the registry of the packages that Networks lie in. Its address is not ours to write down:
// it is what npm is set to on this machine, which may be a mirror of the person's or the firm's.
var NPM = Service{Name: "npm", Title: "npm"}

// registry is the address of the package registry: the one that the client was given, else what
// npm's environment variable, its file of settings or the program itself says, in this order. It may
// start npm, which takes up to a second or two.
func (c *Client) registry(ctx context.Context) (string, error) {
	address := cmp.Or(c.Registry.Base, os.Getenv("npm_config_registry"), os.Getenv("NPM_CONFIG_REGISTRY"), configured(), asked(ctx))
	if address == "" {
		return "", fault.New("the address of the package registry npm is not known here", "Install npm (Node.js), which knows it, or set NPM_CONFIG_REGISTRY to the address.")
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u)) {
		return "", fault.New("the address of the package registry npm is "+address+", want one that begins with https://", "It comes from npm's settings: NPM_CONFIG_REGISTRY, or the line registry= of .npmrc.")
	}
	return strings.TrimSuffix(u.String(), "/"), nil
}

// configured is the line registry= of npm's settings of this person; "" for none.
func configured() string {
	home, _ := os.UserHomeDir()
	f, err := os.Open(cmp.Or(os.Getenv("NPM_CONFIG_USERCONFIG"), filepath.Join(home, ".npmrc")))
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), "="); ok && strings.TrimSpace(key) == "registry" {
			return strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return ""
}

// asked is what npm says; "" where it isn't installed.
func asked(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "config", "get", "registry")
	cmd.Dir = os.TempDir() // a folder's own settings are nobody's wish here
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
