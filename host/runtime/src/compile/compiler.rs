//! The host's side of one compilation: starts the compiler's process, talks to it, and judges how it ended.

use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Once;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use signalsync_core::{Digest, Refusal};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout};

use super::CompileLimits;
use super::protocol::{REFUSAL_BYTES_MAX, ReplyHead, RequestHead, Verdict};
use crate::images::{Images, StagedImage};

/// What the compiler may say on standard error; the rest is read and dropped.
const NOISE_BYTES_MAX: u64 = 4 << 10;

/// Bytes of the image that are in memory at once.
const CHUNK_BYTES: usize = 256 << 10;

/// What the standard library says before it aborts a process that gets no memory.
const NO_MEMORY: &str = "memory allocation of ";

/// Starts one process for each compilation.
#[derive(Debug)]
pub(crate) struct Compiler {
    program: PathBuf,
    limits: CompileLimits,
}

/// A component was not compiled.
#[derive(Debug)]
pub(crate) enum NotCompiled {
    /// Because of the component.
    Refused(Refusal),
    /// Because of the host.
    Fault,
}

/// How one attempt went wrong.
enum Stopped {
    Refused(Refusal),
    Crashed(String),
    Fault(String),
}

/// What the process said before it ended.
enum Reply {
    Image(StagedImage),
    Refused(Refusal),
    Nothing,
    Garbage(&'static str),
}

impl Compiler {
    /// A compiler that starts `<program> compile-worker`.
    pub(crate) fn new(program: PathBuf, limits: CompileLimits) -> Self {
        Self { program, limits }
    }

    /// Compiles a component and stores its image. A crash is tried once more; the time of the last attempt counts.
    ///
    /// # Errors
    /// The component needs too much or is not valid, or the host failed, which is logged.
    pub(crate) async fn compile(&self, wasm: &[u8], digest: Digest, images: &Images) -> Result<Duration, NotCompiled> {
        for attempt in 1..=2 {
            match self.attempt(wasm, digest, images).await {
                Ok(took) => return Ok(took),
                Err(Stopped::Refused(refusal)) => return Err(NotCompiled::Refused(refusal)),
                Err(Stopped::Crashed(why)) => {
                    tracing::error!(component = %digest, attempt, why, "the compiler crashed")
                }
                Err(Stopped::Fault(why)) => {
                    tracing::error!(component = %digest, why, "a component could not be compiled");
                    break;
                }
            }
        }
        Err(NotCompiled::Fault)
    }

    async fn attempt(&self, wasm: &[u8], digest: Digest, images: &Images) -> Result<Duration, Stopped> {
        let began = Instant::now();
        let staged =
            images.stage(digest).map_err(|error| Stopped::Fault(format!("no place for the image: {error}")))?;
        let mut child =
            self.spawn().map_err(|error| Stopped::Fault(format!("the compiler does not start: {error}")))?;
        let wall = Duration::from_millis(self.limits.wall_ms);
        let Ok(talked) = timeout(wall, self.talk(&mut child, wasm, staged)).await else {
            stop(&mut child).await;
            return Err(Stopped::Fault(format!("the compiler ran for more than {wall:?}")));
        };
        let (reply, noise, status) = talked.map_err(|error| Stopped::Crashed(error.to_string()))?;
        let took = began.elapsed();
        judge(reply, &noise, status)?
            .finish(took)
            .await
            .map_err(|error| Stopped::Fault(format!("the image cannot be stored: {error}")))?;
        Ok(took)
    }

    fn spawn(&self) -> std::io::Result<Child> {
        Command::new(&self.program)
            .arg("compile-worker")
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
    }

    /// Until the process has ended. Whatever goes wrong with its answer, it does not live longer than this.
    async fn talk(
        &self,
        child: &mut Child,
        wasm: &[u8],
        staged: StagedImage,
    ) -> std::io::Result<(Reply, String, ExitStatus)> {
        let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(std::io::Error::other("a pipe is missing"));
        };
        let head = RequestHead::new(&self.limits, wasm.len() as u64);
        let answer = async {
            let reply = self.receive(stdout, staged).await;
            if !matches!(reply, Ok(Reply::Image(_) | Reply::Refused(_) | Reply::Nothing)) {
                stop(child).await;
            }
            let status = child.wait().await?;
            Ok::<_, std::io::Error>((reply?, status))
        };
        let ((), noise, answer) = tokio::join!(send(stdin, head, wasm), listen(stderr), answer);
        let (reply, status) = answer?;
        Ok((reply, noise, status))
    }

