//! The API document: OpenAPI 3.1, made from the catalogue and the types of the handlers.

use http::StatusCode;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value as Json, json};

use super::{Access, Cx, Function, Problem, Request, Response, Trigger};

type Describe = fn(&mut SchemaGenerator) -> Schema;

/// What the document says of one function.
pub struct Operation {
    tag: &'static str,
    summary: &'static str,
    query: Vec<(&'static str, &'static str)>,
    body: Option<(&'static str, Option<Describe>, &'static str)>,
    repeatable: bool,
    answers: Vec<Answer>,
}

struct Answer {
    status: u16,
    media_type: &'static str,
    about: &'static str,
    schema: Option<Describe>,
}

impl Operation {
    /// An operation in the chapter `tag`.
    pub fn new(tag: &'static str, summary: &'static str) -> Self {
        Self { tag, summary, query: Vec::new(), body: None, repeatable: false, answers: Vec::new() }
    }

    /// A parameter of the query.
    #[must_use]
    pub fn query(mut self, name: &'static str, about: &'static str) -> Self {
        self.query.push((name, about));
        self
    }

    /// Takes a JSON body.
    #[must_use]
    pub fn takes<T: JsonSchema>(mut self, about: &'static str) -> Self {
        self.body = Some(("application/json", Some(SchemaGenerator::subschema_for::<T>), about));
        self.refuses(400, "The body is not JSON")
            .refuses(413, "The body is too large")
            .refuses(415, "The body is of another type")
    }

    /// Takes a body of another type.
    #[must_use]
    pub fn takes_text(mut self, media_type: &'static str, about: &'static str) -> Self {
        self.body = Some((media_type, None, about));
        self
    }

    /// Honours an `Idempotency-Key`.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// Answers JSON.
    #[must_use]
    pub fn answers<T: JsonSchema>(mut self, status: u16, about: &'static str) -> Self {
        let schema: Option<Describe> = Some(SchemaGenerator::subschema_for::<T>);
        self.answers.push(Answer { status, media_type: "application/json", about, schema });
        self
    }

    /// Answers something else.
    #[must_use]
    pub fn answers_text(mut self, status: u16, media_type: &'static str, about: &'static str) -> Self {
        self.answers.push(Answer { status, media_type, about, schema: None });
        self
    }

    /// Refuses with problem details.
    #[must_use]
    pub fn refuses(mut self, status: u16, about: &'static str) -> Self {
        let schema: Option<Describe> = Some(SchemaGenerator::subschema_for::<Problem>);
        self.answers.push(Answer { status, media_type: "application/problem+json", about, schema });
        self
    }
}

/// What has been described so far.
struct Schemas {
    bodies: SchemaGenerator,
    answers: SchemaGenerator,
}

impl Schemas {
    fn definitions(&mut self) -> Map<String, Json> {
        let mut all = self.bodies.take_definitions(true);
        all.extend(self.answers.take_definitions(true));
        all
    }
}

/// The document of these functions. Those without an [`Operation`] are not part of it.
pub fn document(functions: &[Function]) -> Json {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    // A field that may be left out of a body is always in an answer.
    let mut schemas = Schemas {
        bodies: settings.clone().for_deserialize().into_generator(),
        answers: settings.for_serialize().into_generator(),
    };
    let mut paths: Map<String, Json> = Map::new();
    for function in functions {
        let Trigger::Http { routes, .. } = function.trigger() else { continue };
        for (number, (method, path)) in routes.iter().enumerate() {
            let Some(operation) = function.operation() else { break };
            let mut entry = describe(function, path, operation, &mut schemas);
            if number > 0 {
                entry["operationId"] = json!(format!("{}-{number}", function.name()));
            }
            let path = paths.entry((*path).to_owned()).or_insert_with(|| json!({}));
            path[method.as_str().to_ascii_lowercase()] = entry;
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Botyard",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Back office of a business's Telegram bots. Times are RFC 3339 in UTC. Refusals are problem details (RFC 9457); \
                their type is stable and for programs. Each answer carries X-Request-Id, which the logs repeat.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas.definitions(),
            "securitySchemes": { "api_key": { "type": "apiKey", "in": "header", "name": "X-Api-Key" } },
        },
    })
}

fn describe(function: &Function, path: &str, operation: Operation, schemas: &mut Schemas) -> Json {
    let parameter = |name: &str, place: &str, about: &str| json!({ "name": name, "in": place, "required": place == "path", "description": about, "schema": { "type": "string" } });
    let names = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Json> = names.map(|name| parameter(name, "path", "Percent-encoded.")).collect();
    parameters.extend(operation.query.iter().map(|(name, about)| parameter(name, "query", about)));
    if operation.repeatable {
        let about = "1 to 255 characters. The same request with the same key gets the first answer for 24 hours; a refused \
                     request leaves nothing behind and is tried anew.";
        parameters.push(parameter("Idempotency-Key", "header", about));
    }
    let mut entry = json!({
        "operationId": function.name(),
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": parameters,
    });
    if let Some((media_type, schema, about)) = operation.body {
        let schema = schema.map_or_else(|| json!({ "type": "string" }), |schema| schema(&mut schemas.bodies).into());
        entry["requestBody"] =
            json!({ "required": true, "description": about, "content": { media_type: { "schema": schema } } });
    }
    let mut answers = operation.answers;
    if let Access::Scope(scope) = function.access() {
        entry["security"] = json!([{ "api_key": [] }]);
        entry["description"] = json!(format!("Needs the scope `{scope}`."));
        let schema: Option<Describe> = Some(SchemaGenerator::subschema_for::<Problem>);
        let media_type = "application/problem+json";
        answers.push(Answer { status: 401, media_type, about: "No API key was sent", schema });
        answers.push(Answer { status: 403, media_type, about: "The API key is wrong or lacks the scope", schema });
    }
    answers.sort_by_key(|answer| answer.status);
    let mut responses = Map::new();
    for answer in answers {
        let mut response = json!({ "description": answer.about });
        if !answer.media_type.is_empty() {
            let plain = if answer.media_type == "application/json" { "object" } else { "string" };
            let schema =
                answer.schema.map_or_else(|| json!({ "type": plain }), |schema| schema(&mut schemas.answers).into());
            response["content"] = json!({ answer.media_type: { "schema": schema } });
        }
        responses.insert(answer.status.to_string(), response);
    }
    entry["responses"] = Json::Object(responses);
    entry
}

/// Its own place in the document.
pub fn operation() -> Operation {
    Operation::new("Operations", "This document").answers_text(200, "application/json", "OpenAPI 3.1")
}

/// `GET /openapi.json`
pub async fn serve(_: Cx, _: Request) -> Result<Response, Problem> {
    Ok(Response::json(StatusCode::OK, &document(&crate::functions::all())))
}
