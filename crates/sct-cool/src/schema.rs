//! Tables and indices of an instance and of a folder, exact to the blank. Source: sections 3 and 4 of
//! `docs/formats/cool.md`; genuine files have the same text.

use std::fmt::Write as _;

use sct_conditions::{PayloadMode, PayloadSpec, Versioning};

/// One table: columns as (name, type) and constraints in order.
struct Table {
    name: String,
    columns: Vec<(String, &'static str)>,
    constraints: Vec<String>,
}

impl Table {
    fn new(name: String, columns: &[(&str, &'static str)]) -> Self {
        let columns = columns.iter().map(|&(name, kind)| (name.to_owned(), kind)).collect();
        Self { name, columns, constraints: Vec::new() }
    }

    fn key(mut self, columns: &[&str]) -> Self {
        self.constraints.push(format!("PRIMARY KEY({})", quoted(columns, ",")));
        self
    }

    fn unique(mut self, columns: &[&str]) -> Self {
        self.constraints.push(format!("UNIQUE ( {} )", quoted(columns, ",")));
        self
    }

    fn foreign(mut self, columns: &[&str], table: &str, others: &[&str]) -> Self {
        let (columns, others) = (quoted(columns, ","), quoted(others, ","));
        self.constraints.push(format!("FOREIGN KEY({columns}) REFERENCES {table}({others})"));
        self
    }

    fn columns(mut self, columns: impl IntoIterator<Item = (String, &'static str)>) -> Self {
        self.columns.extend(columns);
        self
    }

    fn sql(&self) -> String {
        let mut sql = format!("CREATE TABLE \"{}\" ( ", self.name);
        for (index, (name, kind)) in self.columns.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            // One blank after the type, and another before NOT NULL, which has none after it.
            let (kind, end) =
                kind.strip_suffix(" NOT NULL").map_or((*kind, ""), |kind| (kind, " NOT NULL"));
            let _ = write!(sql, "{comma}\"{name}\" {kind} {end}");
        }
        for constraint in &self.constraints {
            let _ = write!(sql, ", {constraint}");
        }
        sql.push_str(" )");
        sql
    }
}

fn quoted(names: &[&str], between: &str) -> String {
    names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(between)
}

fn index(name: &str, unique: bool, table: &str, columns: &[&str]) -> String {
    let unique = if unique { "UNIQUE " } else { "" };
    format!("CREATE {unique}INDEX \"{name}\" ON \"{table}\"( {} )", quoted(columns, ", "))
}

fn sequence(name: &str) -> Table {
    let columns =
        [("SEQUENCE_NAME", "TEXT"), ("CURRENT_VALUE", "UNSIGNEDINT"), ("LASTMOD_DATE", "TEXT")];
    Table::new(name.to_owned(), &columns).key(&["SEQUENCE_NAME"])
}

/// The tables of a fresh instance in order of creation; `first` when the file has no other.
pub(crate) fn instance(prefix: &str, first: bool) -> Vec<String> {
    let name = |suffix: &str| format!("{prefix}{suffix}");
    let shared = |suffix| {
        let columns = [
            ("NODE_ID", "UNSIGNEDINT"),
            ("CURRENT_VALUE", "UNSIGNEDINT"),
            ("LASTMOD_DATE", "TEXT"),
        ];
        Table::new(name(suffix), &columns)
            .key(&["NODE_ID"])
            .foreign(&["NODE_ID"], &name("NODES"), &["NODE_ID"])
            .sql()
    };
    let attributes = [("DB_ATTRIBUTE_NAME", "TEXT"), ("DB_ATTRIBUTE_VALUE", "TEXT")];
    let mut tables =
        vec![Table::new(name("DB_ATTRIBUTES"), &attributes).key(&["DB_ATTRIBUTE_NAME"]).sql()];
    if first {
        tables.push(
            "CREATE TABLE coral_sqlite_fk(id TEXT NOT NULL, name TEXT, tablename TEXT NOT NULL)"
                .to_owned(),
        );
    }
    tables.extend([
        nodes(&name("NODES")),
        sequence(&name("NODES_SEQ")).sql(),
        sequence(&name("F0000_TAGS_SEQ")).sql(),
        Table::new(
            name("TAGS"),
            &[
                ("NODE_ID", "UNSIGNEDINT"),
                ("TAG_ID", "UNSIGNEDINT"),
                ("TAG_NAME", "TEXT"),
                ("TAG_LOCK_STATUS", "UNSIGNEDSHORT"),
                ("TAG_DESCRIPTION", "TEXT"),
                ("SYS_INSTIME", "TEXT"),
            ],
        )
        .key(&["NODE_ID", "TAG_ID"])
        .unique(&["TAG_NAME"])
        .foreign(&["NODE_ID"], &name("NODES"), &["NODE_ID"])
        .sql(),
        Table::new(
            name("TAG2TAG"),
            &[
                ("PARENT_NODEID", "UNSIGNEDINT NOT NULL"),
                ("PARENT_TAGID", "UNSIGNEDINT NOT NULL"),
                ("CHILD_NODEID", "UNSIGNEDINT NOT NULL"),
                ("CHILD_TAGID", "UNSIGNEDINT"),
                ("SYS_INSTIME", "TEXT"),
            ],
        )
        .key(&["PARENT_NODEID", "PARENT_TAGID", "CHILD_NODEID"])
        .foreign(&["CHILD_NODEID", "PARENT_NODEID"], &name("NODES"), &["NODE_ID", "NODE_PARENTID"])
        .foreign(&["PARENT_NODEID", "PARENT_TAGID"], &name("TAGS"), &["NODE_ID", "TAG_ID"])
        .foreign(&["CHILD_NODEID", "CHILD_TAGID"], &name("TAGS"), &["NODE_ID", "TAG_ID"])
        .sql(),
        sequence(&name("TAG2TAG_SEQ")).sql(),
        shared("TAGS_SEQ"),
        shared("IOVS_SEQ"),
    ]);
    tables
}

fn nodes(name: &str) -> String {
    let columns = [
        ("NODE_ID", "UNSIGNEDINT"),
        ("NODE_PARENTID", "UNSIGNEDINT"),
        ("NODE_NAME", "TEXT"),
        ("NODE_FULLPATH", "TEXT"),
        ("NODE_DESCRIPTION", "TEXT"),
        ("NODE_ISLEAF", "BOOLEAN"),
        ("NODE_SCHEMA_VERSION", "TEXT"),
        ("NODE_INSTIME", "TEXT"),
        ("LASTMOD_DATE", "TEXT"),
        ("FOLDER_VERSIONING", "INT"),
        ("FOLDER_PAYLOADSPEC", "TEXT"),
        ("FOLDER_PAYLOAD_INLINE", "UNSIGNEDSHORT"),
        ("FOLDER_PAYLOAD_EXTREF", "TEXT"),
        ("FOLDER_CHANNELSPEC", "TEXT"),
        ("FOLDER_CHANNEL_EXTREF", "TEXT"),
        ("FOLDER_IOVTABLENAME", "TEXT"),
        ("FOLDER_TAGTABLENAME", "TEXT"),
        ("FOLDER_IOV2TAGTABLENAME", "TEXT"),
        ("FOLDER_CHANNELTABLENAME", "TEXT"),
    ];
    Table::new(name.to_owned(), &columns)
        .key(&["NODE_ID"])
        .unique(&["NODE_FULLPATH"])
        .unique(&["NODE_ID", "NODE_PARENTID"])
        .foreign(&["NODE_PARENTID"], name, &["NODE_ID"])
        .sql()
}

/// The table of a folder set.
pub(crate) fn folder_set(stem: &str) -> Vec<String> {
    vec![sequence(&format!("{stem}TAGS_SEQ")).sql()]
}

/// The tables and indices of a folder in order of creation; `stem` is prefix and number, as `CONDBR2_F0003_`.
pub(crate) fn folder(
    stem: &str,
    versioning: Versioning,
    mode: PayloadMode,
    payload: &PayloadSpec,
) -> Vec<String> {
    let name = |suffix: &str| format!("{stem}{suffix}");
    let channels = [
        ("CHANNEL_ID", "UNSIGNEDINT"),
        ("LAST_OBJECT_ID", "UNSIGNEDINT"),
        ("HAS_NEW_DATA", "BOOLEAN"),
        ("CHANNEL_NAME", "TEXT"),
        ("DESCRIPTION", "TEXT"),
    ];
    let mut sql = vec![
        Table::new(name("CHANNELS"), &channels).key(&["CHANNEL_ID"]).sql(),
        index(&name("CHANNELS_N_UK"), true, &name("CHANNELS"), &["CHANNEL_NAME"]),
    ];
    if mode == PayloadMode::Separate {
        let columns = [("PAYLOAD_ID", "UNSIGNEDINT"), ("P_SYS_INSTIME", "TEXT")];
        let table = Table::new(name("PAYLOAD"), &columns).columns(fields(payload));
        sql.push(table.key(&["PAYLOAD_ID"]).sql());
        sql.push(sequence(&name("PAYLOAD_SEQ")).sql());
    }
    sql.push(iovs(stem, mode, payload).sql());
    sql.extend(iov_indices(stem, versioning));
    sql.push(sequence(&name("IOVS_SEQ")).sql());
    if mode == PayloadMode::Vector {
        // Its items belong to objects, so their table comes after that of the objects.
        let columns = [
            ("PAYLOAD_SET_ID", "UNSIGNEDINT"),
            ("PAYLOAD_ITEM_ID", "UNSIGNEDINT"),
            ("P_SYS_INSTIME", "TEXT"),
        ];
        let table = Table::new(name("PAYLOAD"), &columns)
            .columns(fields(payload))
            .key(&["PAYLOAD_SET_ID", "PAYLOAD_ITEM_ID"]);
        sql.push(table.foreign(&["PAYLOAD_SET_ID"], &name("IOVS"), &["OBJECT_ID"]).sql());
    }
    if versioning == Versioning::Multi {
        sql.extend(tag_tables(stem, mode));
    }
    sql
}

fn fields(payload: &PayloadSpec) -> impl Iterator<Item = (String, &'static str)> {
    payload.fields().iter().map(|field| (field.name.clone(), field.storage.column_type()))
}

/// The table of intervals. With vector payload it refers to itself: a remainder has the payload of the object that was cut.
fn iovs(stem: &str, mode: PayloadMode, payload: &PayloadSpec) -> Table {
    let name = |suffix: &str| format!("{stem}{suffix}");
    let iovs = Table::new(
        name("IOVS"),
        &[
            ("OBJECT_ID", "UNSIGNEDINT"),
            ("CHANNEL_ID", "UNSIGNEDINT"),
            ("IOV_SINCE", "ULONGLONG"),
            ("IOV_UNTIL", "ULONGLONG"),
            ("USER_TAG_ID", "UNSIGNEDINT"),
            ("SYS_INSTIME", "TEXT"),
            ("LASTMOD_DATE", "TEXT"),
            ("ORIGINAL_ID", "UNSIGNEDINT"),
            ("NEW_HEAD_ID", "UNSIGNEDINT"),
        ],
    );
    let link = |names: &[&str]| {
        names.iter().map(|&name| (name.to_owned(), "UNSIGNEDINT")).collect::<Vec<_>>()
    };
    let of_channel =
        |table: Table| table.foreign(&["CHANNEL_ID"], &name("CHANNELS"), &["CHANNEL_ID"]);
    match mode {
        PayloadMode::Inline => of_channel(iovs.columns(fields(payload)).key(&["OBJECT_ID"])),
        PayloadMode::Separate => of_channel(
            iovs.columns(link(&["PAYLOAD_ID"])).key(&["OBJECT_ID"]),
        )
        .foreign(&["PAYLOAD_ID"], &name("PAYLOAD"), &["PAYLOAD_ID"]),
        PayloadMode::Vector => {
            let columns = link(&["PAYLOAD_SET_ID", "PAYLOAD_N_ITEMS"]);
            let pair = ["CHANNEL_ID", "OBJECT_ID"];
            let iovs = iovs.columns(columns).key(&["OBJECT_ID"]).unique(&pair);
            of_channel(iovs).foreign(&["PAYLOAD_SET_ID"], &name("IOVS"), &["OBJECT_ID"]).foreign(
                &["CHANNEL_ID", "PAYLOAD_SET_ID"],
                &name("IOVS"),
                &pair,
            )
        }
    }
}

/// What only multi-version folders have.
fn tag_tables(stem: &str, mode: PayloadMode) -> [String; 4] {
    let name = |suffix: &str| format!("{stem}{suffix}");
    let tags = [
        ("TAG_ID", "UNSIGNEDINT"),
        ("TAG_NAME", "TEXT"),
        ("TAG_DESCRIPTION", "TEXT"),
        ("SYS_INSTIME", "TEXT"),
    ];
    let iov2tag = [
        ("TAG_ID", "UNSIGNEDINT"),
        ("OBJECT_ID", "UNSIGNEDINT"),
        ("CHANNEL_ID", "UNSIGNEDINT"),
        ("IOV_SINCE", "ULONGLONG"),
        ("IOV_UNTIL", "ULONGLONG"),
        ("SYS_INSTIME", "TEXT"),
    ];
    let link = match mode {
        PayloadMode::Inline => None,
        PayloadMode::Separate => Some(("PAYLOAD_ID", "PAYLOAD", "PAYLOAD_ID")),
        PayloadMode::Vector => Some(("PAYLOAD_SET_ID", "IOVS", "OBJECT_ID")),
    };
    let iov2tag = Table::new(name("IOV2TAG"), &iov2tag)
        .columns(link.map(|(column, ..)| (column.to_owned(), "UNSIGNEDINT")))
        .key(&["TAG_ID", "OBJECT_ID"])
        .foreign(&["OBJECT_ID"], &name("IOVS"), &["OBJECT_ID"])
        .foreign(&["TAG_ID"], &name("TAGS"), &["TAG_ID"]);
    let iov2tag = match link {
        Some((column, table, key)) => iov2tag.foreign(&[column], &name(table), &[key]),
        None => iov2tag,
    };
    let columns = ["TAG_ID", "CHANNEL_ID", "IOV_SINCE", "IOV_UNTIL"];
    [
        sequence(&name("TAGS_SEQ")).sql(),
        Table::new(name("TAGS"), &tags).key(&["TAG_ID"]).sql(),
        iov2tag.sql(),
        index(&name("IOV2TAG_4INDX"), false, &name("IOV2TAG"), &columns),
    ]
}

fn iov_indices(stem: &str, versioning: Versioning) -> Vec<String> {
    let table = format!("{stem}IOVS");
    let make = |suffix: &str, unique, columns: &[&str]| {
        index(&format!("{table}_{suffix}"), unique, &table, columns)
    };
    let mut indices = vec![
        make("CO_2INDX", false, &["CHANNEL_ID", "OBJECT_ID"]),
        make("CSU_3INDX", false, &["CHANNEL_ID", "IOV_SINCE", "IOV_UNTIL"]),
        make("SU_2INDX", false, &["IOV_SINCE", "IOV_UNTIL"]),
    ];
    if versioning == Versioning::Multi {
        indices.push(make(
            "OCSU_4INDX",
            true,
            &["OBJECT_ID", "CHANNEL_ID", "IOV_SINCE", "IOV_UNTIL"],
        ));
        let columns = ["USER_TAG_ID", "NEW_HEAD_ID", "CHANNEL_ID", "IOV_SINCE", "IOV_UNTIL"];
        indices.push(make("UTAG_5INDX", true, &columns));
    }
    indices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_exact_to_the_blank() {
        let sql = instance("X_", true);
        assert_eq!(
            sql[0],
            "CREATE TABLE \"X_DB_ATTRIBUTES\" ( \"DB_ATTRIBUTE_NAME\" TEXT ,\"DB_ATTRIBUTE_VALUE\" TEXT , PRIMARY \
             KEY(\"DB_ATTRIBUTE_NAME\") )"
        );
        assert!(sql[6].starts_with(
            "CREATE TABLE \"X_TAG2TAG\" ( \"PARENT_NODEID\" UNSIGNEDINT  NOT NULL,\"PARENT_TAGID\" UNSIGNEDINT  NOT \
             NULL,\"CHILD_NODEID\" UNSIGNEDINT  NOT NULL,\"CHILD_TAGID\" UNSIGNEDINT ,\"SYS_INSTIME\" TEXT , PRIMARY \
             KEY(\"PARENT_NODEID\",\"PARENT_TAGID\",\"CHILD_NODEID\"), FOREIGN KEY"
        ));
        assert!(sql[5].contains(
            ", UNIQUE ( \"TAG_NAME\" ), FOREIGN KEY(\"NODE_ID\") REFERENCES X_NODES(\"NODE_ID\") )"
        ));
    }

    #[test]
    fn folders_have_their_tables_in_order() {
        let spec = "a:Int32".parse().unwrap();
        let names = |versioning, mode| {
            let sql = folder("F_", versioning, mode, &spec);
            sql.iter().map(|sql| sql.split('"').nth(1).unwrap().to_owned()).collect::<Vec<_>>()
        };
        let multi = names(Versioning::Multi, PayloadMode::Separate);
        assert_eq!(multi.len(), 15);
        assert_eq!(
            multi[..5],
            ["F_CHANNELS", "F_CHANNELS_N_UK", "F_PAYLOAD", "F_PAYLOAD_SEQ", "F_IOVS"]
        );
        assert_eq!(
            multi[10..],
            ["F_IOVS_SEQ", "F_TAGS_SEQ", "F_TAGS", "F_IOV2TAG", "F_IOV2TAG_4INDX"]
        );
        assert_eq!(names(Versioning::Single, PayloadMode::Inline).len(), 7);
        let vector = names(Versioning::Single, PayloadMode::Vector);
        assert_eq!(vector[6..], ["F_IOVS_SEQ", "F_PAYLOAD"]);
    }
}
