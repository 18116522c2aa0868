package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/golden"
)

func picture(t *testing.T, d Day) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, Picture(&out, d))
	return out.String()
}

func TestPictureOfADay(t *testing.T) {
	t.Parallel()
	golden.Compare(t, "testdata/day.svg", picture(t, madeUp(t)))
}

// elements counts a picture's elements; a picture that is no XML has none.
func elements(t *testing.T, text string) map[string]int {
	t.Helper()
	found := map[string]int{}
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return found
		}
		require.NoError(t, err)
		if start, ok := token.(xml.StartElement); ok {
			found[start.Name.Local]++
		}
	}
}

// A picture in a README is shown without scripts, without anything from elsewhere, and on any background.
func TestPictureStandsAlone(t *testing.T) {
	t.Parallel()
	text := picture(t, madeUp(t))
	found := elements(t, text)
	assert.Equal(t, 1, found["svg"])
	assert.Zero(t, found["script"]+found["image"]+found["foreignObject"]+found["a"]+found["use"])
	assert.Equal(t, 1, strings.Count(text, "http"), "something comes from elsewhere")
	assert.Contains(t, text, `<rect width="1000" height="480" rx="6" fill="#ffffff"`)
	assert.NotContains(t, text, "ZgotmplZ")
	assert.NotContains(t, text, "<script>alert")
	assert.Contains(t, text, "&lt;script&gt;alert(1)&lt;/script&gt; cut")
}

func TestPictureIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	d := madeUp(t)
	first := picture(t, d)
	for range 3 {
		assert.Equal(t, first, picture(t, d))
	}
}

func TestPictureOfADayWithoutAnything(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, time.March, 4, 0, 0, 0, 0, time.UTC)
	text := picture(t, Day{Environment: "dev", From: from, To: from.Add(time.Hour), Shards: []string{"a", "b", "c"}})
	elements(t, text)
	assert.Contains(t, text, "0 of 0 checks hold")
	assert.NotContains(t, text, "NaN")
}

func TestPictureHasRoomForEveryShard(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, time.March, 4, 0, 0, 0, 0, time.UTC)
	for count := 1; count <= 9; count++ {
		d := Day{Environment: "dev", From: from, To: from.Add(time.Hour)}
		for i := range count {
			d.Shards = append(d.Shards, string(rune('a'+i)))
		}
		text := picture(t, d)
		var height, last float64
		_, err := fmt.Sscanf(text, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 %f"`, &height)
		require.NoError(t, err)
		at := strings.LastIndex(text, "translate(0 ")
		_, err = fmt.Sscanf(text[at:], "translate(0 %f)", &last)
		require.NoError(t, err)
		assert.LessOrEqual(t, last+headLine+doorLine*float64(count)+hourLine, height, "%d shards", count)
		if count <= 5 {
			assert.InDelta(t, pictureHeight, height, 0, "%d shards", count)
		}
	}
}

func TestWhatIsNoDay(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for want, d := range map[string]Day{
		"ends before it begins": {Environment: "dev", Shards: []string{"a"}, From: now, To: now},
		"has no shard":          {From: now, To: now.Add(time.Hour)},
	} {
		for _, write := range []func(io.Writer, Day) error{Picture, HTML} {
			require.ErrorContains(t, write(io.Discard, d), want)
		}
	}
}

// broken is a writer that takes nothing.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestAFullDiskIsTold(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, Picture(broken{}, madeUp(t)), "drawing the day: the disk is full")
	assert.ErrorContains(t, HTML(broken{}, madeUp(t)), "writing the page: the disk is full")
}