    async fn receive(&self, mut from: impl AsyncRead + Unpin, staged: StagedImage) -> std::io::Result<Reply> {
        let mut head = [0; ReplyHead::BYTES];
        match from.read_exact(&mut head).await {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(Reply::Nothing),
            other => _ = other?,
        }
        let Some(head) = ReplyHead::decode(&head) else { return Ok(Reply::Garbage("its answer has no head")) };
        if !head.sandboxed {
            warn_once();
        }
        match head.verdict {
            Verdict::Image if head.body_bytes > self.limits.image_bytes_max => {
                Ok(Reply::Refused(too_large(head.body_bytes, self.limits.image_bytes_max)))
            }
            Verdict::Image => receive_image(from, head.body_bytes, staged).await,
            Verdict::Refused if head.body_bytes > REFUSAL_BYTES_MAX => Ok(Reply::Garbage("its refusal has no end")),
            Verdict::Refused => receive_refusal(from, head.body_bytes).await,
        }
    }
}

async fn receive_image(
    mut from: impl AsyncRead + Unpin,
    length: u64,
    mut staged: StagedImage,
) -> std::io::Result<Reply> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut left = length;
    loop {
        let read = from.read(&mut chunk).await?;
        match (read, left) {
            (0, 0) => return Ok(Reply::Image(staged)),
            (0, _) => return Ok(Reply::Nothing),
            (read, left) if read as u64 > left => return Ok(Reply::Garbage("its image has no end")),
            _ => staged.write(&chunk[..read]).await?,
        }
        left -= read as u64;
    }
}

async fn receive_refusal(from: impl AsyncRead + Unpin, length: u64) -> std::io::Result<Reply> {
    let mut body = Vec::new();
    from.take(length + 1).read_to_end(&mut body).await?;
    if (body.len() as u64) < length {
        return Ok(Reply::Nothing);
    }
    Ok(serde_json::from_slice(&body).map_or(Reply::Garbage("its refusal cannot be read"), Reply::Refused))
}

/// A process that ends early does not read to the end: how it ended says more than the broken pipe.
async fn send(mut to: impl AsyncWrite + Unpin, head: RequestHead, wasm: &[u8]) {
    if to.write_all(&head.encode()).await.is_ok() && to.write_all(wasm).await.is_ok() {
        let _ = to.flush().await;
    }
}

async fn listen(mut from: impl AsyncRead + Unpin) -> String {
    let mut noise = Vec::new();
    let _ = (&mut from).take(NOISE_BYTES_MAX).read_to_end(&mut noise).await;
    let _ = tokio::io::copy(&mut from, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&noise).escape_debug().to_string()
}

/// Ends the process and whatever it has started. It has not been waited for, so its number is still its own.
async fn stop(child: &mut Child) {
    let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(group) = group {
        let _ = kill_process_group(group, Signal::KILL);
    }
    if let Err(error) = child.kill().await {
        tracing::error!(%error, "a compiler cannot be killed");
    }
}

/// What a process said counts only if it ended well.
fn judge(reply: Reply, noise: &str, status: ExitStatus) -> Result<StagedImage, Stopped> {
    match (reply, status.signal()) {
        (Reply::Image(staged), None) if status.success() => Ok(staged),
        (Reply::Refused(refusal), None) if status.success() => Err(Stopped::Refused(refusal)),
        (_, Some(signal)) if signal == Signal::XCPU.as_raw() => Err(Stopped::Refused(too_much("processor time"))),
        (_, Some(signal)) if signal == Signal::ABORT.as_raw() && noise.contains(NO_MEMORY) => {
            Err(Stopped::Refused(too_much("memory")))
        }
        (Reply::Garbage(what), _) => Err(Stopped::Crashed(format!("{what}; {status}; {noise}"))),
        _ => Err(Stopped::Crashed(format!("{status}; {noise}"))),
    }
}

/// A component that costs the compiler more than a component may.
pub(super) fn too_much(what: &str) -> Refusal {
    let detail = format!(
        "compiling the component takes too much {what}; make its largest functions smaller, or leave out libraries \
         that it does not use"
    );
    Refusal::new("compile-budget", detail)
}

fn too_large(found: u64, limit: u64) -> Refusal {
    let detail = format!(
        "the compiled component would have {found} bytes, and at most {limit} are allowed; leave out libraries that \
         it does not use"
    );
    Refusal::new("compile-budget", detail)
}

fn warn_once() {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!("this kernel does not enforce all of the compiler's sandbox (Landlock ABI 6 is needed)");
    });
}
