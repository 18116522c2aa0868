package main

import (
	"context"
	"time"

	"jitsi-meet-azure/test/boot/standin"
	"jitsi-meet-azure/test/registration/member"
	"jitsi-meet-azure/test/registration/prosody"
)

// patience is how long a registration may take.
const patience = 20 * time.Second

// register says how long it takes from a bridge's first connection to Prosody, with what its boot has written, until Jicofo, which
// waits in the room, sees it. Reading the files is not in it: a videobridge does that with its own Java.
func register(ctx context.Context, shard *prosody.Server, machine *standin.Machine) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	as, err := member.Bridge{Machine: machine}.Settings(ctx)
	if err != nil {
		return 0, err
	}
	focus, err := member.Enter(ctx, as.Focus(shard))
	if err != nil {
		return 0, err
	}
	defer focus.Close()
	if _, err := focus.Occupant(ctx, prosody.FocusUser); err != nil {
		return 0, err
	}
	started := time.Now()
	bridge, err := member.Enter(ctx, as)
	if err != nil {
		return 0, err
	}
	defer bridge.Close()
	if _, err := focus.Occupant(ctx, as.Nickname); err != nil {
		return 0, err
	}
	took := time.Since(started)
	// The next machine has the same nickname.
	bridge.Close()
	return took, focus.Gone(ctx, as.Nickname)
}
