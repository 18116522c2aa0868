package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/golden"
)

const introduction = `# What an environment costs

` + "`make cost STACK=dev`" + ` estimates a month of an environment from its stack file alone: no deployment, no account, no network.
` + "`JSON=1`" + ` prints the same for programs. It is for finding out what a setting costs before it is set: change the file, look again.

## How to read it

- **least**: every number at its minimum, all month. **most**: every number at its maximum, all month; a limit, not an expectation.
  **typical**: what is printed below the table is taken for granted, and in ` + "`cost/cost.go`" + ` (` + "`Default`" + `).
- **~** marks everything with an estimated price in it. The prices are in one file, ` + "`internal/prices/prices.json`" + `, with its date, the
  source of each price, and a factor for machines in regions other than the file's own. Azure's own pages could not be read
  when it was made, so the sources are what others published from Azure's price list. They are list prices, without tax,
  reservations or the discounts of a contract; reserving the machines that always run is the first that makes a difference.
- What leaves Azure's network is paid by the gigabyte and is in no sum, because it follows what people do and no setting. It is
  likely to be the largest part of the bill: a bridge that is as busy as a shard lets it be costs hundreds of times as much in
  egress as the machine itself. ` + "`jitsi.resolutionCap`" + ` is the setting that changes it.
- A size of machine or a region that the file lacks is an error, which says what to add and the query of Azure's price list that
  tells it.

To bring the file up to date, change the prices and ` + "`date`" + `; ` + "`go test ./internal/prices ./cost ./cmd/cost`" + ` checks it, and with
` + "`UPDATE=1`" + ` writes this page anew.
`

// The page shows what the command prints for the environments that the project ships.
func TestThePageShowsWhatIsPrinted(t *testing.T) {
	t.Parallel()
	page := introduction
	for _, stack := range []string{"dev", "prod"} {
		var out, problems strings.Builder
		require.NoError(t, run([]string{"../../Pulumi." + stack + ".yaml"}, &out, &problems))
		page += "\n## " + stack + "\n\n```text\n" + out.String() + "```\n"
	}
	golden.Compare(t, "../../docs/cost.md", page)
}
