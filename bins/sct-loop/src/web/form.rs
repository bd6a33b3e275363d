//! Forms that change something.

use axum::{
    extract::{Form, FromRequest, FromRequestParts, Request},
    response::{IntoResponse, Response},
};

use super::{App, Failure, visitor::Visitor};

/// Field with the token of the session.
pub(super) const TOKEN: &str = "csrf";

/// Field of the reason for what is done.
pub(super) const REASON: &str = "reason";

/// Longest reason or comment, characters.
const LONGEST: usize = 2_000;

/// The fields of a form of ours: sent by the session's own page. A form of any other page has no token, and is refused.
#[derive(Debug)]
pub(crate) struct SignedForm {
    /// Who sent it; signed in.
    pub visitor: Visitor,
    fields: Vec<(String, String)>,
}

impl SignedForm {
    /// Value of a field, without blanks around it; empty when it is not there.
    pub(crate) fn one<'a>(&'a self, name: &'a str) -> &'a str {
        self.all(name).next().unwrap_or_default()
    }

    /// Values of a field that may come several times.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.trim())
    }

    /// The reason for what is done.
    ///
    /// # Errors
    ///
    /// When there is none, or it is too long.
    pub(crate) fn reason(&self) -> Result<&str, Failure> {
        match self.comment()? {
            "" => Err(Failure::Refused("Please give a reason.".to_owned())),
            reason => Ok(reason),
        }
    }

    /// The same where it may be empty.
    ///
    /// # Errors
    ///
    /// When it is too long.
    pub(crate) fn comment(&self) -> Result<&str, Failure> {
        let comment = self.one(REASON);
        if comment.chars().count() > LONGEST {
            return Err(Failure::Refused(format!("The text is longer than {LONGEST} characters.")));
        }
        Ok(comment)
    }
}

impl FromRequest<App> for SignedForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, app).await;
        let visitor = visitor.map_err(IntoResponse::into_response)?;
        if visitor.account.is_none() {
            return Err(Failure::SignIn.into_response());
        }
        let request = Request::from_parts(parts, body);
        let fields = Form::<Vec<(String, String)>>::from_request(request, app).await;
        let Form(fields) = fields.map_err(IntoResponse::into_response)?;
        let form = Self { visitor, fields };
        if !is_same(form.one(TOKEN), &form.visitor.csrf) {
            let why = "This form was not sent by the page of your session. Load the page again.";
            return Err(Failure::Forbidden(why.to_owned()).into_response());
        }
        Ok(form)
    }
}

/// Compares without telling by its time how much agrees.
fn is_same(one: &str, other: &str) -> bool {
    let differences = one.bytes().zip(other.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
    !other.is_empty() && one.len() == other.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_agree_or_not() {
        assert!(is_same("abc", "abc"));
        for (one, other) in [("", ""), ("abc", "abd"), ("ab", "abc"), ("abc", "")] {
            assert!(!is_same(one, other), "'{one}' '{other}'");
        }
    }
}
