package auth

import (
	"net/netip"
	"sync"
	"time"
)

// How many logins may fail within a window before the next are refused, whatever
// their password: of one user from one address (as in Node-RED, where it is of
// one user), from one address, and of one user from anywhere. After patience
// many from one address each further answer takes a delay more.
const (
	attemptWindow = 10 * time.Minute
	maxPerPair    = 5
	maxPerAddress = 20
	maxPerUser    = 100

	patience      = 3
	delayStep     = 200 * time.Millisecond
	maxDelay      = 3 * time.Second
	attemptsLimit = 10_000 // how many counts are kept before old ones are looked for
)

// attempts counts logins that have failed. The zero attempts is ready to use.
type attempts struct {
	mu     sync.Mutex
	counts map[attemptKey]*count
}

// attemptKey is a user, an address, or one with the other.
type attemptKey struct{ user, address string }

// count is how many there were since it began.
type count struct {
	n     int
	began time.Time
}

// begin counts an attempt, as if it were to fail. It returns how long the answer
// has to wait if it does, and whether the password may be looked at.
func (a *attempts) begin(user, address string) (delay time.Duration, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.prune()
	pair := a.add(attemptKey{user, address})
	byAddress := a.add(attemptKey{"", address})
	byUser := a.add(attemptKey{user, ""})
	delay = min(maxDelay, delayStep*time.Duration(max(0, byAddress-patience)))
	return delay, pair <= maxPerPair && byAddress <= maxPerAddress && byUser <= maxPerUser
}

// succeeded takes an attempt back, and with it those before it of the same user
// from the same address.
func (a *attempts) succeeded(user, address string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	pair := a.counts[attemptKey{user, address}]
	if pair == nil {
		return
	}
	for _, key := range []attemptKey{{"", address}, {user, ""}} {
		if c := a.counts[key]; c != nil {
			c.n = max(0, c.n-pair.n)
		}
	}
	delete(a.counts, attemptKey{user, address})
}

func (a *attempts) add(key attemptKey) int {
	c := a.counts[key]
	if c == nil || time.Since(c.began) >= attemptWindow {
		c = &count{began: time.Now()}
		if a.counts == nil {
			a.counts = map[attemptKey]*count{}
		}
		a.counts[key] = c
	}
	c.n++
	return c.n
}

// prune forgets what is over, when there is much.
func (a *attempts) prune() {
	if len(a.counts) < attemptsLimit {
		return
	}
	for key, c := range a.counts {
		if time.Since(c.began) >= attemptWindow {
			delete(a.counts, key)
		}
	}
}

// network returns what stands for an address: an IPv6 customer has a whole /64
// to choose from.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap(); ip.Is4() {
		return ip.String()
	}
	prefix, err := ip.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}
