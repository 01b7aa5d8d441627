"""What is kept of watched objects, how it is found again, and which keys a change wakes."""
