//! x
/// x
pub fn client_surface(yaml: &str) -> Result<String, crate::Error> {
    crate::generate_client(yaml)
}
