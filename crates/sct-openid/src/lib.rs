//! Signing in with an `OpenID` Connect provider: the authorization code flow with PKCE, state and nonce.
//!
//! [`Provider::begin`] gives the address that the visitor is sent to, a state for the visitor's cookie and a text that is kept
//! here under the state, for some minutes. When the visitor comes back, the caller checks that the state of the address is the
//! one of the cookie, takes the text away, so that no state is good twice, and gives it to [`Provider::finish`] with the code.
//! What the provider then says is verified: signature, issuer, audience, nonce, expiry.

mod error;
mod identity;
mod provider;
mod secret;
mod settings;

pub use self::{
    error::Error,
    identity::Identity,
    provider::{Begun, Provider},
    settings::Settings,
};
