//! Hostile components, each run through the whole host: the call ends as a typed failure, the host is unharmed,
//! another tenant works on, and the work is charged.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use signalsync_tests::guests::*;
use signalsync_tests::{Platform, Tenant, component};

/// Fuel of a validation in the standard tier.
const FUEL: u64 = 50_000_000;

/// An attacker, and a bystander whose own validation must go on working.
struct Attack {
    platform: Platform,
    attacker: Tenant,
    bystander: Tenant,
}

impl Attack {
    fn prepare() -> Self {
        let platform = Platform::start();
        let (attacker, bystander) = (platform.tenant("evil"), platform.tenant("good"));
        bystander.validation(ACCEPT_ALL);
        Self { platform, attacker, bystander }
    }

    /// Deploys a guest and judges a document with it.
    fn by(guest: &str, document: Value) -> (Self, Value) {
        let attack = Self::prepare();
        attack.attacker.validation(guest);
        let tried = attack.attacker.judge(&document);
        (attack, tried)
    }

    /// Deploys a mapping and sends it a message.
    fn by_message(guest: &str, body: &str) -> (Self, Value) {
        let attack = Self::prepare();
        attack.attacker.mapping(guest);
        let tried = attack.attacker.trial(&message(body));
        (attack, tried)
    }

    #[track_caller]
    fn assert_unharmed(mut self) {
        self.platform.assert_unharmed();
        self.bystander.write("1", &json!({ "still": "here" })).expect(201);
    }
}

fn message(body: &str) -> Value {
    json!({ "transform": {
        "source": "data", "media-type": "application/json", "headers": [], "body": STANDARD.encode(body),
    } })
}

#[track_caller]
fn reason(tried: &Value) -> &str {
    tried["failure"]["reason"].as_str().unwrap_or_else(|| panic!("it did not fail: {tried}"))
}

#[track_caller]
fn usage(tried: &Value, field: &str) -> u64 {
    tried["execution"]["usage"][field].as_u64().unwrap_or_else(|| panic!("no {field}: {tried}"))
}

/// Tests of validations that end with one of these reasons.
macro_rules! ends {
    ($($name:ident($guest:ident) => $($reason:literal)|+;)*) => {$(
        #[test]
        fn $name() {
            let (attack, tried) = Attack::by($guest, json!({}));
            assert!([$($reason),+].contains(&reason(&tried)), "{tried}");
            attack.assert_unharmed();
        }
    )*};
}

/// Tests of validations that answer, because the host refused what they tried.
macro_rules! accepts {
    ($($name:ident($guest:ident);)*) => {$(
        #[test]
        fn $name() {
            let (attack, tried) = Attack::by($guest, json!({}));
            assert_eq!(tried["answer"], json!({ "violations": [] }), "{tried}");
            attack.assert_unharmed();
        }
    )*};
}

/// Tests of components that are refused at upload.
macro_rules! refused {
    ($($name:ident($guest:ident) => $($code:literal)|+;)*) => {$(
        #[test]
        fn $name() {
            let attack = Attack::prepare();
            let answer = attack.attacker.upload(&component($guest));
            let code = answer.json()["code"].as_str().unwrap().to_owned();
            assert!([$($code),+].contains(&code.as_str()), "{}", answer.text());
            answer.problem(422, &code);
            attack.assert_unharmed();
        }
    )*};
}

refused! {
    i1_start_loops(I1_START_LOOPS) => "traps-at-start";
    i1_start_traps(I1_START_TRAPS) => "traps-at-start";
    i2_memory_4_gib(I2_MEMORY_4_GIB) => "over-limit";
    i2_memory_over_plan(I2_MEMORY_OVER_PLAN) => "over-limit";
    i3_huge_table(I3_HUGE_TABLE) => "over-limit" | "too-complex";
    i3_hundred_tables(I3_HUNDRED_TABLES) => "too-complex";
    i4_thousand_instances(I4_THOUSAND_INSTANCES) => "too-complex";
    i5_many_data_segments(I5_MANY_DATA_SEGMENTS) => "too-complex";
    r5_two_memories(R5_TWO_MEMORIES) => "too-complex";
}

