//! What somebody may do.

use std::{fmt, str::FromStr};

use sct_ledger::sql::{
    ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef},
};
use serde::{Serialize, Serializer};

/// What somebody may do; each role may do what those before it may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Looks.
    #[default]
    Viewer,
    /// Marks runs and asks for uploads.
    Shifter,
    /// Releases, retries and gives up tasks.
    Expert,
    /// Takes uploads back, looks after accounts, reads the audit log.
    Admin,
}

impl Role {
    /// All of them, ascending.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Shifter, Self::Expert, Self::Admin];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Shifter => "shifter",
            Self::Expert => "expert",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A word that is no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no role: viewer, shifter, expert or admin")]
pub struct NoRole(pub String);

impl FromStr for Role {
    type Err = NoRole;

    fn from_str(text: &str) -> Result<Self, NoRole> {
        let found = Self::ALL.into_iter().find(|role| role.word() == text);
        found.ok_or_else(|| NoRole(text.to_owned()))
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl ToSql for Role {
    fn to_sql(&self) -> sct_ledger::sql::Result<ToSqlOutput<'_>> {
        Ok(self.word().into())
    }
}

impl FromSql for Role {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map_err(|error: NoRole| FromSqlError::Other(error.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_is_more_than_the_one_before() {
        assert!(Role::ALL.is_sorted());
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        assert_eq!("Admin".parse::<Role>(), Err(NoRole("Admin".to_owned())));
    }
}
