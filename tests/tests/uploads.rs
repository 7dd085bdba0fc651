//! Uploads that cost more than they look like, or are not what they say: each is refused over HTTP with a reason, the
//! host is unharmed, and another tenant works on. What each limit is, and where its edges are, stands in the tests of
//! `host/runtime`; the letters are those of the classes of attack.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;

use serde_json::{Value, json};
use signalsync_generated as make;
use signalsync_tests::guests::*;
use signalsync_tests::{Platform, Tenant, component, wait_for};

/// An uploader, and a bystander whose own validation must go on working.
struct Uploads {
    platform: Platform,
    uploader: Tenant,
    bystander: Tenant,
}

impl Uploads {
    fn prepare() -> Self {
        Self::with("")
    }

    fn with(configuration: &str) -> Self {
        let platform = Platform::with(configuration);
        let (uploader, bystander) = (platform.tenant("evil"), platform.tenant("good"));
        bystander.validation(ACCEPT_ALL);
        Self { platform, uploader, bystander }
    }

    #[track_caller]
    fn refused(&self, name: &str, wasm: &[u8], codes: &[&str]) {
        let answer = self.uploader.upload(wasm);
        let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
        assert!(codes.contains(&code.as_str()), "{name}: {}", answer.text());
        answer.problem(422, &code);
    }

