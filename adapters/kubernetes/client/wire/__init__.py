"""One request on its way: TLS, HTTP, patience."""
