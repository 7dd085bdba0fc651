//! X7: a mapping that writes files whose names mean something to some system, and reads them back. Its reply lists
//! what differs: nothing.

use signalsync_sdk::files::Folder;
use signalsync_sdk::{Error, Message, Outcome, mapping};

const PATHS: [&str; 9] =
    ["%2e%2e/secret", "CON", "COM1.txt", "nul", "-rf", "~", "r\u{e9}sum\u{e9}.pdf", "R\u{c9}SUM\u{c9}.pdf", "a:b"];

mapping! {
    fn transform(_: Message) -> Result<Outcome, Error> {
        let data = Folder::open("data")?;
        for path in PATHS {
            data.write(path, "text/plain", path.as_bytes())?;
        }
        let mut wrong = Vec::new();
        for path in PATHS {
            if data.read_all(path)? != path.as_bytes() {
                wrong.push(path);
            }
        }
        Outcome::new().reply(&wrong)
    }
}
