//! `botyard bank-seed`: something to look at in the bank.

use std::io::stdout;

use super::defaults::Ports;
use crate::demo::{API_KEY_FILE, bank};
use crate::project::Project;
use crate::seed::{BackOffice, NewCustomer, Visitor, postings};
use crate::settings::Settings;
use crate::trouble::Trouble;

const ENTRIES: usize = 10;
const ENTRIES_MAX: usize = 1_000_000;
/// Password of a customer that is signed up here.
const PASSWORD: &str = "demo-password";

/// What is to be made, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BankSeed {
    what: What,
    url: Option<String>,
    key: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    Entries { product: String, count: usize, seed: u64 },
    Customer { email: String },
}

impl BankSeed {
    /// Reads the options; nothing if they make no sense.
    pub fn read(options: &[Option<&str>]) -> Option<Self> {
        let (pairs, []) = options.as_chunks::<2>() else { return None };
        let (mut product, mut customer, mut entries, mut seed, mut url, mut key) = (None, None, None, None, None, None);
        for pair in pairs {
            let [Some(name), Some(value)] = pair else { return None };
            let place = match *name {
                "--product" => &mut product,
                "--customer" => &mut customer,
                "--entries" => &mut entries,
                "--seed" => &mut seed,
                "--url" => &mut url,
                "--key" => &mut key,
                _ => return None,
            };
            *place = Some((*value).to_owned());
        }
        let what = match (product, customer, entries, seed) {
            (Some(product), None, entries, seed) => {
                let count = entries.map_or(Some(ENTRIES), |entries| entries.parse().ok());
                let seed = seed.map_or(Some(1), |seed| seed.parse().ok())?;
                What::Entries { product, count: count.filter(|count| *count <= ENTRIES_MAX)?, seed }
            }
            (None, Some(email), None, None) => What::Customer { email },
            _ => return None,
        };
        Some(Self { what, url, key })
    }

    /// Makes it, and prints what came of each step.
    pub async fn run(self, project: &Project, settings: &Settings) -> Result<(), Trouble> {
        let ours = format!("http://127.0.0.1:{}", Ports::read(settings)?.http);
        let url = self.url.unwrap_or(ours);
        let key = self.key.or_else(|| project.read_secret(API_KEY_FILE));
        let key = key.ok_or_else(|| Trouble::new("No API key is known here; name one with --key."))?;
        let office = BackOffice::new(&url, &key);
        match self.what {
            What::Entries { product, count, seed } => {
                let tally = office.post(&product, postings(seed).take(count), &mut stdout().lock()).await?;
                println!("{} added, {} refused", tally.added, tally.refused);
            }
            What::Customer { email } => {
                let customer = NewCustomer {
                    name: "Demo Customer".to_owned(),
                    password: PASSWORD.to_owned(),
                    contact: "+919000000003".to_owned(),
                    dob: "1990-04-05".to_owned(),
                    email,
                };
                customer_with_products(&office, &url, &customer).await?;
            }
        }
        Ok(())
    }
}

async fn customer_with_products(office: &BackOffice, url: &str, customer: &NewCustomer) -> Result<(), Trouble> {
    if !Visitor::new(url).sign_up(customer).await? {
        return Err(Trouble::new(format!("{} has signed up before.", customer.email)));
    }
    println!("signed up {} with the password {}", customer.email, customer.password);
    for product in bank::products(&customer.email) {
        println!("opened {} {}", product["product_type"].as_str().unwrap_or_default(), office.open(&product).await?);
    }
    println!("to be told of anything they show the code sent to {} on {url}/bank/verify", customer.contact);
    Ok(())
}
