//! The way to the provider and back.

use std::{collections::BTreeMap, path::Path, time::Duration};

use chrono::DateTime;
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AuthenticationFlow, AuthorizationCode, Client, ClientId,
    ClientSecret, CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IdTokenFields, IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, Scope, StandardErrorResponse, StandardTokenResponse, TokenResponse as _,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm as Algorithm,
        CoreProviderMetadata, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
        CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Identity, Settings, error::whole, secret};

/// The longest time for one question to the provider.
const PATIENCE: Duration = Duration::from_secs(10);
/// Signatures that are believed: with keys of the provider alone, never with a shared secret or none.
const BELIEVED: [Algorithm; 9] = [
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha384,
    Algorithm::RsaSsaPkcs1V15Sha512,
    Algorithm::RsaSsaPssSha256,
    Algorithm::RsaSsaPssSha384,
    Algorithm::RsaSsaPssSha512,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::EdDsa,
];

/// Claims that the standard does not name, as groups.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Further(BTreeMap<String, Value>);

impl AdditionalClaims for Further {}

type Fields = IdTokenFields<
    Further,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    Algorithm,
>;
type OwnClient = Client<
    Further,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    StandardTokenResponse<Fields, CoreTokenType>,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// A provider that people sign in with.
#[derive(Debug)]
pub struct Provider {
    settings: Settings,
    issuer: IssuerUrl,
    secret: ClientSecret,
    redirect: RedirectUrl,
    http: reqwest::Client,
}

/// A sign-in that began.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Where the visitor goes to.
    pub url: String,
    /// For the visitor's cookie; comes back in the address.
    pub state: String,
    /// To be kept here under the state, given out once and only for some minutes.
    pub kept: String,
}

/// What is kept until the visitor comes back.
#[derive(Deserialize, Serialize)]
struct Kept {
    nonce: String,
    verifier: String,
}

impl Provider {
    /// A provider by its settings; `redirect` is the address of this page that visitors come back to. Paths of the settings
    /// are relative to `folder`. Nothing is asked yet.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`], and [`Error::Secret`] when others can read the secret.
    pub fn new(settings: &Settings, folder: &Path, redirect: &str) -> Result<Self, Error> {
        let wrong = |key, what: String| Error::Setting { key, what };
        let issuer = settings.issuer()?;
        if settings.client_id.is_empty() {
            return Err(wrong("client_id", "it is empty".to_owned()));
        }
        let redirect = RedirectUrl::new(redirect.to_owned())
            .map_err(|error| wrong("address of this page", error.to_string()))?;
        let http = reqwest::Client::builder()
            // A provider that sends us elsewhere is none.
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()
            .map_err(|error| wrong("TLS", whole(&error)))?;
        let secret = secret::read(&folder.join(&settings.client_secret_file))?;
        Ok(Self { settings: settings.clone(), issuer, secret, redirect, http })
    }

    /// What is set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    fn failed(&self, what: &str, error: &dyn std::error::Error) -> Error {
        let issuer = self.settings.issuer.clone();
        Error::Provider { issuer, what: format!("{what}: {}", whole(error)) }
    }

    /// Asks for addresses and keys each time: keys of a provider change.
    async fn client(&self) -> Result<OwnClient, Error> {
        let found = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http).await;
        let found = found.map_err(|error| self.failed("discovery", &error))?;
        let id = ClientId::new(self.settings.client_id.clone());
        let client = OwnClient::from_provider_metadata(found, id, Some(self.secret.clone()));
        Ok(client.set_redirect_uri(self.redirect.clone()))
    }

    /// Begins a sign-in.
    ///
    /// # Errors
    ///
    /// [`Error::Provider`] when it does not answer.
    pub async fn begin(&self) -> Result<Begun, Error> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let client = self.client().await?;
        let request = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        let scopes = self.settings.scopes.iter().cloned().map(Scope::new);
        let (url, state, nonce) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
        let kept = Kept { nonce: nonce.secret().clone(), verifier: verifier.into_secret() };
        let kept =
            serde_json::to_string(&kept).map_err(|error| Error::Refused(error.to_string()))?;
        Ok(Begun { url: url.into(), state: state.into_secret(), kept })
    }

    /// Ends a sign-in: `kept` is what [`Self::begin`] gave for the state that came back with `code`; `now` in seconds since
    /// 1970.
    ///
    /// # Errors
    ///
    /// [`Error::Provider`] when it does not answer or does not take the code; [`Error::Refused`] when its token is not of
    /// this provider, for this page, of this sign-in, or no more valid.
    pub async fn finish(&self, kept: &str, code: &str, now: i64) -> Result<Identity, Error> {
        let refused = |what: &str| Error::Refused(what.to_owned());
        let Kept { nonce, verifier } =
            serde_json::from_str(kept).map_err(|_| refused("it did not begin here"))?;
        let client = self.client().await?;
        let exchange = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| self.failed("token endpoint", &error))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier));
        let answer = exchange.request_async(&self.http).await;
        let answer = answer.map_err(|error| self.failed("token", &error))?;
        let token = answer.id_token().ok_or_else(|| refused("the provider gave no identity"))?;
        let time = DateTime::from_timestamp(now, 0).ok_or_else(|| refused("no such time"))?;
        let verifier =
            client.id_token_verifier().set_allowed_algs(BELIEVED).set_time_fn(move || time);
        let unbelieved = |error: &dyn std::error::Error| Error::Refused(whole(error));
        let claims =
            token.claims(&verifier, &Nonce::new(nonce)).map_err(|error| unbelieved(&error))?;
        if let Some(expected) = claims.access_token_hash() {
            let algorithm = token.signing_alg().map_err(|error| unbelieved(&error))?;
            let key = token.signing_key(&verifier).map_err(|error| unbelieved(&error))?;
            let found = AccessTokenHash::from_token(answer.access_token(), algorithm, key)
                .map_err(|error| unbelieved(&error))?;
            if found != *expected {
                return Err(refused("the access token is another"));
            }
        }
        let claims = serde_json::to_value(claims).map_err(|error| unbelieved(&error))?;
        Ok(Identity::new(&self.settings, &claims))
    }
}
