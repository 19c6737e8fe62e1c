//! `GET /docs`: the API document as a page that needs nothing from outside.

use askama::Template;
use http::{StatusCode, header};
use serde_json::Value as Json;

use super::openapi::{self, Operation};
use super::{Cx, Problem, Request, Response};
use crate::base::Fault;

#[derive(Template)]
#[template(path = "entry/docs.html")]
struct Page {
    description: String,
    chapters: Vec<Chapter>,
    schemas: Vec<(String, String)>,
}

struct Chapter {
    title: String,
    entries: Vec<Entry>,
}

struct Entry {
    id: String,
    method: String,
    path: String,
    summary: String,
    description: String,
    parameters: Vec<[String; 3]>,
    body: Option<[String; 3]>,
    answers: Vec<[String; 3]>,
}

/// The page.
pub async fn serve(_: Cx, _: Request) -> Result<Response, Problem> {
    let page = page(&openapi::document(&crate::functions::all()));
    let html = page.render().map_err(|error| Fault::stored("page", error))?;
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    Ok(Response::new(StatusCode::OK, "text/html; charset=utf-8", html).header(header::CONTENT_SECURITY_POLICY, policy))
}

/// Its place in the API document.
pub fn operation() -> Operation {
    Operation::new("Operations", "This document as a page").answers_text(200, "text/html", "A page")
}

fn page(document: &Json) -> Page {
    let mut chapters: Vec<Chapter> = Vec::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let title = text(&operation["tags"][0]);
            let entry = entry(path, method, operation);
            match chapters.iter_mut().find(|chapter| chapter.title == title) {
                Some(chapter) => chapter.entries.push(entry),
                None => chapters.push(Chapter { title, entries: vec![entry] }),
            }
        }
    }
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    Page {
        description: text(&document["info"]["description"]),
        chapters,
        schemas: schemas.map(|(name, schema)| (name.clone(), format!("{schema:#}"))).collect(),
    }
}

fn entry(path: &str, method: &str, operation: &Json) -> Entry {
    let content = |part: &Json| {
        let (media_type, content) = part["content"].as_object()?.iter().next()?;
        let schema = content["schema"]["$ref"].as_str().and_then(|name| name.rsplit('/').next());
        Some((media_type.clone(), schema.unwrap_or_default().to_owned()))
    };
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let answers = operation["responses"].as_object().into_iter().flatten();
    Entry {
        id: text(&operation["operationId"]),
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        description: text(&operation["description"]),
        parameters: parameters.map(|p| [text(&p["name"]), text(&p["in"]), text(&p["description"])]).collect(),
        body: content(&operation["requestBody"])
            .map(|(media_type, schema)| [media_type, schema, text(&operation["requestBody"]["description"])]),
        answers: answers
            .map(|(status, answer)| {
                let (_, schema) = content(answer).unwrap_or_default();
                [status.clone(), text(&answer["description"]), schema]
            })
            .collect(),
    }
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
