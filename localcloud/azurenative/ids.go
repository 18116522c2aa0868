package azurenative

const (
	// Subscription is the local cloud's subscription where the provider's configuration names none.
	Subscription = "00000000-0000-0000-0000-00000000c10d"
	// Tenant is the local cloud's Entra tenant where the provider's configuration names none.
	Tenant = "00000000-0000-0000-0000-0000007e4a47"
)
