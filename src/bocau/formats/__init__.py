"""What mail looks like: addresses, header fields, MIME structure with offsets, reports, mbox. Pure."""
