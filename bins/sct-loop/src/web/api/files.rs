//! Files of a run.

use axum::{
    Json,
    extract::{Path, State},
    response::Response,
    routing::get,
};
use sct_result::{ResultFile, RunResult};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    super::{
        App, Failure, Reader,
        pages::run::{
            attempts,
            download::{self, LogText},
        },
        result,
    },
    Answer, Refusal,
    results::{kind, number},
    routes::Routes,
};
use crate::schedule::Settings;

/// Larger files are not read for a list: who needs their digest asks for it.
const DIGESTED: u64 = 8 << 20;

pub(super) fn routes() -> Routes {
    Routes::new()
        .route("/runs/{run}/{tab}/files", get(list))
        .route("/runs/{run}/{tab}/files/{name}", get(file))
        .route("/runs/{run}/{tab}/files/{name}/digest", get(digest))
        .route("/runs/{run}/{tab}/log/{name}", get(log))
}

/// A file that can be had.
#[derive(Debug, Serialize, ToSchema)]
struct DownloadOut {
    /// Name.
    name: String,
    /// Size, bytes.
    size: u64,
    /// SHA-256; null for long files, whose address is asked for it with `/digest`.
    sha256: Option<String>,
    /// Address of the file.
    address: String,
    /// Address of its text, when it is a log.
    log: Option<String>,
}

/// Files of all attempts at a task of a run.
#[utoipa::path(
    get, path = "/runs/{run}/{tab}/files", tag = "files",
    params(("run" = u32, Path), ("tab" = String, Path, description = "as noisy-strips")),
    responses((status = 200, body = [DownloadOut]), (status = 404, body = super::Problem))
)]
async fn list(
    State(app): State<App>,
    Path((run, tab)): Path<(u32, String)>,
) -> Answer<Vec<DownloadOut>> {
    let (run, kind) = (number(run)?, kind(&tab)?);
    let work = move |reader: &mut Reader, settings: &Settings| {
        let attempts = attempts(reader, run, &kind)?;
        let out = |(result, file): (&RunResult, &ResultFile)| {
            let at =
                |what| format!("/api/v1/runs/{run}/{tab}/{what}/{}", result::encoded(&file.name));
            let is_database = result.database.as_ref() == Some(file);
            // The index has read the database already.
            let sha256 = match &result.sha256 {
                Some(known) if is_database => Some(known.clone()),
                _ if file.size > DIGESTED => None,
                // A file that has gone meanwhile keeps the others from nobody.
                _ => sha256(reader, settings, (run, &kind, &file.name)).ok(),
            };
            let log = result::is_log(&file.name).then(|| at("log"));
            let (name, size) = (file.name.clone(), file.size);
            DownloadOut { address: at("files"), log, name, size, sha256 }
        };
        Ok(download::all(&attempts).into_iter().map(out).collect())
    };
    Ok(Json(app.read(work).await?))
}

fn sha256(
    reader: &Reader,
    settings: &Settings,
    (run, kind, name): (sct_id::RunNumber, &str, &str),
) -> Result<String, Failure> {
    let path = download::find(reader, settings, run, kind, name)?;
    Ok(sct_wholefile::sha256(&path)?.0)
}

/// A file as it is.
#[utoipa::path(
    get, path = "/runs/{run}/{tab}/files/{name}", tag = "files",
    params(("run" = u32, Path), ("tab" = String, Path, description = "as noisy-strips"), ("name" = String, Path)),
    responses(
        (status = 200, body = [u8], content_type = "application/octet-stream"), (status = 404, body = super::Problem)
    )
)]
async fn file(
    State(app): State<App>,
    Path((run, tab, name)): Path<(u32, String, String)>,
) -> Result<Response, Refusal> {
    Ok(download::send(&app, number(run)?, kind(&tab)?, name).await?)
}

/// What a file is.
#[derive(Debug, Serialize, ToSchema)]
struct DigestOut {
    /// Name.
    name: String,
    /// SHA-256, hexadecimal.
    sha256: String,
}

/// The digest of a file, however long.
#[utoipa::path(
    get, path = "/runs/{run}/{tab}/files/{name}/digest", tag = "files",
    params(("run" = u32, Path), ("tab" = String, Path, description = "as noisy-strips"), ("name" = String, Path)),
    responses((status = 200, body = DigestOut), (status = 404, body = super::Problem))
)]
async fn digest(
    State(app): State<App>,
    Path((run, tab, name)): Path<(u32, String, String)>,
) -> Answer<DigestOut> {
    let (run, kind) = (number(run)?, kind(&tab)?);
    let work = move |reader: &mut Reader, settings: &Settings| {
        let sha256 = sha256(reader, settings, (run, &kind, &name))?;
        Ok(DigestOut { name, sha256 })
    };
    Ok(Json(app.read(work).await?))
}

/// The end of a log.
#[derive(Debug, Serialize, ToSchema)]
struct LogOut {
    /// Name.
    name: String,
    /// Size of the whole log, bytes.
    size: u64,
    /// Whether lines before these are left out.
    is_cut: bool,
    /// Its lines.
    text: String,
}

/// The log of a task of a run, or its end when it is long.
#[utoipa::path(
    get, path = "/runs/{run}/{tab}/log/{name}", tag = "files",
    params(("run" = u32, Path), ("tab" = String, Path, description = "as noisy-strips"), ("name" = String, Path)),
    responses((status = 200, body = LogOut), (status = 404, body = super::Problem))
)]
async fn log(
    State(app): State<App>,
    Path((run, tab, name)): Path<(u32, String, String)>,
) -> Answer<LogOut> {
    let (run, kind) = (number(run)?, kind(&tab)?);
    let work = move |reader: &mut Reader, settings: &Settings| {
        let LogText { text, is_cut, size } =
            download::read_log(reader, settings, run, &kind, &name)?;
        Ok(LogOut { name, size, is_cut, text })
    };
    Ok(Json(app.read(work).await?))
}
