package workbook_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/golden"
	"jitsi-meet-azure/monitoring/schema/check"
	"jitsi-meet-azure/monitoring/workbook"
)

func usual() workbook.Args {
	return workbook.Args{
		Environment: "prod", WorkspaceID: "/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log",
		Runbook: "docs/operations.md", FrontDoor: "front-door", Maximum: 14,
	}
}

func TestPageIsAsInGit(t *testing.T) {
	t.Parallel()
	content, err := workbook.Render(usual())
	require.NoError(t, err)
	golden.Compare(t, "testdata/prod.json", []byte(content+"\n"))
}

func TestQueriesAreSound(t *testing.T) {
	t.Parallel()
	titles := map[string]bool{}
	for _, section := range workbook.Sections(usual()) {
		assert.NotEmpty(t, section.Text, section.Title)
		require.NotEmpty(t, section.Tiles, section.Title)
		for _, tile := range section.Tiles {
			assert.False(t, titles[tile.Title], "%s is there twice", tile.Title)
			titles[tile.Title] = true
			require.NoError(t, check.Query(tile.Query), "%s:\n%s", tile.Title, tile.Query)
			assert.Contains(t, []string{"timechart", "barchart", "table"}, tile.View, tile.Title)
		}
	}
}

func TestEveryQueryReadsTheWorkspaceInTheChosenTime(t *testing.T) {
	t.Parallel()
	content, err := workbook.Render(usual())
	require.NoError(t, err)
	var page struct {
		Items []struct {
			Type    int            `json:"type"`
			Name    string         `json:"name"`
			Content map[string]any `json:"content"`
		} `json:"items"`
	}
	require.NoError(t, json.Unmarshal([]byte(content), &page))
	names, queries := map[string]bool{}, 0
	for _, item := range page.Items {
		assert.False(t, names[item.Name], "%s is there twice", item.Name)
		names[item.Name] = true
		if item.Type != 3 {
			continue
		}
		queries++
		assert.Equal(t, "TimeRange", item.Content["timeContextFromParameter"], item.Name)
		assert.Equal(t, []any{usual().WorkspaceID}, item.Content["crossComponentResources"], item.Name)
	}
	assert.Greater(t, queries, 15)
}

func TestRenderNeedsEverything(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*workbook.Args){
		"environment": func(a *workbook.Args) { a.Environment = "" }, "workspace": func(a *workbook.Args) { a.WorkspaceID = "" },
		"runbook": func(a *workbook.Args) { a.Runbook = "" }, "front door": func(a *workbook.Args) { a.FrontDoor = "" },
		"maximum": func(a *workbook.Args) { a.Maximum = 0 },
	} {
		args := usual()
		change(&args)
		_, err := workbook.Render(args)
		require.ErrorContains(t, err, name)
	}
}
