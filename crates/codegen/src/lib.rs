//! Lowers the Registries API contract to what progenitor takes and generates the client from it.