ends! {
    r1_loop(R1_LOOP) => "out-of-fuel" | "out-of-time";
    r2_clock_loop(R2_CLOCK_LOOP) => "out-of-fuel" | "out-of-time";
    r2_log_loop(R2_LOG_LOOP) => "out-of-fuel" | "out-of-time";
    r2_get_loop(R2_GET_LOOP) => "out-of-fuel" | "out-of-time";
    r3_aliased_headers(R3_ALIASED_HEADERS) => "trap";
    r3_huge_body(R3_HUGE_BODY) => "trap";
    r3_long_id(R3_LONG_ID) => "trap";
    r4_answer_at_end(R4_ANSWER_AT_END) => "trap";
    r4_length_overflow(R4_LENGTH_OVERFLOW) => "trap";
    r4_pointer_at_end(R4_POINTER_AT_END) => "trap";
    r7_recursion(R7_RECURSION) => "trap";
    r11_memory_copy(R11_MEMORY_COPY) => "out-of-fuel" | "out-of-time";
    r13_random_loop(R13_RANDOM_LOOP) => "out-of-fuel" | "out-of-time";
    r15_aliased_messages(R15_ALIASED_MESSAGES) => "trap";
    r15_invalid_utf8(R15_INVALID_UTF8) => "trap";
    r15_long_message(R15_LONG_MESSAGE) => "trap" | "invalid-output";
    r15_million_violations(R15_MILLION_VIOLATIONS) => "trap" | "invalid-output";
    r15_surrogate(R15_SURROGATE) => "trap";
    r17_endless_keys(R17_ENDLESS_KEYS) => "out-of-fuel" | "out-of-time";
    r9_open_forever(R9_OPEN_FOREVER) => "trap" | "out-of-fuel" | "out-of-time";
    u3_answer_outside(U3_ANSWER_OUTSIDE) => "trap";
    u3_bad_level(U3_BAD_LEVEL) => "trap";
    u3_bad_result(U3_BAD_RESULT) => "trap";
    u3_bad_severity(U3_BAD_SEVERITY) => "trap";
    u3_post_return_loops(U3_POST_RETURN_LOOPS) => "out-of-fuel" | "out-of-time";
    u3_post_return_traps(U3_POST_RETURN_TRAPS) => "trap";
    u3_realloc_calls_host(U3_REALLOC_CALLS_HOST) => "trap";
    u3_realloc_loops(U3_REALLOC_LOOPS) => "out-of-fuel" | "out-of-time";
    u3_realloc_outside(U3_REALLOC_OUTSIDE) => "trap";
    u3_realloc_traps(U3_REALLOC_TRAPS) => "trap";
    u3_realloc_unaligned(U3_REALLOC_UNALIGNED) => "trap";
    u3_unaligned_answer(U3_UNALIGNED_ANSWER) => "trap";
    u3_unaligned_list(U3_UNALIGNED_LIST) => "trap";
    x1_dropped_handle(X1_DROPPED_HANDLE) => "trap";
    x1_drops_twice(X1_DROPS_TWICE) => "trap";
    wasi_naps(WASI_NAPS) => "out-of-fuel" | "out-of-time";
    wasi_sleep(WASI_SLEEP) => "out-of-time";
    wasi_prints(WASI_PRINTS) => "out-of-fuel" | "out-of-time";
    r13_huge_random(R13_HUGE_RANDOM) => "trap";
}

accepts! {
    r5_memory_grow(R5_MEMORY_GROW);
    r6_table_grow(R6_TABLE_GROW);
    r17_not_json(R17_NOT_JSON);
    r17_odd_keys(R17_ODD_KEYS);
    r17_unlimited_scan(R17_UNLIMITED_SCAN);
    x5_key_tricks(X5_KEY_TRICKS);
    x5_name_tricks(X5_NAME_TRICKS);
    i5_sparse_image(I5_SPARSE_IMAGE);
}

/// The guest computes for five million rounds; each is several instructions.
fn burns(guest: &str) {
    let (attack, tried) = Attack::by(guest, json!({}));
    assert_eq!(reason(&tried), "trap", "{tried}");
    let fuel = usage(&tried, "fuel");
    assert!((15_000_000..FUEL).contains(&fuel), "the work before the trap is charged: {fuel}");
    attack.assert_unharmed();
}

