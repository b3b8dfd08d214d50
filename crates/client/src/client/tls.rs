//! Which TLS the client's own HTTP client has.

/// Whether there is any.
pub(super) const IS_THERE: bool =
    cfg!(any(feature = "rustls", feature = "rustls-ring", feature = "native-tls"));

/// What enables it.
pub(super) const FEATURES: &str = "`rustls`, `rustls-ring` or `native-tls`";

/// Makes ring the process's provider, unless the program has chosen one: reqwest asks for that.
pub(super) fn choose_provider() {
    #[cfg(all(feature = "rustls-ring", not(feature = "rustls")))]
    let _ = rustls::crypto::ring::default_provider().install_default();
}
