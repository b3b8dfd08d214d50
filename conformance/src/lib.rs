//! Tells whether a deployment of the Registries API speaks its contract.
