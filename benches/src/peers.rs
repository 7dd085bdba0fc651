//! Peers running the same rule.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

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
    let peer = Serve::start(options)?;
    let ours = Validated::start(options, &options.memory)?;
    for connections in [1, 8] {
        let mut here = Load::new(connections, || ours.client(), |client, number| ours.write(client, number))?;
        let mut there = Load::new(connections, || peer.client(), Serve::ask)?;
        let found = compare(|times| here.run(times), |times| there.run(times));
        let what = format!("requests/s ÷ `wasmtime serve`, {connections} connection(s)");
        let rate = |time: Duration| format!("{:.0}/s", 1.0 / time.as_secs_f64());
        let sides = format!("{} ÷ {}", rate(found.first), rate(found.second));
        let note = "ours also stores the record and a receipt, durably; on a file system in memory";
        table.line(&what, format!("{:.2}", 1.0 / found.ratio), sides, note);
    }
    Ok(())
}

/// The peer's process.
struct Serve {
    process: Child,
    address: std::net::SocketAddr,
}

impl Serve {
    fn start(options: &Options) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut process = Command::new(&options.wasmtime)
            .args(["serve", "--addr", &address.to_string()])
            .args(["-W", "fuel=50000000", "-W", "timeout=250ms", "-O", "pooling-allocator=y"])
            .arg(options.components.join("bench-guest-http.wasm"))
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let log = BufReader::new(process.stderr.take().context("a pipe")?);
        for line in log.lines().take(5) {
            eprintln!("wasmtime serve: {}", line?);
            break;
        }
        let this = Self { process, address };
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            if let Ok(mut client) = this.client() {
                Self::ask(&mut client, 0)?;
                return Ok(this);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("`wasmtime serve` does not answer")
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