#[test]
fn r10_burn_then_divide() {
    burns(R10_BURN_THEN_DIVIDE);
}

#[test]
fn r10_burn_then_out_of_bounds() {
    burns(R10_BURN_THEN_OUT_OF_BOUNDS);
}

#[test]
fn r10_burn_then_unreachable() {
    burns(R10_BURN_THEN_UNREACHABLE);
}

#[test]
fn r12_control_characters() {
    let (attack, tried) = Attack::by(R12_CONTROL_CHARACTERS, json!({}));
    let log = tried["execution"]["log"].as_array().unwrap();
    assert!(!log.is_empty());
    for line in log {
        let message = line["message"].as_str().unwrap();
        let unsafe_character = message.chars().find(|c| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}'));
        assert_eq!(unsafe_character, None, "{message:?}");
    }
    attack.assert_unharmed();
}

#[track_caller]
fn assert_log_is_bounded(tried: &Value) {
    let log = tried["execution"]["log"].as_array().unwrap();
    let bytes: usize = log.iter().map(|line| line["message"].as_str().unwrap().len()).sum();
    assert!(log.len() <= 1_000 && bytes <= 64 << 10, "{} lines, {bytes} bytes", log.len());
    assert_eq!(tried["execution"]["log-truncated"], true);
}

#[test]
fn r12_log_flood() {
    let (attack, tried) = Attack::by(R12_LOG_FLOOD, json!({}));
    assert_log_is_bounded(&tried);
    attack.assert_unharmed();
}

/// A line of 16 MiB is more than a host call may move.
#[test]
fn r12_long_line() {
    let (attack, tried) = Attack::by(R12_LONG_LINE, json!({}));
    assert_eq!(reason(&tried), "trap");
    attack.assert_unharmed();
}

#[test]
fn r14_deep_trap() {
    let (attack, tried) = Attack::by(R14_DEEP_TRAP, json!({}));
    assert_eq!(reason(&tried), "trap");
    assert!(tried["failure"]["frames"].as_array().unwrap().len() <= 16);
    attack.assert_unharmed();
}

#[test]
fn r8_deep_host_call() {
    let (attack, _) = Attack::by(R8_DEEP_HOST_CALL, json!(0));
    for depth in [100, 1_000, 5_000, 10_000, 100_000] {
        let tried = attack.attacker.judge(&json!(depth));
        let ended = tried["failure"]["reason"].as_str();
        assert!(matches!(ended, None | Some("trap")), "{tried}");
    }
    attack.assert_unharmed();
}

#[test]
fn r15_deep_json() {
    let (attack, tried) = Attack::by_message(R15_DEEP_JSON, "");
    assert_eq!(reason(&tried), "invalid-output", "{tried}");
    attack.assert_unharmed();
}

#[test]
fn r15_not_json() {
    let (attack, tried) = Attack::by_message(R15_NOT_JSON, "");
    assert_eq!(reason(&tried), "invalid-output", "{tried}");
    attack.assert_unharmed();
}

#[test]
fn r15_many_changes() {
    let (attack, tried) = Attack::by_message(R15_MANY_CHANGES, "1000");
    assert_eq!(tried["failure"], Value::Null, "{}", tried["failure"]);
    let tried = attack.attacker.trial(&message("1001"));
    assert_eq!(reason(&tried), "invalid-output", "{}", tried["failure"]);
    attack.assert_unharmed();
}

/// The reply of a mapping that lists what should not have happened.
#[track_caller]
fn assert_reply_is_empty(tried: &Value) {
    let reply = tried["answer"]["outcome"]["reply"].as_str().unwrap_or_else(|| panic!("no reply: {tried}"));
    assert_eq!(serde_json::from_str::<Value>(reply).unwrap(), json!([]), "{tried}");
}

#[test]
fn r17_huge_value() {
    let (attack, tried) = Attack::by_message(R17_HUGE_VALUE, "");
    assert_reply_is_empty(&tried);
    attack.assert_unharmed();
}

#[test]
fn x7_name_tricks() {
    let (attack, tried) = Attack::by_message(X7_NAME_TRICKS, "");
    assert_reply_is_empty(&tried);
    attack.assert_unharmed();
}

