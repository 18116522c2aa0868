// Command drift reads the preview on its standard input and lists what has drifted:
//
//	pulumi preview --refresh --json | drift
//
// It ends with 0 where nothing has, with 1 where the preview cannot be read, and with 2 where something has.
package main

import (
	"fmt"
	"os"

	"jitsi-meet-azure/internal/drift"
)

func main() {
	os.Exit(run())
}

func run() int {
	changes, err := drift.Read(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "drift:", err)
		return 1
	}
	for _, change := range changes {
		fmt.Println(change)
	}
	if len(changes) > 0 {
		return 2
	}
	fmt.Println("no drift; counts of machines that an autoscaler owns are left out")
	return 0
}
