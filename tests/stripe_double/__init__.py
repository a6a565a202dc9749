"""A Stripe of our own over real HTTP: it keeps state, signs its webhooks, and misbehaves when told to."""
