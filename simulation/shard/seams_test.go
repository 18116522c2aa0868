package shard

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The simulator's tick is the deployed one without the network. What the two must have in common and do not import from each other is
// read out of the deployed one's source.

func TestLooksAsFarAroundAsTheDeployedTick(t *testing.T) {
	t.Parallel()
	deployed := constants(t, "../../functions/reaper/tick/tick.go")
	assert.Equal(t, lookBack, deployed["engineRun"])
	assert.Equal(t, lookAhead, deployed["ahead"])
}

func TestTakesTheStepsOfTheDeployedTick(t *testing.T) {
	t.Parallel()
	deployed := calls(t, "../../functions/reaper/tick/patrol.go", "run")
	inOrder(t, deployed, "probe", "Decide", "remember", "act", "publish")
	probe := calls(t, "../../functions/reaper/tick/patrol.go", "probe")
	inOrder(t, probe, "Reports", "Minimum")
	assert.Contains(t, calls(t, "../../functions/reaper/tick/patrol.go", "act"), "Carry")
	ours := calls(t, "reaper.go", "tick")
	inOrder(t, ours, "Minimum", "seen", "Decide", "Carry", "publish")
}

// inOrder says that some of the names come one after the other.
func inOrder(t *testing.T, names []string, wanted ...string) {
	t.Helper()
	next := 0
	for _, name := range names {
		if next < len(wanted) && name == wanted[next] {
			next++
		}
	}
	assert.Len(t, wanted, next, "%v", names)
}

func parsed(t *testing.T, file string) *ast.File {
	t.Helper()
	made, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	return made
}

// constants are those of a file that are a time, or so many of one.
func constants(t *testing.T, file string) map[string]time.Duration {
	t.Helper()
	found := map[string]time.Duration{}
	ast.Inspect(parsed(t, file), func(n ast.Node) bool {
		if spec, is := n.(*ast.ValueSpec); is && len(spec.Values) == 1 {
			found[spec.Names[0].Name] = duration(spec.Values[0])
		}
		return true
	})
	return found
}

// duration is an expression like 5 * time.Minute; -1 for others.
func duration(e ast.Expr) time.Duration {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		if n, is := e.X.(*ast.BasicLit); is && e.Op == token.MUL {
			if times, err := strconv.Atoi(n.Value); err == nil {
				return time.Duration(times) * duration(e.Y)
			}
		}
	case *ast.SelectorExpr:
		if unit, known := map[string]time.Duration{"Second": time.Second, "Minute": time.Minute, "Hour": time.Hour}[e.Sel.Name]; known {
			return unit
		}
	}
	return -1
}

// calls are the names of what a function calls, in the source's order.
func calls(t *testing.T, file, function string) []string {
	t.Helper()
	var names []string
	for _, d := range parsed(t, file).Decls {
		f, is := d.(*ast.FuncDecl)
		if !is || f.Name.Name != function {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if call, is := n.(*ast.CallExpr); is {
				if selector, is := call.Fun.(*ast.SelectorExpr); is {
					names = append(names, selector.Sel.Name)
				}
			}
			return true
		})
	}
	require.NotEmpty(t, names, function)
	return names
}
