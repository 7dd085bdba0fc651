//! A host on this machine with two tenants that check real invoices, and people who approve them and repair lifts.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use crate::workspace::{Workspace, root};
use crate::{guests, shell, web};

mod examples;
mod host;
mod organisation;
mod setup;
mod state;
mod templates;

pub(crate) use organisation::{PASSWORD, administrator};
pub(crate) use setup::MAPPING;
pub(crate) use state::State;

/// Where the demo lives.
#[derive(Args)]
pub(crate) struct Options {
    /// The port on 127.0.0.1.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The folder for the host's data, its configuration and log; kept from one demo to the next.
    #[arg(long, default_value = "demo-data")]
    data: PathBuf,
}

/// What is particular to one demo.
pub(crate) struct Setting {
    pub(crate) port: u16,
    pub(crate) data: PathBuf,
    /// Of a tenant; as many as the host allows by itself when there is none.
    pub(crate) requests_per_minute: Option<u32>,
}

/// A demo that is set up and serves.
pub(crate) struct Running {
    pub(crate) state: State,
    host: host::Host,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let data = root().join(&options.data);
    let mut running = begin(&Setting { port: options.port, data: data.clone(), requests_per_minute: None })?;
    explain(&running.state, &data);
    explain_people(&running.state)?;
    running.host.serve()
}

/// Builds all of it, starts the host and sets its tenants up.
pub(crate) fn begin(setting: &Setting) -> Result<Running> {
    let components = guests::build()?;
    web::build()?;
    // With a test beside it, the program's dependencies get the features that `cargo xtask test` gives them, and neither
    // of the two compiles them again after the other.
    shell::run(shell::cargo().args(["build", "--workspace", "--bin", "signalsync", "--test", "door"]))?;
    let data = &setting.data;
    // It will hold keys.
    let created = fs::DirBuilder::new().recursive(true).mode(0o700).create(data);
    created.with_context(|| format!("{} cannot be created", data.display()))?;
    let program = Workspace::load()?.program();
    let configuration = host::configure(data, setting)?;
    let mut state = State::load_or_create(data, setting.port, || host::operator_key(&program, &configuration))?;
    let host = host::start(&program, &configuration, data, &state)?;
    setup::tenants(&mut state)?;
    state.save(data)?;
    examples::everywhere(&state, &components)?;
    setup::invoices(&state)?;
    organisation::people(&state)?;
    organisation::suppliers(&state)?;
    examples::processes(&state, &components)?;
    templates::keep(&state, &data.join("templates"))?;
    Ok(Running { state, host })
}

fn explain(state: &State, data: &Path) {
    let (acme, globex) = (state.tenant("acme"), state.tenant("globex"));
    println!(
        "
SignalSync serves {acme_url} and {globex_url}; the operator's address is {console_url}.
The log is {log}, mails are files below {mails}. Ctrl-C ends it; the data stays.
Administrators sign in with {acme_admin} or {globex_admin}, and the password \"{password}\".

  export ACME={acme_url} ACME_KEY={acme_key}
  export GLOBEX={globex_url} GLOBEX_KEY={globex_key}
  export CONSOLE={console_url} CONSOLE_KEY={console_key}

Try:

  # The invoices that came in
  curl -H \"Authorization: Bearer $ACME_KEY\" $ACME/v1/collections/invoices/records

  # One more
  curl -H \"Authorization: Bearer $ACME_KEY\" -H 'Content-Type: application/xml' \\
    --data-binary @examples/e-invoicing/data/invoices/guide-example1.xml $ACME/v1/mappings/{MAPPING}

  # An invoice without anything in it is refused, with all that is missing
  curl -H \"Authorization: Bearer $ACME_KEY\" -H 'Content-Type: application/json' -X PUT \\
    -d '{{}}' $ACME/v1/collections/invoices/records/empty

  # Suppliers from Norway, by name: a collection with a definition, an index and a search
  curl -H \"Authorization: Bearer $ACME_KEY\" -H 'Content-Type: application/json' \\
    -d '{{\"filter\":{{\"field\":\"country\",\"op\":\"eq\",\"value\":\"NO\"}},\"count\":true}}' \\
    $ACME/v1/collections/suppliers/query

  # Take them out as a table, change it, and try what bringing it in would do
  curl -H \"Authorization: Bearer $ACME_KEY\" \"$ACME/v1/collections/suppliers/export?format=csv\" > suppliers.csv
  curl -H \"Authorization: Bearer $ACME_KEY\" -H 'Content-Type: text/csv' --data-binary @suppliers.csv \\
    \"$ACME/v1/collections/suppliers/import?dry-run=true\"
  curl -H \"Authorization: Bearer $ACME_KEY\" \"$ACME/v1/jobs?limit=1\"

  # Sign in as the administrator, and see who did what
  curl -c cookies -H 'Content-Type: application/json' \\
    -d '{{\"mail\":\"{acme_admin}\",\"password\":\"{password}\"}}' $ACME/v1/sign-in
  curl -H \"Authorization: Bearer $ACME_KEY\" \"$ACME/v1/audit?limit=5\"

  # All of acme in one file, when the job has ended; with ?extent=configuration, a template for {templates}
  curl -X POST -H \"Authorization: Bearer $ACME_KEY\" $ACME/v1/archives
  curl -H \"Authorization: Bearer $ACME_KEY\" -o acme.zip $ACME/v1/archives/JOB

  # A copy of it to try everything in: no mail and no request leaves it
  curl -H \"Authorization: Bearer $CONSOLE_KEY\" -H 'Content-Type: application/json' -d '{{\"slug\":\"trial\"}}' \\
    $CONSOLE/v1/tenants/acme/clone

  # A new tenant that begins with an example
  curl -H \"Authorization: Bearer $CONSOLE_KEY\" -H 'Content-Type: application/json' \\
    -d '{{\"slug\":\"initech\",\"tier\":\"standard\",\"template\":\"e-invoicing\"}}' $CONSOLE/v1/tenants

  # What can be asked, as OpenAPI 3.1
  curl $ACME/openapi.json

  # What ran, and what it cost
  curl -H \"Authorization: Bearer $ACME_KEY\" $ACME/v1/executions

  # Another tenant's key opens nothing
  curl -i -H \"Authorization: Bearer $GLOBEX_KEY\" $ACME/v1/collections

  # The test cases of the standard
  cargo xtask en16931 examples/e-invoicing/data/cases
",
        acme_url = state.url("acme"),
        globex_url = state.url("globex"),
        console_url = state.url("console"),
        acme_key = acme,
        globex_key = globex,
        console_key = state.operator_key,
        log = data.join("host.log").display(),
        templates = data.join("templates").display(),
        mails = data.join("host/mails").display(),
        acme_admin = organisation::administrator("acme"),
        globex_admin = organisation::administrator("globex"),
        password = organisation::PASSWORD,
    );
}

fn explain_people(state: &State) -> Result<()> {
    println!(
        "Processes of acme wait for its people (examples/invoice-approval, examples/maintenance). They sign in at"
    );
    println!("{} with the same password:\n", state.url("acme"));
    for person in examples::people()? {
        println!("  {:20} {:16} {}", examples::mail(&person.name), person.title, person.roles.join(", "));
    }
    println!("\n  # Where their runs stand\n  curl -H \"Authorization: Bearer $ACME_KEY\" $ACME/v1/runs\n");
    Ok(())
}
