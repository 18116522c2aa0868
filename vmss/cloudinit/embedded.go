package cloudinit

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"text/template"
)

//go:embed scripts units templates
var sources embed.FS

// templates are the templates and the units, by their base names. They are all parsed when the program starts, so that none
// can fail to parse later.
var templates = template.Must(template.New("").Funcs(template.FuncMap{"quote": quote}).
	ParseFS(sources, "templates/*", "units/*.service", "units/*.socket", "units/*.timer", "units/*/*"))

// quote writes a HOCON string in which nothing is substituted.
func quote(value any) string { return strconv.Quote(fmt.Sprint(value)) }

// fill fills a template or unit, named by its path in this package.
func fill(name string, cfg Config) (string, error) {
	var text bytes.Buffer
	if err := templates.ExecuteTemplate(&text, path.Base(name), view{cfg}); err != nil {
		return "", fmt.Errorf("filling %s: %w", name, err)
	}
	return text.String(), nil
}

// read reads a script, which is the same for every shard.
func read(name string, _ Config) (string, error) {
	content, err := sources.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", name, err)
	}
	return string(content), nil
}

// embedded makes a file of each that is below a folder of this package.
func embedded(folder, target string, cfg Config, content func(name string, cfg Config) (string, error)) ([]File, error) {
	var files []File
	err := fs.WalkDir(sources, folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := content(name, cfg)
		if err != nil {
			return err
		}
		permissions := "0644"
		if strings.HasPrefix(text, "#!") {
			permissions = "0755"
		}
		files = append(files, File{
			Path: target + strings.TrimPrefix(name, folder+"/"), Owner: "root:root", Permissions: permissions, Content: text,
		})
		return nil
	})
	return files, err //nolint:wrapcheck // the functions above say what they did
}
