"""What any operator needs: queue, store, rate limit, listings, events, election, metrics; no kind of ours."""
