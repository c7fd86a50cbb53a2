//! What every page tells the browser to allow: the same headers that `PageHeadersPolicy` in template.yaml sets on AWS
//! (a test compares them), except for the one that makes sense over TLS alone.

use hyper::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};

/// Everything comes from this shop, except Stripe's card form, which must come from Stripe, and pictures of products, which
/// Open Food Facts keeps. `'self'` in `connect-src` is the WebSocket of this address as well.
pub const CONTENT_POLICY: &str = "default-src 'self'; img-src 'self' data: https:; \
    connect-src 'self' https://api.stripe.com; \
    script-src 'self' https://js.stripe.com https://*.js.stripe.com; \
    frame-src https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com; \
    object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// An address may hold what a stranger should not see, such as the code of a pass.
pub const REFERRER: &str = "strict-origin-when-cross-origin";

/// The headers, by name.
const HEADERS: [(HeaderName, &str); 3] = [
    (CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (REFERRER_POLICY, REFERRER),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// Adds them to an answer.
pub fn guard(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
