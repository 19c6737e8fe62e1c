//! The country of a place: Google's geocoder, and data that works without a network.

use std::sync::OnceLock;

use country_boundaries::{BOUNDARIES_ODBL_360X180, CountryBoundaries, LatLon};
use serde::Deserialize;

use super::http;
use crate::base::Secret;
use crate::base::geo::{Country, Place};

/// Calls made for one place at the most.
const CALLS_MAX: usize = 2;

/// What a geocoder says of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It lies in this country.
    In(Country),
    /// It lies in none.
    Nowhere,
    /// The provider failed; its status, where it gave one.
    Failed(String),
}

/// Google's geocoder.
#[derive(Clone, Debug)]
pub struct Geocoder {
    http: reqwest::Client,
    base_url: String,
    key: Secret,
}

#[derive(Deserialize)]
struct Reply {
    status: String,
    #[serde(default)]
    results: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    address_components: Vec<Component>,
}

#[derive(Deserialize)]
struct Component {
    short_name: String,
    long_name: String,
    #[serde(default)]
    types: Vec<String>,
}

impl Geocoder {
    /// The geocoder at `base_url`.
    pub fn new(http: reqwest::Client, base_url: &str, key: Secret) -> Self {
        Self { http, base_url: base_url.to_owned(), key }
    }

    /// The country of `place`; asked once more if the failure may pass.
    pub async fn country(&self, place: Place) -> Answer {
        let mut last = String::new();
        for _ in 0..CALLS_MAX {
            match self.ask(place).await {
                Ok(reply) if reply.status == "OK" || reply.status == "ZERO_RESULTS" => return country_in(reply),
                Ok(reply) if reply.status == "UNKNOWN_ERROR" => last = reply.status,
                Ok(reply) => return Answer::Failed(reply.status),
                Err(Failure::Passing(what)) => last = what,
                Err(Failure::Final(what)) => return Answer::Failed(what),
            }
        }
        Answer::Failed(last)
    }

    async fn ask(&self, place: Place) -> Result<Reply, Failure> {
        let url = format!(
            "{}/maps/api/geocode/json?latlng={},{}&language=en&key={}",
            self.base_url,
            place.latitude,
            place.longitude,
            percent_encoding::utf8_percent_encode(self.key.expose(), percent_encoding::NON_ALPHANUMERIC),
        );
        let answer = self.http.get(url).send().await.map_err(|error| {
            let error = http::fault("geocoder", error);
            Failure::Passing(crate::base::chain(&error))
        })?;
        let status = answer.status();
        if status.is_server_error() {
            return Err(Failure::Passing(format!("HTTP {}", status.as_u16())));
        }
        if !status.is_success() {
            return Err(Failure::Final(format!("HTTP {}", status.as_u16())));
        }
        let body = answer.bytes().await.map_err(|_| Failure::Passing("the answer broke off".to_owned()))?;
        serde_json::from_slice(&body).map_err(|_| Failure::Final("the answer is not JSON".to_owned()))
    }
}

enum Failure {
    Passing(String),
    Final(String),
}

/// The component typed `country`; `formatted_address` may read "USA" or end in a plus code and is never looked at.
fn country_in(reply: Reply) -> Answer {
    let mut components = reply.results.into_iter().flat_map(|found| found.address_components);
    match components.find(|component| component.types.iter().any(|kind| kind == "country")) {
        Some(country) => Answer::In(Country { iso: country.short_name, name: country.long_name }),
        None => Answer::Nowhere,
    }
}

/// The country of `place` from data compiled in (© `OpenStreetMap` contributors, `ODbL`), accurate to the boundary.
pub fn offline(place: Place) -> Option<Country> {
    static BOUNDARIES: OnceLock<Option<CountryBoundaries>> = OnceLock::new();
    let boundaries =
        BOUNDARIES.get_or_init(|| CountryBoundaries::from_reader(BOUNDARIES_ODBL_360X180).ok()).as_ref()?;
    let place = LatLon::new(place.latitude, place.longitude).ok()?;
    let ids = boundaries.ids(place);
    let iso = ids.into_iter().find(|id| id.len() == 2 && id.bytes().all(|byte| byte.is_ascii_alphabetic()))?;
    Some(Country { iso: iso.to_owned(), name: country_emoji::name(iso).unwrap_or(iso).to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso(latitude: f64, longitude: f64) -> Option<String> {
        offline(Place::new(latitude, longitude)?).map(|country| country.iso)
    }

    #[test]
    fn the_offline_data_knows_land_from_sea() {
        for (latitude, longitude, expected) in [
            (12.9716, 77.5946, Some("IN")),
            (22.3, 114.17, Some("HK")),
            (33.0, -97.0, Some("US")),
            (30.0, -40.0, None),
            (-85.0, 0.0, None),
        ] {
            assert_eq!(iso(latitude, longitude).as_deref(), expected, "{latitude}, {longitude}");
        }
    }

    #[test]
    fn a_place_off_the_map_is_none() {
        assert_eq!(Place::new(0.0, 181.0), None);
        assert_eq!(Place::new(-90.5, 0.0), None);
        assert_eq!(Place::new(f64::NAN, 0.0), None);
        assert!(Place::new(90.0, 180.0).is_some());
    }
}
