//! A fake of Google's geocoding web service, as far as a country is asked of it.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::faults::{self, Faults, Strike};
use crate::serve::Served;

/// The name under which [`Faults`] know the one method.
pub const METHOD: &str = "geocode";
/// Calls kept for inspection.
const CALLS_MAX: usize = 1_000;

/// A country as the fake names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Country {
    /// ISO 3166-1 alpha-2.
    pub iso: String,
    /// English name.
    pub name: String,
    /// How `formatted_address` ends.
    pub address_end: String,
}

impl Country {
    /// A country whose addresses end in its name.
    pub fn new(iso: &str, name: &str) -> Self {
        Self { iso: iso.to_owned(), name: name.to_owned(), address_end: name.to_owned() }
    }

    /// The same, with addresses that end in `end`, as those of the United States do in `USA`.
    #[must_use]
    pub fn address_ends(mut self, end: &str) -> Self {
        end.clone_into(&mut self.address_end);
        self
    }
}

/// What a call asked for and how it was answered.
#[derive(Clone, Debug)]
pub struct Lookup {
    /// The `latlng` parameter as sent.
    pub latlng: String,
    /// The `key` parameter as sent.
    pub key: String,
    /// The `language` parameter as sent.
    pub language: String,
    /// The `status` answered; empty when a fault answered.
    pub status: String,
}

#[derive(Default)]
struct Inner {
    key: Option<String>,
    fixed: Option<(String, Option<Country>)>,
    lookups: VecDeque<Lookup>,
}

/// The fake geocoder; clones are the same one.
#[derive(Clone)]
pub struct FakeGeocoder {
    inner: Arc<Mutex<Inner>>,
    faults: Faults,
    served: Option<Arc<Served>>,
}

impl FakeGeocoder {
    /// A geocoder that accepts only `key`, or any key but an empty one, to be served through [`FakeGeocoder::router`].
    pub fn new(key: Option<&str>) -> Self {
        let inner = Inner { key: key.map(str::to_owned), ..Inner::default() };
        Self { inner: Arc::new(Mutex::new(inner)), faults: Faults::default(), served: None }
    }

    /// The same, served on `port` of 127.0.0.1 (0: any free one) until the last clone is dropped.
    pub async fn start(key: Option<&str>, port: u16) -> io::Result<Self> {
        let mut this = Self::new(key);
        let router = this.router().merge(faults::router(&[("geocoder", this.faults())]));
        this.served = Some(Arc::new(Served::start(router, port).await?));
        Ok(this)
    }

    /// Where it is served, without a slash at the end; empty if it serves nothing itself.
    pub fn base_url(&self) -> String {
        self.served.as_ref().map(|served| served.base_url()).unwrap_or_default()
    }

    /// Its one route.
    pub fn router(&self) -> Router {
        Router::new().route("/maps/api/geocode/json", get(geocode)).with_state(self.clone())
    }

    /// Its fault switches; the method is called `geocode`.
    pub fn faults(&self) -> Faults {
        self.faults.clone()
    }

    /// From now on answers `status` to every valid call, with `country` among the results when given.
    pub fn set_answer(&self, status: &str, country: Option<Country>) {
        self.lock().fixed = Some((status.to_owned(), country));
    }

    /// From now on answers by the coordinates again.
    pub fn answer_by_place(&self) {
        self.lock().fixed = None;
    }

    /// The calls so far, oldest first.
    pub fn lookups(&self) -> Vec<Lookup> {
        self.lock().lookups.iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, lookup: &Lookup) -> Value {
        let inner = self.lock();
        let key_fits = inner.key.as_ref().map_or(!lookup.key.is_empty(), |key| *key == lookup.key);
        if lookup.key.is_empty() {
            let message = "You must use an API key to authenticate each request to Google Maps Platform APIs.";
            return refusal("REQUEST_DENIED", message);
        }
        if !key_fits {
            return refusal("REQUEST_DENIED", "The provided API key is invalid. ");
        }
        let Some((lat, lon)) = place(&lookup.latlng) else {
            let message = "Invalid request. Invalid 'latlng' parameter.";
            return refusal("INVALID_REQUEST", message);
        };
        let (status, country) = match &inner.fixed {
            Some((status, country)) => (status.as_str(), country.clone()),
            None => match country_at(lat, lon) {
                Some(country) => ("OK", Some(country)),
                None => ("ZERO_RESULTS", None),
            },
        };
        found(status, country.as_ref(), lat, lon)
    }
}

async fn geocode(State(fake): State<FakeGeocoder>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let mut lookup = Lookup {
        latlng: parameter(&query, "latlng"),
        key: parameter(&query, "key"),
        language: parameter(&query, "language"),
        status: String::new(),
    };
    let strike = fake.faults.strike(METHOD).await;
    let answer = fake.answer(&lookup);
    if matches!(strike, Strike::Miss | Strike::DropAfterEffect) {
        answer["status"].as_str().unwrap_or_default().clone_into(&mut lookup.status);
    }
    {
        let mut inner = fake.lock();
        if inner.lookups.len() == CALLS_MAX {
            inner.lookups.pop_front();
        }
        inner.lookups.push_back(lookup);
    }
    match strike {
        Strike::Miss => Json(answer).into_response(),
        Strike::Status { status, .. } => {
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
        }
        Strike::Garbage => faults::garbage(),
        Strike::Drop | Strike::DropAfterEffect => faults::dropped(),
    }
}

