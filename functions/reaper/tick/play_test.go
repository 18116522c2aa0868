package tick_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"time"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/discover"
	"jitsi-meet-azure/functions/reaper/probe"
	"jitsi-meet-azure/functions/reaper/remember"
	"jitsi-meet-azure/functions/reaper/tick"
)

const scaleSet = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/vmss-a"

// opening is when a play begins: the time in a bubble of testing/synctest begins in 2000.
var opening = time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC)

// calendar raises the minimum from one to two for ten minutes, shortly after a play begins.
const calendar = `{"version":1,"profiles":[` +
	`{"name":"recycle","minimum":2,"maximum":16,"default":2,"rules":[],"recurrence":{"timeZone":"UTC","days":["Monday","Tuesday",` +
	`"Wednesday","Thursday","Friday","Saturday","Sunday"],"hour":5,"minute":16}},` +
	`{"name":"rest","minimum":1,"maximum":16,"default":1,"rules":[],"recurrence":{"timeZone":"UTC","days":["Monday","Tuesday",` +
	`"Wednesday","Thursday","Friday","Saturday","Sunday"],"hour":5,"minute":26}}]}`

// member is one machine with its bridge.
type member struct {
	bridge  *bridgetest.Bridge
	machine armtest.Machine
	live    map[int]bool
	gone    bool
}

// play is a shard with everything around it, in virtual time. The clients are the real ones, over transports without
// sockets.
type play struct {
	t        *testing.T
	rng      *rand.Rand
	cloud    *armtest.Cloud
	network  *bridgetest.Network
	jicofo   *bridgetest.Jicofo
	store    *remember.Volatile
	members  []*member
	calendar profile.Calendar
	// jump is how far the reaper's clock is off.
	jump time.Duration
	// excused counts conferences that something else than the reaper cut.
	excused int
	mu      sync.Mutex
	cut     []string
	deleted map[string]int
}

func newPlay(t *testing.T, seed uint64, bridges int) *play {
	t.Helper()
	read, err := profile.ParseCalendar([]byte(calendar))
	if err != nil {
		t.Fatal(err)
	}
	p := &play{
		t: t, rng: rand.New(rand.NewPCG(seed, 1)), network: bridgetest.NewNetwork(5 * time.Millisecond), jicofo: bridgetest.NewJicofo(),
		store: remember.NewVolatile(), calendar: read, deleted: map[string]int{},
	}
	p.cloud = armtest.New(armtest.Settings{PageSize: 2, Latency: 20 * time.Millisecond, DeletionTime: 40 * time.Second, OnDelete: p.onDelete})
	if err := p.cloud.AddSet(scaleSet); err != nil {
		t.Fatal(err)
	}
	p.network.Connect(netip.MustParseAddrPort("10.0.1.10:8888"), p.jicofo)
	for range bridges {
		p.add(time.Duration(1+p.rng.IntN(30*60)) * time.Minute)
	}
	return p
}

// add adds a machine of the given age with its bridge, which takes a minute to start on a new one.
func (p *play) add(age time.Duration) *member {
	address := netip.AddrFrom4([4]byte{10, 0, 2, byte(len(p.members) + 4)})
	created := time.Now().Add(-age)
	machine, err := p.cloud.AddMachine(scaleSet, armtest.Machine{Created: created, Address: address, Image: "1.0.0"})
	if err != nil {
		p.t.Fatal(err)
	}
	m := &member{machine: machine, live: map[int]bool{}, bridge: bridgetest.New(bridgetest.Settings{
		Nickname: machine.VMID, Starts: created.Add(time.Minute), PresencePhase: time.Duration(p.rng.IntN(5000)) * time.Millisecond,
		Skew: time.Duration(p.rng.IntN(2000)-1000) * time.Millisecond,
	})}
	p.network.Connect(netip.AddrPortFrom(address, 8080), m.bridge)
	p.jicofo.Add(m.bridge)
	p.members = append(p.members, m)
	return m
}

// onDelete is the moment of truth: whoever is on the machine now is cut off.
func (p *play) onDelete(_ string, machine armtest.Machine) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deleted[machine.VMID]++
	for _, m := range p.members {
		if m.machine.VMID != machine.VMID {
			continue
		}
		if conferences, people := m.bridge.Load(); people > 0 && m.bridge.Alive() {
			p.cut = append(p.cut, fmt.Sprintf("%s was deleted with %d people in %d conferences", machine.VMID, people, conferences))
		}
		m.gone = true
		m.bridge.Destroy()
	}
}

// life ends a reaper after some operations, as kill -9 does: from then on nothing it does has an effect.
type life struct {
	mu   sync.Mutex
	left int // negative: it lives on
}

var errKilled = errors.New("killed")

func (l *life) use() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left == 0 {
		return errKilled
	}
	l.left--
	return nil
}

type arm struct {
	*armtest.Cloud
	*life
}

