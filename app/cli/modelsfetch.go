package cli

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"pentimento/app/fetch"
	"pentimento/fault"
	"pentimento/pipeline"
)

// The actions that speak to sites: the sites that they name, nothing else in this program does.
var (
	fetchAction     = siteAction("fetch", "SOURCE", "downloads from an address (https://…), civitai:VERSION,\nhf:OWNER/REPOSITORY/FILE or a name that catalogue lists. An interrupted\ndownload goes on where it ended, in NAME.part; fetch --resume without a\nsource goes on with all of them. The hash is held against --sha256, what\nthe site says, and what the address gave the first time.", fetchModel)
	catalogueAction = siteAction("catalogue", "", "lists models to get, with licence and size", listCatalogue)
	lookupAction    = siteAction("lookup", "FILE|HASH", "asks Civitai for a file by its hash; the answer is kept", lookUpModel)
	tokenAction     = siteAction("token", "civitai|huggingface", "reads a site's token from standard input and keeps it in the system's key\nring; CIVITAI_TOKEN and HF_TOKEN in the environment come before it", keepToken)
)

// siteAction is a row of modelActions that takes as many arguments as args names, but for fetch --resume.
func siteAction(name, args, short string, run func(ctx context.Context, env *Env, f *modelFlags, args []string) error) modelAction {
	return modelAction{name, args, short, func(_ *flag.FlagSet, f *modelFlags) Action {
		return func(ctx context.Context, env *Env, given []string) error {
			wanted := len(strings.Fields(args))
			if n := len(given); n != wanted && !(name == "fetch" && f.resume && n == 0) {
				return WithHint(Misuse("%s: arguments %q, want %d", name, given, wanted), "pentimento models %s", strings.TrimSpace(name+" "+args))
			}
			return run(ctx, env, f, given)
		}
	}}
}

// fetcher is the client, which names each host that it is about to speak to: the verb itself is what a person has
// asked for.
func (e *Env) fetcher(b *bar) (*fetch.Client, error) {
	if e.Fetch == nil {
		return nil, WithHint(errors.New("there is no folder for the records of downloads"), "set XDG_DATA_HOME or HOME")
	}
	named := map[string]bool{}
	e.Fetch.Ask = func(_ context.Context, host string) error {
		if !named[host] {
			named[host] = true
			b.report(pipeline.Progress{Notice: "asking " + host})
		}
		return nil
	}
	return e.Fetch, nil
}

func fetchModel(ctx context.Context, env *Env, f *modelFlags, args []string) error {
	bar := env.bar()
	client, err := env.fetcher(bar)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return fetchAll(ctx, env, f, client, bar)
	}
	w, err := client.Parse(args[0])
	if err != nil {
		return err
	}
	if f.sha256 != "" {
		w.SHA256, w.Size = f.sha256, 0
	}
	into := f.into
	if into == "" {
		if into, err = fetch.ModelsDir(); err != nil {
			return err
		}
	}
	return fetchOne(ctx, env, f, client, bar, w, into)
}

// fetchAll goes on with everything that is not whole.
func fetchAll(ctx context.Context, env *Env, f *modelFlags, client *fetch.Client, b *bar) error {
	all := client.Unfinished()
	if len(all) == 0 {
		return printed(notice(env, "no download is unfinished"))
	}
	var failed error
	for _, r := range all {
		if err := fetchOne(ctx, env, f, client, b, r.Want, r.Into); err != nil {
			if ctx.Err() != nil {
				return err
			}
			complain(env.Stderr, err)
			failed = fmt.Errorf("%s: it is still not whole", r.Label())
		}
	}
	return failed
}

func fetchOne(ctx context.Context, env *Env, f *modelFlags, client *fetch.Client, b *bar, w fetch.Want, into string) error {
	if w.Licence != "" {
		b.report(pipeline.Progress{Notice: fmt.Sprintf("%s: %s, licence %s", w.Label(), fetch.Bytes(w.Bytes()), w.Licence)})
	}
	got, err := client.Fetch(ctx, w, fetch.Options{Into: into, Anew: f.anew, Report: fetchReport(b)})
	b.clear()
	if errors.Is(err, context.Canceled) {
		return kept{err}
	}
	if err != nil {
		return err
	}
	if got.There {
		b.report(pipeline.Progress{Notice: "it was there already"})
	}
	if f.json {
		return printed(writeJSON(env.Stdout, got))
	}
	_, err = fmt.Fprintln(env.Stdout, got.Path)
	return printed(err)
}