#[test]
fn x7_path_tricks() {
    let (attack, tried) = Attack::by_message(X7_PATH_TRICKS, "");
    assert_reply_is_empty(&tried);
    attack.assert_unharmed();
}

#[test]
fn x1_forged_handle() {
    let (attack, _) = Attack::by(X1_FORGED_HANDLE, json!(0));
    for handle in [0_u32, 1, 2, 100, u32::MAX - 1, u32::MAX] {
        let tried = attack.attacker.judge(&json!(handle));
        assert_eq!(reason(&tried), "trap", "{handle}: {tried}");
    }
    attack.assert_unharmed();
}

#[test]
fn x1_handle_of_other_type() {
    let (attack, tried) = Attack::by_message(X1_HANDLE_OF_OTHER_TYPE, "");
    assert_eq!(reason(&tried), "trap", "{tried}");
    attack.assert_unharmed();
}

#[test]
fn x2_remembers() {
    let (attack, first) = Attack::by(X2_REMEMBERS, json!({}));
    let second = attack.attacker.judge(&json!({}));
    for tried in [first, second] {
        assert_eq!(tried["answer"], json!({ "violations": [] }), "{tried}");
    }
    attack.assert_unharmed();
}

/// One tenant marks its memory, another looks for the mark: a slot of the pool is clean when it is used again.
#[test]
fn u8_looks() {
    let attack = Attack::prepare();
    let looker = attack.platform.tenant("looker");
    attack.attacker.validation(U8_MARKS);
    looker.validation(U8_LOOKS);
    for _ in 0..20 {
        attack.attacker.judge(&json!({}));
        let tried = looker.judge(&json!({}));
        assert_eq!(tried["answer"], json!({ "violations": [] }), "{tried}");
    }
    attack.assert_unharmed();
}

#[test]
fn u8_marks() {
    let (attack, tried) = Attack::by(U8_MARKS, json!({}));
    assert!(usage(&tried, "memory-peak-bytes") >= 16 << 20, "{tried}");
    attack.assert_unharmed();
}

/// A storm of failures is held back, for the component that fails and for no other.
#[test]
fn i7_a_storm_of_traps_is_quarantined() {
    let (attack, _) = Attack::by(U3_REALLOC_TRAPS, json!({}));
    let refused = (0..150).map(|_| attack.attacker.judge(&json!({}))).find(|tried| reason(tried) == "denied");
    let refused = refused.expect("the component is held back");
    assert_eq!(refused["failure"]["code"], "quarantined", "{refused}");
    attack.attacker.write("1", &json!({})).problem(503, "quarantined");
    attack.assert_unharmed();
}

/// All of a tenant's places are taken by calls that wait; another tenant is served at once.
#[test]
fn i6_sleepers_do_not_keep_others_out() {
    let attack = Attack::prepare();
    attack.attacker.validation(WASI_SLEEP);
    std::thread::scope(|scope| {
        let attacks: Vec<_> = (0..64)
            .map(|_| scope.spawn(|| attack.attacker.client.post("/v1/deployments/guest/trial", &sleeper()).status))
            .collect();
        for id in 0..20 {
            attack.bystander.write(&format!("while-they-sleep-{id}"), &json!({})).expect(201);
        }
        for attack in attacks {
            assert!(matches!(attack.join().unwrap(), 200 | 429));
        }
    });
    attack.assert_unharmed();
}

fn sleeper() -> Value {
    let subject = json!({ "collection": "data", "id": "1", "before": null, "after": "{}" });
    json!({ "input": { "validate": subject } })
}

/// Deploys a workflow and starts a run of it with this input, without keeping anything.
fn by_start(guest: &str, input: &Value) -> (Attack, Value) {
    let attack = Attack::prepare();
    let component = attack.attacker.ready(guest);
    attack.attacker.deploy("guest", &json!({ "component": component })).expect(201);
    let tried = attack.attacker.trial(&start(input));
    (attack, tried)
}

fn start(input: &Value) -> Value {
    let started = json!({ "input": input.to_string(), "by": null, "key": null, "run": "run_1" });
    json!({ "advance": { "state": null, "event": { "started": started } } })
}

/// The next event of a run, from what was decided before.
fn next(tried: &Value) -> Value {
    json!({ "advance": { "state": tried["answer"]["decision"]["state"], "event": { "timer": "again" } } })
}

