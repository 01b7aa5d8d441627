"""What commands show, made of objects as the API server sends them. No I/O."""