// fetchReport draws how far a download is, and says once why it waits.
func fetchReport(b *bar) func(fetch.Progress) {
	waits := ""
	return func(p fetch.Progress) {
		if p.Stage == fetch.Waiting {
			if p.Note != waits {
				b.report(pipeline.Progress{Notice: p.Note + "; trying again"})
			}
			waits, p.Note = p.Note, ""
		}
		b.report(pipeline.Progress{Stage: p.String(), Fraction: p.Fraction(), Notice: p.Note})
	}
}

// kept is a download that was stopped.
type kept struct{ error }

func (kept) Error() string { return "stopped; what has come is kept, and the same command goes on" }

func (k kept) Unwrap() error { return k.error }

func notice(env *Env, text string) error {
	_, err := fmt.Fprintln(env.Stderr, "note:", text)
	return err
}

func listCatalogue(_ context.Context, env *Env, f *modelFlags, _ []string) error {
	if f.json {
		return printed(writeJSON(env.Stdout, fetch.Catalogue))
	}
	w := tabwriter.NewWriter(env.Stdout, 0, 8, 2, ' ', 0)
	for _, e := range fetch.Catalogue {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", e.ID, e.Title, fetch.Bytes(e.Bytes()), e.Licence, e.Help)
	}
	return printed(w.Flush())
}

func lookUpModel(ctx context.Context, env *Env, f *modelFlags, args []string) error {
	bar := env.bar()
	client, err := env.fetcher(bar)
	if err != nil {
		return err
	}
	sum := args[0]
	if _, err := os.Stat(sum); err == nil {
		bar.report(pipeline.Progress{Stage: "hashing"})
		sum, _, err = pipeline.ModelSums(ctx, args[0])
		if bar.clear(); err != nil {
			return err
		}
	}
	k, err := client.LookUp(ctx, sum, f.anew)
	switch {
	case err != nil:
		return err
	case f.json:
		return printed(writeJSON(env.Stdout, k))
	case k.Unknown:
		return WithHint(fmt.Errorf("found no file of SHA-256 %s at Civitai (asked %s)", k.SHA256, k.Asked.Format(time.DateOnly)), "--anew asks again")
	}
	return printed(printKnown(env, k))
}

func printKnown(env *Env, k fetch.Known) error {
	w := tabwriter.NewWriter(env.Stdout, 0, 8, 2, ' ', 0)
	for _, line := range [][2]string{
		{"name", strings.TrimSpace(k.Name + ", " + k.Edition)}, {"kind", k.Kind}, {"for", k.Base}, {"words", strings.Join(k.Words, ", ")}, {"licence", k.Licence.String()},
		{"page", k.Page}, {"preview", k.Preview}, {"download", k.Download}, {"sha256", k.SHA256},
	} {
		if line[1] != "" {
			fmt.Fprintf(w, "%s\t%s\n", line[0], oneLine(line[1]))
		}
	}
	return w.Flush()
}

func keepToken(ctx context.Context, env *Env, f *modelFlags, args []string) error {
	client, err := env.fetcher(env.bar())
	if err != nil {
		return err
	}
	site := client.Civitai
	switch args[0] {
	case client.Civitai.Name:
	case client.HuggingFace.Name, "hf":
		site = client.HuggingFace
	default:
		return meant(Misuse("site %q, want civitai or huggingface", args[0]), args[0], []string{"civitai", "huggingface"})
	}
	token := ""
	if !f.forget {
		if IsTerminal(env.Stderr) {
			fmt.Fprintf(env.Stderr, "Paste the token of %s and press Enter: ", site.Name)
		}
		line, err := bufio.NewReader(env.Stdin).ReadString('\n')
		if token = strings.TrimSpace(line); token == "" {
			return fault.Told("standard input: found no token, want one in a line", "printf %s TOKEN | pentimento models token "+args[0], err)
		}
	}
	if err := client.Tokens.Keep(ctx, site, token); err != nil {
		return err
	}
	return printed(notice(env, map[bool]string{false: "the token is in the key ring", true: "the key ring has no token of " + site.Name + " any more"}[f.forget]))
}