fn parameter(query: &str, name: &str) -> String {
    let value = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
    let value = value.map(|(_, value)| value.replace('+', " ")).unwrap_or_default();
    percent_decode_str(&value).decode_utf8_lossy().into_owned()
}

/// `<lat>,<lon>` with dot decimals and no blank, in range.
fn place(latlng: &str) -> Option<(f64, f64)> {
    let plain = latlng.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '-'));
    let (lat, lon) = latlng.split_once(',').filter(|_| plain)?;
    let (lat, lon) = (lat.parse::<f64>().ok()?, lon.parse::<f64>().ok()?);
    (lat.abs() <= 90.0 && lon.abs() <= 180.0).then_some((lat, lon))
}

/// South, west, north, east, ISO code, name; the first box that holds the place wins, so the smaller come first.
const BOXES: &[(f64, f64, f64, f64, &str, &str)] = &[
    (22.1, 113.8, 22.6, 114.5, "HK", "Hong Kong"),
    (1.1, 103.5, 1.5, 104.1, "SG", "Singapore"),
    (8.0, 68.5, 35.5, 97.4, "IN", "India"),
    (31.0, 130.0, 45.6, 145.9, "JP", "Japan"),
    (51.3, -0.6, 51.7, 0.4, "GB", "United Kingdom"),
    (50.0, -6.0, 59.0, 1.8, "GB", "United Kingdom"),
    (42.3, -4.8, 50.0, 7.6, "FR", "France"),
    (47.3, 5.9, 55.1, 15.0, "DE", "Germany"),
    (49.0, 14.9, 54.9, 24.1, "PL", "Poland"),
    (36.0, -9.5, 43.8, 3.3, "ES", "Spain"),
    (36.0, 26.0, 42.1, 44.8, "TR", "Türkiye"),
    (44.4, 22.1, 52.4, 40.2, "UA", "Ukraine"),
    (41.2, 27.3, 82.0, 180.0, "RU", "Russia"),
    (24.5, -125.0, 49.4, -66.9, "US", "United States"),
    (49.4, -141.0, 83.0, -52.6, "CA", "Canada"),
    (-33.8, -73.9, 5.3, -34.8, "BR", "Brazil"),
    (-43.7, 112.9, -10.0, 153.7, "AU", "Australia"),
    (-34.9, 16.4, -22.1, 32.9, "ZA", "South Africa"),
];

fn country_at(lat: f64, lon: f64) -> Option<Country> {
    let (.., iso, name) = BOXES
        .iter()
        .find(|(south, west, north, east, ..)| (*south..=*north).contains(&lat) && (*west..=*east).contains(&lon))?;
    let country = Country::new(iso, name);
    Some(if *iso == "US" { country.address_ends("USA") } else { country })
}

fn refusal(status: &str, message: &str) -> Value {
    json!({ "error_message": message, "results": [], "status": status })
}

fn found(status: &str, country: Option<&Country>, lat: f64, lon: f64) -> Value {
    let plus_code = json!({ "global_code": "7J4VXH85+6Q" });
    if status != "OK" {
        return json!({ "plus_code": plus_code, "results": [], "status": status });
    }
    let location = json!({ "lat": lat, "lng": lon });
    let street = json!({ "long_name": "Main Road", "short_name": "Main Rd", "types": ["route"] });
    let Some(country) = country else {
        let result = json!({
            "address_components": [{ "long_name": "XH85+6Q", "short_name": "XH85+6Q", "types": ["plus_code"] }],
            "formatted_address": "7J4VXH85+6Q", "geometry": { "location": location, "location_type": "GEOMETRIC_CENTER" },
            "place_id": "GhIJAAAAAAAAPkAR", "types": ["plus_code"],
        });
        return json!({ "plus_code": plus_code, "results": [result], "status": status });
    };
    let land = json!({ "long_name": country.name, "short_name": country.iso, "types": ["country", "political"] });
    let results = json!([
        {
            "address_components": [street, land], "formatted_address": format!("1 Main Rd, {}", country.address_end),
            "geometry": { "location": location, "location_type": "ROOFTOP" },
            "place_id": "ChIJ1a", "types": ["street_address"],
        },
        {
            "address_components": [land], "formatted_address": country.name,
            "geometry": { "location": location, "location_type": "APPROXIMATE" },
            "place_id": "ChIJ1b", "types": ["country", "political"],
        },
    ]);
    json!({ "plus_code": plus_code, "results": results, "status": status })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(latlng: &str, key: &str, status: &str, iso: Option<&str>) {
        let lookup =
            Lookup { latlng: latlng.to_owned(), key: key.to_owned(), language: String::new(), status: String::new() };
        let answer = FakeGeocoder::new(Some("k")).answer(&lookup);
        assert_eq!(answer["status"], status);
        let found = &answer["results"][1]["address_components"][0]["short_name"];
        assert_eq!(found.as_str(), iso);
    }

    #[test]
    fn answers_as_google_does() {
        check("12.9716,77.5946", "k", "OK", Some("IN"));
        check("40.7,-74.0", "k", "OK", Some("US"));
        check("30.0,-40.0", "k", "ZERO_RESULTS", None);
        check("12.9716, 77.5946", "k", "INVALID_REQUEST", None);
        check("12,9716,77.5946", "k", "INVALID_REQUEST", None);
        check("91,0", "k", "INVALID_REQUEST", None);
        check("", "k", "INVALID_REQUEST", None);
        check("12.9716,77.5946", "other", "REQUEST_DENIED", None);
        check("12.9716,77.5946", "", "REQUEST_DENIED", None);
    }
}