#[test]
fn w1_endless_actions() {
    let (attack, tried) = by_start(W1_ENDLESS_ACTIONS, &json!(1_000));
    assert_eq!(tried["failure"], Value::Null, "{}", tried["failure"]);
    let tried = attack.attacker.trial(&start(&json!(1_001)));
    assert_eq!(reason(&tried), "invalid-output");
    assert_eq!(tried["failure"]["message"], "1001 actions; at most 1000 are allowed");
    attack.assert_unharmed();
}

/// What a decision names is known to whoever knows the definition: its run, and not the call.
#[test]
fn w2_unknown_step() {
    let (attack, tried) = by_start(W2_UNKNOWN_STEP, &json!("step"));
    assert_eq!(tried["answer"]["decision"]["actions"][0]["open-task"]["step"], "nowhere", "{tried}");
    attack.assert_unharmed();
}

#[test]
fn w3_growing_state() {
    let (attack, tried) = by_start(W3_GROWING_STATE, &json!(null));
    let tried = attack.attacker.trial(&next(&tried));
    assert_eq!(tried["failure"], Value::Null, "{}", tried["failure"]);
    let tried = attack.attacker.trial(&next(&tried));
    assert_eq!(reason(&tried), "invalid-output");
    assert_eq!(tried["failure"]["message"], "the state has 300002 bytes; at most 262144 are allowed");
    attack.assert_unharmed();
}

/// Each call has a memory of its own, laid out in the same way; the random number is in its receipt.
#[test]
fn w4_not_deterministic() {
    let (attack, first) = by_start(W4_NOT_DETERMINISTIC, &json!(null));
    let found = |tried: &Value| {
        let state = tried["answer"]["decision"]["state"].as_str().unwrap_or_else(|| panic!("{tried}"));
        serde_json::from_str::<Value>(state).unwrap()
    };
    let second = attack.attacker.trial(&start(&json!(null)));
    for what in ["calls", "stack", "heap"] {
        assert_eq!(found(&first)[what], found(&second)[what], "{what}");
    }
    assert_ne!(found(&first)["random"], found(&second)["random"]);
    let seed = |tried: &Value| tried["execution"]["replay"]["seed"].as_str().unwrap().to_owned();
    assert_ne!(seed(&first), seed(&second));
    attack.assert_unharmed();
}

#[test]
fn w5_loops() {
    let (attack, tried) = by_start(W5_LOOPS, &json!(null));
    assert!(["out-of-fuel", "out-of-time"].contains(&reason(&tried)), "{tried}");
    attack.assert_unharmed();
}

/// As with an unknown step, its run knows that there is no such way.
#[test]
fn w6_wrong_transition() {
    let (attack, tried) = by_start(W6_WRONG_TRANSITION, &json!(null));
    assert_eq!(tried["answer"]["decision"]["status"], "closed", "{tried}");
    let tried = attack.attacker.trial(&next(&tried));
    assert_eq!(tried["answer"]["decision"]["status"], "open", "{tried}");
    attack.assert_unharmed();
}

#[test]
fn w7_describe_loops() {
    let attack = Attack::prepare();
    let problem = attack.attacker.upload(&component(W7_DESCRIBE_LOOPS)).problem(422, "describe-failed");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("fuel of 500000000 units") || detail.contains("took longer than"), "{detail}");
    attack.assert_unharmed();
}

#[test]
fn w8_many_flaws() {
    let attack = Attack::prepare();
    let problem = attack.attacker.upload(&component(W8_MANY_FLAWS)).problem(422, "bad-definition");
    let violations = problem["violations"].as_array().unwrap();
    let found: Vec<_> = violations.iter().map(|v| (v["path"].as_str().unwrap(), v["code"].as_str().unwrap())).collect();
    assert_eq!(found.len(), 100);
    assert_eq!(found[..3], [("/statuses/1", "unreachable"), ("/roles/0/name", "name"), ("/roles/0/label", "label")]);
    assert!(problem.to_string().len() < 50_000 && !problem.to_string().contains("\\u001b[31m"), "{problem}");
    attack.assert_unharmed();
}

signalsync_tests::every_guest_has_a_test!(hostile);
