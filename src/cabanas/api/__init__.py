"""The service over HTTP: routes that parse, call one use case, and translate what comes back."""
