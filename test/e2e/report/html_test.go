package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"jitsi-meet-azure/internal/golden"
)

func written(t *testing.T, d Day) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, HTML(&out, d))
	return out.String()
}

func TestPageOfADay(t *testing.T) {
	t.Parallel()
	golden.Compare(t, "testdata/day.html", written(t, madeUp(t)))
}

// tags are all elements of a page, with their attributes.
func tags(t *testing.T, text string) (all []*html.Node) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	require.NoError(t, err)
	for node := range root.Descendants() {
		if node.Type == html.ElementNode {
			all = append(all, node)
		}
	}
	return all
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// The page loads nothing, runs nothing and leads nowhere; and what the day's texts hold stays text.
func TestPageStandsAlone(t *testing.T) {
	t.Parallel()
	text := written(t, madeUp(t))
	assert.NotContains(t, text, "ZgotmplZ")
	assert.Regexp(t, `content="default-src 'none'; style-src 'unsafe-inline'"`, text)
	for _, outside := range []string{"@import", "@font-face", "http://", "https://"} {
		assert.NotContains(t, text, outside)
	}
	for _, reference := range regexp.MustCompile(`url\(([^)]*)\)`).FindAllStringSubmatch(text, -1) {
		assert.True(t, strings.HasPrefix(reference[1], "#"), reference[0])
	}
	for _, node := range tags(t, text) {
		assert.NotContains(t, []string{"script", "link", "img", "iframe", "image", "a", "use"}, node.Data)
		for _, a := range node.Attr {
			assert.NotContains(t, []string{"src", "href", "srcset", "action"}, a.Key)
			assert.False(t, strings.HasPrefix(a.Key, "on"), "%s has %s", node.Data, a.Key)
		}
	}
}

// Every picture has a name and says in words what it shows; every table says what its columns are.
func TestPageCanBeReadAloud(t *testing.T) {
	t.Parallel()
	ids, pictures := map[string]string{}, 0
	all := tags(t, written(t, madeUp(t)))
	for _, node := range all {
		if id := attribute(node, "id"); id != "" {
			assert.NotContains(t, ids, id, "twice the same id")
			ids[id] = ""
			if node.FirstChild != nil {
				ids[id] = node.FirstChild.Data
			}
		}
	}
	for _, node := range all {
		switch {
		case node.Data == "svg" && attribute(node, "aria-hidden") == "":
			pictures++
			for id := range strings.FieldsSeq(attribute(node, "aria-labelledby")) {
				assert.NotEmpty(t, ids[id], id)
			}
			assert.Len(t, strings.Fields(attribute(node, "aria-labelledby")), 2)
		case node.Data == "th":
			assert.Equal(t, "col", attribute(node, "scope"))
		case node.Data == "html":
			assert.Equal(t, "en", attribute(node, "lang"))
		}
	}
	assert.Equal(t, 5, pictures, "participants, conferences, the bridges of two shards, the front door")
}

func TestPageTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	text := written(t, madeUp(t))
	assert.Contains(t, text, "<dd>2 of 3</dd>")
	assert.Contains(t, text, "✗ broken</span></td><td>every bridge runs the newest image</td><td>b-3 served a conference throughout</td>")
	assert.NotContains(t, text, "✗ us")
	d := madeUp(t)
	d.Cuts[0].Expected = false
	assert.Contains(t, written(t, d), "✗ us")
}

func TestTimesAreThoseOfTheEnvironment(t *testing.T) {
	t.Parallel()
	d := madeUp(t)
	assert.Equal(t, "05:00:00", d.moment(d.From), "winter time in Berlin is an hour ahead")
	assert.Equal(t, "Thu 06:00:00", d.moment(d.To))
	assert.Equal(t, "12:00", d.hour(d.From.Add(7*time.Hour)))
	assert.Equal(t, "14h0m", short(14*time.Hour))
	assert.Equal(t, "7s", short(7*time.Second))
}
