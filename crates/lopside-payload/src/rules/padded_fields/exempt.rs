//! Fields whose lengths are those of something else: cookies and states that the other end gave, and ciphertext that says it is.

use crate::reading::{Carrier, Value};
use crate::rules::Look;

/// Whether a cookie is one that the server sets.
pub(crate) fn is_set(look: &Look<'_>, name: &str) -> bool {
    name.strip_prefix("cookie.").is_some_and(|name| {
        look.other.exchanges.iter().any(|exchange| exchange.sets.iter().any(|set| set == name))
    })
}

/// Whether a field says by its name, or by an initial value or a tag beside it, that it holds ciphertext.
pub(super) fn is_sealed(look: &Look<'_>, name: &str) -> bool {
    let (parent, key) = name.rsplit_once('.').unwrap_or(("", name));
    let key = key.to_ascii_lowercase();
    let beside = |mark: &str| look.reading.slots.contains_key(&format!("{parent}.{mark}"));
    ["cipher", "encrypt", "viewstate", "saml"].iter().any(|word| key.contains(word))
        || beside("iv") && (beside("tag") || beside("mac"))
        || beside("nonce") && (beside("tag") || beside("mac"))
}

/// Whether a field is a token of OAuth, which servers make as they like (RFC 6749, 1.4).
pub(super) fn is_token(look: &Look<'_>, name: &str) -> bool {
    let (parent, key) = name.rsplit_once('.').unwrap_or(("", name));
    matches!(key, "access_token" | "refresh_token" | "id_token")
        && look.reading.slots.contains_key(&format!("{parent}.token_type"))
}

/// Whether values came from the other end before: the state of a form, which a page hands out and gets back.
pub(super) fn is_given(look: &Look<'_>, values: &[Value]) -> bool {
    let units = || look.other.units.iter().filter(|unit| unit.carrier == Carrier::Http);
    let given =
        |value: &&Value| units().any(|unit| crate::content::find(&unit.bytes, &value.bytes, 0).is_some());
    let long = || values.iter().filter(|value| value.bytes.len() >= 24).take(8);
    long().filter(given).count() * 2 > long().count()
}
