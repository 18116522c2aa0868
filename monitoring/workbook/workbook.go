// Package workbook renders the environment's dashboard: one page, for an operator at three in the morning. It is pure.
//
// Source of the form: github.com/microsoft/Application-Insights-Workbooks, schema/workbook.json, and the templates there.
package workbook

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Args are what the page depends on.
type Args struct {
	// Environment is the name of the environment.
	Environment string
	// WorkspaceID is the Azure id of the workspace that all queries read.
	WorkspaceID string
	// Runbook is where the runbook is.
	Runbook string
	// FrontDoor is the namespace of the proxies.
	FrontDoor string
	// Maximum is how many bridges a shard may have.
	Maximum int
}

// Tile is one picture or table of the page.
type Tile struct {
	// Title is what stands above it.
	Title string
	// Query is in Azure Monitor's dialect of Kusto; the page's range of time bounds it.
	Query string
	// View is "timechart", "barchart" or "table".
	View string
	// Half puts two beside each other.
	Half bool
}

// Section is a heading with tiles.
type Section struct {
	Title string
	// Text is a sentence in Markdown on how to read it.
	Text  string
	Tiles []Tile
}

// logs is the kind of query that Azure Monitor's logs answer.
const logs = 0

// Items of a page, by their number.
const (
	itemText       = 1
	itemQuery      = 3
	itemParameters = 9
)

type item struct {
	Type        int    `json:"type"`
	Content     any    `json:"content"`
	Name        string `json:"name"`
	CustomWidth string `json:"customWidth,omitempty"`
}

type markdown struct {
	JSON string `json:"json"`
}

type span struct {
	Milliseconds int64 `json:"durationMs"`
}

type parameter struct {
	ID           string `json:"id"`
	Version      string `json:"version"`
	Name         string `json:"name"`
	Type         int    `json:"type"`
	Required     bool   `json:"isRequired"`
	Value        span   `json:"value"`
	TypeSettings struct {
		Values []span `json:"selectableValues"`
		Custom bool   `json:"allowCustom"`
	} `json:"typeSettings"`
	Label string `json:"label"`
}

type parameters struct {
	Version    string      `json:"version"`
	Parameters []parameter `json:"parameters"`
	Style      string      `json:"style"`
	QueryType  int         `json:"queryType"`
	Resource   string      `json:"resourceType"`
}

type query struct {
	Version       string   `json:"version"`
	Query         string   `json:"query"`
	Size          int      `json:"size"`
	Title         string   `json:"title"`
	NoData        string   `json:"noDataMessage"`
	NoDataStyle   int      `json:"noDataMessageStyle"`
	Time          string   `json:"timeContextFromParameter"`
	QueryType     int      `json:"queryType"`
	Resource      string   `json:"resourceType"`
	Resources     []string `json:"crossComponentResources"`
	Visualization string   `json:"visualization"`
}

type page struct {
	Version   string   `json:"version"`
	Items     []item   `json:"items"`
	Fallbacks []string `json:"fallbackResourceIds"`
	Schema    string   `json:"$schema"`
}

const (
	workspaces = "microsoft.operationalinsights/workspaces"
	rangeName  = "TimeRange"
)

// Render gives the page in the form that Azure keeps: one text of JSON, the same for the same arguments.
func Render(args Args) (string, error) {
	if args.Environment == "" || args.WorkspaceID == "" || args.Runbook == "" || args.FrontDoor == "" || args.Maximum < 1 {
		return "", errors.New("a workbook needs environment, workspace, runbook, front door and maximum")
	}
	made := page{
		Version: "Notebook/1.0", Fallbacks: []string{args.WorkspaceID},
		Schema: "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json",
		Items: []item{
			text("title", fmt.Sprintf("# %s\n\nWhat each alert means and what to do about it: %s", args.Environment, args.Runbook)),
			timeRange(),
		},
	}
	for s, section := range Sections(args) {
		made.Items = append(made.Items, text(fmt.Sprintf("section-%d", s), fmt.Sprintf("## %s\n\n%s", section.Title, section.Text)))
		for t, tile := range section.Tiles {
			made.Items = append(made.Items, shown(fmt.Sprintf("tile-%d-%d", s, t), tile, args.WorkspaceID))
		}
	}
	content, err := json.MarshalIndent(made, "", "  ")
	if err != nil {
		return "", fmt.Errorf("writing the workbook: %w", err)
	}
	return string(content), nil
}

func text(name, content string) item {
	return item{Type: itemText, Name: name, Content: markdown{JSON: content}}
}

func timeRange() item {
	const typeOfTime = 4
	chosen := parameter{
		ID: "a2a0a6d2-4d7c-5c55-9d0e-6f4a3f0b7a11", Version: "KqlParameterItem/1.0", Name: rangeName, Type: typeOfTime, Required: true,
		Value: inMilliseconds(24 * time.Hour), Label: "Time",
	}
	chosen.TypeSettings.Custom = true
	for _, length := range []time.Duration{time.Hour, 4 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour} {
		chosen.TypeSettings.Values = append(chosen.TypeSettings.Values, inMilliseconds(length))
	}
	return item{Type: itemParameters, Name: "parameters", Content: parameters{
		Version: "KqlParameterItem/1.0", Parameters: []parameter{chosen}, Style: "pills", QueryType: logs, Resource: workspaces,
	}}
}

func inMilliseconds(length time.Duration) span { return span{length.Milliseconds()} }

func shown(name string, tile Tile, workspace string) item {
	const infoStyle = 3
	made := item{Type: itemQuery, Name: name, Content: query{
		Version: "KqlItem/1.0", Query: tile.Query, Title: tile.Title, Time: rangeName, QueryType: logs, Resource: workspaces,
		Resources: []string{workspace}, Visualization: tile.View, NoData: "Nothing in this range of time.", NoDataStyle: infoStyle,
	}}
	if tile.Half {
		made.CustomWidth = "50"
	}
	return made
}
