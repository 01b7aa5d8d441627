"""What any operator needs: queue, cache, rate limit, listings, events, election, metrics; no kind of ours."""