func (a arm) Do(request *http.Request) (*http.Response, error) {
	if err := a.use(); err != nil {
		return nil, err
	}
	return a.Cloud.Do(request)
}

type wire struct {
	*bridgetest.Network
	*life
}

func (w wire) RoundTrip(request *http.Request) (*http.Response, error) {
	if err := w.use(); err != nil {
		return nil, err
	}
	return w.Network.RoundTrip(request)
}

// brittle is a memory that fails some operations: before they are done, or after.
type brittle struct {
	remember.Store
	*life
	rng   *rand.Rand
	mu    *sync.Mutex
	fails float64
}

func (b brittle) around(do func() error) error {
	if err := b.use(); err != nil {
		return err
	}
	b.mu.Lock()
	before, after := b.rng.Float64() < b.fails, b.rng.Float64() < b.fails
	b.mu.Unlock()
	if before {
		return errors.New("storage is down")
	}
	err := do()
	if after && err == nil {
		return errors.New("storage did it, and the answer got lost")
	}
	return err
}

func (b brittle) Recall(ctx context.Context, shard string) (memory decide.Memory, err error) {
	err = b.around(func() error { memory, err = b.Store.Recall(ctx, shard); return err })
	return memory, err
}

func (b brittle) Write(ctx context.Context, shard string, slot decide.Slot, r decide.Removal) (version string, err error) {
	err = b.around(func() error { version, err = b.Store.Write(ctx, shard, slot, r); return err })
	return version, err
}

func (b brittle) Clear(ctx context.Context, shard string, slot decide.Slot, version string) error {
	return b.around(func() error { return b.Store.Clear(ctx, shard, slot, version) })
}

func (b brittle) Observe(ctx context.Context, shard string, o remember.Observation) error {
	return b.around(func() error { return b.Store.Observe(ctx, shard, o) })
}

// reaper makes a reaper as a new process would; it dies after the given number of operations, or never if negative.
func (p *play) reaper(operations int, storeFails float64) *tick.Reaper {
	l := &life{left: operations}
	azure, err := discover.New(armtest.Credential(), "https://management.azure.com", arm{p.cloud, l})
	if err != nil {
		p.t.Fatal(err)
	}
	jump := p.jump
	return &tick.Reaper{
		Azure: azure, Bridges: probe.New(probe.Options{Transport: wire{p.network, l}}),
		Store:  brittle{p.store, l, rand.New(rand.NewPCG(p.rng.Uint64(), 2)), &sync.Mutex{}, storeFails},
		Shards: []tick.Shard{{Name: "a", ScaleSetID: scaleSet, Jicofo: "http://10.0.1.10:8888", Calendar: p.calendar}},
		Policy: decide.Default(), Retention: time.Hour, Environment: "test", Actor: "test", Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Now().Add(jump) },
	}
}

// tick runs one tick to its end.
func (p *play) tick(operations int, storeFails float64) ([]tick.Outcome, error) {
	ctx, cancel := context.WithTimeout(p.t.Context(), 4*time.Minute+30*time.Second)
	defer cancel()
	return p.reaper(operations, storeFails).Tick(ctx, "test")
}

// step lets five seconds pass, in which Jicofo takes people away from bridges that say they are shutting down, and Azure
// restores the minimum.
func (p *play) step() {
	<-time.After(5 * time.Second)
	standing := 0
	for _, m := range p.members {
		if m.gone {
			continue
		}
		standing++
		if m.bridge.Presence().ShuttingDown {
			for conference := range m.live {
				if m.bridge.EndConference(conference) == nil {
					p.place()
				}
				delete(m.live, conference)
			}
		}
	}
	if standing < p.calendar.Minimum(time.Now(), 0, 0) {
		p.add(0)
	}
}

// place lets Jicofo start a conference.
func (p *play) place() {
	bridge, conference, err := p.jicofo.Place(2 + p.rng.IntN(5))
	if err != nil {
		return
	}
	for _, m := range p.members {
		if m.bridge == bridge {
			m.live[conference] = true
		}
	}
}

// end ends some conference.
func (p *play) end() {
	for _, m := range p.members {
		for conference := range m.live {
			_ = m.bridge.EndConference(conference)
			delete(m.live, conference)
			return
		}
	}
}

// excuse does something to a bridge that cuts its conferences, which is then not the reaper's doing.
func (p *play) excuse(m *member, harm func()) {
	before := m.bridge.Lost()
	harm()
	p.excused += m.bridge.Lost() - before
	clear(m.live)
}

// judge says what the reaper did that it must not do.
func (p *play) judge() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	wrong := p.cut
	lost := 0
	for _, m := range p.members {
		lost += m.bridge.Lost()
	}
	if lost > p.excused {
		wrong = append(wrong, fmt.Sprintf("%d conferences were cut, %d of them by something else", lost, p.excused))
	}
	for id, times := range p.deleted {
		if times > 1 {
			wrong = append(wrong, fmt.Sprintf("%s was deleted %d times", id, times))
		}
	}
	return wrong
}
