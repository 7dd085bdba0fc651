//! Peers running the same rule.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::Options;
use crate::client::Client;
use crate::host::Host;
use crate::http::{Load, Validated};
use crate::measure::compare;
use crate::table::Table;

/// Extism, with a fresh plugin for each call and with one that is kept.
pub fn extism(options: &Options, table: &mut Table) -> Result<()> {
    let input = bench_rule::input();
    let folder = tempfile::tempdir_in(&options.memory)?;
    let host = Host::start(folder.path(), &options.component("bench-guest-component.wasm")?)?;
    let wasm = extism::Wasm::data(options.component("bench-guest-extism.wasm")?);
    let compiled = extism::PluginBuilder::new(extism::Manifest::new([wasm])).with_fuel_limit(50_000_000).compile()?;
    let ask = |plugin: &mut extism::Plugin| {
        let answer: Vec<u8> = plugin.call("validate", &input).expect("the plugin answers");
        std::hint::black_box(answer);
    };
    let fresh = |times| {
        for _ in 0..times {
            ask(&mut extism::Plugin::new_from_compiled(&compiled).expect("a plugin"));
        }
    };
    let ours = |times| host.validate(&input, times);
    table.times("isolated call ÷ Extism, fresh plugin", compare(ours, fresh), "extism 1.21 with a fuel limit");
    let mut kept = extism::Plugin::new_from_compiled(&compiled)?;
    let kept = |times| (0..times).for_each(|_| ask(&mut kept));
    table.times(
        "isolated call ÷ Extism, kept plugin",
        compare(ours, kept),
        "Extism's memory survives between calls here",
    );
    Ok(())
}

/// `wasmtime serve`, asked the same over HTTP.
pub fn serve(options: &Options, table: &mut Table) -> Result<()> {
    if !options.wasmtime.exists() {
        let note = format!("{} was not there", options.wasmtime.display());
        table.line("requests/s ÷ `wasmtime serve`", "not measured".to_owned(), String::new(), &note);
        return Ok(());
    }
    let peer = Serve::start(options)?;
    let ours = Validated::start(options, &options.memory)?;
    for connections in [1, 8] {
        let mut here = Load::new(connections, || ours.client(), |client, number| ours.write(client, number))?;
        let mut there = Load::new(connections, || peer.client(), Serve::ask)?;
        let found = compare(|times| here.run(times), |times| there.run(times));
        let what = format!("requests/s ÷ `wasmtime serve`, {connections} connection(s)");
        let rate = |time: Duration| format!("{:.0}/s", 1.0 / time.as_secs_f64());
        let sides = format!("{} ÷ {}", rate(found.first), rate(found.second));
        let ratio = format!("{:.2} ({:.2}–{:.2})", 1.0 / found.ratio, 1.0 / found.high, 1.0 / found.low);
        let note = "ours also asks for a key and stores the record and a receipt; on a file system in memory";
        table.line(&what, ratio, sides, note);
    }
    Ok(())
}

/// The peer's process. Its log stays open, because it ends when it cannot write there.
struct Serve {
    process: Child,
    address: std::net::SocketAddr,
    _log: BufReader<ChildStderr>,
}

impl Serve {
    fn start(options: &Options) -> Result<Self> {
        let mut process = Command::new(&options.wasmtime)
            .args(["serve", "--addr", "127.0.0.1:0", "-S", "cli"])
            .args(["-W", "fuel=50000000", "-W", "timeout=250ms", "-O", "pooling-allocator=y"])
            .arg(options.components.join("bench-guest-http.wasm"))
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let mut log = BufReader::new(process.stderr.take().context("a pipe")?);
        let mut line = String::new();
        log.read_line(&mut line)?;
        let address = line.trim().strip_prefix("Serving HTTP on http://").map(|address| address.trim_end_matches('/'));
        let address = address.with_context(|| format!("`wasmtime serve` does not start: {line}"))?.parse()?;
        Ok(Self { process, address, _log: log })
    }

    fn client(&self) -> Result<Client> {
        Client::connect(self.address, "localhost", "none")
    }

    fn ask(client: &mut Client, _: u64) -> Result<()> {
        let (status, body) = client.send("POST", "/", "application/json", bench_rule::input().into())?;
        ensure!(status.is_success(), "{status}");
        let found: Vec<bench_rule::Found> = serde_json::from_slice(&body)?;
        ensure!(found.len() == 1, "{found:?}");
        Ok(())
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
