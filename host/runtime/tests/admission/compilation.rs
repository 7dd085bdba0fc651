//! One compilation: what the compiler refuses, how it may end, and whose turn it is.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use futures_util::future::join_all;
use signalsync_core::{Admission, Admit as _, Output, Tier};
use signalsync_generated as make;
use signalsync_runtime::{AdmissionLimits, CompileLimits};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::fixture::{HONEST, Host, block_on, is_alive};

pub(crate) fn the_same_bytes_are_compiled_once() {
    block_on(async {
        let host = Host::start();
        let wasm = make::numbered(1);
        let first = host.ready(&wasm).await;
        assert_eq!(first, host.inspect(&wasm).unwrap());
        assert_eq!(host.ready(&wasm).await, first, "another tenant gets the same answer");
        assert_eq!(host.started().len(), 1);
        let host = host.restart();
        assert_eq!(host.ready(&wasm).await, first);
        assert_eq!(host.started().len(), 1, "a restart finds the image");
        host.is_clean();
    });
}

pub(crate) fn a_composed_component_runs() {
    block_on(async {
        let host = Host::start();
        for wasm in [make::numbered(0), make::composed()] {
            let admitted = host.ready(&wasm).await;
            assert_eq!(host.validate(&admitted).await, Ok(Output::Violations(vec![])));
        }
        host.is_clean();
    });
}

