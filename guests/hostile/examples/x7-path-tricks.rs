//! X7: a mapping that reads, writes and deletes files outside its folder `data`. Its reply lists the paths that
//! were not called `invalid`: none.

use signalsync_sdk::files::Folder;
use signalsync_sdk::{Denied, Error, Message, Outcome, mapping};

const PATHS: [&str; 24] = [
    "",
    ".",
    "..",
    "../secret",
    "a/../../secret",
    "/etc/passwd",
    "//etc/passwd",
    "a//b",
    "a/",
    "a/.",
    "./a",
    "a/./b",
    "..\\secret",
    "C:\\secret",
    "a\0b",
    "a\nb",
    "a\u{7f}",
    "a.",
    "a ",
    "a /b",
    "re\u{301}sume\u{301}.pdf",
    "/proc/self/root",
    "a/..",
    ".../..",
];

mapping! {
    fn transform(_: Message) -> Result<Outcome, Error> {
        let data = Folder::open("data")?;
        let (long, deep) = ("x".repeat(513), "a/".repeat(10_000) + "a");
        let paths = PATHS.into_iter().chain([long.as_str(), deep.as_str()]);
        let wrong: Vec<String> = paths.flat_map(|path| wrong(&data, path)).collect();
        Outcome::new().reply(&wrong)
    }
}

fn wrong(data: &Folder, path: &str) -> Vec<String> {
    let answers = [
        ("read", data.read(path, 0, 16).map(drop)),
        ("write", data.write(path, "text/plain", b"x")),
        ("delete", data.delete(path).map(drop)),
    ];
    let wrong = answers.into_iter().filter(|(_, answer)| !matches!(answer, Err(Denied::Invalid(_))));
    wrong.map(|(function, answer)| format!("{function} {path:?}: {answer:?}")).collect()
}
