package environment

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"jitsi-meet-azure/internal/golden"
)

// The documentation is made from the settings, so that it can never say anything else than the program does.
func TestDocumentation(t *testing.T) {
	t.Parallel()
	golden.Compare(t, filepath.Join("..", "..", "docs", "configuration.md"), documentation())
}

const introduction = `# Configuration

Every environment is a Pulumi stack with its own file, ` + "`Pulumi.<stack>.yaml`" + `. This page lists every key that the
file may hold, after the prefix ` + "`meet:`" + `. Keys are compared exactly; one that is not listed here is an error, at every
depth, and so is a value of another type.

` + "```sh" + `
pulumi config set --stack dev meet:domain meet.example.org            # a key of the top level
pulumi config set --stack dev --path 'meet:shards[1].zone' 2          # a part of one
pulumi config rm  --stack dev --path meet:autoscale.cooldownMinutes   # back to the default
` + "```" + `

The program reads the whole configuration before it registers the first resource. It reports everything that is wrong at
once, with the value, what is allowed, and the command that mends it:

` + "```" + `
%s
` + "```" + `

What is doubtful but can be deployed is printed as a warning in the same form. ` + "`Pulumi.dev.yaml`" + ` and
` + "`Pulumi.prod.yaml`" + ` are complete examples. Passwords and keys are made by the stack itself, and the SSH key is a
public one. The one secret is where alerts are posted to (` + "`meet:monitoring.alerts.webhooks`" + `): give it with
` + "`pulumi config set --secret`" + `; no message shows it.

This page is made from the program's own table of settings (` + "`internal/environment/settings_*.go`" + `); after a change there,
` + "`UPDATE=1 go test ./internal/environment`" + ` writes it anew.
`

// sample is two of the messages that a bad configuration gets.
func sample() string {
	c := newChecker("dev")
	c.refuse("shards[2].zone", "4", "1, 2 or 3", c.set("shards[2].zone", "1"))
	c.refuse("autoscale.recycle.timeZone", "Europe/Berlin",
		"a Windows time-zone id: the one for Europe/Berlin is W. Europe Standard Time",
		c.set("autoscale.recycle.timeZone", "W. Europe Standard Time"))
	return (&ConfigurationError{Problems: c.problems}).Error()
}

func documentation() string {
	var page strings.Builder
	fmt.Fprintf(&page, introduction, sample())
	page.WriteString("\n## The environment\n\n" + header)
	for _, s := range settings() {
		if len(s.members) == 0 {
			page.WriteString(row(s.name, s))
		}
	}
	for _, s := range settings() {
		if len(s.members) == 0 {
			continue
		}
		fmt.Fprintf(&page, "\n## `%s`\n\n%s\n\n%s", s.name, s.meaning, header)
		members, at := s.members, s.name
		if s.kind == items {
			members, at = s.members[0].members, s.name+"[]"
		}
		rows(&page, at, members)
	}
	page.WriteString(footer)
	return page.String()
}

const header = "| key | meaning | unit | default | allowed | example |\n|---|---|---|---|---|---|\n"

const footer = `
## Rules across keys

Besides the limits of the single keys, these are checked before anything is registered:

- **Shards**: at least two, in at least two zones; names, bridge subnets and signalling addresses differ.
- **Address plan**: subnets lie inside the virtual network, pods and services outside; nothing overlaps; every range holds
  what it has to at the maximum of every pool and prefix, with the five addresses that Azure reserves in every subnet;
  signalling addresses are none of these; pods, services and the network keep clear of what AKS uses itself.
- **Bridges**: the machine size has a local disk of at least 31 GiB for the operating system and accelerated networking;
  the bandwidth is not above the documented one; the heap leaves a quarter of the memory; no STUN server is named twice.
- **Autoscale**: minimum ≤ default ≤ maximum, one more bridge than the minimum fits (the recycle), and the maximum leaves
  two addresses of the prefix free; the reserve leaves room for one bridge; busy hours have names that differ, end on the day on
  which they begin, and have a minimum between the usual one and the maximum; a recycle window longer than the cooldown is
  warned of.
- **Cluster**: minimum ≤ maximum; the system pool has at least two nodes of at least four processors; without local
  accounts there is an administrators' group; a protected environment restricts who may reach the API server; with an
  upgrade channel the version names no patch, which AKS moves itself.
- **Front door**: a TLS secret or a certificate in a Key Vault, not both; a protected environment is warned without either.
- **Reaper**: the maximum age, unless it is off, is more than the minimum uptime.
- **Alerts**: a protected environment names at least one receiver; no receiver is named twice.
- **Tags**: Azure's limits on their number, names and values; the standing tags cannot be set.
- **Names**: every name that the stack gives in Azure and Kubernetes keeps their limits. In practice: the stack's name is
  at most seven lower-case letters and digits, because storage accounts carry it.
`