/// Its shape is good, its code is not: only the compiler finds out.
fn invalid(number: usize) -> Vec<u8> {
    make::validation_with(&format!(r#"(data (i32.const 64) "invalid {number}") (func (i32.add) (drop))"#))
}

pub(crate) fn an_invalid_body_is_refused_once_for_a_hundred_tenants() {
    block_on(async {
        let host = Host::start();
        let wasm = invalid(0);
        let refusals = join_all((0..100).map(|_| host.refused(&wasm))).await;
        assert_eq!(refusals[0].code, "malformed");
        assert!(refusals.iter().all(|refusal| *refusal == refusals[0]));
        assert_eq!(host.started().len(), 1);
        assert_eq!(host.list("data/components"), Vec::<String>::new());
        assert_eq!(host.list("data/refusals").len(), 1);

        let host = host.restart();
        assert_eq!(host.refused(&wasm).await, refusals[0]);
        assert_eq!(host.started().len(), 1, "the refusal survives a restart");
        let other = AdmissionLimits { locals_max: 4_999, ..AdmissionLimits::default() };
        let host = host.restart_with(other);
        assert_eq!(host.refused(&wasm).await, refusals[0]);
        assert_eq!(host.started().len(), 2, "under another configuration it is tried again");
        host.is_clean();
    });
}

pub(crate) fn features_that_are_off_are_named() {
    block_on(async {
        let host = Host::start();
        for (name, fields) in [
            ("tail call", "(func $t (return_call $t))"),
            (
                "relaxed SIMD",
                "(func (param v128 v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))",
            ),
            ("atomics", "(func (drop (i32.atomic.load (i32.const 0))))"),
            ("externref", "(func (param externref))"),
            ("wide arithmetic", "(func (param i64 i64) (result i64 i64) (i64.mul_wide_s (local.get 0) (local.get 1)))"),
        ] {
            let refusal = host.refused(&make::validation_with(fields)).await;
            assert_eq!(refusal.code, "unsupported-feature", "{name}: {refusal}");
        }
        host.ready(&make::validation_with("(func (result funcref) (ref.null func)) (func (param v128))")).await;
        host.is_clean();
    });
}

pub(crate) fn damaged_components_are_refused_by_the_compiler() {
    block_on(async {
        let host = Host::start();
        let mut tried = 0;
        let good = make::numbered(2);
        for at in (0..good.len() * 8).step_by(89) {
            let mut wasm = good.clone();
            wasm[at / 8] ^= 1 << (at % 8);
            tried += usize::from(host.inspect(&wasm).is_ok());
            match host.admit(&wasm).await {
                Admission::Ready(_) | Admission::Refused(_) => {}
                other => panic!("bit {at}: {other:?}"),
            }
        }
        assert_eq!(host.started().len(), tried);
        assert!(tried > 5, "some pass the inspection: {tried}");
        host.is_clean();
    });
}

/// Inspection would stop this one; the compiler's own limits have to be good enough without it.
fn bomb() -> Vec<u8> {
    let mut fields = String::from("(func ");
    fields.push_str(&"(block (br_if 0 (i32.const 0))".repeat(60_000));
    fields.push_str(&")".repeat(60_001));
    make::validation_with(&fields)
}

fn blind(compile: CompileLimits) -> AdmissionLimits {
    AdmissionLimits { block_nesting_max: u64::MAX, function_bytes_max: u64::MAX, compile, ..AdmissionLimits::default() }
}

pub(crate) fn a_bomb_ends_at_its_processor_time() {
    let compile = CompileLimits { cpu_seconds: 1, cpu_seconds_per_mib: 0, ..CompileLimits::default() };
    ends_with(blind(compile), "processor time");
}

pub(crate) fn a_bomb_ends_at_its_memory() {
    let compile = CompileLimits { memory_bytes: 192 << 20, ..CompileLimits::default() };
    ends_with(blind(compile), "memory");
}

fn ends_with(limits: AdmissionLimits, what: &str) {
    block_on(async {
        let host = Host::with(HONEST, limits);
        let wasm = bomb();
        let refusal = host.refused(&wasm).await;
        assert_eq!(refusal.code, "compile-budget", "{refusal}");
        assert!(refusal.detail.contains(what), "{refusal}");
        assert_eq!(host.refused(&wasm).await, refusal);
        assert_eq!(host.started().len(), 1, "it is not tried twice");
        host.is_clean();
    });
}

pub(crate) fn a_compiler_that_was_killed_is_tried_again() {
    block_on(async {
        let script = "[ $(wc -l < \"$DIR/started\") = 1 ] && kill -9 $$\nexec $WORKER";
        let host = Host::with(&format!("PATH=/usr/bin:/bin\n{script}"), AdmissionLimits::default());
        host.ready(&make::numbered(3)).await;
        assert_eq!(host.started().len(), 2);
        host.is_clean();
    });
}

pub(crate) fn a_compiler_that_fails_is_the_hosts_fault() {
    let head = r"printf 'SSC-ans1\001\001\000\000\000\000\000\000";
    for (name, script) in [
        ("says nothing", "exit 0".to_owned()),
        ("fails", "exit 7".to_owned()),
        ("is killed", "kill -9 $$".to_owned()),
        ("aborts", "kill -6 $$".to_owned()),
        ("writes garbage", "exec /bin/cat".to_owned()),
        ("never stops writing", "exec /bin/cat /dev/zero".to_owned()),
        ("never stops complaining", "/usr/bin/head -c 100000000 /dev/zero >&2; exit 1".to_owned()),
        ("writes half an image", format!(r"{head}\377\000\000\000\000\000\000\000half'")),
        ("writes more than it said", format!(r"{head}\003\000\000\000\000\000\000\000image'; exec /bin/cat /dev/zero")),
        ("fails after a whole image", format!(r"{head}\005\000\000\000\000\000\000\000image'; exit 1")),
        ("writes what is no image", format!(r"{head}\005\000\000\000\000\000\000\000image'")),
    ] {
        block_on(async {
            let host = Host::with(&script, AdmissionLimits::default());
            let answer = host.admit(&make::numbered(4)).await;
            assert!(matches!(answer, Admission::HostFault), "{name}: {answer:?}");
            let attempts = if name == "writes what is no image" { 1 } else { 2 };
            assert_eq!(host.started().len(), attempts, "{name}: a crash is tried again once");
            host.is_clean();
            assert_eq!(host.list("data/components"), Vec::<String>::new(), "{name}");
        });
    }
    block_on(async {
        let host = Host::start();
        fs::remove_file(host.path("compiler")).unwrap();
        assert!(matches!(host.admit(&make::numbered(4)).await, Admission::HostFault), "there is no compiler");
    });
}

pub(crate) fn a_compiler_that_hangs_is_ended_with_all_it_started() {
    block_on(async {
        let compile = CompileLimits { wall_ms: 300, ..CompileLimits::default() };
        let script = "/bin/sleep 3600 &\necho $! >> \"$DIR/started\"\nexec /bin/sleep 3600";
        let host = Host::with(script, AdmissionLimits { compile, ..AdmissionLimits::default() });
        assert!(matches!(host.admit(&make::numbered(5)).await, Admission::HostFault));
        assert_eq!(host.started().len(), 2, "not tried again: it took long enough");
        host.is_clean();
    });
}

/// Compilers that wait until the test lets one go.
const GATED: &str = "read line < \"$DIR/gate\"\nexec $WORKER";

pub(crate) struct Gate(pub(crate) Arc<Host>);

impl Gate {
    pub(crate) fn new() -> Self {
        let host = Host::with(GATED, AdmissionLimits::default());
        let made = Command::new("mkfifo").arg(host.path("gate")).status().unwrap();
        assert!(made.success());
        Self(Arc::new(host))
    }

    pub(crate) async fn let_one_go(&self) {
        let gate = self.0.path("gate");
        tokio::task::spawn_blocking(move || fs::write(gate, "go\n").unwrap()).await.unwrap();
    }
}

pub(crate) fn a_busy_tenant_does_not_delay_another() {
    block_on(async {
        let gate = Gate::new();
        let (done, mut order) = mpsc::channel(8);
        let busy = Arc::new(gate.0.tenant());
        for number in 0..4 {
            let admission = admit_as("busy", &gate.0, Arc::clone(&busy), number, done.clone());
            until_waiting(&gate.0, number + 1, &admission).await;
        }
        let admission = admit_as("other", &gate.0, Arc::new(gate.0.tenant()), 4, done);
        until_waiting(&gate.0, 5, &admission).await;
        let mut ready = Vec::new();
        for _ in 0..5 {
            gate.let_one_go().await;
            ready.push(order.recv().await.unwrap());
        }
        assert_eq!(ready, ["busy", "other", "busy", "busy", "busy"]);
        gate.0.is_clean();
    });
}

fn admit_as(
    name: &'static str,
    host: &Arc<Host>,
    scope: Arc<signalsync_core::TenantScope>,
    number: usize,
    done: mpsc::Sender<&'static str>,
) -> JoinHandle<()> {
    let host = Arc::clone(host);
    tokio::spawn(async move {
        let answer = host.runtime.admit(&scope, make::numbered(number).into()).await;
        assert!(matches!(answer, Admission::Ready(_)), "{answer:?}");
        done.send(name).await.unwrap();
    })
}

/// Components are on disk once they are in the queue.
async fn until_waiting(host: &Host, components: usize, last: &JoinHandle<()>) {
    while host.list("data/components").iter().filter(|name| name.ends_with(".wasm")).count() < components {
        assert!(!last.is_finished(), "it does not wait");
        tokio::task::yield_now().await;
    }
}

pub(crate) fn a_full_lane_says_when_to_come_back() {
    block_on(async {
        let gate = Gate::new();
        let (done, mut order) = mpsc::channel(8);
        let scope = Arc::new(gate.0.tenant_of(Tier { waiting_compiles_max: 1, ..Tier::default() }));
        for number in 0..2 {
            let admission = admit_as("mine", &gate.0, Arc::clone(&scope), number, done.clone());
            until_waiting(&gate.0, number + 1, &admission).await;
        }
        match gate.0.runtime.admit(&scope, make::numbered(2).into()).await {
            Admission::Busy { retry_after_ms } => assert!(retry_after_ms >= 1_000),
            other => panic!("{other:?}"),
        }
        for _ in 0..2 {
            gate.let_one_go().await;
            order.recv().await.unwrap();
        }
        assert_eq!(gate.0.started().len(), 2);
    });
}

pub(crate) fn the_compiler_is_caged() {
    let mut worker = Command::new(std::env::current_exe().unwrap())
        .arg("compile-worker")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // A request for a component of ten bytes that does not come: the compiler waits for it, in its cage.
    let mut request = b"SSC-ask1".to_vec();
    for number in [7_u64, 1 << 30, 5, 10] {
        request.extend(number.to_le_bytes());
    }
    worker.stdin.as_mut().unwrap().write_all(&request).unwrap();
    let proc = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", worker.id())).unwrap_or_default();
    while !proc("stat").contains(" 25 5 1 0 ") && is_alive(worker.id()) {
        // The niceness is set last.
        std::thread::yield_now();
    }
    let limits = proc("limits");
    for line in [
        "Max cpu time 7 8",
        "Max file size 0 0",
        "Max core file size 0 0",
        "Max processes 0 0",
        "Max open files 16 16",
        "Max address space 1073741824 1073741824",
    ] {
        let found =
            limits.lines().any(|limit| limit.split_whitespace().collect::<Vec<_>>().join(" ").starts_with(line));
        assert!(found, "{line} is not among\n{limits}");
    }
    assert!(proc("status").contains("NoNewPrivs:\t1"));
    drop(worker.stdin.take());
    assert!(!worker.wait().unwrap().success(), "half a request is no request");
}
