"""Who wraps the master key: one interface, `policies.kms.base.KeyService`, with a module for each kind."""