func rows(page *strings.Builder, path string, members []setting) {
	for _, s := range members {
		at := join(path, s.name)
		if strings.HasSuffix(path, "[]") {
			at = path + "." + s.name
		}
		if s.kind == object {
			rows(page, at, together(s))
			continue
		}
		page.WriteString(row(at, s))
		if s.kind == items && s.members[0].kind == object {
			rows(page, at+"[]", s.members[0].members)
		}
	}
}

// together are the members of an object. Those of an optional one are needed only with each other.
func together(s setting) []setting {
	members := slices.Clone(s.members)
	for i, member := range members {
		if s.optional && member.required() {
			members[i].computed = "none; needed with the rest of `" + s.name + "`"
		}
	}
	return members
}

func row(path string, s setting) string {
	code := func(text string) string {
		if text == "" {
			return ""
		}
		return "`" + text + "`"
	}
	fallback := code(s.fallback)
	switch {
	case s.computed != "":
		fallback = s.computed
	case s.optional:
		fallback = "none"
	case s.required():
		fallback = "**required**"
	}
	cells := []string{code(path), s.meaning, s.unit, fallback, s.allowed, code(s.example)}
	for i, cell := range cells {
		cells[i] = strings.ReplaceAll(cell, "|", `\|`)
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

func TestProjectFileDeclaresTheSettings(t *testing.T) {
	t.Parallel()
	var project struct {
		Name        string         `json:"name"`
		Description string         `json:"description"`
		Runtime     any            `json:"runtime"`
		Config      map[string]any `json:"config"`
	}
	readYAML(t, filepath.Join("..", "..", "Pulumi.yaml"), &project)
	if project.Name != Namespace {
		t.Errorf("the project is called %q", project.Name)
	}
	disabled := fmt.Sprint(project.Config["pulumi:disable-default-providers"])
	if disabled != "[*]" {
		t.Errorf("default providers must be disabled, for all packages; got %s", disabled)
	}
	delete(project.Config, "pulumi:disable-default-providers")
	for _, s := range settings() {
		want := fmt.Sprint(declare(s))
		if got := fmt.Sprint(declared(t, project.Config[s.name])); got != want {
			t.Errorf("%s in Pulumi.yaml:\n got %s\nwant %s", s.name, got, want)
		}
		delete(project.Config, s.name)
	}
	for name := range project.Config {
		t.Errorf("Pulumi.yaml declares %s, which is no setting", name)
	}
}

func declared(t *testing.T, value any) map[string]any {
	t.Helper()
	properties, ok := value.(map[string]any)
	if !ok {
		t.Errorf("want a declaration, got %v", value)
	}
	return properties
}

// declare says how Pulumi.yaml must declare a setting. A key without a default is required by Pulumi itself.
func declare(s setting) map[string]any {
	types := map[kind]string{
		text: "string", integer: "integer", boolean: "boolean", object: "object", labels: "object", items: "array",
	}
	d := map[string]any{"type": types[s.kind], "description": s.meaning}
	switch {
	case s.kind == items:
		d["items"] = map[string]any{"type": types[s.members[0].kind]}
	case s.kind == boolean:
		d["default"] = s.fallback == "true"
	case s.fallback != "":
		d["default"] = s.fallback
	case (s.kind == object || s.kind == labels) && !needed(s):
		d["default"] = map[string]any{}
	}
	return d
}

// needed says whether an object holds a key that must be given.
func needed(s setting) bool {
	for _, member := range s.members {
		if member.required() || member.kind == object && !member.optional && needed(member) {
			return true
		}
	}
	return false
}