    fn assert_unharmed(mut self) {
        self.platform.assert_unharmed();
        self.bystander.write("1", &json!({ "still": "here" })).expect(201);
        wait_for(|| compilers(&self.platform).is_empty().then_some(()));
        let left: Vec<_> = files(&self.platform).into_iter().filter(|name| name.starts_with(".tmp")).collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

fn components(platform: &Platform) -> PathBuf {
    platform.folder().join("data/components/components")
}

/// Names of what is kept of components.
fn files(platform: &Platform) -> Vec<String> {
    let entries = fs::read_dir(components(platform)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Compilers that the host has started and that run.
fn compilers(platform: &Platform) -> Vec<i32> {
    let parent = platform.process_id().to_string();
    let is_compiler = |pid: &i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let (state, of) = (fields.next(), fields.next());
        state.is_some_and(|state| state != "Z") && of == Some(&parent)
    };
    let processes = fs::read_dir("/proc").unwrap();
    processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).filter(is_compiler).collect()
}

#[test]
fn c1_to_c8_shapes_that_cost_a_compiler_too_much() {
    let uploads = Uploads::prepare();
    let complex = &["too-complex"][..];
    for (name, wasm, codes) in [
        ("C1 instances that double 24 times", make::doubling_instances(24), complex),
        ("C1 instances that double behind aliases", make::doubling_aliases(200), complex),
        ("C2 20,000 nested blocks", make::of_module(&make::nested_blocks(20_000)), complex),
        ("C3 a million functions", make::functions(1_000_000), complex),
        ("C4 a function of 7.6 MB", make::long_function(7_654_321), complex),
        ("C5 a jump with 65,520 targets", make::branch_table(65_520), complex),
        ("C6 50,000 locals in 1,000 functions", make::locals(50_000, 1_000), complex),
        ("C7 a million types", make::core_types(1_000_000), complex),
        ("C7 types that double 60 times", make::doubling_types(60), complex),
        ("C8 20 MB of custom sections", make::custom(20 << 20), complex),
    ] {
        uploads.refused(name, &wasm, codes);
    }
    uploads.assert_unharmed();
}

/// Sends the head of an upload with this header, and nothing of its body yet.
fn begin(platform: &Platform, tenant: &Tenant, length: &str) -> TcpStream {
    let mut stream = TcpStream::connect(platform.address()).unwrap();
    let head = format!(
        "POST /v1/components HTTP/1.1\r\nHost: evil.localhost\r\nAuthorization: Bearer {}\r\nContent-Type: \
         application/wasm\r\n{length}\r\n\r\n",
        tenant.client.key()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

/// Sends an upload in pieces without end; what the host says to it.
fn endless(platform: &Platform, tenant: &Tenant, piece: &[u8], pieces: usize) -> String {
    let mut stream = begin(platform, tenant, "Transfer-Encoding: chunked");
    let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
    // The host may stop listening before the end.
    for _ in 0..pieces {
        if stream.write_all(&chunk).is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// C8: refused by its length, before a byte of it has come.
#[test]
fn c8_a_body_that_says_that_it_is_too_long() {
    let uploads = Uploads::prepare();
    let mut stream = begin(&uploads.platform, &uploads.uploader, "Content-Length: 500000000");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("too-large"), "{answer}");
    uploads.assert_unharmed();
}

#[test]
fn c9_a_body_without_end_or_without_haste() {
    let limits = "[listener]\nbody_grace_ms = 200\n[tiers.standard]\ncomponent_bytes_max = 1048576\n";
    let uploads = Uploads::with(limits);
    let piece = [b"\0asm\x0d\0\x01\0", &[0; 65_528][..]].concat();
    let endless_body = endless(&uploads.platform, &uploads.uploader, &piece, 1_000);
    assert!(endless_body.is_empty() || endless_body.contains("too-large"), "{endless_body}");
    let slow = endless(&uploads.platform, &uploads.uploader, b"\0", 1);
    assert!(slow.starts_with("HTTP/1.1 408") && slow.contains("request-timeout"), "{slow}");
    uploads.assert_unharmed();
}

#[test]
fn c10_a_packed_body_is_not_unpacked() {
    let uploads = Uploads::prepare();
    let headers = [("content-type", "application/wasm"), ("content-encoding", "gzip")];
    let answer = uploads.uploader.client.send("POST", "/v1/components", &headers, &[0x1f, 0x8b, 8, 0]);
    answer.problem(415, "unsupported-media-type");
    uploads.assert_unharmed();
}

#[test]
fn c12_cut_and_flipped_components_are_refused_or_work() {
    let uploads = Uploads::prepare();
    let good = make::numbered(12);
    uploads.uploader.upload(&good).expect(201);
    let step = good.len() / 12;
    let cut = (1..12).map(|part| good[..part * step].to_vec());
    let flipped = (0..24).map(|part| {
        let (mut wasm, at) = (good.clone(), part * good.len() / 24);
        wasm[at] ^= 1 << (part % 8);
        wasm
    });
    for wasm in cut.chain(flipped) {
        let answer = uploads.uploader.upload(&wasm);
        assert!([201, 422].contains(&answer.status), "{}", answer.text());
    }
    uploads.assert_unharmed();
}

#[test]
fn c13_imports_outside_of_the_contract_are_named() {
    let uploads = Uploads::prepare();
    for (import, code) in [
        ("signalsync:plugin/secrets@0.1.0", "unknown-import"),
        ("signalsync:plugin/storage@0.2.0", "contract-version"),
        ("wasi:sockets/tcp@0.2.6", "unknown-import"),
    ] {
        let wasm = make::validation("", &format!(r#"(import "{import}" (instance))"#), "");
        let problem = uploads.uploader.upload(&wasm).problem(422, code);
        assert!(problem["detail"].as_str().unwrap().contains(import), "{problem}");
    }
    // The name is known, and the function in it has another type than the contract's.
    let wasm = make::validation(
        "",
        r#"(import "signalsync:plugin/context@0.1.0" (instance (export "now" (func (param "a" string)))))"#,
        "",
    );
    uploads.refused("another type", &wasm, &["wrong-type"]);
    uploads.assert_unharmed();
}

#[test]
fn c14_the_same_bomb_from_many_and_again_and_again() {
    let uploads = Uploads::prepare();
    let bomb = make::doubling_instances(24);
    let tenants: Vec<_> = (0..5).map(|number| uploads.platform.tenant(&format!("t{number}"))).collect();
    std::thread::scope(|scope| {
        for tenant in &tenants {
            scope.spawn(|| tenant.upload(&bomb).problem(422, "too-complex"));
        }
    });
    let good = make::numbered(14);
    for _ in 0..5 {
        let digest = uploads.uploader.upload(&good).expect(201).json()["digest"].as_str().unwrap().to_owned();
        uploads.uploader.client.delete(&format!("/v1/components/{digest}")).expect(204);
    }
    uploads.assert_unharmed();
}

#[test]
fn c15_a_changed_image_is_never_run() {
    let mut uploads = Uploads::prepare();
    uploads.uploader.validation(REJECT);
    uploads.platform.kill();
    let folder = components(&uploads.platform);
    let mut images: Vec<_> = files(&uploads.platform).into_iter().filter(|name| name.ends_with(".image")).collect();
    images.sort();
    assert_eq!(images.len(), 2, "{images:?}");
    let [first, second] = [0, 1].map(|which| fs::read(folder.join(&images[which])).unwrap());
    fs::write(folder.join(&images[0]), second).unwrap();
    fs::write(folder.join(&images[1]), first).unwrap();
    uploads.platform.resume();
    let again = |tenant: &Tenant| uploads.platform.again(tenant);
    let (uploader, bystander) = (again(&uploads.uploader), again(&uploads.bystander));
    uploader.write("1", &json!({ "total": 1 })).problem(422, "not-valid");
    bystander.write("1", &json!({})).expect(201);
    uploads.platform.kill();
    for image in &images {
        let mut bytes = fs::read(folder.join(image)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(folder.join(image), bytes).unwrap();
    }
    uploads.platform.resume();
    let again = |tenant: &Tenant| uploads.platform.again(tenant);
    let (uploader, bystander) = (again(&uploads.uploader), again(&uploads.bystander));
    uploader.write("1", &json!({ "total": 1 })).problem(422, "not-valid");
    bystander.write("2", &json!({})).expect(201);
    uploads.platform.assert_unharmed();
}

#[test]
fn c16_a_composed_component_works() {
    let uploads = Uploads::prepare();
    let digest = uploads.uploader.upload(&make::composed()).expect(201).json()["digest"].clone();
    uploads.uploader.collection("data");
    let draft = json!({ "component": digest, "validates": ["data"], "on-failure": "closed" });
    uploads.uploader.deploy("guest", &draft).expect(201);
    uploads.uploader.write("1", &json!({ "a": "text" })).expect(201);
    uploads.assert_unharmed();
}

#[test]
fn c17_a_compiler_that_is_killed_leaves_nothing() {
    let uploads = Uploads::prepare();
    let wasm = component(component_of_the_standard());
    let answer = std::thread::scope(|scope| {
        let upload = scope.spawn(|| uploads.uploader.upload(&wasm));
        let compiler = wait_for(|| compilers(&uploads.platform).first().copied());
        let id = rustix::process::Pid::from_raw(compiler).unwrap();
        // It may have ended by itself in this moment.
        let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
        upload.join().unwrap()
    });
    // It is compiled once more, or refused for now.
    assert!([201, 503].contains(&answer.status), "{}", answer.text());
    uploads.uploader.upload(&wasm).expect(201);
    uploads.assert_unharmed();
}

/// The largest component that there is here: compiling it takes long enough to be interrupted.
fn component_of_the_standard() -> PathBuf {
    PathBuf::from(ACCEPT_ALL).with_file_name("e-invoicing-mapping.wasm")
}

/// Whether somebody else has uploaded the same bytes cannot be seen.
#[test]
fn s8_the_same_bytes_look_new_to_everyone() {
    let uploads = Uploads::prepare();
    let wasm = make::numbered(8);
    let shape = |tenant: &Tenant| {
        let answer = tenant.upload(&wasm);
        let Value::Object(mut body) = answer.json() else { panic!("{}", answer.text()) };
        body.retain(|name, _| !name.ends_with("-at"));
        let headers: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        (answer.status, body, headers)
    };
    assert_eq!(shape(&uploads.uploader), shape(&uploads.bystander));
    uploads.assert_unharmed();
}

/// The contract of validations and mappings has a world of workflows too, which no host runs.
#[test]
fn a_workflow_of_the_old_contract_is_told_what_to_build_with() {
    let uploads = Uploads::prepare();
    let answer = uploads.uploader.upload(&make::exporting(&["describe", "advance"]));
    let problem = answer.problem(422, "contract-version");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("`signalsync:workflow@0.1.0`") && detail.contains("the current SDK"), "{detail}");
    uploads.assert_unharmed();
}
