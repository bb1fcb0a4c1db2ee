"""The use cases, one a module. They own their transactions and know nothing of HTTP."""
