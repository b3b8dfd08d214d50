//! Variables of the environment that stand for no setting.

use registries_command_line::meant;

use super::SettingsError;
use super::file::names;

const PREFIX: &str = "REGISTRIES_SERVER_";

/// Refuses a variable that looks like one for a setting, and would be ignored.
pub(in crate::cli) fn check_environment() -> Result<(), SettingsError> {
    let variables =
        std::env::vars_os().map(|(name, value)| (name.to_string_lossy().into_owned(), value));
    for (name, value) in variables {
        let Some(setting) = name.strip_prefix(PREFIX) else { continue };
        if !is_of_kubernetes(setting, &value.to_string_lossy()) {
            check(setting).map_err(SettingsError::Variable)?;
        }
    }
    Ok(())
}

/// The error is a sentence that names what was probably meant.
fn check(setting: &str) -> Result<(), String> {
    let mut names = names();
    names.push("config".to_owned());
    if names.iter().any(|name| name.to_uppercase() == setting) {
        return Ok(());
    }
    Err(match meant(&setting.to_lowercase(), names.iter().map(String::as_str)) {
        Some(name) => format!(
            "unknown environment variable {PREFIX}{setting}; did you mean {PREFIX}{}?",
            name.to_uppercase()
        ),
        None => format!(
            "unknown environment variable {PREFIX}{setting}; unset it, or see `registries-server \
             config example` for all settings"
        ),
    })
}

/// Kubernetes gives every container such variables for a service, which may be called
/// `registries-server`.
fn is_of_kubernetes(setting: &str, value: &str) -> bool {
    match setting {
        "SERVICE_HOST" | "SERVICE_PORT" => true,
        "PORT" => value.contains("://"),
        _ => setting.starts_with("SERVICE_PORT_") || setting.starts_with("PORT_"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_variable_and_others_are_rejected_with_a_suggestion() {
        for known in ["LISTEN", "DATABASE", "CONFIG", "RATE_LIMIT_USER", "LOG", "LOG_FORMAT"] {
            assert_eq!(check(known), Ok(()), "{known}");
        }
        for (unknown, fragment) in [
            ("LISEN", "did you mean REGISTRIES_SERVER_LISTEN?"),
            ("listen", "did you mean REGISTRIES_SERVER_LISTEN?"),
            ("RATELIMIT_USER", "did you mean REGISTRIES_SERVER_RATE_LIMIT_USER?"),
            ("CONFIGURATION", "did you mean REGISTRIES_SERVER_CONFIG?"),
            ("X", "unset it"),
            ("", "unset it"),
        ] {
            let error = check(unknown).unwrap_err();
            assert!(error.contains(fragment), "{unknown}: {error}");
        }
    }

    #[test]
    fn variables_of_kubernetes_are_no_settings() {
        for (setting, value) in [
            ("SERVICE_HOST", "10.0.0.1"),
            ("SERVICE_PORT", "8080"),
            ("SERVICE_PORT_HTTP", "8080"),
            ("PORT", "tcp://10.0.0.1:8080"),
            ("PORT_8080_TCP_ADDR", "10.0.0.1"),
        ] {
            assert!(is_of_kubernetes(setting, value), "{setting}");
        }
        for (setting, value) in [("PORT", "8080"), ("LISTEN", "tcp://a"), ("SERVICE", "x")] {
            assert!(!is_of_kubernetes(setting, value), "{setting}");
        }
    }
}
